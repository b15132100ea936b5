//! The number of round trips of each call.

use session_store::{Row, Store};
use session_store_redis::RedisStore;
use session_tests::servers::RedisServer;

use crate::harness::{START, at, handle, owned, row};
use crate::proxy::Proxy;

/// Asserts the number of round trips of a call, and returns its result.
macro_rules! assert_round_trips {
    ($proxy:expr, $call:expr, $expected:expr) => {{
        let (result, round_trips) = $proxy.count($call).await;
        assert_eq!(round_trips, $expected, "round trips of {}", stringify!($call));
        result.unwrap()
    }};
}

/// Returns a store behind a proxy, on a server that already has all scripts except `prune.lua`.
async fn warm(server: &RedisServer) -> (Proxy, RedisStore) {
    let proxy = Proxy::start(server.port()).await;
    let clock = session_core::ManualClock::new(at(START));
    let store = RedisStore::connect(&proxy.url).await.unwrap().with_clock(clock);
    for owner in ["alice", "bob"] {
        let version = store.create(&handle(9), &owned("a", "zoe", 60.0)).await.unwrap().unwrap();
        store.touch(&handle(9), at(START), Some(at(START + 1.0))).await.unwrap();
        store.replace(&handle(9), version, &owned("a", owner, 60.0)).await.unwrap().unwrap();
        store.delete(&handle(9), None).await.unwrap();
    }
    (proxy, store)
}

#[tokio::test]
async fn session_without_owner_takes_one_round_trip_per_call() {
    let Some(server) = RedisServer::start() else { return };
    let (proxy, store) = warm(&server).await;
    let id = handle(1);
    let version = assert_round_trips!(proxy, store.create(&id, &row("a", 60.0)), 1).unwrap();
    assert!(assert_round_trips!(proxy, store.load(&id), 1).is_some());
    let version = assert_round_trips!(proxy, store.replace(&id, version, &row("b", 90.0)), 1).unwrap();
    assert!(assert_round_trips!(proxy, store.touch(&id, at(START), Some(at(START + 120.0))), 1));
    assert!(assert_round_trips!(proxy, store.delete(&id, Some(version)), 1));
    assert!(assert_round_trips!(proxy, store.load(&id), 1).is_none());
}

#[tokio::test]
async fn session_with_owner_takes_more_round_trips_to_write_index() {
    let Some(server) = RedisServer::start() else { return };
    let (proxy, store) = warm(&server).await;
    let id = handle(1);
    let version = assert_round_trips!(proxy, store.create(&id, &owned("a", "alice", 600.0)), 2).unwrap();
    assert!(assert_round_trips!(proxy, store.load(&id), 1).is_some());
    // The entry in the owner's index outlives the row by a day, or by the row's time to live if that is longer. For
    // the same owner, a call writes the entry again only if the row has to outlive the entry.
    let same_owner = owned("b", "alice", 600.0 + 86_400.0);
    let version = assert_round_trips!(proxy, store.replace(&id, version, &same_owner), 1).unwrap();
    assert!(assert_round_trips!(proxy, store.touch(&id, at(START), same_owner.expires), 1));
    assert!(assert_round_trips!(proxy, store.touch(&id, at(START), Some(at(START + 90_000.0))), 3));
    assert!(assert_round_trips!(proxy, store.touch(&id, at(START), Some(at(START + 170_000.0))), 1));
    let other_owner = owned("c", "bob", 600.0);
    assert_round_trips!(proxy, store.replace(&id, version, &other_owner), 4).unwrap();
    assert!(assert_round_trips!(proxy, store.delete(&id, None), 2));
}

#[tokio::test]
async fn sessions_of_owner_are_read_and_deleted_concurrently() {
    let Some(server) = RedisServer::start() else { return };
    let (proxy, store) = warm(&server).await;
    for number in 0..50 {
        store.create(&handle(number), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    }
    // The commands for the rows can take more than one round trip, because the server can answer the first ones before
    // the client has sent the last ones.
    let (sessions, round_trips) = proxy.count(store.by_owner("alice")).await;
    assert_eq!(sessions.unwrap().len(), 50);
    assert!(round_trips < 25, "{round_trips}");
    let (deleted, round_trips) = proxy.count(store.delete_by_owner("alice", None)).await;
    assert_eq!(deleted, Ok(50));
    assert!(round_trips < 25, "{round_trips}");
}

/// Regression: `by_owner` took two commands, one after the other, to find that a row is missing.
#[tokio::test]
async fn list_of_sessions_looks_up_missing_row_once() {
    let Some(server) = RedisServer::start() else { return };
    let (_, store) = warm(&server).await;
    store.create(&handle(1), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    server.command(&[b"DEL", format!("signed-session:session:{}", handle(1)).as_bytes()]);
    assert_eq!(store.by_owner("alice").await, Ok(vec![]));
    assert!(!server.command(&[b"INFO", b"commandstats"]).contains("cmdstat_get:"));
}

#[tokio::test]
async fn list_of_sessions_reads_whole_row_only_if_label_exceeds_2048_bytes() {
    let Some(server) = RedisServer::start() else { return };
    let (_, store) = warm(&server).await;
    let owner = "o".repeat(1024);
    // `GET` reads a whole row, and `GETRANGE` its start.
    let fully_read = || server.command(&[b"INFO", b"commandstats"]).contains("cmdstat_get:");
    for (length, is_fully_read) in [(4 * 512, false), (4 * 512 + 1, true)] {
        let row = Row { label: Some("l".repeat(length)), ..owned("data", &owner, 600.0) };
        store.create(&handle(1), &row).await.unwrap().unwrap();
        assert_eq!(store.by_owner(&owner).await, Ok(vec![row.info(handle(1))]));
        assert_eq!(fully_read(), is_fully_read, "label of {length} bytes");
        store.delete(&handle(1), None).await.unwrap();
    }
}

/// Regression: `by_owner` read all the data of each session, which can be 256 KiB.
#[tokio::test]
async fn list_of_sessions_does_not_read_all_of_their_data() {
    let Some(server) = RedisServer::start() else { return };
    let (proxy, store) = warm(&server).await;
    let create = async |number, label: &str| {
        let row =
            Row { data: vec![b'x'; 200_000], label: Some(label.to_owned()), ..owned("", "alice", 600.0) };
        store.create(&handle(number), &row).await.unwrap().unwrap();
    };
    for number in 0..4 {
        create(number, "Firefox").await;
    }
    let before = proxy.reply_bytes();
    assert_eq!(store.by_owner("alice").await.unwrap().len(), 4);
    assert!(proxy.reply_bytes() - before < 20_000);

    let long = "Firefox".repeat(1000);
    create(5, &long).await;
    let sessions = store.by_owner("alice").await.unwrap();
    assert!(sessions.iter().any(|session| session.label.as_deref() == Some(&*long)));
}
