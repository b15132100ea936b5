//! A minimal session in memory.

use session_core::{Session, State, Timestamp};

/// A session that counts its changes.
#[derive(Default)]
pub(crate) struct InMemory {
    pub(crate) state: State,
    pub(crate) writes: u32,
}

impl Session for InMemory {
    fn created(&self) -> Timestamp {
        Timestamp::default()
    }

    fn is_new(&self) -> bool {
        true
    }

    fn changed(&mut self) {
        self.writes += 1;
    }

    fn invalidate(&mut self) {
        *self = Self::default();
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        self.changed();
        &mut self.state
    }
}

pub(crate) fn session(json: &str) -> InMemory {
    InMemory { state: State::from_json(json.into()).unwrap(), writes: 0 }
}
