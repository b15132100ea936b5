//! Applications that serve pages while their store cannot be used.

use std::time::Duration;

use crate::app::Page;
use crate::client::Client;
use crate::outages::{assert_plain_page, assert_refused, wait_until};
use crate::process::Process;
use crate::servers::Server;
use crate::settings::{OnError, Settings};

/// A signed-in visitor of an application, who follows the cookies of the responses.
struct Visitor {
    _process: Process,
    client: Client,
    cookie: String,
    /// The cookie of a session that was signed out before the outage.
    signed_out: String,
}

impl Visitor {
    fn sign_in(settings: &Settings) -> Self {
        let process = Process::start(settings);
        let mut client = process.client();
        let signed_out = client.sign_in("bob");
        assert_eq!(client.post("/sign-out", &signed_out).unwrap().status, 200);
        let cookie = client.sign_in("ann");
        let mut visitor = Self { _process: process, client, cookie, signed_out };
        visitor.add_entry("entry-before");
        visitor
    }

    fn add_entry(&mut self, key: &str) {
        let response = self.client.post(&format!("/entry/{key}"), &self.cookie).unwrap();
        assert_eq!(response.status, 200, "{response:?}");
        if let Some(cookie) = response.cookie() {
            self.cookie = cookie;
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

    /// Fails unless each request with a session is refused.
    fn assert_all_is_refused(&mut self) {
        assert_refused(&self.client.get("/", &self.cookie).unwrap());
        self.assert_writes_are_refused(&["/visit", "/sign-out", "/entry/entry-lost"]);
    }

    /// Fails unless a new session is read, and nothing is written.
    fn assert_new_session(&mut self) {
        let response = self.client.get("/", &self.cookie).unwrap();
        assert_eq!(response.header("set-cookie"), None);
        let page = response.page().unwrap();
        assert_eq!((page.user, page.entries), (None, Vec::new()));
        let rejection = page.rejection.unwrap();
        assert!(rejection.contains("unavailable") || rejection.contains("store"), "{rejection}");
        assert_eq!(self.client.post("/entry/entry-lost", &self.cookie).unwrap().status, 401);
        self.assert_writes_are_refused(&["/visit"]);
    }

    /// Fails unless the session is that of the cookie, and can be changed, but not begun or ended.
    fn assert_session_is_accepted(&mut self, key: &str) {
        assert_eq!(self.page().user.as_deref(), Some("ann"));
        self.add_entry(key);
        self.assert_writes_are_refused(&["/sign-out"]);
        assert!(self.page().entries.iter().any(|entry| entry == key));
        // The store alone knows that this one has ended.
        assert_eq!(self.client.page(&self.signed_out).user.as_deref(), Some("bob"));
    }

    /// Fails unless the session is back, with these entries, and can be ended.
    fn assert_recovery(&mut self, entries: &[&str]) {
        wait_until("the session is back", || {
            let response = self.client.get("/", &self.cookie).unwrap();
            response.page().is_some_and(|page| page.user.is_some() && page.rejection.is_none())
        });
        wait_until("the session that was signed out is rejected", || {
            let response = self.client.get("/", &self.signed_out).unwrap();
            response.page().is_some_and(|page| page.rejection.is_some_and(|why| why.contains("revoked")))
        });
        assert_eq!(self.page().entries, entries);
    }

    fn assert_sign_out(&mut self) {
        assert_eq!(self.client.post("/sign-out", &self.cookie).unwrap().status, 200);
        assert_eq!(self.page().user, None);
    }
}

fn assert_tolerated(mut server: Server) {
    let stored = Settings::stored(server.store());
    let revocable = Settings::revocable(server.store(), Duration::ZERO);
    let mut stored_new = Visitor::sign_in(&stored.failing(OnError::StartNew));
    let mut revocable_new = Visitor::sign_in(&revocable.clone().failing(OnError::StartNew));
    let mut refused = Visitor::sign_in(&revocable.clone().failing(OnError::Refuse));
    let mut accepted = Visitor::sign_in(&revocable.failing(OnError::Accept));
    let mut entries = vec!["entry-before"];

    for (outage, key) in
        ["stop", "pause", "stop", "pause"].into_iter().zip(["entry-1", "entry-2", "entry-3", "entry-4"])
    {
        match outage {
            "stop" => server.stop(),
            _ => server.pause(),
        }
        stored_new.assert_new_session();
        revocable_new.assert_new_session();
        refused.assert_all_is_refused();
        accepted.assert_session_is_accepted(key);
        entries.push(key);
        match outage {
            "stop" => server.restart(),
            _ => server.resume(),
        }
        accepted.assert_recovery(&entries);
        for visitor in [&mut stored_new, &mut revocable_new, &mut refused] {
            visitor.assert_recovery(&entries[..1]);
        }
    }
    [stored_new, revocable_new, refused, accepted].iter_mut().for_each(Visitor::assert_sign_out);
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
