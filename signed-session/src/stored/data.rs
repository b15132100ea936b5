//! The data of a session and their origin.

use session_core::{CookieKey, Record, Rejection, SessionHandle, State, Timestamp};
use session_sign::KeyId;
use session_store::{SessionId, StoreError, Version};

use super::row::Registration;
use crate::load::{SessionData, Source};
use crate::store::superseded::Marker;

/// The data of a session and their origin.
pub(super) struct Data {
    pub(super) record: Record,
    pub(super) registration: Registration,
    pub(super) origin: Origin,
}

/// The origin of a session's data.
pub(super) enum Origin {
    /// A row of the store.
    Row(LoadedRow),
    /// A cookie in an old format, and the key that authenticated it. A [revocable](crate::Builder::revocable) session
    /// may also have a row in the store.
    OldFormat(CookieKey, Option<Replaced>),
    /// The session is new because no cookie was accepted, or because a save found that another request has ended or
    /// renewed the previous session.
    Rejected(Rejection),
    /// The session is new because the store cannot be used.
    Unavailable(StoreError, Rejection),
    /// The session is new because this request has invalidated or renewed the previous one.
    Invalidated,
}

/// The row of a loaded or saved session.
#[derive(Clone)]
pub(super) struct LoadedRow {
    pub(super) id: SessionId,
    pub(super) version: Version,
    /// The last access in the row.
    pub(super) accessed: Timestamp,
    /// The key that authenticated the cookie with this id. The current key if the id is new, or if the cookie is in an
    /// old format.
    pub(super) key: KeyId,
    /// Whether the browser's cookie has to be sent again, because a retired key authenticated it.
    pub(super) is_stale: bool,
    /// Whether the row expires before the session does, because the factory's limits were shorter when the row was last
    /// written.
    pub(super) ends_early: bool,
    /// Whether the browser's cookie has a `Max-Age` because of the session's own timeout or lifetime.
    pub(super) has_own_max_age: bool,
}

impl Data {
    pub(super) fn new(now: Timestamp, origin: Origin) -> Self {
        let record = Record::new(now, now, State::default());
        Self { record, registration: Registration::default(), origin }
    }

    pub(super) fn is_new(&self) -> bool {
        !matches!(self.origin, Origin::Row(_) | Origin::OldFormat(..))
    }

    pub(super) fn rejection(&self) -> Option<&Rejection> {
        match &self.origin {
            Origin::Rejected(rejection) | Origin::Unavailable(_, rejection) => Some(rejection),
            Origin::Row(_) | Origin::OldFormat(..) | Origin::Invalidated => None,
        }
    }

    pub(super) fn key(&self) -> Option<CookieKey> {
        match &self.origin {
            Origin::Row(row) => Some(CookieKey::new(0, row.key.index())),
            Origin::OldFormat(key, _) => Some(*key),
            Origin::Rejected(_) | Origin::Unavailable(..) | Origin::Invalidated => None,
        }
    }
}

impl From<SessionData> for Data {
    fn from(SessionData { record, source, .. }: SessionData) -> Self {
        let origin = match source {
            Source::Cookie(key) => Origin::OldFormat(key, None),
            Source::Rejected(rejection) => Origin::Rejected(rejection),
            Source::Invalidated => Origin::Invalidated,
        };
        Self { record, registration: Registration::default(), origin }
    }
}

/// The old row of a session that was invalidated, renewed, or read from an old format. The next save ends this row.
#[derive(Clone)]
pub(super) struct Replaced {
    pub(super) handle: SessionHandle,
    pub(super) version: Version,
    /// The last access in the row.
    pub(super) accessed: Timestamp,
    /// The marker that replaces the row; `None` if the new session does not keep the entries of the old one.
    pub(super) marker: Option<Marker>,
    /// Whether the row has the entries of the session. A revocable session has them in its cookie instead.
    pub(super) has_entries: bool,
}

impl Replaced {
    /// Creates the value for a session that keeps its entries under a new id.
    pub(super) fn renewed(row: &LoadedRow) -> Self {
        let handle = row.id.handle();
        Self { has_entries: true, ..Self::moved(handle, row.version, row.accessed) }
    }

    /// Creates the value for a revocable session that moves from its cookie into the store.
    pub(super) fn moved(handle: SessionHandle, version: Version, accessed: Timestamp) -> Self {
        Self { handle, version, accessed, marker: Some(Marker::new()), has_entries: false }
    }

    /// Returns whether the new session keeps the entries of the old row. If it does, another request may still add
    /// entries to that row.
    pub(super) fn is_renewal(&self) -> bool {
        self.has_entries && self.marker.is_some()
    }

    /// Sets the version of the reloaded row, for another attempt to end it. The marker stays the same, so a later save
    /// of this session recognises it.
    pub(super) fn with_version(self, version: Version) -> Self {
        Self { version, ..self }
    }
}
