//! A store that stops, does not answer, and comes back, all under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::client::{Client, Response};
use crate::ledger::{Outcome, Visitor};
use crate::process::Process;
use crate::servers::Server;
use crate::settings::{OnError, Settings};
use crate::{PATIENCE, only_load};

const CLIENTS: usize = 8;

/// The minimum number of answers that each client gets in each phase of the test.
const ANSWERS: u64 = 5;

/// Fails unless the response is the refusal during an outage of the store: a 503 with `Retry-After` and without a
/// cookie.
#[track_caller]
pub(crate) fn assert_refused(response: &Response) {
    assert_eq!(response.status, 503, "{response:?}");
    let retry_after = response.header("retry-after").and_then(|secs| secs.parse::<u32>().ok());
    assert!(retry_after.is_some_and(|secs| secs > 0), "{response:?}");
    assert_eq!(response.header("set-cookie"), None);
}

/// Fails unless a page that does not use the session is served.
#[track_caller]
pub(crate) fn assert_plain_page(client: &mut Client, cookie: &str) {
    let plain = client.get("/plain", cookie).unwrap();
    assert_eq!((plain.status, &*plain.body), (200, "plain"));
}

/// Waits until `holds` returns true. Fails if that takes longer than a limit. `what` names the condition in the
/// message.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    const LIMIT: Duration = PATIENCE.saturating_mul(2);
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The number of requests of a client that were served, and the number that were refused.
#[derive(Default)]
struct Answers {
    served: AtomicU64,
    refused: AtomicU64,
}

/// Ends the clients when it is dropped, even if the test fails.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends requests of one client until `end` is set. Each client has a visitor of its own, `own`, and all clients share
/// the visitor `shared`.
fn run(
    process: &Process,
    own: &Visitor,
    shared: &Visitor,
    number: usize,
    answers: &Answers,
    end: &AtomicBool,
) {
    let mut client = process.client();
    for request in 0.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        let visitor = if request % 4 == 3 { shared } else { own };
        let (outcome, response) = match request % 3 {
            0 => visitor.add_entry(&mut client, format!("entry-{number}-{request}")),
            1 => visitor.count(&mut client),
            _ => visitor.read(&mut client),
        };
        let response = response.expect("the application answers each request");
        let set_cookie = response.header("set-cookie").unwrap_or_default();
        assert!(!set_cookie.contains("Max-Age=0"), "the cookie should not be removed: {response:?}");
        let counter = match outcome {
            Outcome::Acknowledged => &answers.served,
            Outcome::Unknown => {
                assert_refused(&response);
                &answers.refused
            }
            Outcome::Refused => panic!("the session of {} was lost: {response:?}", visitor.user),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        assert_plain_page(&mut client, &visitor.cookie);
    }
}

/// Fails unless requests that use a session are refused, and a page that does not use the session is served.
fn assert_outage(process: &Process, visitor: &Visitor) {
    let mut client = process.client();
    assert_refused(&visitor.read(&mut client).1.unwrap());
    assert_refused(&visitor.count(&mut client).1.unwrap());
    assert_refused(&client.try_sign_in("another visitor").unwrap().unwrap_err());
    assert_plain_page(&mut client, &visitor.cookie);
}

fn assert_recovers(mut server: Server) {
    let _load = only_load();
    let settings = Settings::stored(server.store()).failing(OnError::Refuse);
    let process = Process::start(&settings);
    let mut client = process.client();
    let mut visitors: Vec<_> =
        (0..=CLIENTS).map(|number| Visitor::sign_in(&mut client, format!("visitor {number}"))).collect();
    let shared = visitors.pop().unwrap();
    let answers: Vec<_> = (0..CLIENTS).map(|_| Answers::default()).collect();
    let end = AtomicBool::new(false);

    thread::scope(|scope| {
        let _end = EndOnDrop(&end);
        let (process, shared, end) = (&process, &shared, &end);
        let clients: Vec<_> = visitors
            .iter()
            .zip(&answers)
            .enumerate()
            .map(|(number, (own, answers))| {
                scope.spawn(move || run(process, own, shared, number, answers, end))
            })
            .collect();
        let wait_for = |counter: fn(&Answers) -> &AtomicU64, what: &str| {
            let before = answers.iter().map(|answers| counter(answers).load(Ordering::Relaxed));
            let before: Vec<_> = before.collect();
            wait_until(what, || {
                assert!(!clients.iter().any(ScopedJoinHandle::is_finished), "{what}: a client has failed");
                let now = answers.iter().map(|answers| counter(answers).load(Ordering::Relaxed));
                now.zip(&before).all(|(now, before)| now - before >= ANSWERS)
            });
        };
        let served = |what| wait_for(|answers| &answers.served, what);
        let refused = |what| wait_for(|answers| &answers.refused, what);

        served("requests are served before the outage");
        for _ in 0..2 {
            server.stop();
            assert_outage(process, shared);
            refused("requests are refused while the server is stopped");
            server.restart();
            served("requests are served after the server was started again");
            server.pause();
            assert_outage(process, shared);
            refused("requests are refused while the server is paused");
            server.resume();
            served("requests are served after the server was resumed");
            server.restart();
            served("requests are served after the server was restarted");
        }
    });

    let mut client = process.client();
    for visitor in visitors.iter().chain([&shared]).map(Arc::as_ref) {
        assert!(visitor.acknowledged() > ANSWERS);
        visitor.assert_settled(&mut client);
    }
}

#[test]
fn outages_of_redis_refuse_requests_and_lose_no_write() {
    if let Some(server) = Server::redis() {
        assert_recovers(server);
    }
}

#[test]
fn outages_of_postgres_refuse_requests_and_lose_no_write() {
    if let Some(server) = Server::postgres() {
        assert_recovers(server);
    }
}
