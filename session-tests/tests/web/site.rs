//! A server with its own clock and log for each test, so that tests can run in parallel.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use signed_session::axum::CookieSessionFactory;
use signed_session::{ManualClock, SaveError, Timestamp};
use tokio::sync::oneshot;

use crate::client::{Browser, Request};
use crate::log::Log;
use crate::sessions::Sessions;

pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    /// The server's clock, which only the test advances.
    pub(crate) clock: ManualClock,
    pub(crate) log: Log,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The parts of a server. It serves until `stop` is ready.
pub(crate) struct Start<F> {
    pub(crate) listener: TcpListener,
    pub(crate) sessions: Sessions<F>,
    pub(crate) log: Log,
    pub(crate) stop: oneshot::Receiver<()>,
}

impl Site {
    /// Starts a server with the session factories that `sessions` creates for its clock.
    pub(crate) fn start<F: CookieSessionFactory<Error = SaveError>>(
        sessions: fn(&ManualClock) -> Sessions<F>,
        serve: fn(Start<F>),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
        let log = Log::default();
        let (stop, stopped) = oneshot::channel();
        let start = Start { listener, sessions: sessions(&clock), log: log.clone(), stop: stopped };
        let thread = thread::spawn(move || serve(start));
        Self { address, clock, log, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// Returns a request of a browser without cookies.
    pub(crate) fn get(&self, path: &str) -> Request {
        self.browser().get(path)
    }

    /// Returns a request of a browser without cookies.
    pub(crate) fn post(&self, path: &str) -> Request {
        self.browser().post(path)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            ended.expect("the thread is joined once").expect("the server ends without a panic");
        }
    }
}
