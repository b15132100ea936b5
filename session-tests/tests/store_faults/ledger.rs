//! Records the changes that the application has acknowledged, and checks that the sessions contain them.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::app::Page;
use crate::client::{Client, Response};

/// A visitor with one session, and the changes that the visitor has sent.
pub(crate) struct Visitor {
    pub(crate) user: String,
    pub(crate) cookie: String,
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    entries: Vec<String>,
    hits: u64,
    /// The entries of requests with an unknown outcome. The application may have added them.
    unknown_entries: Vec<String>,
    /// The number of increments with an unknown outcome. The application may have made them.
    unknown_hits: u64,
    sign_out: SignOut,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SignOut {
    /// No request to sign out was sent.
    #[default]
    None,
    Sent,
    Acknowledged,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Acknowledged,
    /// The session is not signed in.
    Refused,
    /// The application may have handled the request, or may do so later.
    Unknown,
}

impl From<&io::Result<Response>> for Outcome {
    fn from(response: &io::Result<Response>) -> Self {
        match response.as_ref().map(|response| response.status) {
            Ok(200) => Self::Acknowledged,
            Ok(401) => Self::Refused,
            // nginx responds with 502 or 504 if it gets no response from the process. The application responds with
            // 503 if it cannot use its store.
            Ok(502..=504) | Err(_) => Self::Unknown,
            Ok(status) => panic!("status {status}"),
        }
    }
}

impl Visitor {
    pub(crate) fn sign_in(client: &mut Client, user: String) -> Arc<Self> {
        let cookie = client.sign_in(&user);
        Self::new(user, cookie)
    }

    pub(crate) fn new(user: String, cookie: String) -> Arc<Self> {
        Arc::new(Self { user, cookie, account: Mutex::default() })
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sign_out_state(&self) -> SignOut {
        self.account().sign_out
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        let account = self.account();
        account.entries.len() as u64 + account.hits
    }

    /// Adds an entry with this key to the session.
    pub(crate) fn add_entry(&self, client: &mut Client, key: String) -> (Outcome, io::Result<Response>) {
        let before = self.sign_out_state();
        let response = client.post(&format!("/entry/{key}"), &self.cookie);
        let outcome = Outcome::from(&response);
        match outcome {
            Outcome::Acknowledged => self.account().entries.push(key),
            Outcome::Unknown => self.account().unknown_entries.push(key),
            Outcome::Refused => {}
        }
        self.check(before, outcome);
        (outcome, response)
    }

    /// Increments the counter of the session.
    pub(crate) fn count(&self, client: &mut Client) -> (Outcome, io::Result<Response>) {
        let before = self.sign_out_state();
        let response = client.post("/count", &self.cookie);
        let outcome = Outcome::from(&response);
        match outcome {
            Outcome::Acknowledged => self.account().hits += 1,
            Outcome::Unknown => self.account().unknown_hits += 1,
            Outcome::Refused => {}
        }
        self.check(before, outcome);
        (outcome, response)
    }

    pub(crate) fn sign_out(&self, client: &mut Client) -> (Outcome, io::Result<Response>) {
        self.account().sign_out = SignOut::Sent;
        let response = client.post("/sign-out", &self.cookie);
        let outcome = Outcome::from(&response);
        assert_ne!(outcome, Outcome::Refused, "{} should have a session until the sign-out", self.user);
        if outcome == Outcome::Acknowledged {
            self.account().sign_out = SignOut::Acknowledged;
        }
        (outcome, response)
    }

    /// Reads the session, and checks that it has all changes that were acknowledged before this request.
    pub(crate) fn read(&self, client: &mut Client) -> (Outcome, io::Result<Response>) {
        let (entries, hits, before) = {
            let account = self.account();
            (account.entries.clone(), account.hits, account.sign_out)
        };
        let response = client.get("/", &self.cookie);
        match Outcome::from(&response) {
            Outcome::Acknowledged => {}
            Outcome::Refused => {
                panic!("the page should have the status 200 even without a session: {response:?}")
            }
            Outcome::Unknown => return (Outcome::Unknown, response),
        }
        let page = response.as_ref().unwrap().page().unwrap();
        let outcome = match &page.user {
            Some(_) => Outcome::Acknowledged,
            None => Outcome::Refused,
        };
        self.check(before, outcome);
        if outcome == Outcome::Acknowledged {
            self.assert_has(&page, &entries, hits);
        }
        (outcome, response)
    }

    /// Checks that a session exists until a sign-out is sent, and does not exist after a sign-out was acknowledged.
    /// `before` is the state of the sign-out before the request, and `outcome` is the outcome of the request.
    fn check(&self, before: SignOut, outcome: Outcome) {
        match outcome {
            Outcome::Acknowledged => {
                assert_ne!(before, SignOut::Acknowledged, "{} should stay signed out", self.user)
            }
            Outcome::Refused => assert_ne!(
                self.sign_out_state(),
                SignOut::None,
                "{} should have a session until the sign-out",
                self.user
            ),
            Outcome::Unknown => {}
        }
    }

    fn assert_has(&self, page: &Page, entries: &[String], hits: u64) {
        let found: HashSet<_> = page.entries.iter().collect();
        let lost: Vec<_> = entries.iter().filter(|entry| !found.contains(entry)).collect();
        assert!(lost.is_empty(), "{} has lost {lost:?}", self.user);
        assert!(page.hits >= hits, "{} has {} hits, but {hits} were acknowledged", self.user, page.hits);
        assert_eq!(page.user.as_ref(), Some(&self.user));
    }

    /// Checks the session against the acknowledged changes. No other request may be running.
    pub(crate) fn assert_settled(&self, client: &mut Client) {
        let page = client.page(&self.cookie);
        let account = self.account();
        match (account.sign_out, &page.user) {
            (SignOut::Acknowledged, user) => {
                assert_eq!(user, &None, "{} should stay signed out", self.user);
                assert!(page.rejection.is_some_and(|rejection| rejection.contains("revoked")));
                assert_eq!((page.entries, page.hits), (Vec::new(), 0));
            }
            (SignOut::Sent, None) => {}
            (SignOut::Sent | SignOut::None, _) => {
                self.assert_has(&page, &account.entries, account.hits);
                let max = account.hits + account.unknown_hits;
                assert!(page.hits <= max, "{} has {} hits, but {max} were sent", self.user, page.hits);
                let sent: HashSet<_> = account.entries.iter().chain(&account.unknown_entries).collect();
                assert!(page.entries.iter().all(|entry| sent.contains(entry)), "{}: {page:?}", self.user);
            }
        }
    }
}
