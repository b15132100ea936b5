use std::fmt;
use std::sync::{Arc, Mutex};

use session_cookie::{CookieHeader, SetCookie};
use session_core::SessionFactory;

use crate::session::{Inner, Session, Shared, lock};

/// Where the sessions of a site come from, if they travel in the headers `Cookie` and `Set-Cookie`: any
/// `session_core::SessionFactory` that does so, such as those of `signed-session`.
///
/// It is implemented for all of them; clones have to be one factory, and cheap.
pub trait CookieSessionFactory:
    SessionFactory<
        Request = CookieHeader,
        Response = SetCookie,
        Session: Send + 'static,
        Error: std::error::Error,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<F> CookieSessionFactory for F where
    F: SessionFactory<
            Request = CookieHeader,
            Response = SetCookie,
            Session: Send + 'static,
            Error: std::error::Error,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// The layer's end of a session, from the request to the head of the response.
///
/// ```
/// use session_cookie::{CookieHeader, SetCookie};
/// # use session_core::*;
/// # #[derive(Clone)] struct Factory;
/// # #[derive(Default)] struct InMemory { state: State, changed: bool }
/// # impl Session for InMemory {
/// #     fn created(&self) -> Timestamp { Timestamp::default() }
/// #     fn is_new(&self) -> bool { true }
/// #     fn changed(&mut self) { self.changed = true }
/// #     fn invalidate(&mut self) {}
/// #     fn state(&self) -> &State { &self.state }
/// #     fn state_mut(&mut self) -> &mut State { self.changed(); &mut self.state }
/// # }
/// # impl SessionFactory for Factory {
/// #     type Session = InMemory;
/// #     type Request = CookieHeader;
/// #     type Response = SetCookie;
/// #     type Error = std::fmt::Error;
/// #     fn load(&self, _: CookieHeader) -> InMemory { InMemory::default() }
/// #     fn save(&self, session: &mut InMemory) -> Result<Option<SetCookie>, std::fmt::Error> {
/// #         let template = session_cookie::CookieTemplate::builder("session").build().unwrap();
/// #         Ok(session.changed.then(|| template.removal()))
/// #     }
/// #     fn save_on_exception(&self, session: &mut InMemory) -> Result<Option<SetCookie>, std::fmt::Error> { self.save(session) }
/// # }
/// # let factory = Factory;
/// use session_web::Exchange;
///
/// let exchange = Exchange::new(factory, CookieHeader::from("session=…"));
/// let session = exchange.session::<()>(); // for the handler
/// session.insert("hits", 1)?;
///
/// let reply = exchange.finish(false); // the handler is done, and has not failed
/// assert!(reply.accessed && reply.set_cookie.unwrap().is_some());
/// # Ok::<(), session_core::Error>(())
/// ```
pub struct Exchange<F: CookieSessionFactory> {
    factory: F,
    shared: Shared<F::Session>,
    replied: bool,
}

/// What the session has to say in the response.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply<E> {
    /// The response depends on the session.
    pub accessed: bool,
    /// The cookie to set, if any; an error if the session was changed and could not be saved. If it was only read, a
    /// failed re-issue loses nothing: it is logged, and this is `Ok(None)`.
    pub set_cookie: Result<Option<SetCookie>, E>,
}

impl<F: CookieSessionFactory> Exchange<F> {
    /// The session of a request. This does no work yet.
    pub fn new(factory: F, cookies: CookieHeader) -> Self {
        let shared = Arc::new(Mutex::new(Inner::new(factory.load(cookies))));
        Self { factory, shared, replied: false }
    }

    /// What the handler gets.
    pub fn session<N>(&self) -> Session<N> {
        let shared = Arc::clone(&self.shared);
        Session::new(shared)
    }

    /// The service has failed, and made no response that could have a cookie: what was to be saved is lost, and logged.
    pub fn fail(mut self) {
        if let Ok(Some(_)) = self.reply(true).set_cookie {
            tracing::warn!("a service failed without a response: what it has changed in the session is lost");
        }
    }

    /// Saves the session, if there is something to save, at the time when the head of the response is made. `failed`
    /// says that the response reports a failure, which the option `set_on_exception` is about.
    pub fn finish(mut self, failed: bool) -> Reply<F::Error> {
        self.reply(failed)
    }

    fn reply(&mut self, failed: bool) -> Reply<F::Error> {
        self.replied = true;
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
        Reply { accessed, set_cookie }
    }
}

/// What is written to the session of a request that has got no response is lost, and is to be logged.
impl<F: CookieSessionFactory> Drop for Exchange<F> {
    fn drop(&mut self) {
        if !self.replied {
            lock(&self.shared).saved = true;
        }
    }
}

impl<F: CookieSessionFactory> fmt::Debug for Exchange<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}
