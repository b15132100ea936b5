//! The id that a session has in its cookie, and the changes that a request makes to the session's rows.

use base64_simd::URL_SAFE_NO_PAD;
use session_core::{EntryError, ID_KEY, SessionHandle, State, Timestamp};
use session_store::SessionId;

use crate::store::superseded::Marker;

/// A session that has a row in the store.
#[derive(Clone, Copy)]
pub(super) struct Registered {
    pub(super) handle: SessionHandle,
    /// The time of the last access, as recorded in the row.
    pub(super) accessed: Timestamp,
    /// The time when the row expires; `None` if it never does.
    pub(super) expires: Option<Timestamp>,
}

/// The changes that a request makes to the rows of its session.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) register: Option<NewRow>,
    pub(super) label: Option<String>,
    /// The old row, if the session was invalidated, renewed or registered again, or has lost its id.
    pub(super) ended: Option<Ended>,
}

/// The row that the next save creates.
pub(super) struct NewRow {
    pub(super) handle: SessionHandle,
    pub(super) owner: String,
}

/// A row that the next save ends.
pub(super) struct Ended {
    pub(super) handle: SessionHandle,
    /// The marker that replaces the row; `None` if the session was invalidated. With a marker, the new session is
    /// dropped if another request has ended or renewed the old one.
    pub(super) marker: Option<Marker>,
}

impl Ended {
    /// Creates the value for a session that goes on without its old id.
    pub(super) fn superseded(handle: SessionHandle) -> Self {
        Self { handle, marker: Some(Marker::new()) }
    }
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.register.is_none() && self.label.is_none() && self.ended.is_none()
    }
}

/// Returns the handle of the id in a session's entries. Returns `None` if there is no id, and `Some(None)` if the id
/// cannot be read.
pub(crate) fn handle_in(state: &State) -> Option<Option<SessionHandle>> {
    let text = state.get::<String>(ID_KEY).transpose()?;
    let bytes = text.ok().and_then(|text| URL_SAFE_NO_PAD.decode_to_vec(text).ok());
    Some(bytes.and_then(|bytes| SessionId::from_bytes(&bytes)).map(|id| id.handle()))
}

/// Stores a new id in a session's entries, and returns its handle.
pub(super) fn insert_id(state: &mut State) -> Result<SessionHandle, EntryError> {
    let id = SessionId::generate()?;
    state.insert(ID_KEY, URL_SAFE_NO_PAD.encode_to_string(id.expose()))?;
    Ok(id.handle())
}
