//! What a factory shares with its sessions.

use session_cookie::SetCookie;
use session_core::{Record, Timestamp};
use session_store::SessionId;

use super::cookie_id::{IdKeys, VALUE_LEN};
use crate::codec::Codec;
use crate::error::SaveError;
use crate::store::OnStoreError;
use crate::store::guard::Guard;
use crate::times::ROW_MARGIN;

/// What a factory shares with its sessions.
pub(super) struct Shared<St, S> {
    /// Reads and writes the cookie.
    pub(super) codec: Codec<IdKeys>,
    pub(super) store: St,
    /// The serializer of the rows.
    pub(super) serializer: S,
    pub(super) max_bytes: usize,
    pub(super) on_store_error: OnStoreError,
    pub(super) guard: Guard,
}

impl<St, S> Shared<St, S> {
    /// Returns the cookie with this id.
    pub(super) fn set_cookie(&self, id: &SessionId, record: &Record) -> Result<SetCookie, SaveError> {
        let mut text = self.codec.template.start(VALUE_LEN).into_bytes();
        self.codec.serializer.load().write(id, &mut text);
        self.codec.finish(text, record)
    }

    /// Returns whether the browser's cookie has a `Max-Age`. Such a cookie is sent again when an access of the session
    /// is recorded, so that the browser keeps it for longer.
    pub(super) fn has_moving_cookie(&self, record: &Record) -> bool {
        self.codec.template.has_max_age() || self.codec.times.has_own_limits(&record.state)
    }

    /// Returns the time when the row of a session expires: a minute after the session ends, because the store's clock
    /// may be fast. The factory itself checks the end of the session.
    pub(super) fn row_end(&self, record: &Record) -> Option<Timestamp> {
        self.codec.times.expires_at(record, record.accessed).map(|end| end + ROW_MARGIN)
    }
}
