//! The session that the handler and the layer share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A session that the handler and the layer share.
pub(crate) type Shared<S> = Arc<Mutex<Inner<S>>>;

pub(crate) struct Inner<S: ?Sized> {
    /// Whether the cookie was read and its rejection logged.
    pub(crate) is_loaded: bool,
    /// Whether the response depends on the session.
    pub(crate) accessed: bool,
    /// Whether the session was saved, because the head of the response is ready.
    pub(crate) saved: bool,
    /// The number of changes so far.
    pub(crate) version: u64,
    /// The number of calls of `invalidate` and `renew` so far.
    pub(crate) generation: u64,
    pub(crate) session: S,
}

impl<S> Inner<S> {
    pub(crate) fn new(session: S) -> Self {
        Self { is_loaded: false, accessed: false, saved: false, version: 0, generation: 0, session }
    }
}

impl<S: ?Sized> Inner<S> {
    /// Returns whether the handler changed the session.
    pub(crate) fn is_written(&self) -> bool {
        self.version > 0
    }
}

/// Locks a session, ignoring poisoning: the session stays usable if another of its users panics.
pub(crate) fn lock<S: ?Sized>(shared: &Shared<S>) -> MutexGuard<'_, Inner<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
