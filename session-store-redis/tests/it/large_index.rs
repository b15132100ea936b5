//! Owners with so many index entries that a call deletes the sessions in several chunks.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use session_core::SessionHandle;
use session_store::{Row, Store};

use crate::harness::{Harness, handle, owned};

/// Number of sessions: ten chunks of 64.
const SESSIONS: usize = 640;

/// Number of handled sessions after which a test drops a call.
const TWO_CHUNKS: usize = 128;

/// Number of calls that a test drops. A dropped call handles at most three chunks, so some are left for the last call.
const DROPPED: usize = 3;

fn numbered(number: usize) -> SessionHandle {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    SessionHandle::from_bytes(bytes)
}

impl Harness {
    /// Creates the sessions of an owner. Their entries are old enough to be pruned.
    async fn create_sessions(&self) {
        for number in 0..SESSIONS {
            let row = owned("a", "alice", 600.0);
            self.store.create(&numbered(number), &row).await.unwrap().unwrap();
        }
        self.age_entries(61);
    }

    fn rows(&self) -> usize {
        let start = format!("{}session:", self.prefix);
        self.keys().iter().filter(|key| key.starts_with(&start)).count()
    }

    /// Drops a call as soon as `condition` is true. Panics if the call ends earlier.
    async fn drop_when(&self, condition: impl Fn() -> bool, call: impl Future) {
        poll_until(condition, pin!(call)).await;
        // The server has run all commands of the dropped call when it answers the next call on this connection.
        self.store.load(&handle(0)).await.unwrap();
    }
}

/// Polls a call until `condition` is true. Panics if the call ends earlier.
async fn poll_until<F: Future>(condition: impl Fn() -> bool, mut call: Pin<&mut F>) {
    poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending(), "the call has ended");
        if condition() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Regression: the entries of deleted rows were removed at the end of the call. If a timeout dropped the call, they all
/// stayed, and each later call spent its time on them again. So the last sessions of the owner were never deleted.
#[tokio::test]
async fn dropped_delete_by_owner_removes_entries_of_deleted_rows() {
    let Some(h) = Harness::single().await else { return };
    h.create_sessions().await;
    for _ in 0..DROPPED {
        let (rows, entries) = (h.rows(), h.entries());
        let is_enough = || h.rows() + TWO_CHUNKS <= rows;
        h.drop_when(is_enough, h.store.delete_by_owner("alice", None)).await;
        // The entries of the chunk in which the call was dropped can remain.
        assert!(h.entries() + TWO_CHUNKS / 2 <= entries, "{} of {entries} entries", h.entries());
        h.age_entries(61);
    }
    let rows = h.rows() as u64;
    assert!(rows > 0);
    assert_eq!(h.store.delete_by_owner("alice", None).await, Ok(rows));
    assert!(h.keys().is_empty(), "{:?}", h.keys());
}

/// Regression: entries without a row were pruned at the end of the call. If a timeout dropped the call, they all
/// stayed, and each later call looked up the same missing rows again.
#[tokio::test]
async fn dropped_list_of_sessions_prunes_entries_without_row() {
    let Some(h) = Harness::single().await else { return };
    h.create_sessions().await;
    for number in 1..SESSIONS {
        h.command(&[b"DEL", h.key(&numbered(number)).as_bytes()]);
    }
    for _ in 0..DROPPED {
        let entries = h.entries();
        // The two chunks can contain the entry of the one row that is left. This entry stays.
        let is_enough = || h.entries() + TWO_CHUNKS <= entries + 1;
        h.drop_when(is_enough, h.store.by_owner("alice")).await;
        assert!(h.entries() > TWO_CHUNKS, "all entries were pruned together");
    }
    assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 1);
    assert_eq!(h.entries(), 1);
}

/// Regression: if a session was renewed between the list of the owner's sessions and the deletion of its old row, the
/// session survived `delete_by_owner` under its new handle.
#[tokio::test]
async fn delete_by_owner_finds_session_that_was_renewed_meanwhile() {
    let Some(h) = Harness::single().await else { return };
    let row = owned("a", "alice", 600.0);
    for number in 0..=64 {
        h.store.create(&numbered(number), &row).await.unwrap().unwrap();
    }
    let mut deletion = pin!(h.store.delete_by_owner("alice", None));
    // The call has listed all sessions, and has deleted the first chunk of 64.
    poll_until(|| h.rows() == 1, deletion.as_mut()).await;
    for number in 0..=64 {
        if let Some((row, version)) = h.store.load(&numbered(number)).await.unwrap() {
            h.store.create(&numbered(100), &row).await.unwrap().unwrap();
            let marker = Row { owner: None, ..row };
            h.store.replace(&numbered(number), version, &marker).await.unwrap().unwrap();
        }
    }
    assert_eq!(deletion.await, Ok(65));
    assert_eq!(h.store.load(&numbered(100)).await, Ok(None));
}
