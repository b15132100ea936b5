//! The bridge with the `MemoryStore` of `tower-sessions-memory-store`.

use std::time::SystemTime;

use session_core::{ManualClock, SessionHandle, Timestamp};
use session_store::{Row, Store, Version};
use session_store_tower_sessions::TowerSessionsStore;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_memory_store::MemoryStore;

const HANDLE: SessionHandle = SessionHandle::from_bytes([7; 32]);

fn store() -> TowerSessionsStore<MemoryStore> {
    TowerSessionsStore::new(MemoryStore::default())
}

fn row(data: &[u8]) -> Row {
    let now = Timestamp::from_secs(1_700_000_000.25).unwrap();
    Row { owner: Some("zoë".into()), label: Some("Firefox".into()), ..Row::new(data.to_vec(), now) }
}

#[tokio::test]
async fn row_round_trips() {
    let (store, row) = (store(), row(&Vec::from_iter(0..=255)));
    assert_eq!(store.create(&HANDLE, &row).await.unwrap(), Some(Version::FIRST));
    assert_eq!(store.load(&HANDLE).await.unwrap(), Some((row, Version::FIRST)));
    assert_eq!(store.load(&SessionHandle::from_bytes([8; 32])).await.unwrap(), None);
}

#[tokio::test]
async fn second_create_changes_nothing() {
    let store = store();
    store.create(&HANDLE, &row(b"one")).await.unwrap();
    assert_eq!(store.create(&HANDLE, &row(b"two")).await.unwrap(), None);
    assert_eq!(store.load(&HANDLE).await.unwrap().unwrap().0.data, b"one");
}

#[tokio::test]
async fn replace_and_delete_compare_the_version() {
    let store = store();
    let first = store.create(&HANDLE, &row(b"one")).await.unwrap().unwrap();
    let second = store.replace(&HANDLE, first, &row(b"two")).await.unwrap().unwrap();
    assert_ne!(first, second);
    assert_eq!(store.replace(&HANDLE, first, &row(b"three")).await.unwrap(), None);
    assert!(!store.delete(&HANDLE, Some(first)).await.unwrap());
    assert_eq!(store.load(&HANDLE).await.unwrap().unwrap(), (row(b"two"), second));
    assert!(store.delete(&HANDLE, Some(second)).await.unwrap());
    assert!(!store.delete(&HANDLE, None).await.unwrap());
    assert_eq!(store.replace(&HANDLE, second, &row(b"three")).await.unwrap(), None);
    assert_eq!(store.load(&HANDLE).await.unwrap(), None);
}

/// Regression: a deletion left an expired row in the store. If the clock was fast, the session came back when the clock
/// was corrected.
#[tokio::test]
async fn expired_row_is_deleted() {
    let now = Timestamp::from(SystemTime::now());
    let clock = ManualClock::new(now);
    let store = store().with_clock(clock.clone());
    let hour = std::time::Duration::from_secs(3600);
    for version in [None, Some(Version::FIRST)] {
        store.create(&HANDLE, &Row { expires: Some(now + hour), ..row(b"") }).await.unwrap().unwrap();
        clock.set(now + hour);
        assert!(!store.delete(&HANDLE, version).await.unwrap());
        clock.set(now);
        assert_eq!(store.load(&HANDLE).await.unwrap(), None);
    }
}

#[tokio::test]
async fn touch_moves_the_end_and_keeps_the_version() {
    let now = Timestamp::from(SystemTime::now());
    let clock = ManualClock::new(now);
    let store = store().with_clock(clock.clone());
    let hour = std::time::Duration::from_secs(3600);
    store.create(&HANDLE, &Row { expires: Some(now + hour), ..row(b"") }).await.unwrap();
    assert!(store.touch(&HANDLE, now, Some(now + 2 * hour)).await.unwrap());
    clock.advance(hour + hour / 2);
    let (row, version) = store.load(&HANDLE).await.unwrap().unwrap();
    assert_eq!((row.accessed, row.expires, version), (now, Some(now + 2 * hour), Version::FIRST));
    clock.advance(hour);
    assert_eq!(store.load(&HANDLE).await.unwrap(), None);
    assert!(!store.touch(&HANDLE, now, None).await.unwrap());
}

#[tokio::test]
async fn owner_calls_return_error_with_advice() {
    let store = store();
    let error = store.by_owner("zoë").await.unwrap_err();
    assert!(
        error.to_string().ends_with("use session-store-redis or session-store-sqlx")
            && !error.is_unavailable()
    );
    assert!(store.delete_by_owner("zoë", None).await.is_err());
}

#[tokio::test]
async fn sweep_deletes_nothing() {
    let memory = MemoryStore::default();
    let store = TowerSessionsStore::new(memory.clone());
    let now = Timestamp::from(SystemTime::now());
    let hour = std::time::Duration::from_secs(3600);
    store.create(&HANDLE, &Row { expires: Some(now + hour), ..row(b"") }).await.unwrap();
    // The row has expired by the clock of the second bridge, but not by the clock of the wrapped store.
    let later = TowerSessionsStore::new(memory).with_clock(ManualClock::new(now + 2 * hour));
    assert_eq!(later.load(&HANDLE).await.unwrap(), None);
    assert_eq!(later.sweep(10).await.unwrap(), 0);
    assert!(store.load(&HANDLE).await.unwrap().is_some());
}

#[tokio::test]
async fn record_of_another_program_is_invalid() {
    let memory = MemoryStore::default();
    let mut half = [0; 16];
    half.copy_from_slice(&HANDLE.as_bytes()[..16]);
    let record = Record {
        id: Id(i128::from_le_bytes(half)),
        data: Default::default(),
        expiry_date: time::OffsetDateTime::now_utc() + time::Duration::HOUR,
    };
    memory.save(&record).await.unwrap();
    let error = TowerSessionsStore::new(memory).load(&HANDLE).await.unwrap_err();
    assert!(error.to_string().contains("not written by session-store-tower-sessions"));
}
