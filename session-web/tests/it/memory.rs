//! A factory whose sessions begin empty and are kept nowhere.

use session_cookie::{CookieHeader, SetCookie};
use session_core::{Session, SessionFactory, State, Timestamp};
use session_web::Exchange;

#[derive(Clone)]
pub(crate) struct Factory;

#[derive(Default)]
pub(crate) struct InMemory(State);

impl Session for InMemory {
    fn created(&self) -> Timestamp {
        Timestamp::default()
    }

    fn is_new(&self) -> bool {
        true
    }

    fn changed(&mut self) {}

    fn invalidate(&mut self) {
        *self = Self::default();
    }

    fn state(&self) -> &State {
        &self.0
    }

    fn state_mut(&mut self) -> &mut State {
        &mut self.0
    }
}

impl SessionFactory for Factory {
    type Session = InMemory;
    type Request = CookieHeader;
    type Response = SetCookie;
    type Error = std::fmt::Error;

    fn load(&self, _: CookieHeader) -> InMemory {
        InMemory::default()
    }

    fn save(&self, _: &mut InMemory) -> Result<Option<SetCookie>, std::fmt::Error> {
        Ok(None)
    }

    fn save_on_exception(&self, session: &mut InMemory) -> Result<Option<SetCookie>, std::fmt::Error> {
        self.save(session)
    }
}

/// The session of a request that brought none.
pub(crate) fn session() -> session_web::Session {
    Exchange::new(Factory, CookieHeader::from("")).session()
}
