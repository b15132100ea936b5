//! Stores that several tokio runtimes share, such as the runtimes of actix-web's workers.

use std::time::Duration;

use futures_util::future::join_all;
use session_store::Store;
use session_store_redis::{RedisStore, redis};
use session_tests::servers::RedisServer;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

use crate::harness::handle;

/// Time limit, far longer than any wait in these tests. A test that waits longer fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Loads one row alone, and then 64 rows at once. None of the rows exists.
async fn load(store: &RedisStore) {
    let loads = async {
        assert_eq!(store.load(&handle(0)).await, Ok(None));
        for loaded in join_all((0..64).map(async |number| store.load(&handle(number)).await)).await {
            assert_eq!(loaded, Ok(None));
        }
    };
    timeout(PATIENCE, loads).await.expect("the server answers");
}

/// Returns the number of connections to the server, not counting the connection that asks for the number.
fn connections(server: &RedisServer) -> usize {
    let info = server.command(&[b"INFO", b"clients"]);
    let number = info.lines().find_map(|line| line.strip_prefix("connected_clients:"));
    number.unwrap().trim().parse::<usize>().unwrap() - 1
}

/// Waits until the server has this number of connections. The server may notice late that a connection was closed, for
/// example the connection that `connections` has opened.
async fn wait_for_connections(server: &RedisServer, expected: usize) {
    let wait = async {
        while connections(server) != expected {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{} connections", connections(server)));
}

/// Regression: all runtimes shared one connection, and the runtime that connected first drove it. If the thread of that
/// runtime was blocked, as a worker of actix-web can be, all calls waited.
#[test]
fn blocked_runtime_delays_no_other_runtime() {
    let Some(server) = RedisServer::start() else { return };
    let blocked = one_thread();
    let store = blocked.block_on(RedisStore::connect(&server.url())).unwrap();
    one_thread().block_on(load(&store));
}

#[test]
fn each_runtime_has_one_connection() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::connect_lazy(&server.url()).unwrap();
    let runtimes: Vec<_> = (0..3).map(|_| one_thread()).collect();
    for runtime in &runtimes {
        for _ in 0..2 {
            runtime.block_on(load(&store.clone().with_prefix("other:")));
        }
    }
    runtimes[0].block_on(wait_for_connections(&server, 3));
}

#[test]
fn stopped_runtime_closes_only_its_own_connection() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::connect_lazy(&server.url()).unwrap();
    let lasting = one_thread();
    lasting.block_on(load(&store));
    for _ in 0..3 {
        one_thread().block_on(load(&store));
        lasting.block_on(wait_for_connections(&server, 1));
    }
    lasting.block_on(load(&store));
    lasting.block_on(wait_for_connections(&server, 1));
}

#[tokio::test]
async fn store_that_is_dropped_closes_its_connections() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    load(&store).await;
    wait_for_connections(&server, 1).await;
    drop(store);
    wait_for_connections(&server, 0).await;
}

#[test]
fn store_with_client_of_application_opens_no_other_connection() {
    let Some(server) = RedisServer::start() else { return };
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let store = RedisStore::new(runtime.block_on(client.get_connection_manager()).unwrap());
    runtime.block_on(load(&store));
    one_thread().block_on(load(&store));
    runtime.block_on(wait_for_connections(&server, 1));
}
