//! The timeout and the lifetime of a single session.

use std::time::Duration;

use crate::error::EntryError;
use crate::own_keys::{LIFETIME_KEY, TIMEOUT_KEY};
use crate::state::State;

/// Methods for implementations of [`Session`](crate::Session) whose sessions can have their own timeout and lifetime.
impl State {
    /// Returns the timeout of this session, or `None` if the factory's timeout applies. A stored timeout that is not a
    /// finite number of at least 1 is ignored.
    pub fn timeout(&self) -> Option<Duration> {
        read(self, TIMEOUT_KEY)
    }

    /// Sets the timeout of this session under [`TIMEOUT_KEY`]. Fractions of a second are dropped.
    ///
    /// # Errors
    /// Returns an error if the timeout is less than one second.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError> {
        write(self, TIMEOUT_KEY, timeout)
    }

    /// Returns the lifetime of this session, or `None` if the factory's lifetime applies. A stored lifetime that is not
    /// a finite number of at least 1 is ignored.
    pub fn lifetime(&self) -> Option<Duration> {
        read(self, LIFETIME_KEY)
    }

    /// Sets the lifetime of this session under [`LIFETIME_KEY`]. Fractions of a second are dropped.
    ///
    /// # Errors
    /// Returns an error if the lifetime is less than one second.
    pub fn set_lifetime(&mut self, lifetime: Duration) -> Result<(), EntryError> {
        write(self, LIFETIME_KEY, lifetime)
    }
}

fn read(state: &State, key: &str) -> Option<Duration> {
    let secs: f64 = state.get(key).ok()??;
    // Seconds beyond the range of `Duration` become the longest `Duration`, which no session reaches.
    (secs >= 1.0 && secs.is_finite()).then(|| Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX))
}

fn write(state: &mut State, key: &str, duration: Duration) -> Result<(), EntryError> {
    match duration.as_secs() {
        0 => Err(EntryError::write::<Duration>(Some(key))
            .because("it is less than one second; to end the session, call invalidate()".to_owned())),
        secs => state.insert(key, secs),
    }
}
