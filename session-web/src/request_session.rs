//! The session of one request, as the layer holds it.

use std::sync::{Arc, Mutex};

use session_cookie::{CookieHeader, SetCookies};

use crate::factory::CookieSessionFactory;
use crate::head::RequestHead;
use crate::layer::OnRejection;
use crate::session::Session;
use crate::shared_session::{Inner, Shared, lock};

/// The session of one request. The layer holds it until it sends the head of the response.
pub(crate) struct RequestSession<F: CookieSessionFactory> {
    factory: F,
    shared: Shared<F::Session>,
    saved: bool,
}

/// The outcome of saving a session.
pub(crate) struct SaveOutcome<E> {
    /// Whether the response depends on the session.
    pub(crate) accessed: bool,
    /// The lines to send, or the error if a changed session cannot be saved. If the session was only read, a failed
    /// re-issue loses nothing: it is logged, and there are no lines.
    pub(crate) set_cookies: Result<SetCookies, E>,
}

impl<F: CookieSessionFactory> RequestSession<F> {
    /// Creates the session of a request. The cookie is not parsed or verified before the handler uses the session.
    pub(crate) fn new(factory: F, cookies: CookieHeader) -> Self {
        let shared = Arc::new(Mutex::new(Inner::new(factory.load(cookies))));
        Self { factory, shared, saved: false }
    }

    /// Returns the session for the handler.
    pub(crate) fn handle<N>(&self) -> Session<N> {
        let shared = Arc::clone(&self.shared);
        Session::new(shared)
    }

    /// Calls the hook if the request's cookie was rejected.
    pub(crate) fn report_rejection(&self, on_rejection: &OnRejection, head: RequestHead<'_>) {
        let rejection = self.handle::<()>().rejection();
        if let Some(rejection) = rejection.filter(|rejection| !rejection.is_missing()) {
            on_rejection(&rejection, head);
        }
    }

    /// Logs changes that are lost because the service failed without a response that could carry the cookie.
    pub(crate) fn abandon(mut self) {
        const CHANGES_LOST: &str = "session changes lost: the service failed without a response";
        let is_written = lock(&self.shared).is_written();
        match self.save_once(true).set_cookies {
            Err(error) => {
                tracing::error!(%error, "{CHANGES_LOST}, and the session could not have been saved")
            }
            Ok(_) if is_written => tracing::warn!("{CHANGES_LOST}"),
            Ok(_) => {}
        }
    }

    /// Saves the session if necessary. Called when the head of the response is ready. `failed` tells whether the
    /// response reports a failure; the option `set_on_exception` applies to such responses.
    pub(crate) fn save(mut self, failed: bool) -> SaveOutcome<F::Error> {
        self.save_once(failed)
    }

    fn save_once(&mut self, failed: bool) -> SaveOutcome<F::Error> {
        self.saved = true;
        let mut inner = lock(&self.shared);
        inner.saved = true;
        let saved = match (inner.accessed, failed) {
            (false, _) => Ok(SetCookies::default()),
            (true, false) => self.factory.save(&mut inner.session),
            (true, true) => self.factory.save_on_exception(&mut inner.session),
        };
        let (accessed, is_written) = (inner.accessed, inner.is_written());
        // Unlock before logging, because the subscriber may use the session.
        drop(inner);
        let set_cookies = match saved {
            Err(error) if !is_written => {
                tracing::warn!(%error, "session not re-issued; it was only read, and the browser keeps its cookie");
                Ok(SetCookies::default())
            }
            saved => saved,
        };
        SaveOutcome { accessed, set_cookies }
    }
}

/// Marks the session of a dropped request as saved, so that later changes are logged as lost.
impl<F: CookieSessionFactory> Drop for RequestSession<F> {
    fn drop(&mut self) {
        if !self.saved {
            lock(&self.shared).saved = true;
        }
    }
}
