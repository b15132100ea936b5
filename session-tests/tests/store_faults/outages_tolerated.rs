//! Applications whose store cannot be used. Each refuses requests or serves pages, as its settings say.

use std::thread;
use std::time::Duration;

use crate::app::Page;
use crate::client::Client;
use crate::outages::{assert_plain_page, assert_refused, wait_until};
use crate::process::Process;
use crate::servers::Server;
use crate::settings::{OnError, Settings};

/// The result of a request with a session cookie while the store cannot be used.
#[derive(Clone, Copy)]
enum Expected {
    /// A response with the status 503.
    Refusal,
    /// A new, empty session.
    NewSession,
    /// The session whose data are in the cookie.
    Session,
}

/// A visitor who is signed in to an application, and the latest cookie that the application set.
struct Visitor {
    expected: Expected,
    entries: Vec<&'static str>,
    _process: Process,
    client: Client,
    cookie: String,
    /// The cookie of a session that was signed out before the outage.
    signed_out: String,
}

impl Visitor {
    fn sign_in(settings: &Settings, expected: Expected) -> Self {
        let process = Process::start(settings);
        let mut client = process.client();
        let signed_out = client.sign_in("bob");
        sign_out(&mut client, &signed_out);
        let cookie = client.sign_in("ann");
        let mut visitor =
            Self { expected, entries: Vec::new(), _process: process, client, cookie, signed_out };
        visitor.add_entry("entry-before");
        visitor
    }

    fn add_entry(&mut self, key: &'static str) {
        let Self { client, cookie, .. } = self;
        wait_until("the entry is added", || {
            let response = client.until_served(|client| client.post(&format!("/entry/{key}"), cookie));
            // If a call to the store takes too long, the application may begin a new session, and respond with a 401.
            assert!([200, 401].contains(&response.status), "{response:?}");
            let is_added = response.status == 200;
            if let Some(new) = response.cookie().filter(|_| is_added) {
                *cookie = new;
            }
            is_added
        });
        self.entries.push(key);
    }

    fn assert_outage(&mut self, key: &'static str) {
        match self.expected {
            Expected::Refusal => self.assert_all_is_refused(),
            Expected::NewSession => self.assert_new_session(),
            Expected::Session => self.assert_session_is_accepted(key),
        }
    }

    fn page(&mut self) -> Page {
        self.client.page(&self.cookie)
    }

    fn assert_writes_are_refused(&mut self, paths: &[&str]) {
        for path in paths {
            assert_refused(&self.client.post(path, &self.cookie).unwrap());
        }
        assert_refused(&self.client.try_sign_in("ann").unwrap().unwrap_err());
        assert_plain_page(&mut self.client, &self.cookie);
    }

    /// Fails unless all requests that use a session are refused.
    fn assert_all_is_refused(&mut self) {
        assert_refused(&self.client.get("/", &self.cookie).unwrap());
        self.assert_writes_are_refused(&["/visit", "/sign-out", "/entry/entry-lost"]);
    }

    /// Fails unless pages show a new, empty session, and requests that write to it are refused.
    fn assert_new_session(&mut self) {
        let response = self.client.get("/", &self.cookie).unwrap();
        assert_eq!(response.header("set-cookie"), None);
        let page = response.page().unwrap();
        assert_eq!((page.user, page.entries), (None, Vec::new()));
        let rejection = page.rejection.unwrap();
        assert!(rejection.contains("store cannot be used"), "{rejection}");
        assert_eq!(self.client.post("/entry/entry-lost", &self.cookie).unwrap().status, 401);
        self.assert_writes_are_refused(&["/visit"]);
    }

    /// Fails unless the session in the cookie can be read and changed, while signing in and signing out are refused.
    fn assert_session_is_accepted(&mut self, key: &'static str) {
        assert_eq!(self.page().user.as_deref(), Some("ann"));
        self.add_entry(key);
        self.assert_writes_are_refused(&["/sign-out"]);
        assert!(self.page().entries.iter().any(|entry| entry == key));
        // Only the store knows that this session has ended.
        assert_eq!(self.client.page(&self.signed_out).user.as_deref(), Some("bob"));
    }

    /// Fails unless the application accepts the session again, with its entries, and rejects the signed-out session.
    fn assert_recovery(&mut self) {
        wait_until("the session is accepted again", || {
            let response = self.client.get("/", &self.cookie).unwrap();
            response.page().is_some_and(|page| page.user.is_some() && page.rejection.is_none())
        });
        wait_until("the session that was signed out is rejected", || {
            is_revoked(&mut self.client, &self.signed_out)
        });
        wait_until("the entries are there", || {
            let response = self.client.get("/", &self.cookie).unwrap();
            response.page().is_some_and(|page| page.entries == self.entries)
        });
    }

    fn assert_sign_out(&mut self) {
        sign_out(&mut self.client, &self.cookie);
        assert_eq!(self.page().user, None);
    }
}

fn sign_out(client: &mut Client, cookie: &str) {
    wait_until("the session has ended", || {
        let response = client.until_served(|client| client.post("/sign-out", cookie));
        // An attempt that timed out with a 503 may still have ended the session. The next attempt then gets a 401. An
        // attempt for which the application begins a new session also gets a 401.
        assert!([200, 401].contains(&response.status), "{response:?}");
        is_revoked(client, cookie)
    });
}

fn is_revoked(client: &mut Client, cookie: &str) -> bool {
    let response = client.get("/", cookie).unwrap();
    response.page().is_some_and(|page| page.rejection.is_some_and(|why| why.contains("revoked")))
}

/// Runs a check for all visitors in parallel, because each request during an outage can take as long as the store's
/// timeout.
fn for_each(visitors: &mut [Visitor], check: impl Fn(&mut Visitor) + Sync) {
    thread::scope(|scope| {
        for visitor in visitors {
            scope.spawn(|| check(visitor));
        }
    });
}

fn assert_tolerated(mut server: Server) {
    let stored = Settings::stored(server.store());
    let revocable = Settings::revocable(server.store(), Duration::ZERO);
    let mut visitors = [
        (stored.failing(OnError::StartNew), Expected::NewSession),
        (revocable.clone().failing(OnError::StartNew), Expected::NewSession),
        (revocable.clone().failing(OnError::Refuse), Expected::Refusal),
        (revocable.failing(OnError::Accept), Expected::Session),
    ]
    .map(|(settings, expected)| Visitor::sign_in(&settings, expected));

    server.stop();
    for_each(&mut visitors, |visitor| visitor.assert_outage("entry-stopped"));
    server.restart();
    for_each(&mut visitors, Visitor::assert_recovery);
    server.pause();
    for_each(&mut visitors, |visitor| visitor.assert_outage("entry-paused"));
    server.resume();
    for_each(&mut visitors, Visitor::assert_recovery);
    for_each(&mut visitors, Visitor::assert_sign_out);
}

#[test]
fn outages_of_redis_are_tolerated_as_configured() {
    if let Some(server) = Server::redis() {
        assert_tolerated(server);
    }
}

#[test]
fn outages_of_postgres_are_tolerated_as_configured() {
    if let Some(server) = Server::postgres() {
        assert_tolerated(server);
    }
}
