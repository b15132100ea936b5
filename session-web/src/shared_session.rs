//! The session that the handler and the layer share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_core::{Rejection, Session};

use crate::slot::Slot;

/// A session that the handler and the layer share. The layer knows the type `S` of the slot. For the handler, `S` is
/// `dyn Slot`.
pub(crate) type Shared<S> = Arc<Mutex<Inner<S>>>;

/// Why the layer no longer saves the changes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The head of the response is ready.
    HeadSent,
    /// The service failed, or the request was dropped.
    NoResponse,
}

pub(crate) struct Inner<S: ?Sized = dyn Slot> {
    /// Whether the rejection of the cookie, or the key that authenticated it, was logged. The first use of the session
    /// logs it.
    pub(crate) is_logged: bool,
    /// Whether the session was read or changed, so that the response depends on it.
    pub(crate) accessed: bool,
    /// Why the layer no longer saves changes; `None` as long as it saves them.
    pub(crate) end: Option<End>,
    /// Whether the layer has nothing left to report: it has called the hook, or no cookie was rejected.
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
            is_logged: false,
            accessed: false,
            end: None,
            reported: false,
            version: 0,
            generation: 0,
            slot,
        }
    }
}

impl<S: ?Sized> Inner<S> {
    /// Returns whether the session was changed.
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

    /// Returns the rejection of the request's cookie, for the layer's hook. Returns `None` if there was no cookie, if
    /// the cookie was accepted, or if this method was called before.
    pub(crate) fn unreported_rejection(&mut self) -> Option<Rejection> {
        if std::mem::replace(&mut self.reported, true) {
            return None;
        }
        self.session().rejection().filter(|rejection| !rejection.is_missing()).cloned()
    }
}

/// Locks a session and ignores poisoning: if a thread panics while it holds the lock, the session stays usable.
pub(crate) fn lock<S: ?Sized>(shared: &Shared<S>) -> MutexGuard<'_, Inner<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
