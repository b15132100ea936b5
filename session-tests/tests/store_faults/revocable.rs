//! Sessions whose data are in cookies. If one process ends a session, the other processes learn of the end from the
//! store.

use std::time::Duration;

use session_tests::servers::{PostgresServer, RedisServer};

use crate::client::Client;
use crate::outages::wait_until;
use crate::process::Process;
use crate::settings::{Settings, StoreAt};

/// Starts two processes of the application. Returns them and a client for each.
fn start(settings: &Settings) -> ([Process; 2], [Client; 2]) {
    let processes = [Process::start(settings), Process::start(settings)];
    let clients = [processes[0].client(), processes[1].client()];
    (processes, clients)
}

/// Signs in with the client of one process. Then uses the session with the client of the other process, which asks the
/// store about the session and can cache the answer.
fn sign_in(one: &mut Client, other: &mut Client) -> String {
    let cookie = one.sign_in("ann");
    for _ in 0..3 {
        assert_eq!(other.page(&cookie).user.as_deref(), Some("ann"));
    }
    cookie
}

fn assert_revoked(client: &mut Client, cookie: &str) {
    let page = client.page(cookie);
    assert!(page.rejection.is_some_and(|why| why.contains("revoked")));
    assert_eq!((page.user, page.entries), (None, vec![]));
    assert_eq!(client.post("/entry/entry-late", cookie).unwrap().status, 401);
}

fn assert_sign_out_reaches_other_process(store: &StoreAt) {
    // Without a cache, the other process rejects the session at the next request.
    let (_processes, [mut one, mut other]) = start(&Settings::revocable(store.clone(), Duration::ZERO));
    let cookie = sign_in(&mut one, &mut other);
    assert_eq!(one.post("/sign-out", &cookie).unwrap().status, 200);
    assert_revoked(&mut other, &cookie);
    assert_revoked(&mut one, &cookie);

    // With a cache, the other process asks the store again once the cached answer is older than `max_stale`. The next
    // part shows that the process uses the cached answer until then.
    let max_stale = Duration::from_secs(1);
    let (_processes, [mut one, mut other]) = start(&Settings::revocable(store.clone(), max_stale));
    let cookie = sign_in(&mut one, &mut other);
    assert_eq!(one.post("/sign-out", &cookie).unwrap().status, 200);
    assert_revoked(&mut one, &cookie);
    wait_until("the other process rejects the session", || other.page(&cookie).user.is_none());
    assert_revoked(&mut other, &cookie);

    // The other process still accepts the session: the cached answer never gets older than this `max_stale` during the
    // test.
    let max_stale = Duration::from_secs(24 * 60 * 60);
    let (_processes, [mut one, mut other]) = start(&Settings::revocable(store.clone(), max_stale));
    let cookie = sign_in(&mut one, &mut other);
    assert_eq!(one.post("/sign-out", &cookie).unwrap().status, 200);
    assert_revoked(&mut one, &cookie);
    assert_eq!(other.page(&cookie).user.as_deref(), Some("ann"));
    // Signing in again starts a new session. The cookie of the earlier session stays invalid.
    let again = sign_in(&mut one, &mut other);
    assert_revoked(&mut one, &cookie);
    assert_eq!(one.page(&again).user.as_deref(), Some("ann"));
}

#[test]
fn sign_out_reaches_other_process_through_redis() {
    if let Some(server) = RedisServer::start() {
        assert_sign_out_reaches_other_process(&StoreAt::Redis(server.url()));
    }
}

#[test]
fn sign_out_reaches_other_process_through_postgres() {
    if let Some(server) = PostgresServer::start() {
        assert_sign_out_reaches_other_process(&StoreAt::Postgres(server.url()));
    }
}
