//! The id of a session in its cookie, and the changes of a request to its row.

use base64_simd::URL_SAFE_NO_PAD;
use session_core::{EntryError, ID_KEY, SessionHandle, State, Timestamp};
use session_store::SessionId;

use crate::superseded::Marker;

/// A session that has a row in the store.
#[derive(Clone, Copy)]
pub(super) struct Registered {
    pub(super) handle: SessionHandle,
    /// The time of the last access that the row records.
    pub(super) accessed: Timestamp,
    /// The end of the row; `None` if it has none.
    pub(super) expires: Option<Timestamp>,
}

/// The changes of a request to the rows of its session.
#[derive(Clone, Default)]
pub(super) struct Changes {
    /// The new row, and its owner.
    pub(super) register: Option<(SessionHandle, String)>,
    pub(super) label: Option<String>,
    /// The row of a session that was invalidated, renewed, or registered again.
    pub(super) ended: Option<Ended>,
}

/// The row of a session that ends with a save.
#[derive(Clone)]
pub(super) struct Ended {
    pub(super) handle: SessionHandle,
    /// Replaces the row if the new session keeps the entries. If another request has ended the old session, the new one
    /// is then dropped.
    pub(super) marker: Option<Marker>,
}

impl Ended {
    /// Returns the row of a session that keeps its entries.
    pub(super) fn superseded(handle: SessionHandle) -> Self {
        Self { handle, marker: Some(Marker::new()) }
    }
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.register.is_none() && self.label.is_none() && self.ended.is_none()
    }
}

/// Returns the id in a session's entries; `None` if the session is not registered. An id that cannot be read is
/// `Some(None)`.
pub(crate) fn id_in(state: &State) -> Option<Option<SessionId>> {
    let text = state.get::<String>(ID_KEY).transpose()?;
    let bytes = text.ok().and_then(|text| URL_SAFE_NO_PAD.decode_to_vec(text).ok());
    Some(bytes.and_then(|bytes| SessionId::from_bytes(&bytes)))
}

/// Returns the handle of the id in a session's entries, like [`id_in`].
pub(super) fn handle_in(state: &State) -> Option<Option<SessionHandle>> {
    id_in(state).map(|id| id.map(|id| id.handle()))
}

/// Stores a new id in a session's entries, and returns its handle.
pub(super) fn insert_id(state: &mut State) -> Result<SessionHandle, EntryError> {
    let id = SessionId::generate()?;
    state.insert(ID_KEY, URL_SAFE_NO_PAD.encode_to_string(id.expose()))?;
    Ok(id.handle())
}
