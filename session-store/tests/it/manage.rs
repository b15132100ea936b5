//! Listing and ending the sessions of a user.

use session_store::{ManageSessions, MemoryStore, Row, Store, Version};

use crate::{at, handle, owned};

/// Creates a store in which `ann` owns the sessions 0 to 3, `bob` owns session 4, and session 5 has no owner.
async fn store() -> MemoryStore {
    let store = MemoryStore::new();
    for (number, accessed) in [(0, 300.0), (1, 500.5), (2, 400.0), (3, 500.25)] {
        create(&store, number, Row { accessed: at(accessed), ..owned("ann") }).await;
    }
    create(&store, 4, owned("bob")).await;
    create(&store, 5, Row { owner: None, ..owned("") }).await;
    store
}

async fn create(store: &MemoryStore, number: u32, row: Row) {
    assert_eq!(store.create(&handle(number), &row).await, Ok(Some(Version::FIRST)));
}

/// Returns the numbers of the sessions that still exist.
async fn left(store: &MemoryStore) -> Vec<u32> {
    let mut left = Vec::new();
    for number in 0..6 {
        if store.load(&handle(number)).await.unwrap().is_some() {
            left.push(number);
        }
    }
    left
}

#[tokio::test]
async fn sessions_are_listed_by_last_access_latest_first() {
    let store = store().await;
    let sessions = store.sessions_of("ann").await.unwrap();
    let handles: Vec<_> = sessions.iter().map(|session| session.handle).collect();
    assert_eq!(handles, [1, 3, 2, 0].map(handle));
    assert_eq!(sessions[0].accessed, at(500.5));
    assert_eq!(store.sessions_of("eve").await, Ok(vec![]));
}

#[tokio::test]
async fn end_ends_one_session() {
    let store = store().await;
    assert_eq!(store.end(&handle(2)).await, Ok(true));
    assert_eq!(store.end(&handle(2)).await, Ok(false));
    assert_eq!(left(&store).await, [0, 1, 3, 4, 5]);
}

#[tokio::test]
async fn end_others_keeps_given_session() {
    let store = store().await;
    assert_eq!(store.end_others(&handle(2)).await, Ok(3));
    assert_eq!(left(&store).await, [2, 4, 5]);
}

#[tokio::test]
async fn end_others_without_owner_is_an_error() {
    let store = store().await;
    assert!(store.end_others(&handle(5)).await.unwrap_err().is_no_owner());
    assert!(store.end_others(&handle(9)).await.unwrap_err().is_no_owner());
    assert_eq!(left(&store).await, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn end_all_ends_every_session_of_owner() {
    let store = store().await;
    assert_eq!(store.end_all("ann").await, Ok(4));
    assert_eq!(left(&store).await, [4, 5]);
}

#[tokio::test]
async fn ended_session_is_not_brought_back() {
    let store = store().await;
    let (row, version) = store.load(&handle(0)).await.unwrap().unwrap();
    assert_eq!(store.end(&handle(0)).await, Ok(true));
    assert_eq!(store.replace(&handle(0), version, &row).await, Ok(None));
    assert_eq!(store.touch(&handle(0), at(600.0), None).await, Ok(false));
    assert_eq!(left(&store).await, [1, 2, 3, 4, 5]);
}
