//! A minimal session, which the tests of several serializers share.

use session_core::{Session, State, Timestamp};

#[derive(Default)]
pub(crate) struct InMemory(pub(crate) State);

impl Session for InMemory {
    fn created(&self) -> Timestamp {
        Timestamp::default()
    }

    fn is_new(&self) -> bool {
        false
    }

    fn changed(&mut self) {}

    fn invalidate(&mut self) {
        self.0.clear();
    }

    fn state(&self) -> &State {
        &self.0
    }

    fn state_mut(&mut self) -> &mut State {
        &mut self.0
    }
}
