//! The session that the handler and the layer share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_core::{Rejection, Session};

use crate::slot::Slot;

/// A session that the handler and the layer share. In the layer, `S` is the slot of its factory.
pub(crate) type Shared<S> = Arc<Mutex<Inner<S>>>;

pub(crate) struct Inner<S: ?Sized = dyn Slot> {
    /// Whether the cookie was read and its rejection logged.
    pub(crate) is_loaded: bool,
    /// Whether the response depends on the session.
    pub(crate) accessed: bool,
    /// Whether the session was saved, because the head of the response is ready.
    pub(crate) saved: bool,
    /// Whether the layer's hook was called, or will not be called because no cookie was rejected.
    pub(crate) reported: bool,
    /// The number of changes so far.
    pub(crate) version: u64,
    /// The number of calls of `invalidate` and `renew` so far.
    pub(crate) generation: u64,
    pub(crate) slot: S,
}

impl<S> Inner<S> {
    pub(crate) fn new(slot: S) -> Self {
        Self {
            is_loaded: false,
            accessed: false,
            saved: false,
            reported: false,
            version: 0,
            generation: 0,
            slot,
        }
    }
}

impl<S: ?Sized> Inner<S> {
    /// Returns whether the handler changed the session.
    pub(crate) fn is_written(&self) -> bool {
        self.version > 0
    }
}

impl Inner {
    pub(crate) fn session(&self) -> &dyn Session {
        self.slot.session()
    }

    pub(crate) fn session_mut(&mut self) -> &mut dyn Session {
        self.slot.session_mut()
    }

    /// Returns the rejection of the request's cookie, if there was a cookie and the layer's hook has not seen it.
    pub(crate) fn unreported_rejection(&mut self) -> Option<Rejection> {
        if std::mem::replace(&mut self.reported, true) {
            return None;
        }
        self.session().rejection().filter(|rejection| !rejection.is_missing()).cloned()
    }
}

/// Locks a session, ignoring poisoning: the session stays usable if another of its users panics.
pub(crate) fn lock<S: ?Sized>(shared: &Shared<S>) -> MutexGuard<'_, Inner<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
