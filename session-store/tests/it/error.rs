//! Messages, predicates, sources and equality of `StoreError`.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use session_store::{ManageSessions, MemoryStore, StoreError};

use crate::handle;

#[derive(Debug)]
struct Cause(&'static str);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Cause {}

/// Returns an error of each kind except `no_owner`.
fn all() -> [StoreError; 5] {
    [
        StoreError::unavailable(Cause("connection refused")),
        StoreError::timeout(Duration::from_millis(1500)),
        StoreError::refused(Cause("no such table")),
        StoreError::invalid("its time is not a number"),
        StoreError::conflict(),
    ]
}

#[test]
fn message_says_what_happened_and_why() {
    let texts = all().map(|error| error.to_string());
    assert_eq!(
        texts,
        [
            "the session store cannot be reached: connection refused",
            "the session store did not answer within 1.5s",
            "the session store refused the call: no such table",
            "the session store returned invalid data: its time is not a number",
            "other requests kept changing the session; try again",
        ]
    );
}

#[test]
fn each_predicate_is_true_only_for_its_errors() {
    assert_eq!(all().map(|error| error.is_unavailable()), [true, true, false, false, false]);
    assert_eq!(all().map(|error| error.is_conflict()), [false, false, false, false, true]);
}

#[test]
fn source_is_the_error_of_the_engine() {
    let sources = all().map(|error| error.source().map(ToString::to_string));
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(sources, [text("connection refused"), None, text("no such table"), None, None]);
    assert!(StoreError::refused(Cause("x")).source().unwrap().is::<Cause>());
    for error in [StoreError::refused("no such table"), StoreError::refused("no such table".to_owned())] {
        assert_eq!(error, all()[2]);
    }
}

#[test]
fn errors_with_equal_kind_and_source_are_equal() {
    for (at, error) in all().iter().enumerate() {
        for (other_at, other) in all().iter().enumerate() {
            assert_eq!(error == other, at == other_at);
        }
    }
    assert_eq!(all()[0], all()[0].clone());
    assert_ne!(StoreError::refused(Cause("a")), StoreError::refused(Cause("b")));
    assert_ne!(StoreError::timeout(Duration::from_secs(1)), StoreError::timeout(Duration::from_secs(2)));
}

#[tokio::test]
async fn end_others_of_unknown_handle_is_no_owner_error() {
    assert_eq!(all().map(|error| error.is_no_owner()), [false; 5]);
    let error = MemoryStore::new().end_others(&handle(1)).await.unwrap_err();
    assert!(error.is_no_owner() && !error.is_unavailable() && !error.is_conflict());
    let text = error.to_string();
    assert!(
        text.starts_with("the session store has no session with an owner under this handle; end the user's"),
        "{text}"
    );
}
