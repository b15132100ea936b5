//! How many rows the store in memory holds, and which ones it drops.

use std::time::Duration;

use session_core::{Clock, ManualClock, Timestamp};
use session_store::{MemoryStore, Row, Store, Version};

use crate::{at, handle, owned};

fn store(max_rows: usize) -> (MemoryStore, ManualClock) {
    let clock = ManualClock::new(at(1000.0));
    (MemoryStore::new().with_clock(clock.clone()).with_max_rows(max_rows), clock)
}

async fn exists(store: &MemoryStore, number: u32) -> bool {
    store.load(&handle(number)).await.unwrap().is_some()
}

async fn create(store: &MemoryStore, number: u32, expires: Option<Timestamp>) {
    let created = store.create(&handle(number), &Row { expires, ..owned("ann") }).await;
    assert_eq!(created, Ok(Some(Version::FIRST)));
}

/// Returns the number of unexpired rows, which all belong to `ann`. Listing them does not count as a use.
async fn len(store: &MemoryStore) -> usize {
    store.by_owner("ann").await.unwrap().len()
}

#[tokio::test]
async fn full_store_drops_least_recently_used_row() {
    let (store, _) = store(3);
    for number in 0..3 {
        create(&store, number, None).await;
    }
    // Loading row 0 makes it the most recently used one. Row 1 is then the least recently used one.
    assert!(exists(&store, 0).await);
    create(&store, 3, None).await;
    assert_eq!(len(&store).await, 3);
    assert!(!exists(&store, 1).await);
    assert!(exists(&store, 2).await && exists(&store, 0).await && exists(&store, 3).await);
}

#[tokio::test]
async fn touch_and_replace_are_uses() {
    let (store, _) = store(3);
    for number in 0..3 {
        create(&store, number, None).await;
    }
    assert_eq!(store.touch(&handle(0), at(0.0), None).await, Ok(true));
    assert!(store.replace(&handle(1), Version::FIRST, &owned("ann")).await.unwrap().is_some());
    create(&store, 3, None).await;
    assert!(!exists(&store, 2).await);
    create(&store, 4, None).await;
    assert!(!exists(&store, 0).await && exists(&store, 1).await);
}

#[tokio::test]
async fn full_store_drops_expired_rows_first() {
    let (store, clock) = store(4);
    create(&store, 0, None).await;
    for number in 1..4 {
        create(&store, number, Some(at(1000.0 + f64::from(number)))).await;
    }
    clock.advance(Duration::from_secs(3));
    for number in 4..7 {
        create(&store, number, None).await;
        assert!(exists(&store, 0).await);
    }
    assert_eq!(len(&store).await, 4);
    for number in 4..7 {
        assert!(exists(&store, number).await);
    }
}

#[tokio::test]
async fn rows_stay_while_there_is_room() {
    let (store, _) = store(1000);
    for number in 0..1000 {
        create(&store, number, None).await;
    }
    // An existing row needs no room.
    assert_eq!(store.create(&handle(5), &owned("bob")).await, Ok(None));
    assert!(store.replace(&handle(6), Version::FIRST, &owned("ann")).await.unwrap().is_some());
    assert_eq!(len(&store).await, 1000);
    assert_eq!(store.delete(&handle(7), None).await, Ok(true));
    create(&store, 1000, None).await;
    assert_eq!(len(&store).await, 1000);
}

#[tokio::test]
async fn reduced_max_rows_takes_effect_with_next_row() {
    let (store, _) = store(10);
    for number in 0..10 {
        create(&store, number, None).await;
    }
    let smaller = store.clone().with_max_rows(2);
    assert_eq!(len(&smaller).await, 10);
    create(&smaller, 10, None).await;
    assert_eq!(len(&store).await, 2);
    assert!(exists(&store, 9).await && exists(&store, 10).await);
}

#[tokio::test]
async fn max_rows_of_zero_counts_as_one() {
    let (store, _) = store(0);
    create(&store, 0, None).await;
    create(&store, 1, None).await;
    assert!(exists(&store, 1).await && !exists(&store, 0).await);
}

#[tokio::test]
async fn default_max_rows_is_100_000() {
    assert_eq!(MemoryStore::DEFAULT_MAX_ROWS, 100_000);
    let store = MemoryStore::default();
    for number in 0..100_001 {
        create(&store, number, None).await;
    }
    assert_eq!(len(&store).await, 100_000);
    assert!(!exists(&store, 0).await && exists(&store, 1).await);
}

#[tokio::test]
async fn new_row_deletes_two_expired_rows() {
    let (store, clock) = store(1000);
    for number in 0..100 {
        create(&store, number, Some(clock.now() + Duration::from_secs(1))).await;
    }
    clock.advance(Duration::from_secs(1));
    for number in 100..130 {
        create(&store, number, None).await;
    }
    assert_eq!(store.sweep(1000).await, Ok(100 - 2 * 30));
    assert_eq!(store.sweep(1000).await, Ok(0));
    assert_eq!(len(&store).await, 30);
}

#[tokio::test]
async fn sweep_deletes_at_most_limit_rows() {
    let (store, clock) = store(1000);
    for number in 0..10 {
        create(&store, number, Some(clock.now() + Duration::from_secs(1))).await;
    }
    create(&store, 10, None).await;
    assert_eq!(store.sweep(4).await, Ok(0));
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.sweep(4).await, Ok(4));
    assert_eq!(store.sweep(0).await, Ok(0));
    assert_eq!(store.sweep(usize::MAX).await, Ok(6));
    assert!(exists(&store, 10).await);
}

#[tokio::test]
async fn default_clock_is_system_clock() {
    let store = MemoryStore::new();
    create(&store, 0, Some(at(1.0))).await;
    create(&store, 1, Some(at(1e12))).await;
    assert!(!exists(&store, 0).await && exists(&store, 1).await);
}

#[test]
fn debug_shows_only_max_rows() {
    assert_eq!(format!("{:?}", store(5).0), "MemoryStore { max_rows: 5, .. }");
}
