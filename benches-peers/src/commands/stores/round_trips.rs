//! A proxy between the application and the server. It counts the round trips and the commands per request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::wire::{Counter, Protocol};
use crate::applications::stores::{self, Ports, StoreSubject};
use crate::subject::{JOBS, Job};

/// How long requests are sent before counting, and again while they are counted.
const TIME: Duration = Duration::from_millis(200);

/// Pause after the last response, because a client may still send bytes to the server, such as a ping.
const REST: Duration = Duration::from_millis(50);

/// The average numbers of round trips and commands per request.
#[derive(Clone, Copy, Default)]
pub(super) struct Traffic {
    pub(super) round_trips: f64,
    pub(super) commands: f64,
}

/// Returns the traffic per request, by subject and by job.
pub(super) fn count(runtime: &Runtime, ports: Ports) -> Vec<[Traffic; JOBS]> {
    let totals = Arc::new(Totals::default());
    let subjects = runtime.block_on(async {
        let redis = proxy(ports.redis, Protocol::Redis, &totals).await;
        let postgres = proxy(ports.postgres, Protocol::Postgres, &totals).await;
        stores::all(Ports { redis, postgres }).await
    });
    let count = |subject: &dyn StoreSubject, job| {
        if !subject.has(job) {
            return Traffic::default();
        }
        // Do not count the first requests, because they also prepare statements and load scripts.
        subject.run(job, 1, TIME);
        std::thread::sleep(REST);
        let before = totals.now();
        let requests = subject.run(job, 1, TIME).requests.len() as f64;
        std::thread::sleep(REST);
        let [round_trips, commands] = totals.now().map(|total| total as f64);
        let [round_trips_before, commands_before] = before.map(|total| total as f64);
        Traffic {
            round_trips: (round_trips - round_trips_before) / requests,
            commands: (commands - commands_before) / requests,
        }
    };
    subjects.iter().map(|subject| Job::ALL.map(|job| count(subject.as_ref(), job))).collect()
}

/// The traffic of all connections.
#[derive(Default)]
struct Totals {
    round_trips: AtomicU64,
    commands: AtomicU64,
}

impl Totals {
    /// Returns the numbers of round trips and commands until now.
    fn now(&self) -> [u64; 2] {
        [&self.round_trips, &self.commands].map(|total| total.load(Ordering::SeqCst))
    }
}

/// Starts a proxy to the port `target` of this machine. Returns the proxy's port.
async fn proxy(target: u16, protocol: Protocol, totals: &Arc<Totals>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("a bound listener has a port").port();
    let totals = Arc::clone(totals);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", target)).await.expect("the server accepts");
            for stream in [&client, &server] {
                stream.set_nodelay(true).expect("TCP_NODELAY can be set");
            }
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let is_waiting = Arc::new(AtomicBool::new(false));
            let counted = Some((Counter::new(protocol), Arc::clone(&totals)));
            tokio::spawn(copy(from_client, to_server, Arc::clone(&is_waiting), counted));
            tokio::spawn(copy(from_server, to_client, is_waiting, None));
        }
    });
    port
}

/// Copies the bytes of one direction. `counted` is `Some` for the direction to the server.
///
/// A round trip begins when the client sends bytes for the first time, or for the first time since the server sent
/// bytes.
async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    is_waiting: Arc<AtomicBool>,
    mut counted: Option<(Counter, Arc<Totals>)>,
) {
    let mut buffer = vec![0; 65536];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let was_waiting = is_waiting.swap(counted.is_some(), Ordering::SeqCst);
        if let Some((counter, totals)) = &mut counted {
            totals.round_trips.fetch_add(u64::from(!was_waiting), Ordering::SeqCst);
            totals.commands.fetch_add(counter.count(&buffer[..length]), Ordering::SeqCst);
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}
