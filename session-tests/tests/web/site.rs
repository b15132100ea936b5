//! A server with its own clock and log for each test, so that tests can run in parallel.

use std::net::{SocketAddr, TcpListener};

use signed_session::axum::CookieSessionFactory;
use signed_session::parts::session_core::Session;
use signed_session::{CookieHeader, ManualClock, SaveError, Timestamp};
use tokio::sync::oneshot;

use crate::client::{Browser, Request, Response};
use crate::log::Log;
use crate::serving::Serving;
use crate::sessions::Sessions;
use crate::slow_store::SlowStore;

pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    /// The server's clock, which only the test advances.
    pub(crate) clock: ManualClock,
    pub(crate) log: Log,
    start_session: StartSession,
    store: Option<SlowStore>,
    _serving: Serving,
}

/// A closure that creates a session, passes it to the given function, saves it, and returns the value of its cookie.
type StartSession = Box<dyn Fn(fn(&mut dyn Session)) -> String>;

/// The parts of a server. The server runs until `stop` is ready.
pub(crate) struct Start<F> {
    pub(crate) listener: TcpListener,
    pub(crate) sessions: Sessions<F>,
    pub(crate) log: Log,
    pub(crate) stop: oneshot::Receiver<()>,
}

impl Site {
    /// Starts a server. `sessions` creates the session factories for the server's clock.
    pub(crate) fn start<F: CookieSessionFactory<Error = SaveError>>(
        sessions: fn(&ManualClock) -> Sessions<F>,
        serve: fn(Start<F>),
    ) -> Self {
        let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
        let log = Log::default();
        let sessions = sessions(&clock);
        let (start_session, store) = (start_session(sessions.main.clone()), sessions.store.clone());
        let thread_log = log.clone();
        let serving =
            Serving::start(move |listener, stop| serve(Start { listener, sessions, log: thread_log, stop }));
        Self { address: serving.address, clock, log, start_session, store, _serving: serving }
    }

    /// Returns a browser that has a new session with these changes. No request is sent.
    pub(crate) fn browser_with(&self, change: fn(&mut dyn Session)) -> Browser {
        let browser = self.browser();
        browser.set_cookie("session", &(self.start_session)(change));
        browser
    }

    /// Returns whether the sessions are in a store. A session then keeps its cookie when it changes.
    pub(crate) fn is_store(&self) -> bool {
        self.store.is_some()
    }

    /// Returns how often a session was written to the store since the last call. Returns 0 without a store.
    pub(crate) fn take_writes(&self) -> usize {
        self.store.as_ref().map_or(0, SlowStore::take_writes)
    }

    /// Returns the store. Panics if the sessions are in cookies.
    pub(crate) fn store(&self) -> &SlowStore {
        self.store.as_ref().expect("the sessions are in a store")
    }

    /// Sends a request that changes or extends the browser's session. Asserts that the response sets the session's
    /// cookie. If the sessions are in a store, asserts instead that the session was written to the store and that the
    /// response sets no cookie.
    pub(crate) fn send_change(&self, request: Request, cookie: &str) -> Response {
        self.take_writes();
        let response = request.send();
        if self.is_store() {
            assert!(response.sets_no_cookie() && self.take_writes() > 0, "{response:#?}");
        } else {
            response.only_cookie(cookie);
        }
        response
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// Returns a GET request of a browser without cookies.
    pub(crate) fn get(&self, path: &str) -> Request {
        self.browser().get(path)
    }

    /// Returns a POST request of a browser without cookies.
    pub(crate) fn post(&self, path: &str) -> Request {
        self.browser().post(path)
    }
}

fn start_session<F: CookieSessionFactory<Error = SaveError>>(factory: F) -> StartSession {
    Box::new(move |change| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let set_cookies = runtime.block_on(async {
            let mut session = factory.load(CookieHeader::default()).await.unwrap();
            change(&mut session);
            factory.save(&mut session).await.unwrap()
        });
        set_cookies.session_cookie().expect("the session has changed").value().to_owned()
    })
}
