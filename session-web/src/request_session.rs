use std::sync::{Arc, Mutex};

use session_cookie::{CookieHeader, SetCookie};

use crate::factory::CookieSessionFactory;
use crate::head::RequestHead;
use crate::layer::OnRejection;
use crate::session::{Inner, Session, Shared, lock};

/// The session of one request as the layer holds it, from the request to the head of the response.
pub(crate) struct RequestSession<F: CookieSessionFactory> {
    factory: F,
    shared: Shared<F::Session>,
    saved: bool,
}

/// The outcome of saving a session.
pub(crate) struct SaveOutcome<E> {
    /// Whether the response depends on the session.
    pub(crate) accessed: bool,
    /// The cookie to set, if any. An error if the session was changed and cannot be saved. If it was only read, a failed
    /// re-issue loses nothing: it is logged, and this is `Ok(None)`.
    pub(crate) set_cookie: Result<Option<SetCookie>, E>,
}

impl<F: CookieSessionFactory> RequestSession<F> {
    /// The session of a request. Nothing is parsed or verified before the handler uses it.
    pub(crate) fn new(factory: F, cookies: CookieHeader) -> Self {
        let shared = Arc::new(Mutex::new(Inner::new(factory.load(cookies))));
        Self { factory, shared, saved: false }
    }

    /// The session for the handler.
    pub(crate) fn handle<N>(&self) -> Session<N> {
        let shared = Arc::clone(&self.shared);
        Session::new(shared)
    }

    /// Calls a hook if the request has a cookie that is not taken.
    pub(crate) fn report_rejection(&self, on_rejection: &OnRejection, head: RequestHead<'_>) {
        let rejection = self.handle::<()>().rejection();
        if let Some(rejection) = rejection.filter(|rejection| !rejection.is_missing()) {
            on_rejection(&rejection, head);
        }
    }

    /// Logs that changes are lost, if there are any: the service failed, and there is no response to carry the cookie.
    pub(crate) fn abandon(mut self) {
        const EVENT: &str = "a service failed without a response: what it has changed in the session is lost";
        match self.save_once(true).set_cookie {
            Ok(Some(_)) => tracing::warn!("{EVENT}"),
            Err(error) => tracing::error!(%error, "{EVENT}, and could not have been saved"),
            Ok(None) => {}
        }
    }

    /// Saves the session if there is something to save. Called when the head of the response is made. `failed` says that
    /// the response reports a failure, which the option `set_on_exception` is about.
    pub(crate) fn save(mut self, failed: bool) -> SaveOutcome<F::Error> {
        self.save_once(failed)
    }

    fn save_once(&mut self, failed: bool) -> SaveOutcome<F::Error> {
        self.saved = true;
        let mut inner = lock(&self.shared);
        inner.saved = true;
        let saved = match (inner.accessed, failed) {
            (false, _) => Ok(None),
            (true, false) => self.factory.save(&mut inner.session),
            (true, true) => self.factory.save_on_exception(&mut inner.session),
        };
        let (accessed, is_written) = (inner.accessed, inner.is_written());
        // Unlocked before logging, as the subscriber may look into the session.
        drop(inner);
        let set_cookie = match saved {
            Err(error) if !is_written => {
                tracing::warn!(%error, "session only read and not re-issued; the browser keeps its cookie");
                Ok(None)
            }
            saved => saved,
        };
        SaveOutcome { accessed, set_cookie }
    }
}

/// Changes to the session of a request that was dropped without a response are lost; this makes sure that they are logged.
impl<F: CookieSessionFactory> Drop for RequestSession<F> {
    fn drop(&mut self) {
        if !self.saved {
            lock(&self.shared).saved = true;
        }
    }
}
