//! The session of one request, as the layer holds it.

use std::sync::{Arc, Mutex};

use session_cookie::CookieHeader;

use crate::factory::CookieSessionFactory;
use crate::layer::OnRejection;
use crate::pending_session::PendingSession;
use crate::shared_session::{End, Inner, Shared, lock};
use crate::slot::FactorySlot;

/// The session of one request, which the layer holds until the head of the response is ready.
pub(crate) struct RequestSession<F: CookieSessionFactory> {
    factory: F,
    shared: Shared<FactorySlot<F>>,
    /// Whether [`save`](Self::save) or [`abandon`](Self::abandon) was called.
    ended: bool,
}

/// A save that has begun.
pub(crate) struct Saving<S> {
    /// The future that saves the session; `None` if the session was not accessed.
    pub(crate) save: Option<S>,
    pub(crate) usage: Usage,
}

/// How the session was used.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    /// Whether the session was accessed, or was not loaded in time, so that the response depends on the cookie.
    pub(crate) is_accessed: bool,
    /// Whether the session was changed.
    pub(crate) is_written: bool,
}

impl<F: CookieSessionFactory> RequestSession<F> {
    /// Creates the session of a request, and the [`PendingSession`] to put into the request's extensions. The factories
    /// of `signed-session` do not parse the cookie here.
    pub(crate) fn new<N>(
        factory: F,
        cookies: CookieHeader,
        on_rejection: Option<OnRejection>,
    ) -> (Self, PendingSession<N>) {
        let slot = FactorySlot::new(factory.load(cookies));
        let is_loaded = matches!(slot, FactorySlot::Loaded(_));
        let shared = Arc::new(Mutex::new(Inner::new(slot)));
        let pending = PendingSession::new(Arc::clone(&shared) as _, is_loaded, on_rejection);
        (Self { factory, shared, ended: false }, pending)
    }

    /// Ends the session without saving it, because the service returned an error instead of a response. Logs a warning
    /// if changes are lost.
    pub(crate) fn abandon(mut self) {
        // Log without the lock, because the subscriber may use the session.
        if self.end_unsaved() {
            tracing::warn!("session changes lost: the service failed without a response");
        }
    }

    /// Ends the session without saving it. Returns whether it was changed.
    fn end_unsaved(&mut self) -> bool {
        self.ended = true;
        let mut inner = lock(&self.shared);
        inner.end = Some(End::NoResponse);
        let redos = inner.slot.loaded().map(|session| self.factory.abandon(session));
        let is_written = inner.is_written();
        // Dropping a closure of the application may use the session, so unlock first.
        drop(inner);
        drop(redos);
        is_written
    }

    /// Begins to save the session, if necessary. Called when the head of the response is ready. `failed` tells whether
    /// the response has a status of 5xx. If it does, a factory with `set_on_exception(false)` does not save the
    /// session.
    pub(crate) fn save(mut self, failed: bool) -> Saving<F::Save> {
        self.ended = true;
        let mut inner = lock(&self.shared);
        inner.end = Some(End::HeadSent);
        // A response without the session is made for this request only, so it depends on the cookie.
        let is_accessed = inner.accessed || inner.slot.gave_no_session();
        let usage = Usage { is_accessed, is_written: inner.is_written() };
        let session = inner.slot.loaded().filter(|_| usage.is_accessed);
        let (save, redos) = session
            .map(|session| {
                let save =
                    if failed { self.factory.save_on_exception(session) } else { self.factory.save(session) };
                (save, self.factory.abandon(session))
            })
            .unzip();
        // Dropping a closure of the application may use the session, so unlock first.
        drop(inner);
        drop(redos);
        Saving { save, usage }
    }
}

/// Marks the session of a dropped request as ended, so that later changes are logged as lost. Logs a warning if the
/// request had already changed the session.
impl<F: CookieSessionFactory> Drop for RequestSession<F> {
    fn drop(&mut self) {
        if !self.ended && self.end_unsaved() {
            tracing::warn!("session changes lost: the request was dropped before its response was ready");
        }
    }
}
