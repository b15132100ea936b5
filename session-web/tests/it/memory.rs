//! A factory whose sessions always begin with the same entries and are not stored, and helpers to call services.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{Request, Response};
use session_cookie::{CookieHeader, CookieTemplate, SetCookies};
use session_core::{CookieKey, EntryError, FactoryError, Redo, Rejection, SessionFactory, State, Timestamp};
use session_web::{Session, SessionLayer};
use tower::{Layer, Service, service_fn};

/// A factory without a store. It accepts the cookie `session=accepted`. It rejects `session=expired` as expired, and
/// any other value, such as `session=forged`, as badly signed. Each session begins with the entries of `state`.
///
/// A save of a changed session sends the removal of a cookie: `session` for `save`, and `failed` for
/// `save_on_exception`. With `removes_old`, the save also sends the removal of the cookie `old`. With `fails`, each
/// save fails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Factory {
    pub(crate) fails: bool,
    pub(crate) removes_old: bool,
    pub(crate) state: State,
}

/// The age of each session.
pub(crate) const AGE: Duration = Duration::from_secs(1000);

#[derive(Default)]
pub(crate) struct InMemory {
    state: State,
    changed: bool,
    is_accepted: bool,
    rejection: Option<Rejection>,
    /// The changes that a save could repeat.
    redos: Vec<Redo>,
}

impl InMemory {
    pub(crate) fn is_accepted(&self) -> bool {
        self.is_accepted
    }

    /// Returns the session with one more entry, as if the entry had been loaded: the session is not marked as changed.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.state.insert(key, value).unwrap();
        self
    }
}

impl session_core::Session for InMemory {
    fn created(&self) -> Timestamp {
        Timestamp::from_secs(1_700_000_000.0).unwrap()
    }

    fn is_new(&self) -> bool {
        !self.is_accepted
    }

    fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_ref()
    }

    fn cookie_key(&self) -> Option<CookieKey> {
        self.is_accepted.then(|| CookieKey::new(0, 1))
    }

    fn now(&self) -> Timestamp {
        self.created() + AGE
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.state.timeout().map(|timeout| self.now() + timeout)
    }

    /// Sets the timeout of this session. `set_lifetime` is not implemented, and returns an error.
    fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError> {
        self.state_mut().set_timeout(timeout)
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

    fn replace_state(&mut self, state: State, redo: Redo) {
        *self.state_mut() = state;
        self.redos.push(redo);
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

impl FactoryError for Full {}

impl SessionFactory for Factory {
    type Session = InMemory;
    type Request = CookieHeader;
    type Response = SetCookies;
    type Error = Full;

    type Load = Ready<Result<InMemory, Full>>;
    type Save = Ready<Result<SetCookies, Full>>;
    const LOADS_AT_ONCE: bool = true;

    fn load(&self, cookies: CookieHeader) -> Self::Load {
        ready(Ok(InMemory { state: self.state.clone(), ..Self::loaded(&cookies) }))
    }

    fn save(&self, session: &mut InMemory) -> Self::Save {
        ready(self.save_as("session", session))
    }

    fn save_on_exception(&self, session: &mut InMemory) -> Self::Save {
        ready(self.save_as("failed", session))
    }

    fn abandon(&self, session: &mut InMemory) -> Vec<Redo> {
        std::mem::take(&mut session.redos)
    }
}

impl Factory {
    pub(crate) fn loaded(cookies: &CookieHeader) -> InMemory {
        let rejection = match cookies.values("session").next() {
            None => Rejection::missing(),
            Some(b"accepted") => return InMemory { is_accepted: true, ..InMemory::default() },
            Some(b"expired") => Rejection::expired(),
            Some(b"unavailable") => Rejection::unavailable(),
            Some(_) => Rejection::bad_signature(),
        };
        InMemory { rejection: Some(rejection), ..InMemory::default() }
    }

    pub(crate) fn save_as(&self, name: &str, session: &InMemory) -> Result<SetCookies, Full> {
        if self.fails {
            return Err(Full);
        }
        let removal = |name| CookieTemplate::builder(name).build().unwrap().removal();
        let mut set_cookies = SetCookies::default();
        if session.changed {
            set_cookies = removal(name).into();
            if self.removes_old {
                set_cookies.push_removal(removal("old"));
            }
        }
        Ok(set_cookies)
    }
}

/// Returns the session that a handler gets from a session layer.
pub(crate) fn session() -> Session {
    session_with(State::default())
}

/// Returns a session that was loaded with the entries of `state`.
pub(crate) fn session_with(state: State) -> Session {
    let mut found = None;
    let service = service_fn(|request: Request<()>| {
        found = Some(session_of(&request));
        ready(Ok::<_, Full>(Response::new(())))
    });
    let factory = Factory { state, ..Factory::default() };
    drop(SessionLayer::new(factory).layer(service).call(Request::new(())));
    found.expect("the layer adds a session")
}

/// Returns the session of a request that has passed a session layer.
pub(crate) fn session_of<B>(request: &Request<B>) -> Session {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.extensions = request.extensions().clone();
    block_on(Session::of(&parts)).expect("the layer adds a session")
}

/// Sends one request to a service that is ready immediately. Panics if its future is pending.
pub(crate) fn send<S, B, C>(mut service: S, request: Request<B>) -> Response<C>
where
    S: Service<Request<B>, Response = Response<C>, Error: fmt::Debug>,
{
    let mut context = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut context).is_ready());
    block_on(service.call(request)).unwrap()
}

/// Returns the output of a future that is ready immediately. Panics if it is pending.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is pending"),
    }
}
