//! Concurrent requests on one session.

use std::collections::HashSet;
use std::thread;

use session_tests::servers::{PostgresServer, RedisServer};

use crate::app::MEET;
use crate::client::Response;
use crate::process::Process;
use crate::settings::{Settings, StoreAt};

const REQUESTS: usize = 64;

/// Sends all requests at once, to the processes in turn. In each process, the requests wait for each other after their
/// handlers. So every request to a process has loaded the session before any of them saves it.
fn send_together(processes: &[Process], name: &str, cookie: &str, paths: &[String]) -> Vec<Response> {
    let meet = format!("{MEET}: {name} {}\r\n", paths.len() / processes.len());
    thread::scope(|scope| {
        let requests: Vec<_> = paths
            .iter()
            .zip(processes.iter().cycle())
            .map(|(path, process)| {
                scope.spawn(|| process.client().send("POST", path, cookie, &meet, "").expect("a response"))
            })
            .collect();
        requests.into_iter().map(|request| request.join().unwrap()).collect()
    })
}

fn assert_all_changes_are_saved(processes: &[Process]) {
    let cookie = processes[0].client().sign_in("ann");
    let keys: HashSet<String> = (0..REQUESTS).map(|number| format!("entry-{number}")).collect();
    let paths: Vec<_> = keys.iter().map(|key| format!("/message/{key}")).collect();
    for response in send_together(processes, "entries", &cookie, &paths) {
        assert_eq!(response.status, 200, "{response:?}");
    }
    let counts = vec!["/count".to_owned(); REQUESTS];
    for response in send_together(processes, "counts", &cookie, &counts) {
        assert_eq!(response.status, 200, "{response:?}");
    }
    for process in processes {
        let page = process.client().page(&cookie);
        assert_eq!((page.user.as_deref(), page.hits), (Some("ann"), REQUESTS as u64));
        assert_eq!((page.entries.len(), page.messages.len()), (REQUESTS, REQUESTS));
        assert_eq!(page.entries.into_iter().collect::<HashSet<_>>(), keys);
        assert_eq!(page.messages.into_iter().collect::<HashSet<_>>(), keys);
    }
}

/// Asserts that a session stays ended if one of many concurrent requests signs out. The other requests save their
/// changes before or after the sign-out.
fn assert_sign_out_among_changes_is_final(processes: &[Process]) {
    for round in 0..8 {
        let cookie = processes[round % processes.len()].client().sign_in("ann");
        let mut paths: Vec<_> = (0..REQUESTS)
            .map(|number| match number % 3 {
                0 => format!("/message/entry-{number}"),
                1 => format!("/entry/entry-{number}"),
                _ => "/count".to_owned(),
            })
            .collect();
        let sign_out = round * (REQUESTS - 1) / 7;
        paths[sign_out] = "/sign-out".to_owned();
        let responses = send_together(processes, &format!("sign-out-{round}"), &cookie, &paths);
        for (number, response) in responses.into_iter().enumerate() {
            // The process that does not handle the sign-out can load the session after the sign-out, and then responds
            // with a 401.
            let is_late = response.status == 401 && processes.len() > 1 && number != sign_out;
            assert!(response.status == 200 || is_late, "{response:?}");
            let set = response.cookie().filter(|_| number != sign_out);
            assert!(
                set.is_none_or(|set| set == cookie),
                "only the sign-out should change the cookie: {response:?}"
            );
        }
        assert_ended(processes, &cookie);
    }
}

/// Asserts that a session stays ended if a request loads it before the sign-out, and saves it after the sign-out was
/// acknowledged.
fn assert_late_save_brings_nothing_back(processes: &[Process]) {
    for (number, path) in ["/message/entry-1", "/entry/entry-1", "/count", "/visit"].into_iter().enumerate() {
        let [first, last] = [&processes[0], &processes[processes.len() - 1]];
        let cookie = first.client().sign_in("ann");
        let meet = |name: &str| format!("{name}-{number} 2");
        let [loaded, save] = [meet("loaded"), meet("save")];
        let meet_at = |names: &str| {
            first.client().send("GET", "/plain", "", &format!("{MEET}: {names}\r\n"), "").unwrap()
        };
        thread::scope(|scope| {
            let headers = format!("{MEET}: {loaded}, {save}\r\n");
            let (mut client, cookie) = (first.client(), &cookie);
            let late = scope.spawn(move || client.send("POST", path, cookie, &headers, "").unwrap());
            assert_eq!(meet_at(&loaded).status, 200);
            assert_eq!(last.client().post("/sign-out", cookie).unwrap().status, 200);
            assert_eq!(meet_at(&save).status, 200);
            let response = late.join().unwrap();
            assert_eq!((response.status, response.cookie()), (200, None), "{path}");
        });
        assert_ended(processes, &cookie);
    }
}

fn assert_ended(processes: &[Process], cookie: &str) {
    for process in processes {
        let mut client = process.client();
        let page = client.page(cookie);
        assert!(page.rejection.is_some_and(|why| why.contains("revoked")));
        assert_eq!((page.user, page.hits, page.entries, page.messages), (None, 0, vec![], vec![]));
        assert_eq!(client.post("/entry/entry-late", cookie).unwrap().status, 401);
        assert_eq!(client.page(cookie).user, None);
    }
}

fn assert_concurrent_requests_are_safe(store: StoreAt, processes: usize) {
    let settings = Settings::stored(store);
    let processes: Vec<_> = (0..processes).map(|_| Process::start(&settings)).collect();
    assert_all_changes_are_saved(&processes);
    assert_sign_out_among_changes_is_final(&processes);
    assert_late_save_brings_nothing_back(&processes);
}

#[test]
fn concurrent_requests_are_safe_in_memory() {
    assert_concurrent_requests_are_safe(StoreAt::Memory, 1);
}

#[test]
fn concurrent_requests_are_safe_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db").to_str().unwrap().to_owned();
    assert_concurrent_requests_are_safe(StoreAt::Sqlite(path), 2);
}

#[test]
fn concurrent_requests_are_safe_in_redis() {
    if let Some(server) = RedisServer::start() {
        assert_concurrent_requests_are_safe(StoreAt::Redis(server.url()), 2);
    }
}

#[test]
fn concurrent_requests_are_safe_in_postgres() {
    if let Some(server) = PostgresServer::start() {
        assert_concurrent_requests_are_safe(StoreAt::Postgres(server.url()), 2);
    }
}
