//! `DynStore` and `Arc`, which forward calls to the store that they contain.

use std::sync::Arc;

use session_store::{DynStore, Store, StoreError, Version};

use crate::recorder::Recorder;
use crate::{at, handle, owned};

/// Calls each method of `store`, and checks that `recorder` got the calls and that `store` returned the recorder's
/// results.
async fn forwards_each_method(store: impl Store, recorder: &Recorder) {
    let (key, row) = (handle(3), owned("ann"));
    assert_eq!(store.load(&key).await, Ok(Some((owned("ann"), Version::new(5)))));
    assert_eq!(store.create(&key, &row).await, Ok(Some(Version::new(6))));
    assert_eq!(store.replace(&key, Version::new(2), &row).await, Ok(Some(Version::new(7))));
    assert_eq!(store.touch(&key, at(1.5), Some(at(2.5))).await, Ok(true));
    assert_eq!(store.delete(&key, Some(Version::new(4))).await, Ok(true));
    assert_eq!(store.by_owner("bob").await, Ok(vec![owned("bob").info(handle(8))]));
    assert_eq!(store.delete_by_owner("eve", Some(&key)).await, Ok(9));
    assert_eq!(store.sweep(77).await, Ok(10));
    let expected = [
        format!("load {key}"),
        format!("create {key} {row:?}"),
        format!("replace {key} Version(2) {row:?}"),
        format!("touch {key} Timestamp(1.5) Some(Timestamp(2.5))"),
        format!("delete {key} Some(Version(4))"),
        "by_owner bob".to_owned(),
        format!("delete_by_owner eve Some({key:?})"),
        "sweep 77".to_owned(),
    ];
    assert_eq!(recorder.calls(), expected);

    let failing = handle(0);
    assert_eq!(store.load(&failing).await, Err(StoreError::conflict()));
    assert_eq!(store.delete_by_owner("eve", Some(&failing)).await, Err(StoreError::conflict()));
}

#[tokio::test]
async fn arc_forwards_each_method() {
    let recorder = Arc::new(Recorder::default());
    forwards_each_method(recorder.clone(), &recorder).await;
}

#[tokio::test]
async fn dyn_store_forwards_each_method() {
    let recorder = Arc::new(Recorder::default());
    forwards_each_method(DynStore::new(recorder.clone()), &recorder).await;
}

#[tokio::test]
async fn clones_of_dyn_store_share_the_store() {
    let store = DynStore::new(session_store::MemoryStore::new());
    let clone = store.clone();
    assert_eq!(store.create(&handle(1), &owned("ann")).await, Ok(Some(Version::FIRST)));
    assert!(clone.load(&handle(1)).await.unwrap().is_some());
    assert_eq!(format!("{store:?}"), "DynStore { .. }");
}
