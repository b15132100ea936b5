use session_core::{Session, State, Timestamp};

/// A copy of what a session holds, and whether it was changed: a session for those methods that need no more.
pub(crate) struct Draft {
    state: State,
    changed: bool,
}

impl Draft {
    pub(crate) fn of(state: &State) -> Self {
        Self { state: state.clone(), changed: false }
    }

    /// What it holds now, if it was changed.
    pub(crate) fn into_changed(self) -> Option<State> {
        self.changed.then_some(self.state)
    }
}

impl Session for Draft {
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
