//! How many round trips and connections the calls of a `PostgresStore` need.

use std::time::Duration;

use session_store::{Store, Version};

use crate::common::{self, at, handle, row};
use crate::proxy::Proxy;

#[tokio::test]
async fn delete_by_owner_is_two_round_trips_and_other_calls_are_one() {
    let Some(server) = common::server() else { return };
    let proxy = Proxy::start(server.port()).await;
    let (store, _) = common::postgres(common::pool(proxy.port())).await;
    let store = store.with_max_connections(1);
    let (key, row) = (handle(1), row(b"data"));
    let mut costs = Vec::new();
    // The first pass opens the connection and prepares the statements. Only the second pass counts.
    for _ in 0..2 {
        costs.clear();
        let mut before = proxy.round_trips();
        let mut note = |call| {
            costs.push((call, proxy.round_trips() - before));
            before = proxy.round_trips();
        };
        assert_eq!(store.create(&key, &row).await.unwrap(), Some(Version::FIRST));
        note("create");
        let (loaded, version) = store.load(&key).await.unwrap().unwrap();
        note("load");
        assert_eq!(loaded, row);
        let version = store.replace(&key, version, &loaded).await.unwrap().unwrap();
        note("replace");
        assert!(store.touch(&key, at(common::NOW + 1.0), None).await.unwrap());
        note("touch");
        assert!(store.delete(&key, Some(version)).await.unwrap());
        note("delete");
        assert_eq!(store.by_owner("owner").await.unwrap(), []);
        note("by_owner");
        assert_eq!(store.delete_by_owner("owner", None).await.unwrap(), 0);
        note("delete_by_owner");
        assert_eq!(store.sweep(10).await.unwrap(), 0);
        note("sweep");
    }
    // `delete_by_owner` looks again for rows that were committed in the meantime.
    let expected = |call: &str| if call == "delete_by_owner" { 2 } else { 1 };
    assert!(costs.iter().all(|(call, cost)| *cost == expected(call)), "{costs:?}");
    assert_eq!(costs.len(), 8);
}

#[tokio::test]
async fn nothing_is_sent_between_calls() {
    let Some(server) = common::server() else { return };
    let proxy = Proxy::start(server.port()).await;
    let (store, _) = common::postgres(common::pool(proxy.port())).await;
    store.load(&handle(1)).await.unwrap();
    let before = proxy.round_trips();
    for _ in 0..10 {
        store.load(&handle(1)).await.unwrap();
        // If the store sent a ping in the background after each call, the ping would be sent here.
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(proxy.round_trips() - before, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_are_bounded_and_kept() {
    let Some(server) = common::server() else { return };
    let proxy = Proxy::start(server.port()).await;
    let (store, _) = common::postgres(common::pool(proxy.port())).await;
    let store = store.with_max_connections(3);
    store.create(&handle(1), &row(b"data")).await.unwrap();
    let before = proxy.connections();
    let load = |_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..50 {
                assert!(store.load(&handle(1)).await.unwrap().is_some());
            }
        })
    };
    for task in (0..64).map(load).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    // One of the three connections is open already.
    let opened = proxy.connections() - before;
    assert!(opened <= 2, "expected at most 2 new connections, got {opened}");
}

#[tokio::test]
async fn default_max_connections_is_max_of_pool_but_at_most_ten() {
    let Some(server) = common::server() else { return };
    for (pool_max, expected) in [(2, 2), (50, 10)] {
        let proxy = Proxy::start(server.port()).await;
        let pool = common::pool_options().max_connections(pool_max);
        let pool = pool.connect_lazy_with(common::connect_options(proxy.port()));
        let (store, _) = common::postgres(pool.clone()).await;
        let before = proxy.connections();
        let calls = (0..100).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.create(&handle(number), &row(b"data")).await.unwrap() })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        // The store may take over the connection that `migrate` opened, which is not in the count.
        let opened = proxy.connections() - before;
        assert!(
            opened == expected || opened == expected - 1,
            "expected {expected} new connections or one fewer, got {opened}"
        );
    }
}
