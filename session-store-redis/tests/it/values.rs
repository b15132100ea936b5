//! What the keys of the store hold, and how long they live.

use session_store::{Store, StoreError};

use crate::harness::{Harness, START, at, handle, owned, row};

fn assert_invalid<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    let text = result.unwrap_err().to_string();
    assert!(text.starts_with("the session store returned invalid data: "), "{text}");
}

#[tokio::test]
async fn key_with_other_value_is_invalid() {
    let Some(h) = Harness::single().await else { return };
    let (id, store) = (handle(1), &h.store);
    let version = store.create(&id, &row("a", 60.0)).await.unwrap().unwrap();
    let key = h.key(&id);
    // The first byte of a value is the number of its format: 1. The value of a row has at least 49 bytes.
    let (other, short) = ([2; 60], [1; 48]);
    let set: [&[&[u8]]; 4] = [
        &[b"SET", key.as_bytes(), b"secret"],
        &[b"SET", key.as_bytes(), &other],
        &[b"SET", key.as_bytes(), &short],
        &[
            b"EVAL",
            b"redis.call('DEL', KEYS[1]) redis.call('RPUSH', KEYS[1], 'secret')",
            b"1",
            key.as_bytes(),
        ],
    ];
    for command in set {
        h.command(command);
        assert_invalid(store.load(&id).await);
        assert_invalid(store.create(&id, &row("b", 60.0)).await);
        assert_invalid(store.replace(&id, version, &row("b", 60.0)).await);
        assert_invalid(store.touch(&id, at(START), None).await);
        assert_invalid(store.delete(&id, None).await);
    }
}

#[tokio::test]
async fn index_with_other_value_is_invalid() {
    let Some(h) = Harness::single().await else { return };
    let (id, store) = (handle(1), &h.store);
    store.create(&id, &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    h.command(&[b"SET", h.index_key().as_bytes(), b"secret"]);
    assert_invalid(store.by_owner("alice").await);
    assert_invalid(store.delete_by_owner("alice", None).await);
    assert_invalid(store.create(&handle(2), &owned("a", "alice", 60.0)).await);
    assert_eq!(store.delete(&id, None).await, Ok(true));
}

#[tokio::test]
async fn delete_by_owner_deletes_other_rows_despite_invalid_row() {
    let Some(h) = Harness::single().await else { return };
    for number in 0..3 {
        h.store.create(&handle(number), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    }
    h.command(&[b"SET", h.key(&handle(1)).as_bytes(), b"secret"]);
    assert_invalid(h.store.by_owner("alice").await);
    assert_invalid(h.store.delete_by_owner("alice", None).await);
    assert_eq!(h.store.load(&handle(0)).await, Ok(None));
    assert_eq!(h.store.load(&handle(2)).await, Ok(None));
}

#[tokio::test]
async fn key_expires_with_its_row() {
    let Some(h) = Harness::single().await else { return };
    let (id, store) = (handle(1), &h.store);
    // The time to live falls while the test runs. The test takes less than a minute.
    let assert_ttl = |secs: f64| {
        let left: f64 = h.command(&[b"PTTL", h.key(&id).as_bytes()]).parse().unwrap();
        assert!(left > (secs - 60.0) * 1000.0 && left <= secs * 1000.0, "{left} ms, expected {secs} s");
    };
    let version = store.create(&id, &row("a", 600.0)).await.unwrap().unwrap();
    assert_ttl(600.0);
    let version = store.replace(&id, version, &row("a", 1200.5)).await.unwrap().unwrap();
    assert_ttl(1200.5);
    store.touch(&id, at(START), Some(at(START + 300.0))).await.unwrap();
    assert_ttl(300.0);
    store.touch(&id, at(START), None).await.unwrap();
    assert_eq!(h.command(&[b"PTTL", h.key(&id).as_bytes()]), "-1");
    store.replace(&id, version, &row("a", 60_000.0)).await.unwrap().unwrap();
    assert_ttl(60_000.0);
}

#[tokio::test]
async fn very_distant_end_is_stored_without_ttl() {
    let Some(h) = Harness::single().await else { return };
    let row = row("a", 1e300);
    h.store.create(&handle(1), &row).await.unwrap().unwrap();
    assert_eq!(h.command(&[b"PTTL", h.key(&handle(1)).as_bytes()]), "-1");
    assert_eq!(h.store.load(&handle(1)).await.unwrap().unwrap().0, row);
}

#[tokio::test]
async fn large_rows_and_labels_are_stored() {
    let Some(h) = Harness::single().await else { return };
    let mut row = owned(&"d".repeat(1_000_000), &"o".repeat(100_000), 60.0);
    row.label = Some("l".repeat(100_000));
    h.store.create(&handle(1), &row).await.unwrap().unwrap();
    assert_eq!(h.store.load(&handle(1)).await.unwrap().unwrap().0, row);
    assert_eq!(h.store.by_owner(&"o".repeat(100_000)).await, Ok(vec![row.info(handle(1))]));
}

#[tokio::test]
async fn stores_with_different_prefixes_are_separate() {
    let Some(h) = Harness::single().await else { return };
    h.store.create(&handle(1), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    let other = h.store.clone().with_prefix(format!("{}other:", h.prefix));
    assert_eq!(other.load(&handle(1)).await, Ok(None));
    assert_eq!(other.delete_by_owner("alice", None).await, Ok(0));
    assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 1);
}
