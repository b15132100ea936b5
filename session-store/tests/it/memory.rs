//! The calls of `MemoryStore` and their effects on the rows. `bounds.rs` tests `sweep`.

use std::time::Duration;

use session_core::{ManualClock, Timestamp};
use session_store::{MemoryStore, Row, Store, Version};

use crate::{at, handle, owned};

/// Creates a store in which `ann` owns the sessions 1 and 2. The store's clock shows 1000 s.
async fn store() -> (MemoryStore, ManualClock) {
    let clock = ManualClock::new(at(1000.0));
    let store = MemoryStore::new().with_clock(clock.clone());
    for number in [1, 2] {
        assert_eq!(store.create(&handle(number), &ending(None)).await, Ok(Some(Version::FIRST)));
    }
    (store, clock)
}

/// Returns a row of `ann` that expires at the given time, or never for `None`.
fn ending(expires: Option<Timestamp>) -> Row {
    Row { expires, ..owned("ann") }
}

async fn sessions(store: &MemoryStore) -> Vec<u32> {
    let listed = store.by_owner("ann").await.unwrap();
    let is_listed = |number: &u32| listed.iter().any(|session| session.handle == handle(*number));
    (0..10).filter(is_listed).collect()
}

#[tokio::test]
async fn existing_row_is_not_created_again() {
    let (store, _) = store().await;
    assert_eq!(store.create(&handle(1), &owned("bob")).await, Ok(None));
    assert_eq!(store.load(&handle(1)).await, Ok(Some((ending(None), Version::FIRST))));
}

#[tokio::test]
async fn replace_needs_the_current_version() {
    let (store, _) = store().await;
    let (first, second, new) = (Version::FIRST, Version::FIRST.next(), owned("bob"));
    assert_eq!(store.replace(&handle(1), second, &new).await, Ok(None));
    assert_eq!(store.load(&handle(1)).await, Ok(Some((ending(None), first))));
    assert_eq!(store.replace(&handle(1), first, &new).await, Ok(Some(second)));
    assert_eq!(store.load(&handle(1)).await, Ok(Some((new.clone(), second))));
    assert_eq!(store.replace(&handle(1), first, &new).await, Ok(None));
    assert_eq!(store.replace(&handle(3), first, &new).await, Ok(None));
    assert_eq!(sessions(&store).await, [2]);
}

#[tokio::test]
async fn touch_sets_times_and_keeps_the_rest() {
    let (store, clock) = store().await;
    let second = store.replace(&handle(1), Version::FIRST, &ending(None)).await.unwrap().unwrap();
    assert_eq!(store.touch(&handle(1), at(1001.0), Some(at(1010.0))).await, Ok(true));
    let touched = Row { accessed: at(1001.0), ..ending(Some(at(1010.0))) };
    assert_eq!(store.load(&handle(1)).await, Ok(Some((touched, second))));
    assert_eq!(sessions(&store).await, [1, 2]);
    clock.advance(Duration::from_secs(10));
    assert_eq!(store.touch(&handle(1), at(1010.0), None).await, Ok(false));
    assert_eq!(store.touch(&handle(3), at(1010.0), None).await, Ok(false));
    assert_eq!(store.load(&handle(1)).await, Ok(None));
}

#[tokio::test]
async fn delete_with_a_version_deletes_only_this_version() {
    let (store, _) = store().await;
    let second = store.replace(&handle(1), Version::FIRST, &ending(None)).await.unwrap();
    assert_eq!(store.delete(&handle(1), Some(Version::FIRST)).await, Ok(false));
    assert_eq!(sessions(&store).await, [1, 2]);
    assert_eq!(store.delete(&handle(1), second).await, Ok(true));
    assert_eq!(sessions(&store).await, [2]);
    assert_eq!(store.delete(&handle(1), None).await, Ok(false));
    assert_eq!(store.delete(&handle(2), None).await, Ok(true));
}

#[tokio::test]
async fn expired_row_is_missing_for_every_call() {
    let (store, clock) = store().await;
    let end = Some(at(1001.0));
    assert_eq!(store.create(&handle(3), &ending(end)).await, Ok(Some(Version::FIRST)));
    assert_eq!(sessions(&store).await, [1, 2, 3]);
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.load(&handle(3)).await, Ok(None));
    assert_eq!(store.replace(&handle(3), Version::FIRST, &ending(None)).await, Ok(None));
    assert_eq!(store.touch(&handle(3), at(1001.0), None).await, Ok(false));
    assert_eq!(store.delete(&handle(3), None).await, Ok(false));
    assert_eq!(sessions(&store).await, [1, 2]);
    assert_eq!(store.delete_by_owner("ann", None).await, Ok(2));
    assert_eq!(store.create(&handle(3), &ending(None)).await, Ok(Some(Version::FIRST)));
    assert_eq!(sessions(&store).await, [3]);
}

/// Regression: a deletion left an expired row in the store. If the clock was fast, the session came back when the clock
/// was corrected.
#[tokio::test]
async fn expired_row_is_deleted_but_not_counted() {
    let (store, clock) = store().await;
    for number in 3..7 {
        store.create(&handle(number), &ending(Some(at(1001.0)))).await.unwrap();
    }
    clock.set(at(1001.0));
    assert_eq!(store.delete(&handle(3), None).await, Ok(false));
    assert_eq!(store.delete(&handle(4), Some(Version::FIRST)).await, Ok(false));
    assert_eq!(store.delete(&handle(5), Some(Version::FIRST.next())).await, Ok(false));
    clock.set(at(1000.0));
    assert_eq!(sessions(&store).await, [1, 2, 5, 6]);
    clock.set(at(1001.0));
    assert_eq!(store.delete_by_owner("ann", Some(&handle(5))).await, Ok(2));
    clock.set(at(1000.0));
    assert_eq!(sessions(&store).await, [5]);
}

#[tokio::test]
async fn rows_of_an_owner_are_deleted_except_one() {
    let (store, _) = store().await;
    assert!(store.create(&handle(3), &owned("bob")).await.unwrap().is_some());
    assert_eq!(store.delete_by_owner("ann", Some(&handle(2))).await, Ok(1));
    assert_eq!(sessions(&store).await, [2]);
    assert_eq!(store.delete_by_owner("ann", Some(&handle(9))).await, Ok(1));
    assert_eq!(store.delete_by_owner("ann", None).await, Ok(0));
    assert!(store.load(&handle(3)).await.unwrap().is_some());
}

#[tokio::test]
async fn replaced_row_moves_to_its_new_owner() {
    let (store, _) = store().await;
    assert!(store.replace(&handle(1), Version::FIRST, &owned("bob")).await.unwrap().is_some());
    let of_bob = store.by_owner("bob").await.unwrap();
    assert_eq!(of_bob, [owned("bob").info(handle(1))]);
    assert_eq!(sessions(&store).await, [2]);
}
