//! A copy of a session's entries, to change without holding the lock.

use session_core::{Session, State, Timestamp};

/// A copy of a session's entries that records whether it was changed.
///
/// It implements [`Session`], so that the methods of [`SessionExt`](session_core::SessionExt) can read and change the
/// entries. The results of the methods that do not concern entries, such as `created`, have no meaning.
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

#[cfg(test)]
mod tests {
    use session_core::SessionExt;

    use super::*;

    fn copy() -> SessionCopy {
        let mut state = State::default();
        state.insert("user", "zoe").unwrap();
        SessionCopy::of(&state)
    }

    #[test]
    fn only_changed_copy_returns_its_entries() {
        let read = copy();
        assert_eq!(read.get::<String>("user").unwrap().unwrap(), "zoe");
        assert!(!read.is_new() && read.into_changed().is_none());

        let mut marked = copy();
        marked.changed();
        assert_eq!(marked.into_changed().unwrap().len(), 1);
    }

    #[test]
    fn invalidated_copy_is_empty() {
        let mut copy = copy();
        copy.invalidate();
        assert!(copy.into_changed().unwrap().is_empty());
    }
}
