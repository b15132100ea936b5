//! Calls that are dropped before their end. A session factory drops a call after the `store_timeout`, and a framework
//! drops a request whose client has gone.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use session_store::{Store, Version};
use session_store_sqlx::PostgresStore;
use tokio::task::yield_now;

use crate::busy::Busy;
use crate::common::{self, NOW, at, handle, row};
use crate::proxy::Proxy;

/// Returns a store with at most one connection, and a row with the number 1. The proxy is between the store and the
/// server. The store has no connection yet.
async fn store() -> Option<(PostgresStore, Proxy)> {
    let server = common::server()?;
    let table = common::new_table();
    let direct = common::single(server.port(), &table);
    direct.migrate().await.unwrap();
    direct.create(&handle(1), &row(b"data")).await.unwrap();
    let proxy = Proxy::start(server.port()).await;
    Some((common::single(proxy.port(), &table), proxy))
}

/// Begins to load the row, and drops the call when `proxy` has accepted its connection.
async fn drop_while_connecting(store: &PostgresStore, proxy: &Proxy) {
    let before = proxy.connections();
    let first = handle(1);
    let mut call = pin!(store.load(&first));
    while proxy.connections() == before {
        assert_pending(call.as_mut()).await;
        yield_now().await;
    }
}

/// Polls a call once, so that it sends its statement, and drops the call.
async fn poll_and_drop(call: impl Future<Output: Debug>) {
    assert_pending(pin!(call)).await;
}

/// Polls a call once.
async fn assert_pending(mut call: Pin<&mut impl Future<Output: Debug>>) {
    let polled = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    assert!(polled.is_pending(), "{polled:?}");
}

/// Regression: dropping a call also dropped the connection that it was opening. If each login took longer than the
/// `store_timeout`, no call ever got a connection.
#[tokio::test]
async fn connection_is_opened_although_its_call_is_dropped() {
    let Some((store, proxy)) = store().await else { return };
    proxy.hold();
    drop_while_connecting(&store, &proxy).await;
    proxy.release();
    assert_eq!(store.load(&handle(1)).await.unwrap().unwrap().0, row(b"data"));
    assert_eq!(proxy.connections(), 1, "the load should use the connection of the dropped call");
}

#[tokio::test]
async fn abandoned_login_to_vanished_host_ends() {
    let Some((store, proxy)) = store().await else { return };
    proxy.hold();
    drop_while_connecting(&store, &proxy).await;
    proxy.freeze();
    proxy.release();
    // The call waits for its turn for at most 20 seconds, the pool's `acquire_timeout`. So the abandoned login has to
    // end before that.
    assert_eq!(store.load(&handle(1)).await.unwrap().unwrap().0, row(b"data"));
    assert_eq!(proxy.connections(), 2);
}

/// Regression: each dropped read closed its connection, so a client that cancelled many requests made the calls of
/// other users log in again.
#[tokio::test]
async fn dropped_reads_keep_their_connection() {
    let Some((store, proxy)) = store().await else { return };
    let first = handle(1);
    for _ in 0..20 {
        assert!(store.load(&first).await.unwrap().is_some());
        poll_and_drop(store.load(&first)).await;
    }
    assert!(store.load(&first).await.unwrap().is_some());
    // If the machine stops for longer than the time limit for the answer, the store closes a connection.
    assert!(proxy.connections() < 10, "{} connections for 20 dropped calls", proxy.connections());
}

/// The answer to a dropped call can be an error. This error is not the answer to the next call.
#[tokio::test]
async fn error_of_dropped_call_is_not_answer_to_next_call() {
    let Some(busy) = Busy::start(1).await else { return };
    busy.create(1).await;
    let first = handle(0);
    for _ in 0..2 {
        busy.execute("ALTER TABLE {} RENAME COLUMN data TO other").await;
        poll_and_drop(busy.store.load(&first)).await;
        // This call has to wait for the connection.
        busy.store.load(&first).await.unwrap_err();
        busy.execute("ALTER TABLE {} RENAME COLUMN other TO data").await;
        assert_eq!(busy.store.load(&first).await.unwrap(), Some((row(&[0]), Version::FIRST)));
    }
}

/// sqlx sends the values of a write only after the server has prepared its statement. A write that is dropped before
/// that changes nothing.
#[tokio::test]
async fn dropped_write_is_not_sent_later() {
    let Some(busy) = Busy::start(1).await else { return };
    busy.create(1).await;
    let (lock, first) = (busy.lock_table().await, handle(0));
    tokio::select! {
        touched = busy.store.touch(&first, at(NOW + 1.0), None) => panic!("{touched:?}"),
        () = busy.until_blocked(1) => {}
    }
    lock.rollback().await.unwrap();
    assert_eq!(busy.store.load(&first).await.unwrap(), Some((row(&[0]), Version::FIRST)));
}
