//! Signed-in visitors who send their requests to any server of the site.

use std::net::SocketAddr;
use std::thread;

use crate::client::Browser;
use crate::random::Random;

/// A signed-in visitor, with the data that their session must have.
pub(crate) struct Visitor {
    pub(crate) browser: Browser,
    name: String,
    hits: u32,
    csrf_token: String,
    random: Random,
}

/// A visitor's session that a server did not find, or found in an earlier state.
#[derive(Debug)]
#[allow(dead_code)] // shown when a test fails
pub(crate) struct Lost {
    visitor: String,
    expected: String,
    found: String,
}

impl Visitor {
    /// Signs a visitor in at the first server, and reads the flash message at the last server.
    fn sign_in(number: u64, servers: &[SocketAddr]) -> Self {
        let browser = Browser::new(servers[0]);
        let name = format!("visitor {number}");
        let response = browser.post("/shop/sign-in").body("text/plain", name.clone()).send();
        assert_eq!(response.status, 200, "{response:?}");
        let home = browser.at(servers[servers.len() - 1]).get("/shop/home").send().body;
        let (user, messages, csrf_token): (Option<String>, Vec<String>, String) =
            serde_json::from_str(&home).unwrap();
        assert_eq!((user.as_ref(), &*messages), (Some(&name), &["signed in".to_owned()][..]));
        Self { browser, name, hits: 0, csrf_token, random: Random::new(number) }
    }

    /// Sends one request to a server that is chosen at random.
    fn request(&mut self, servers: &[SocketAddr]) -> Result<(), Lost> {
        let browser = self.browser.at(servers[self.random.below(servers.len())]);
        let (expected, found) = if self.random.one_in(4) {
            let home = (Some(&self.name), [""; 0], &self.csrf_token);
            (serde_json::to_string(&home).unwrap(), browser.get("/shop/home").send().body)
        } else {
            self.hits += 1;
            (self.hits.to_string(), browser.post("/shop/hit").send().body)
        };
        match expected == found {
            true => Ok(()),
            false => Err(Lost { visitor: self.name.clone(), expected, found }),
        }
    }

    /// Returns the label of the key with which the server authenticates the visitor's session.
    pub(crate) fn key(&self, server: SocketAddr) -> String {
        self.browser.at(server).get("/shop/key").send().body
    }
}

/// Signs visitors in at the first of these servers, and reads their flash messages at the last one.
pub(crate) fn sign_in(count: u64, servers: &[SocketAddr]) -> Vec<Visitor> {
    (0..count).map(|number| Visitor::sign_in(number, servers)).collect()
}

/// Sends `requests` requests for each visitor while `meanwhile` runs. Each visitor sends one request after the other,
/// and several visitors send in parallel. Returns the sessions that were lost. A visitor sends no more requests after
/// losing a session.
pub(crate) fn send_requests(
    visitors: &mut [Visitor],
    servers: &[SocketAddr],
    requests: u32,
    meanwhile: impl FnOnce(),
) -> Vec<Lost> {
    const THREADS: usize = 8;
    let share = visitors.len().div_ceil(THREADS);
    thread::scope(|scope| {
        let threads: Vec<_> = visitors
            .chunks_mut(share)
            .map(|visitors| scope.spawn(|| requests_of(visitors, servers, requests)))
            .collect();
        meanwhile();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn requests_of(visitors: &mut [Visitor], servers: &[SocketAddr], requests: u32) -> Vec<Lost> {
    let mut lost: Vec<Option<Lost>> = visitors.iter().map(|_| None).collect();
    for _ in 0..requests {
        for (visitor, lost) in visitors.iter_mut().zip(&mut lost) {
            if lost.is_none() {
                *lost = visitor.request(servers).err();
            }
        }
    }
    lost.into_iter().flatten().collect()
}
