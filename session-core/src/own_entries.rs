//! Removes the library's own entries that a renewed session does not keep.

use crate::session::OWN_KEYS;
use crate::state::State;

impl State {
    /// Removes the entries that a renewed session does not keep: the CSRF token, the session's own timeout and
    /// lifetime, and the session's id in a store. Use this method to implement
    /// [`Session::renew`](crate::Session::renew).
    pub fn discard_own_entries(&mut self) {
        for key in OWN_KEYS {
            self.discard(key);
        }
    }
}
