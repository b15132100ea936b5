//! How a store connects, and how long it keeps a connection.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use session_store::{Row, Store, Version};
use session_store_redis::RedisStore;
use session_tests::servers::{RedisCluster, RedisServer};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::harness::{START, at, handle, until_available, until_busy};
use crate::proxy::Proxy;

/// Answers that a proxy or a server can give to the commands that set up a connection.
const ANSWERS: [&str; 9] = [
    "HTTP/1.1 503 Service Unavailable",
    "-ERR upstream failure",
    "-ERR unknown command `HELLO`",
    "-LOADING Redis is loading the dataset in memory",
    "-BUSY Redis is busy running a script.",
    "-MASTERDOWN Link with MASTER is down",
    "-CLUSTERDOWN The cluster is down",
    "-NOPERM User app has no permissions to run the 'hello' command",
    "-no upstream host",
];

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
    // If an attempt times out on a slow machine, the client makes two more in the background.
    assert!((2..=4).contains(&attempts.load(Ordering::SeqCst)));
}

/// Regression: if no call was made during an outage, the first call after it failed. The client returned the error of
/// its own attempt to connect, without sending the command.
#[tokio::test]
async fn first_call_after_outage_without_calls_succeeds() {
    let Some(mut server) = RedisServer::start() else { return };
    let proxy = Proxy::start(server.port()).await;
    let store = RedisStore::connect(&proxy.url).await.unwrap();
    for _ in 0..5 {
        assert_eq!(until_available(async || store.load(&handle(1)).await).await, None);
        let before = proxy.connections();
        server.stop();
        while proxy.connections() < before + 2 {
            sleep(Duration::from_millis(5)).await;
        }
        // The proxy closes the connection of the client's second attempt. If this takes longer than expected, the call
        // below fails as well, so the test has several rounds.
        sleep(Duration::from_millis(100)).await;
        server.restart();
        if store.touch(&handle(1), at(START), None).await.is_ok() {
            return;
        }
    }
    panic!("the first call after each outage failed");
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

/// If a client connected again for each call, it would only give more work to a busy server.
#[tokio::test]
async fn store_keeps_connection_to_busy_server() {
    let Some(server) = RedisServer::start_with(&["--busy-reply-threshold", "1"]) else { return };
    let proxy = Proxy::start(server.port()).await;
    let store = RedisStore::connect(&proxy.url).await.unwrap();
    let connections = proxy.connections();
    let mut client = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    client.write_all(b"EVAL \"while true do end\" 0\r\n").unwrap();
    until_busy(&store).await;
    assert!(store.load(&handle(1)).await.is_err());
    server.command(&[b"SCRIPT", b"KILL"]);
    assert_eq!(loaded_again(&store).await, None);
    assert_eq!(proxy.connections(), connections);
}

/// Regression: after one of the [`ANSWERS`], all calls failed until the process was restarted.
#[tokio::test]
async fn failed_setup_of_connection_is_tried_again() {
    let Some(server) = RedisServer::start() else { return };
    for answer in ANSWERS {
        let proxy = Proxy::start(server.port()).await;
        proxy.set_answer(Some(answer));
        let store = RedisStore::connect_lazy(&proxy.url).unwrap();
        for _ in 0..2 {
            assert!(store.load(&handle(1)).await.is_err(), "{answer}");
        }
        proxy.set_answer(None);
        let loaded = loaded_again(&store).await;
        assert_eq!(loaded, None, "{answer}");
    }
}

/// Calls the store until it answers. On a slow machine, a connection that was begun earlier can still get an error.
async fn loaded_again(store: &RedisStore) -> Option<(Row, Version)> {
    let wait = async {
        loop {
            match store.load(&handle(1)).await {
                Ok(loaded) => break loaded,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), wait).await.expect("the store recovers")
}

/// Regression: if a connection was lost and setting up the next one failed, all calls failed until the process was
/// restarted.
#[tokio::test]
async fn failed_setup_of_next_connection_is_tried_again() {
    let Some(mut server) = RedisServer::start() else { return };
    for answer in ANSWERS {
        let proxy = Proxy::start(server.port()).await;
        let store = RedisStore::connect(&proxy.url).await.unwrap();
        proxy.set_answer(Some(answer));
        server.restart();
        // The first call can fail just because the old connection is lost. The next ones fail to set up a connection.
        for _ in 0..3 {
            assert!(store.load(&handle(1)).await.is_err(), "{answer}");
        }
        proxy.set_answer(None);
        let loaded = loaded_again(&store).await;
        assert_eq!(loaded, None, "{answer}");
    }
}

#[tokio::test]
async fn failed_setup_of_cluster_connection_is_tried_again() {
    let Some(cluster) = RedisCluster::start() else { return };
    for answer in ANSWERS {
        let proxy = Proxy::start(cluster.nodes()[0].port()).await;
        proxy.set_answer(Some(answer));
        let store = RedisStore::connect_cluster_lazy(&[&proxy.url]).unwrap();
        assert!(store.load(&handle(1)).await.is_err(), "{answer}");
        proxy.set_answer(None);
        let loaded = loaded_again(&store).await;
        assert_eq!(loaded, None, "{answer}");
    }
}

#[tokio::test]
async fn concurrent_calls_share_failed_setup() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::start(server.port()).await;
    proxy.set_answer(Some("-BUSY Redis is busy running a script."));
    let store = RedisStore::connect_lazy(&proxy.url).unwrap();
    for round in 1..=3 {
        let handles: Vec<_> = (0..50).map(handle).collect();
        let calls = join_all(handles.iter().map(|handle| store.load(handle))).await;
        assert!(calls.iter().all(Result::is_err), "{calls:?}");
        // The client makes two attempts. If these time out on a slow machine, it makes two more in the background.
        assert!((2 * round..=4 * round).contains(&proxy.connections()), "{}", proxy.connections());
    }
}

#[cfg(target_os = "linux")]
mod keepalive {
    use std::fs;
    use std::time::Duration;

    use session_store_redis::redis::io::tcp::socket2::SockRef;
    use tokio::time::{sleep, timeout};

    use super::*;

    /// Time limit, far longer than the test needs.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// The code of the keepalive timer in `/proc/net/tcp`, the kernel's table of connections.
    const KEEPALIVE: &str = "02";

    /// Returns the time until the kernel sends a keepalive probe on a connection to this port, in hundredths of a
    /// second.
    fn time_until_probe(port: u16) -> Option<u64> {
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        let remote = format!(":{port:04X}");
        let mut connections = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let connection = connections.find(|fields| fields[2].ends_with(&remote) && fields[3] == "01")?;
        let (kind, time) = connection[5].split_once(':')?;
        u64::from_str_radix(time, 16).ok().filter(|_| kind == KEEPALIVE)
    }

    /// Returns whether the kernel's table shows timers. In sandboxes such as gVisor, it shows none.
    fn table_shows_timers() -> bool {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpStream::connect(address).unwrap();
        SockRef::from(&client).set_keepalive(true).unwrap();
        time_until_probe(address.port()).is_some()
    }

    #[tokio::test]
    async fn idle_connection_is_probed_within_ten_seconds() {
        if !table_shows_timers() {
            eprintln!("skipped: /proc/net/tcp shows no timers");
            return;
        }
        let Some(server) = RedisServer::start() else { return };
        let store = RedisStore::connect(&server.url()).await.unwrap();
        assert_eq!(store.load(&handle(1)).await, Ok(None));
        // The table shows one timer for each connection. While sent data is not acknowledged, this is the timer for
        // retransmission.
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
