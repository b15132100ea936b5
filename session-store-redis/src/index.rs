//! The index of an owner: a hash whose fields are handles.
//!
//! The index and the rows have different keys, which a cluster may keep on different nodes. So no step changes both.
//! The order of the steps makes sure that every row is in the index of its owner:
//!
//! - An entry is written before its row is written, and removed after its row is removed. A crash between the two steps
//!   leaves an entry without a row, which does no harm. [`Index::prune`] removes the entry. Once the entry has expired,
//!   a call of [`Index::add`] may also remove it.
//! - An entry is written shortly before its row. So `prune` keeps entries that are younger than [`YOUNG`], and the
//!   script that writes the row refuses to do so if the entry is older than [`ROW_LIMIT`]. Both ages are measured by
//!   the clocks of the servers. So the clocks of two nodes may differ by `YOUNG - ROW_LIMIT`, less the time between the
//!   lookup of the row and `prune`. To keep this time short, the store prunes after each chunk of rows.
//! - An entry holds the version of the row for which it was written. When a row moves from owner A to B, A's entry is
//!   removed unless it was written again for a later version of the row. This also works for a row that is deleted and
//!   created again, because the versions of the new row are later than those of the deleted row.
//! - The index expires, because some owners never come back. A row holds the time until which its entry is certain to
//!   exist. If the row has to live longer, the entry is written again first.
//!
//! An entry is three big-endian `f64`: the time when it expires, the version of the row, and the time when it was
//! written. Both times are those of the server's clock.

use redis::Cmd;
use session_core::SessionHandle;
use session_store::{StoreError, Version};
use sha2::{Digest, Sha256};

use crate::connection::Connection;
use crate::script::{INDEX, PRUNE, UNINDEX};
use crate::ttl::IndexTtl;

/// Age in seconds below which an entry without a row is kept.
const YOUNG: &str = "60";

/// Maximum age in seconds of an entry when its row is written.
const ROW_LIMIT: &str = "30";

/// The result of writing an entry. Its row can now be written.
pub(crate) struct Indexed {
    /// Time in seconds until which the entry is certain to exist. The row stores this time.
    pub(crate) until: f64,
    /// Time in whole seconds, by the server's clock, from which on the server refuses to write the row.
    pub(crate) deadline: String,
}

/// The index of one owner.
pub(crate) struct Index<'a> {
    connection: &'a Connection,
    key: String,
}

impl<'a> Index<'a> {
    /// Creates the index of an owner. Its key contains the hash of the owner. So all keys have the same length, and a
    /// list of keys shows no user names.
    pub(crate) fn new(connection: &'a Connection, prefix: &str, owner: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(owner).into();
        // A `SessionHandle` shows its 32 bytes as hex digits.
        Self { connection, key: format!("{prefix}owner:{}", SessionHandle::from_bytes(digest)) }
    }

    /// Adds the entry of a session for this version of its row. If the entry exists, prolongs it.
    pub(crate) async fn add(
        &self,
        handle: &SessionHandle,
        version: Version,
        ttl: IndexTtl,
    ) -> Result<Indexed, StoreError> {
        let version = version.number().to_be_bytes();
        let millis = ttl.ttl.argument();
        let arguments: [&[u8]; 4] = [handle.as_bytes(), &version, millis.as_bytes(), ROW_LIMIT.as_bytes()];
        let deadline: i64 = INDEX.run(self.connection, &self.key, &arguments).await?;
        Ok(Indexed { until: ttl.until, deadline: deadline.to_string() })
    }

    /// Returns the handles of all sessions in the index. Some of the sessions may have no row, or another owner.
    pub(crate) async fn handles(&self) -> Result<Vec<SessionHandle>, StoreError> {
        let fields: Vec<Vec<u8>> = self.connection.send(Cmd::hkeys(&self.key)).await?;
        let handle = |field: Vec<u8>| field.try_into().ok().map(SessionHandle::from_bytes);
        let handles: Option<_> = fields.into_iter().map(handle).collect();
        handles.ok_or_else(|| StoreError::invalid("the index of an owner has an unknown format"))
    }

    /// Removes each session from the index, unless a call has added it again for a later version than the given one.
    pub(crate) async fn remove(&self, sessions: &[(SessionHandle, Version)]) -> Result<(), StoreError> {
        if sessions.is_empty() {
            return Ok(());
        }
        let sessions: Vec<_> =
            sessions.iter().map(|(handle, version)| (handle, version.number().to_be_bytes())).collect();
        let arguments: Vec<&[u8]> =
            sessions.iter().flat_map(|(handle, version)| [handle.as_bytes(), version as &[u8]]).collect();
        UNINDEX.run::<i64>(self.connection, &self.key, &arguments).await.map(drop)
    }

    /// Removes sessions for which the caller has just found no row of this owner. Keeps entries younger than [`YOUNG`].
    pub(crate) async fn prune(&self, handles: &[SessionHandle]) -> Result<(), StoreError> {
        if handles.is_empty() {
            return Ok(());
        }
        let handles = handles.iter().map(|handle| handle.as_bytes() as &[u8]);
        let arguments: Vec<&[u8]> = [YOUNG.as_bytes()].into_iter().chain(handles).collect();
        PRUNE.run::<i64>(self.connection, &self.key, &arguments).await.map(drop)
    }
}
