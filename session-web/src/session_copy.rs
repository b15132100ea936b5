//! A copy of a session's entries, to change without holding the lock.

use session_core::{Session, State, Timestamp};

/// A copy of a session's entries that records whether it was changed.
///
/// It implements [`Session`] for the methods that use only the entries. The other methods return placeholders.
pub(crate) struct SessionCopy {
    state: State,
    changed: bool,
}

impl SessionCopy {
    pub(crate) fn of(state: &State) -> Self {
        Self { state: state.clone(), changed: false }
    }

    /// Returns the entries if they were changed.
    pub(crate) fn into_changed(self) -> Option<State> {
        self.changed.then_some(self.state)
    }
}

impl Session for SessionCopy {
    fn created(&self) -> Timestamp {
        Timestamp::default()
    }

    fn is_new(&self) -> bool {
        false
    }

    fn changed(&mut self) {
        self.changed = true;
    }

    fn invalidate(&mut self) {
        self.clear();
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        self.changed = true;
        &mut self.state
    }
}
