//! Sessions in cookies, which another process ends through the store.

use std::time::Duration;

use session_tests::servers::{PostgresServer, RedisServer};

use crate::client::Client;
use crate::outages::wait_until;
use crate::process::Process;
use crate::settings::{Settings, StoreAt};

/// Returns the clients of two processes.
fn start(settings: &Settings) -> ([Process; 2], [Client; 2]) {
    let processes = [Process::start(settings), Process::start(settings)];
    let clients = [processes[0].client(), processes[1].client()];
    (processes, clients)
}

/// Signs in at the first process, and uses the session at the second one, which now knows it.
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
    // Without a cache, the next request is rejected.
    let (_processes, [mut one, mut other]) = start(&Settings::revocable(store.clone(), Duration::ZERO));
    let cookie = sign_in(&mut one, &mut other);
    assert_eq!(one.post("/sign-out", &cookie).unwrap().status, 200);
    assert_revoked(&mut other, &cookie);
    assert_revoked(&mut one, &cookie);

    // The other process asks the store again when the store's last answer is old. The next part shows that the process
    // uses the answer until then.
    let max_stale = Duration::from_secs(1);
    let (_processes, [mut one, mut other]) = start(&Settings::revocable(store.clone(), max_stale));
    let cookie = sign_in(&mut one, &mut other);
    assert_eq!(one.post("/sign-out", &cookie).unwrap().status, 200);
    assert_revoked(&mut one, &cookie);
    wait_until("the other process rejects the session", || other.page(&cookie).user.is_none());
    assert_revoked(&mut other, &cookie);

    // The answer does not get old while the test runs.
    let max_stale = Duration::from_secs(24 * 60 * 60);
    let (_processes, [mut one, mut other]) = start(&Settings::revocable(store.clone(), max_stale));
    let cookie = sign_in(&mut one, &mut other);
    assert_eq!(one.post("/sign-out", &cookie).unwrap().status, 200);
    assert_revoked(&mut one, &cookie);
    assert_eq!(other.page(&cookie).user.as_deref(), Some("ann"));
    // Another sign-in begins a session, and does not make a copy of the earlier cookie valid again.
    let again = sign_in(&mut one, &mut other);
    assert_revoked(&mut one, &cookie);
    assert_eq!(one.page(&again).user.as_deref(), Some("ann"));
}

#[test]
fn sign_out_ends_session_of_other_process_in_redis() {
    if let Some(server) = RedisServer::start() {
        assert_sign_out_reaches_other_process(&StoreAt::Redis(server.url()));
    }
}

#[test]
fn sign_out_ends_session_of_other_process_in_postgres() {
    if let Some(server) = PostgresServer::start() {
        assert_sign_out_reaches_other_process(&StoreAt::Postgres(server.url()));
    }
}
