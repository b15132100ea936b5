//! Commands of concurrent calls. The store sends them together.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use session_core::{ManualClock, SessionHandle};
use session_store::{Row, Store, StoreError, Version};
use session_store_redis::RedisStore;
use session_tests::servers::RedisServer;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::harness::{START, at, connect_patiently, handle, row};
use crate::proxy::Proxy;

const CALLS: u8 = 64;

fn handles() -> impl Iterator<Item = SessionHandle> {
    (0..CALLS).map(handle)
}

/// Returns a store with a row for each of the [`handles`]. The data of a row is its handle.
async fn store(server: &RedisServer) -> RedisStore {
    let clock = ManualClock::new(at(START));
    let store = connect_patiently(server).await.with_clock(clock);
    for id in handles() {
        store.create(&id, &row(&id.to_string(), 60.0)).await.unwrap().unwrap();
    }
    store
}

fn assert_own_row(id: SessionHandle, loaded: Result<Option<(Row, Version)>, StoreError>) {
    let (row, _) = loaded.unwrap().unwrap();
    assert_eq!(row.data, id.to_string().into_bytes());
}

/// Loads all rows at once, and checks them.
async fn load_all(store: &RedisStore) {
    for (id, loaded) in handles().zip(join_all(handles().map(async |id| store.load(&id).await)).await) {
        assert_own_row(id, loaded);
    }
}

/// Polls a load of every row once, and drops the loads.
async fn begin_loads(store: &RedisStore) {
    poll_once(pin!(join_all(handles().map(async |id| store.load(&id).await)))).await;
}

/// Polls a call once, and asserts that it is not ready.
async fn poll_once(mut call: Pin<&mut impl Future>) {
    let is_pending = poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await;
    assert!(is_pending);
}

/// Returns how many commands of this name the server has run.
fn calls(server: &RedisServer, name: &str) -> u64 {
    statistic(server, b"commandstats", &format!("cmdstat_{name}:calls="))
}

fn statistic(server: &RedisServer, section: &[u8], name: &str) -> u64 {
    let info = server.command(&[b"INFO", section]);
    let value = info.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split(',').next()).unwrap_or("0");
    number.trim().parse().expect("the statistic is a number")
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn concurrent_calls_share_writes() {
    const ROUNDS: u64 = 20;

    let Some(server) = RedisServer::start() else { return };
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = store(&server).await;
        // The server usually reads all commands of one write at once.
        let before = statistic(&server, b"stats", "total_reads_processed:");
        let tasks = handles().map(|id| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..ROUNDS {
                    assert_own_row(id, store.load(&id).await);
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let reads = statistic(&server, b"stats", "total_reads_processed:") - before;
        let commands = ROUNDS * u64::from(CALLS);
        assert!(reads < commands / 4, "{reads} reads for {commands} commands, expected less than a quarter");
    });
}

#[tokio::test]
async fn refused_command_does_not_fail_other_calls() {
    let Some(server) = RedisServer::start() else { return };
    let store = store(&server).await;
    let is_list = |number: u8| number.is_multiple_of(2);
    for id in (0..CALLS).filter(|&number| is_list(number)).map(handle) {
        let key = format!("signed-session:session:{id}");
        server.command(&[b"DEL", key.as_bytes()]);
        server.command(&[b"RPUSH", key.as_bytes(), b"secret"]);
    }
    let loads = join_all(handles().map(async |id| store.load(&id).await)).await;
    for (number, loaded) in (0..CALLS).zip(loads) {
        if is_list(number) {
            let error = loaded.unwrap_err().to_string();
            assert!(error.starts_with("the session store returned invalid data: "), "{error}");
        } else {
            assert_own_row(handle(number), loaded);
        }
    }
}

/// Regression: one pipeline had the commands of all waiting calls, so all calls failed if the last reply came too late.
#[tokio::test]
async fn lost_replies_fail_only_their_pipelines() {
    let Some(server) = RedisServer::start() else { return };
    store(&server).await;
    let proxy = Proxy::start(server.port()).await;
    let store = RedisStore::connect(&proxy.url).await.unwrap().with_clock(ManualClock::new(at(START)));
    let reply = server.command(&[b"GET", format!("signed-session:session:{}", handle(0)).as_bytes()]);
    // About half of the replies arrive. The other half is lost.
    proxy.limit_replies(u64::from(CALLS) / 2 * (reply.len() as u64 + 10));
    let loads = join_all(handles().map(async |id| store.load(&id).await)).await;
    let in_time = loads.iter().filter(|loaded| loaded.is_ok()).count();
    assert!((16..=40).contains(&in_time), "{in_time} calls succeeded, expected 16 to 40");
    assert!(loads.iter().filter_map(|loaded| loaded.as_ref().err()).all(StoreError::is_unavailable));
}

#[tokio::test]
async fn call_that_was_given_up_is_not_sent() {
    let Some(server) = RedisServer::start() else { return };
    let store = store(&server).await;
    begin_loads(&store).await;
    load_all(&store).await;
    assert_eq!(calls(&server, "get"), u64::from(CALLS));
}

#[tokio::test]
async fn few_calls_are_not_sent_in_batch() {
    /// Number of concurrent calls up to which each command is sent by itself.
    const FEW: u64 = 4;

    let Some(server) = RedisServer::start() else { return };
    let store = store(&server).await;
    let mut begun = Box::pin(join_all((0..6).map(handle).map(async |id| store.load(&id).await)));
    poll_once(begun.as_mut()).await;
    // Now the task of the client sends the commands that are not in a batch. The task that sends the batch still waits
    // for other tasks. If a call is dropped before the batch is sent, the batch leaves out the command of this call.
    yield_now().await;
    drop(begun);
    load_all(&store).await;
    assert_eq!(calls(&server, "get"), FEW + u64::from(CALLS));
}

#[test]
fn stopped_runtime_does_not_block_later_calls() {
    let Some(server) = RedisServer::start() else { return };
    let lasting = one_thread();
    let store = lasting.block_on(store(&server));
    one_thread().block_on(begin_loads(&store));
    lasting.block_on(async {
        timeout(Duration::from_secs(10), load_all(&store)).await.expect("the commands are sent");
    });
}

#[test]
fn stopped_runtime_fails_only_its_own_calls() {
    let Some(server) = RedisServer::start() else { return };
    let lasting = one_thread();
    let store = lasting.block_on(store(&server));
    let stopping = one_thread();
    let mut begun = pin!(join_all(handles().map(async |id| store.load(&id).await)));
    stopping.block_on(poll_once(begun.as_mut()));
    let id = handle(0);
    let mut load = pin!(store.load(&id));
    lasting.block_on(poll_once(load.as_mut()));
    drop(stopping);
    assert_own_row(id, lasting.block_on(load));
    // The first few calls were not sent in a batch, so they can succeed.
    let ended =
        lasting.block_on(async { timeout(Duration::from_secs(10), begun).await.expect("the calls end") });
    let failed = ended.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(!failed.is_empty() && failed.iter().all(StoreError::is_unavailable), "{failed:?}");
}

/// Regression: calls waited for a task of another runtime, even while the thread of that runtime was blocked. In
/// actix-web, each worker has its own runtime.
#[test]
fn blocked_runtime_does_not_delay_calls_of_other_runtimes() {
    let Some(server) = RedisServer::start() else { return };
    let lasting = one_thread();
    let store = lasting.block_on(store(&server));
    let blocked = one_thread();
    let mut begun = pin!(join_all(handles().map(async |id| store.load(&id).await)));
    blocked.block_on(poll_once(begun.as_mut()));
    lasting.block_on(async {
        timeout(Duration::from_secs(10), load_all(&store)).await.expect("the commands are sent");
    });
}

#[tokio::test]
async fn lost_connection_fails_only_waiting_calls() {
    let Some(server) = RedisServer::start() else { return };
    store(&server).await;
    let store = connect_patiently(&server).await.with_clock(ManualClock::new(at(START)));
    load_all(&store).await;
    // While the server is paused, it reads all commands, but runs none that writes.
    server.command(&[b"CLIENT", b"PAUSE", b"600000", b"WRITE"]);
    let mut deletions = pin!(join_all(handles().map(async |id| store.delete(&id, None).await)));
    poll_once(deletions.as_mut()).await;
    // Let the tasks that send the commands run.
    for _ in 0..10 {
        yield_now().await;
    }
    server.command(&[b"CLIENT", b"KILL", b"TYPE", b"normal", b"SKIPME", b"yes"]);
    for deleted in deletions.await {
        let error = deleted.unwrap_err();
        assert!(error.is_unavailable() && error.to_string().ends_with("the connection was lost"), "{error}");
    }
    load_all(&store).await;
}
