//! A session as a store keeps it.

use std::fmt;

use serde::Serialize;
use session_core::{SessionHandle, Timestamp};

/// A session as a store keeps it.
///
/// A store keeps every field. A new field is a breaking change on purpose: a store that builds a row without the new
/// field does not compile.
///
/// `Debug` shows neither the data nor the label.
#[derive(Clone, PartialEq)]
pub struct Row {
    /// The serialized session. It can be any bytes. It is empty if the session's entries are in its cookie.
    pub data: Vec<u8>,
    /// The user to whom the session belongs, as the application names the user.
    pub owner: Option<String>,
    /// The application's description of the session, such as the user agent.
    pub label: Option<String>,
    /// The time when the session began.
    pub created: Timestamp,
    /// The time of the last recorded access.
    pub accessed: Timestamp,
    /// The time from which the store no longer returns the session. With `None`, the store keeps the session until it
    /// is deleted.
    pub expires: Option<Timestamp>,
}

impl Row {
    /// Creates a row that has no owner and no label, and never expires.
    pub fn new(data: Vec<u8>, now: Timestamp) -> Self {
        Self { data, owner: None, label: None, created: now, accessed: now, expires: None }
    }

    /// Returns whether the row has expired: `now` is at or after [`expires`](Self::expires).
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }

    /// Returns the part of the row that a list of sessions shows.
    pub fn info(&self, handle: SessionHandle) -> SessionInfo {
        SessionInfo::new(handle, self.label.clone(), self.created, self.accessed)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("data_len", &self.data.len())
            .field("owner", &self.owner)
            .field("created", &self.created)
            .field("accessed", &self.accessed)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// The version of a row. Every [`replace`](crate::Store::replace) changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Version {
    /// The version of a new row in most stores. A store can begin with another version.
    pub const FIRST: Self = Self(1);

    /// Creates a version from its number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number of this version.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Returns the version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// A session in the list of an owner's sessions.
///
/// Serializes as a map of its fields, for example for a page that shows the devices of a user.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// The name of the session in the store. It is not a secret.
    pub handle: SessionHandle,
    /// The application's description of the session, such as the user agent.
    pub label: Option<String>,
    /// The time when the session began.
    pub created: Timestamp,
    /// The time of the last recorded access. The last request can be later, by up to the factory's `reissue_time`. If
    /// the `reissue_time` is `None`, only changes are recorded.
    ///
    /// A revocable factory records fewer accesses. It records an access if the last recorded one is longer ago than
    /// both the `reissue_time` and a tenth of the `timeout`. Without a `timeout`, 60 seconds take the place of the
    /// tenth. So the last request can be later by up to the `reissue_time` plus the longer of the two.
    pub accessed: Timestamp,
}

impl SessionInfo {
    /// Creates a `SessionInfo` from its fields, for a store that does not have the whole [`Row`].
    pub fn new(
        handle: SessionHandle,
        label: Option<String>,
        created: Timestamp,
        accessed: Timestamp,
    ) -> Self {
        Self { handle, label, created, accessed }
    }
}
