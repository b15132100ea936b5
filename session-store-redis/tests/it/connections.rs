//! How a store connects, and how long it keeps a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use session_store::Store;
use session_store_redis::RedisStore;
use session_tests::servers::RedisServer;
use tokio::net::TcpListener;

use crate::harness::handle;

#[tokio::test]
async fn call_that_cannot_connect_makes_two_attempts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let attempts = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&attempts);
    // Accepts connections and closes them at once.
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let store = RedisStore::connect_lazy(&url).unwrap();
    let error = store.load(&handle(1)).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
}

/// Returns the IDs of the connections whose last command was `GET`, the command of `load`.
fn connections(server: &RedisServer) -> Vec<String> {
    let clients = server.command(&[b"CLIENT", b"LIST"]);
    let connections = clients.lines().filter(|client| client.contains(" cmd=get "));
    connections.filter_map(|client| client.split(' ').next().map(str::to_owned)).collect()
}

#[tokio::test]
async fn error_of_one_command_keeps_connection() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    assert_eq!(store.load(&handle(2)).await, Ok(None));
    let before = connections(&server);
    assert_eq!(before.len(), 1, "{before:?}");
    server.command(&[b"RPUSH", format!("signed-session:session:{}", handle(1)).as_bytes(), b"secret"]);
    assert!(store.load(&handle(1)).await.is_err());
    assert_eq!(store.load(&handle(2)).await, Ok(None));
    assert_eq!(connections(&server), before);
}

#[cfg(target_os = "linux")]
mod keepalive {
    use std::fs;
    use std::time::Duration;

    use tokio::time::{sleep, timeout};

    use super::*;

    /// Time limit, far longer than the test needs.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// The kind of a connection's timer for keepalive in `/proc/net/tcp`.
    const KEEPALIVE: &str = "02";

    /// Returns the time until the kernel sends a keepalive probe on a connection to this port, in hundredths of a second.
    fn time_until_probe(port: u16) -> Option<u64> {
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        let remote = format!(":{port:04X}");
        let mut connections = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let connection = connections.find(|fields| fields[2].ends_with(&remote) && fields[3] == "01")?;
        let (kind, time) = connection[5].split_once(':')?;
        u64::from_str_radix(time, 16).ok().filter(|_| kind == KEEPALIVE)
    }

    #[tokio::test]
    async fn idle_connection_is_probed_within_ten_seconds() {
        let Some(server) = RedisServer::start() else { return };
        let store = RedisStore::connect(&server.url()).await.unwrap();
        assert_eq!(store.load(&handle(1)).await, Ok(None));
        // Another timer can be active until the kernel has received TCP's last acknowledgement.
        let wait = async {
            loop {
                match time_until_probe(server.port()) {
                    Some(time) => break time,
                    None => sleep(Duration::from_millis(5)).await,
                }
            }
        };
        let time = timeout(PATIENCE, wait).await.expect("keepalive is on");
        assert!(time <= 1000, "{time}");
    }
}
