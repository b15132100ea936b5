//! Two processes behind nginx, one of which is killed under load.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::app::PROCESS;
use crate::client::{Client, Response};
use crate::ledger::{Outcome, SignOut, Visitor};
use crate::nginx;
use crate::only_load;
use crate::process::Process;
use crate::random::Random;
use crate::servers::Server;
use crate::settings::{Settings, StoreAt};

const CLIENTS: usize = 16;
const REQUESTS_OF_CLIENT: usize = 1_300;
const VISITORS: usize = 48;

/// nginx sends a request again, to the other process, only if nginx could not connect to the first process or if the
/// request is idempotent. If a process is killed while it handles a `POST`, nginx responds with a 502.
const CONFIGURATION: &str = r#"
    upstream application {
        @SERVERS@
        keepalive 32;
    }

    server {
        listen 127.0.0.1:@PORT@;
        keepalive_requests 1000000;
        location / {
            proxy_pass http://application;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
"#;

/// The sessions, and how the requests were answered.
struct Site {
    visitors: Vec<Mutex<Arc<Visitor>>>,
    all: Mutex<Vec<Arc<Visitor>>>,
    sent: AtomicUsize,
    unknown: AtomicUsize,
    /// For each process id: the number of responses from this process, and the number of requests that all clients had
    /// finished when the last of these responses arrived.
    processes: Mutex<HashMap<String, (usize, usize)>>,
}

impl Site {
    /// Sends the requests of one client, one after the other.
    fn run(&self, address: std::net::SocketAddr, number: usize) {
        let (mut client, mut random) = (Client::new(address), Random::new(number as u64));
        for request in 0..REQUESTS_OF_CLIENT {
            let slot = &self.visitors[random.below(VISITORS)];
            let visitor = match random.one_in(20) {
                true => {
                    let all = self.all.lock().unwrap();
                    Arc::clone(&all[random.below(all.len())])
                }
                false => Arc::clone(&slot.lock().unwrap()),
            };
            let name = format!("{number}-{request}");
            match random.below(40) {
                0 if visitor.sign_out_state() == SignOut::None => self.replace(slot, &mut client, &name),
                0..4 => self.note(visitor.read(&mut client)),
                4..20 => self.note(visitor.count(&mut client)),
                _ => self.note(visitor.add_entry(&mut client, format!("entry-{name}"))),
            }
        }
    }

    /// Signs a visitor out, and signs another visitor in.
    fn replace(&self, slot: &Mutex<Arc<Visitor>>, client: &mut Client, name: &str) {
        let mut slot = slot.lock().unwrap();
        self.note(slot.sign_out(client));
        // A failed sign-in can be sent again, because each sign-in makes a new session.
        let mut failed = None;
        let signed_in = (0..10).find_map(|_| {
            let signed_in = client.try_sign_in(name);
            self.sent.fetch_add(1, Ordering::Relaxed);
            match signed_in {
                Ok(Ok(cookie)) => Some(cookie),
                other => {
                    failed = Some(other);
                    self.unknown.fetch_add(1, Ordering::Relaxed);
                    // After the kill, nginx may have no live server for a moment.
                    thread::sleep(Duration::from_millis(100));
                    None
                }
            }
        });
        *slot = Visitor::new(name.to_owned(), signed_in.expect("one of 10 sign-ins succeeds"));
        self.all.lock().unwrap().push(Arc::clone(&slot));
    }

    fn note(&self, (outcome, response): (Outcome, io::Result<Response>)) {
        let sent = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        if outcome == Outcome::Unknown {
            self.unknown.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(process) = response.as_ref().ok().and_then(|response| response.header(PROCESS)) {
            let mut processes = self.processes.lock().unwrap();
            let (answered, last) = processes.entry(process.to_owned()).or_default();
            // A client that increased `sent` later may have locked the map earlier. So keep the larger number.
            (*answered, *last) = (*answered + 1, sent.max(*last));
        }
    }
}

fn assert_kill_loses_nothing(store: StoreAt) {
    let _load = only_load();
    let settings = Settings::stored(store);
    let (mut killed, survivor) = (Process::start(&settings), Process::start(&settings));
    let servers = [&killed, &survivor].map(|process| format!("server {};", process.address));
    let configuration = CONFIGURATION.replace("@SERVERS@", &servers.join("\n        "));
    let tests = "nginx in front of two processes";
    let Some(nginx) = nginx::Process::start(tests, "worker_connections 1024;", &configuration) else {
        return;
    };

    let mut client = Client::new(nginx.address);
    let visitors: Vec<_> =
        (0..VISITORS).map(|number| Visitor::sign_in(&mut client, format!("visitor {number}"))).collect();
    let site = Site {
        all: Mutex::new(visitors.clone()),
        visitors: visitors.into_iter().map(Mutex::new).collect(),
        sent: AtomicUsize::new(0),
        unknown: AtomicUsize::new(0),
        processes: Mutex::default(),
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let site = &site;
                scope.spawn(move || site.run(nginx.address, number))
            })
            .collect();
        let half = CLIENTS * REQUESTS_OF_CLIENT / 2;
        while site.sent.load(Ordering::Relaxed) < half && !clients.iter().all(|client| client.is_finished()) {
            thread::sleep(Duration::from_millis(1));
        }
        killed.kill();
    });

    let (sent, unknown) = (site.sent.into_inner(), site.unknown.into_inner());
    assert!(sent >= 20_000, "{sent} requests");
    // The outcome is unknown only for requests that nginx had already sent to the killed process. After the first
    // failure, nginx sends that process no requests for ten seconds, the default `fail_timeout`. After the ten seconds,
    // nginx cannot connect to it, and sends the request to the other process. So each client has at most one request
    // with an unknown outcome: the request in progress at the kill.
    assert!(unknown <= CLIENTS, "{unknown} of {sent} requests have an unknown outcome");
    let processes = site.processes.into_inner().unwrap();
    let expected: HashSet<_> = [&killed, &survivor].map(|process| process.id().to_string()).into();
    assert_eq!(processes.keys().cloned().collect::<HashSet<_>>(), expected);
    assert!(processes.values().all(|(answered, _)| *answered > 1_000), "{processes:?}");
    let (_, last) = processes[&killed.id().to_string()];
    assert!(last < sent - 1_000, "the last answer of the killed process was {last} of {sent}");

    // Entries are in the store, so a new process sees them.
    let fresh = Process::start(&settings);
    let all = site.all.into_inner().unwrap();
    for process in [&survivor, &fresh] {
        let mut client = process.client();
        all.iter().for_each(|visitor| visitor.assert_settled(&mut client));
    }
    let signed_out = all.iter().filter(|visitor| visitor.sign_out_state() == SignOut::Acknowledged).count();
    let acknowledged: u64 = all.iter().map(|visitor| visitor.acknowledged()).sum();
    assert!(signed_out > 100, "{signed_out} visitors signed out");
    assert!(acknowledged > 15_000, "{acknowledged} writes of {sent} requests");
    println!(
        "{sent} requests, {acknowledged} writes, {unknown} with an unknown outcome, {signed_out} signed out"
    );
}

#[test]
fn killed_process_loses_no_write_in_redis() {
    if let Some(server) = Server::redis() {
        assert_kill_loses_nothing(server.store());
    }
}

#[test]
fn killed_process_loses_no_write_in_postgres() {
    if let Some(server) = Server::postgres() {
        assert_kill_loses_nothing(server.store());
    }
}
