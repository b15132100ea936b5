//! The keys of the library's own entries in a session, and the rules for these entries.

use crate::state::State;

/// The key of the CSRF token, as in Pyramid.
pub const CSRF_KEY: &str = "_csrft_";

/// The prefix of the keys of flash queues, as in Pyramid.
pub const FLASH_PREFIX: &str = "_f_";

/// The key of the entry that holds the id of a revocable cookie session. The store identifies the session by the
/// SHA-256 of this id. A session whose entries are in the store has no entry under this key.
pub const ID_KEY: &str = "_id_";

/// The key of a session's own timeout, in whole seconds.
pub const TIMEOUT_KEY: &str = "_timeout_";

/// The key of a session's own lifetime, in whole seconds.
pub const LIFETIME_KEY: &str = "_lifetime_";

/// The keys of the library's own entries, except flash queues. A renewed session does not keep these entries.
const OWN_KEYS: [&str; 4] = [CSRF_KEY, TIMEOUT_KEY, LIFETIME_KEY, ID_KEY];

/// Returns the key of a flash queue: [`FLASH_PREFIX`] and the name of the queue.
pub fn flash_key(queue: &str) -> String {
    [FLASH_PREFIX, queue].concat()
}

/// Returns whether `key` is the key of one of the library's own entries, which a user's type neither reads nor writes.
pub(crate) fn is_reserved(key: &str) -> bool {
    OWN_KEYS.contains(&key) || key.starts_with(FLASH_PREFIX)
}

impl State {
    /// Returns the CSRF token, or `None` if there is no valid one. A valid token is a string that is not empty.
    pub fn csrf_token(&self) -> Option<String> {
        self.get(CSRF_KEY).ok().flatten().filter(|token: &String| !token.is_empty())
    }

    /// Removes the entries that a renewed session does not keep: the CSRF token, the session's own timeout and
    /// lifetime, and the session's id in a store. Use this method to implement
    /// [`Session::renew`](crate::Session::renew).
    pub fn discard_own_entries(&mut self) {
        for key in OWN_KEYS {
            self.discard(key);
        }
    }
}
