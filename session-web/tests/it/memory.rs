//! A factory whose sessions always begin empty and are not stored, and helpers to call services.

use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use session_cookie::{CookieHeader, CookieTemplate, SetCookie};
use session_core::{Rejection, SessionFactory, State, Timestamp};
use session_web::{Session, SessionLayer};
use tower::{Layer, Service, service_fn};

/// Saves a changed session as `session=`, unless `fails` is true. Rejects the cookies `session=forged` and
/// `session=expired`.
#[derive(Clone, Default)]
pub(crate) struct Factory {
    pub(crate) fails: bool,
}

#[derive(Default)]
pub(crate) struct InMemory {
    state: State,
    changed: bool,
    rejection: Option<Rejection>,
}

impl session_core::Session for InMemory {
    fn created(&self) -> Timestamp {
        Timestamp::default()
    }

    fn is_new(&self) -> bool {
        true
    }

    fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_ref()
    }

    fn changed(&mut self) {
        self.changed = true;
    }

    fn invalidate(&mut self) {
        *self = Self { changed: true, ..Self::default() };
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        self.changed();
        &mut self.state
    }
}

#[derive(Debug)]
pub(crate) struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("full")
    }
}

impl std::error::Error for Full {}

impl SessionFactory for Factory {
    type Session = InMemory;
    type Request = CookieHeader;
    type Response = SetCookie;
    type Error = Full;

    fn load(&self, cookies: CookieHeader) -> InMemory {
        let rejection = match cookies.values("session").next() {
            None => Rejection::missing(),
            Some(b"expired") => Rejection::expired(),
            Some(_) => Rejection::bad_signature(),
        };
        InMemory { rejection: Some(rejection), ..InMemory::default() }
    }

    fn save(&self, session: &mut InMemory) -> Result<Option<SetCookie>, Full> {
        match (self.fails, session.changed) {
            (true, _) => Err(Full),
            (false, true) => Ok(Some(CookieTemplate::builder("session").build().unwrap().removal())),
            (false, false) => Ok(None),
        }
    }

    fn save_on_exception(&self, session: &mut InMemory) -> Result<Option<SetCookie>, Full> {
        self.save(session)
    }
}

/// Returns a session, as the layer adds it to a request's extensions.
pub(crate) fn session() -> Session {
    let mut found = None;
    let service = service_fn(|request: Request<()>| {
        found = request.extensions().get::<Session>().cloned();
        std::future::ready(Ok::<_, Full>(Response::new(())))
    });
    drop(SessionLayer::new(Factory::default()).layer(service).call(Request::new(())));
    found.expect("the layer adds a session")
}

/// Sends one request to a service that is ready immediately. Panics if its future is pending.
pub(crate) fn send<S, B, C>(mut service: S, request: Request<B>) -> Response<C>
where
    S: Service<Request<B>, Response = Response<C>, Error: fmt::Debug>,
{
    let mut context = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut context).is_ready());
    match pin!(service.call(request)).poll(&mut context) {
        Poll::Ready(response) => response.unwrap(),
        Poll::Pending => panic!("the service is not ready"),
    }
}
