//! The bridge over a store that fails, that has only the default `create`, or that returns a damaged record.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, Store, StoreError, Version};
use session_store_tower_sessions::TowerSessionsStore;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};

const HANDLE: SessionHandle = SessionHandle::from_bytes([7; 32]);

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A store whose every call has the same outcome.
#[derive(Clone)]
struct Fixed(std::result::Result<Option<Record>, fn() -> Error>);

impl Fixed {
    fn outcome(&self) -> Result<Option<Record>> {
        self.0.clone().map_err(|error| error())
    }
}

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret address")
    }
}

impl SessionStore for Fixed {
    fn save<'s, 'r, 'a>(&'s self, _: &'r Record) -> Answer<'a, ()>
    where
        's: 'a,
        'r: 'a,
    {
        Box::pin(ready(self.outcome().map(drop)))
    }

    fn load<'s, 'r, 'a>(&'s self, _: &'r Id) -> Answer<'a, Option<Record>>
    where
        's: 'a,
        'r: 'a,
    {
        Box::pin(ready(self.outcome()))
    }

    fn delete<'s, 'r, 'a>(&'s self, _: &'r Id) -> Answer<'a, ()>
    where
        's: 'a,
        'r: 'a,
    {
        Box::pin(ready(self.outcome().map(drop)))
    }
}

async fn errors(error: fn() -> Error) -> [StoreError; 2] {
    let store = TowerSessionsStore::new(Fixed(Err(error)));
    let row = Row::new(Vec::new(), Timestamp::default());
    [store.load(&HANDLE).await.unwrap_err(), store.create(&HANDLE, &row).await.unwrap_err()]
}

#[tokio::test]
async fn backend_error_becomes_unavailable_error() {
    for error in errors(|| Error::Backend("connection refused".into())).await {
        assert!(error.is_unavailable());
        assert!(error.to_string().ends_with("connection refused"), "{error}");
    }
}

/// Regression: the error contained the wrapped store's message, which may contain the session's data.
#[tokio::test]
async fn encode_error_becomes_refused_error() {
    for error in errors(|| Error::Encode("bad value".into())).await {
        assert_eq!(error, StoreError::refused("the wrapped store cannot encode the record"));
    }
}

/// Regression: the error said that the store refused the call, and contained the wrapped store's message.
#[tokio::test]
async fn decode_error_becomes_invalid_error() {
    for error in errors(|| Error::Decode("bad value".into())).await {
        assert_eq!(error, StoreError::invalid("the wrapped store cannot decode the record"));
    }
}

/// The README documents this behavior.
#[tokio::test]
async fn default_create_of_wrapped_store_accepts_id_in_use() {
    // `Fixed` does not implement `create`, and every id is in use.
    let record = Record { id: Id(1), data: [].into(), expiry_date: time::OffsetDateTime::UNIX_EPOCH };
    let store = TowerSessionsStore::new(Fixed(Ok(Some(record))));
    let row = Row::new(Vec::new(), Timestamp::default());
    assert_eq!(store.create(&HANDLE, &row).await, Ok(Some(Version::FIRST)));
}

#[tokio::test]
async fn record_with_damaged_data_is_invalid() {
    let row = |data: &str, version: serde_json::Value| serde_json::json!({"version": version, "data": data, "created": 1.0, "accessed": 1.0});
    let record = |value| Record {
        id: Id(1),
        data: [("row".to_owned(), value)].into(),
        expiry_date: time::OffsetDateTime::UNIX_EPOCH,
    };
    let intact = TowerSessionsStore::new(Fixed(Ok(Some(record(row("AAAA", 3.into()))))));
    assert_eq!(intact.load(&HANDLE).await.unwrap().unwrap().0.data, [0; 3]);
    for value in [row("no base64", 3.into()), row("AAAA", "3".into())] {
        let store = TowerSessionsStore::new(Fixed(Ok(Some(record(value)))));
        let error = store.load(&HANDLE).await.unwrap_err();
        assert!(error.to_string().contains("not written by session-store-tower-sessions"), "{error}");
    }
}

#[test]
fn debug_does_not_show_the_wrapped_store() {
    assert_eq!(format!("{:?}", TowerSessionsStore::new(Fixed(Ok(None)))), "TowerSessionsStore { .. }");
}
