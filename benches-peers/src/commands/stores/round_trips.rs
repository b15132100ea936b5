//! Counts the round trips of a request with a proxy between the application and the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::applications::stores::{self, Ports, StoreSubject};
use crate::subject::{JOBS, Job};

/// Duration of the requests of one count.
const TIME: Duration = Duration::from_millis(200);

/// Pause for bytes that go to the server after the response.
const REST: Duration = Duration::from_millis(50);

/// Returns the number of round trips of a request: by subject, by job.
pub(super) fn count(runtime: &Runtime, ports: Ports) -> Vec<[f64; JOBS]> {
    let round_trips = Arc::new(AtomicU64::new(0));
    let subjects = runtime.block_on(async {
        let redis = proxy(ports.redis, &round_trips).await;
        let postgres = proxy(ports.postgres, &round_trips).await;
        stores::all(Ports { redis, postgres }).await
    });
    let count = |subject: &dyn StoreSubject, job| {
        if !subject.has(job) {
            return 0.0;
        }
        // The first requests prepare statements and load scripts.
        subject.run(job, 1, TIME);
        std::thread::sleep(REST);
        let before = round_trips.load(Ordering::SeqCst);
        let requests = subject.run(job, 1, TIME).requests.len();
        std::thread::sleep(REST);
        (round_trips.load(Ordering::SeqCst) - before) as f64 / requests as f64
    };
    subjects.iter().map(|subject| Job::ALL.map(|job| count(subject.as_ref(), job))).collect()
}

/// Starts a proxy to a port of this machine. Returns its port.
async fn proxy(target: u16, round_trips: &Arc<AtomicU64>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("the port").port();
    let round_trips = Arc::clone(round_trips);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", target)).await.expect("the server");
            for stream in [&client, &server] {
                stream.set_nodelay(true).expect("an option");
            }
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let is_waiting = Arc::new(AtomicBool::new(false));
            let counter = Some(Arc::clone(&round_trips));
            tokio::spawn(copy(from_client, to_server, Arc::clone(&is_waiting), counter));
            tokio::spawn(copy(from_server, to_client, is_waiting, None));
        }
    });
    port
}

/// Copies one direction. A round trip starts when bytes go to the server after bytes came from it.
async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    is_waiting: Arc<AtomicBool>,
    counter: Option<Arc<AtomicU64>>,
) {
    let mut buffer = vec![0; 65536];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let was_waiting = is_waiting.swap(counter.is_some(), Ordering::SeqCst);
        if let Some(counter) = &counter
            && !was_waiting
        {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}
