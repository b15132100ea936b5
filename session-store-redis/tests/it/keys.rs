//! The keys that calls leave on a server and on a cluster.

use std::time::Duration;

use session_store::Store;

use crate::harness::{Harness, START, at, handle, owned, row};

/// Defines each test twice: for a single server and for a cluster.
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($harness:ident: Harness) $body:block)*) => {
        $(async fn $name($harness: Harness) $body)*

        mod single {
            $(#[tokio::test]
            async fn $name() {
                if let Some(harness) = super::Harness::single().await {
                    super::$name(harness).await;
                }
            })*
        }

        mod cluster {
            $(#[tokio::test]
            async fn $name() {
                if let Some(harness) = super::Harness::cluster().await {
                    super::$name(harness).await;
                }
            })*
        }
    };
}

on_both! {
    async fn row_expired_by_store_clock_counts_as_missing(h: Harness) {
        let (id, store) = (handle(1), &h.store);
        let version = store.create(&id, &owned("a", "alice", 60.0)).await.unwrap().unwrap();
        h.clock.advance(Duration::from_secs(60));
        assert_eq!(store.load(&id).await, Ok(None));
        assert_eq!(store.touch(&id, at(START), None).await, Ok(false));
        assert_eq!(store.replace(&id, version, &row("b", 120.0)).await, Ok(None));
        assert_eq!(store.delete(&id, None).await, Ok(false));
        assert_eq!(store.by_owner("alice").await, Ok(vec![]));
        assert_eq!(store.delete_by_owner("alice", None).await, Ok(0));
        assert!(store.create(&id, &row("c", 120.0)).await.unwrap().is_some());
    }

    async fn row_that_has_ended_is_not_stored(h: Harness) {
        let (id, store) = (handle(1), &h.store);
        assert!(store.create(&id, &owned("a", "alice", 0.0)).await.unwrap().is_some());
        assert!(h.keys().is_empty());
        let version = store.create(&id, &row("b", 60.0)).await.unwrap().unwrap();
        assert!(store.replace(&id, version, &owned("c", "alice", -1.0)).await.unwrap().is_some());
        assert!(h.keys().is_empty());
        store.create(&id, &row("d", 60.0)).await.unwrap().unwrap();
        assert_eq!(store.touch(&id, at(START), Some(at(START))).await, Ok(true));
        assert!(h.keys().is_empty());
    }

    async fn sessions_of_owner_are_listed_and_deleted(h: Harness) {
        let store = &h.store;
        for (number, owner) in [(1, "alice"), (2, "alice"), (3, "alice\0"), (4, "ALICE"), (5, "")] {
            store.create(&handle(number), &owned("a", owner, 60.0)).await.unwrap().unwrap();
        }
        let listed = |owner: &'static str| async move {
            let mut handles: Vec<_> = store.by_owner(owner).await.unwrap().iter().map(|info| info.handle).collect();
            handles.sort();
            handles
        };
        assert_eq!(listed("alice").await, [handle(1), handle(2)]);
        assert_eq!(listed("").await, [handle(5)]);
        assert_eq!(store.by_owner("ALICE").await, Ok(vec![owned("a", "ALICE", 60.0).info(handle(4))]));
        assert_eq!(store.delete_by_owner("alice", Some(&handle(2))).await, Ok(1));
        assert_eq!(listed("alice").await, [handle(2)]);
        assert_eq!(store.delete_by_owner("alice", None).await, Ok(1));
        assert_eq!(store.delete_by_owner("alice", None).await, Ok(0));
        assert_eq!(listed("alice\0").await, [handle(3)]);
        for owner in ["alice\0", "ALICE", ""] {
            assert_eq!(store.delete_by_owner(owner, None).await, Ok(1), "{owner}");
        }
        assert!(h.keys().is_empty());
    }

    async fn replace_moves_row_to_other_owner(h: Harness) {
        let (id, store) = (handle(1), &h.store);
        let mut version = store.create(&id, &row("a", 60.0)).await.unwrap().unwrap();
        for owner in ["alice", "bob", "alice", "alice"] {
            version = store.replace(&id, version, &owned("b", owner, 60.0)).await.unwrap().unwrap();
            assert_eq!(store.by_owner(owner).await.unwrap().len(), 1, "{owner}");
            // `index_key` panics unless there is exactly one index.
            h.index_key();
        }
        assert_eq!(store.by_owner("bob").await, Ok(vec![]));
        version = store.replace(&id, version, &row("c", 60.0)).await.unwrap().unwrap();
        assert_eq!(store.by_owner("alice").await, Ok(vec![]));
        assert_eq!(h.keys(), [h.key(&id)]);
        assert_eq!(store.delete(&id, Some(version)).await, Ok(true));
    }

    async fn many_sessions_of_owner_are_listed_and_deleted(h: Harness) {
        for number in 0..150 {
            h.store.create(&handle(number), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
        }
        assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 150);
        assert_eq!(h.store.delete_by_owner("alice", Some(&handle(7))).await, Ok(149));
        assert_eq!(h.keys().len(), 2);
    }
}
