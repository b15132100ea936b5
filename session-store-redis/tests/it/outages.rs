//! Servers that are down, paused, restarted or full, or that refuse calls.
//!
//! These tests set no time limit for a call. If a call never returned, its test would hang.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::pin::pin;
use std::task::Poll;

use session_store::{Store, StoreError};
use session_store_redis::RedisStore;
use session_tests::servers::RedisServer;
use tokio::task::yield_now;

use crate::harness::{START, at, connect_patiently, handle, owned, row, until_available, until_busy};
use crate::proxy::Proxy;

fn assert_unavailable<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    let error = result.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
}

async fn connect(server: &RedisServer) -> RedisStore {
    let clock = session_core::ManualClock::new(at(START));
    RedisStore::connect(&server.url()).await.unwrap().with_clock(clock)
}

#[tokio::test]
async fn server_down_at_start_is_unavailable() {
    let Some(mut server) = RedisServer::start() else { return };
    server.stop();
    assert_unavailable(RedisStore::connect(&server.url()).await);
    let store = RedisStore::connect_lazy(&server.url()).unwrap();
    assert_unavailable(store.load(&handle(1)).await);
    assert_unavailable(store.load(&handle(1)).await);
    server.restart();
    assert_eq!(until_available(async || store.load(&handle(1)).await).await, None);
}

#[tokio::test]
async fn restarted_server_is_used_again() {
    let Some(mut server) = RedisServer::start() else { return };
    let store = connect(&server).await;
    store.create(&handle(1), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    server.stop();
    assert_unavailable(store.load(&handle(1)).await);
    assert_unavailable(store.create(&handle(2), &row("a", 60.0)).await);
    assert_unavailable(store.by_owner("alice").await);
    server.restart();
    // The restarted server has neither the row nor the scripts.
    assert_eq!(until_available(async || store.load(&handle(1)).await).await, None);
    store.create(&handle(1), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    assert_eq!(store.by_owner("alice").await.unwrap().len(), 1);
}

#[tokio::test]
async fn paused_server_is_unavailable_until_it_resumes() {
    let Some(server) = RedisServer::start() else { return };
    let store = connect(&server).await;
    let version = store.create(&handle(1), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    server.pause();
    assert_unavailable(store.load(&handle(1)).await);
    assert_unavailable(store.replace(&handle(2), version, &row("a", 60.0)).await);
    assert_unavailable(RedisStore::connect(&server.url()).await);
    server.resume();
    let loaded = until_available(async || store.load(&handle(1)).await).await;
    assert_eq!(loaded, Some((owned("a", "alice", 60.0), version)));
}

#[tokio::test]
async fn flushed_scripts_are_sent_again() {
    let Some(server) = RedisServer::start() else { return };
    let store = connect(&server).await;
    let version = store.create(&handle(1), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    server.command(&[b"SCRIPT", b"FLUSH"]);
    assert!(store.replace(&handle(1), version, &owned("b", "bob", 60.0)).await.unwrap().is_some());
    server.command(&[b"SCRIPT", b"FLUSH"]);
    assert_eq!(store.touch(&handle(1), at(START), None).await, Ok(true));
    server.command(&[b"SCRIPT", b"FLUSH"]);
    assert_eq!(store.delete_by_owner("bob", None).await, Ok(1));
}

/// Polls a call once, lets the client send its command, and drops the call.
async fn abandon(call: impl Future) {
    let mut call = pin!(call);
    // The first poll hands the command to the client's task. This task does not send the command of a dropped call, so
    // the task must run before the call is dropped.
    assert!(poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await);
    yield_now().await;
}

#[tokio::test]
async fn dropped_calls_leave_connection_usable() {
    let Some(server) = RedisServer::start() else { return };
    let store = connect_patiently(&server).await.with_clock(session_core::ManualClock::new(at(START)));
    // All rows together fit into the buffer of the socket. Otherwise the client would wait for a slow server, and would
    // not send the command of a call that was dropped meanwhile.
    let long = |number: u8| row(&"a".repeat(100 * usize::from(number)), 60.0);
    // This call sends the script to the server. Each later call that creates a row sends only one command.
    store.create(&handle(0), &long(0)).await.unwrap().unwrap();
    for number in 1..100 {
        abandon(store.create(&handle(number), &long(number))).await;
        abandon(store.load(&handle(number))).await;
    }
    for number in 100..200 {
        store.create(&handle(number), &row(&number.to_string(), 60.0)).await.unwrap().unwrap();
        let (loaded, _) = store.load(&handle(number)).await.unwrap().unwrap();
        assert_eq!(loaded, row(&number.to_string(), 60.0));
    }
    // The commands of the dropped calls have reached the server.
    for number in 1..100 {
        assert_eq!(store.load(&handle(number)).await.unwrap().unwrap().0, long(number));
    }
}

#[tokio::test]
async fn server_without_memory_is_unavailable_for_writes() {
    let Some(server) = RedisServer::start() else { return };
    let store = connect(&server).await;
    let version = store.create(&handle(1), &row("a", 60.0)).await.unwrap().unwrap();
    server.command(&[b"CONFIG", b"SET", b"maxmemory", b"1"]);
    assert_unavailable(store.create(&handle(2), &row("a", 60.0)).await);
    assert_unavailable(store.create(&handle(2), &owned("a", "alice", 60.0)).await);
    assert_eq!(store.load(&handle(1)).await, Ok(Some((row("a", 60.0), version))));
    assert_eq!(store.delete(&handle(1), None).await, Ok(true));
    server.command(&[b"CONFIG", b"SET", b"maxmemory", b"0"]);
    assert!(store.create(&handle(2), &row("a", 60.0)).await.unwrap().is_some());
}

#[tokio::test]
async fn full_server_is_unavailable_until_it_accepts_clients() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::start(server.port()).await;
    proxy.set_full(true);
    let store = RedisStore::connect_lazy(&proxy.url).unwrap();
    for _ in 0..3 {
        assert_unavailable(store.load(&handle(1)).await);
    }
    proxy.set_full(false);
    assert_eq!(until_available(async || store.load(&handle(1)).await).await, None);
}

#[tokio::test]
async fn wrong_password_is_refused_until_server_accepts_it() {
    let Some(server) = RedisServer::start() else { return };
    let user =
        |password: &[u8]| server.command(&[b"ACL", b"SETUSER", b"app", b"on", password, b"+@all", b"~*"]);
    user(b">old");
    let url = format!("redis://app:hunter2@127.0.0.1:{}", server.port());
    let store = RedisStore::connect_lazy(&url).unwrap();
    for error in [store.load(&handle(1)).await.unwrap_err(), RedisStore::connect(&url).await.unwrap_err()] {
        assert!(!error.is_unavailable(), "{error}");
        for text in [error.to_string(), format!("{error:?}"), format!("{store:?}")] {
            assert!(!text.contains("hunter2") && !text.contains("app"), "{text}");
        }
    }
    user(b">hunter2");
    assert_eq!(store.load(&handle(1)).await, Ok(None));
}

#[tokio::test]
async fn missing_password_is_refused_until_server_needs_none() {
    let Some(server) = RedisServer::start_with(&["--requirepass", "hunter2"]) else { return };
    let store = RedisStore::connect_lazy(&server.url()).unwrap();
    for _ in 0..2 {
        let error = store.load(&handle(1)).await.unwrap_err();
        assert!(!error.is_unavailable() && error.to_string().contains("refused"), "{error}");
    }
    let mut admin = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    for command in ["AUTH hunter2", "CONFIG SET requirepass \"\""] {
        let mut reply = [0; 5];
        admin.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        admin.read_exact(&mut reply).unwrap();
        assert_eq!(&reply, b"+OK\r\n");
    }
    assert_eq!(store.load(&handle(1)).await, Ok(None));
}

/// Regression: once the server had refused the database in the URL, every later call failed, even after the user had
/// got the permission for `SELECT`.
#[tokio::test]
async fn refused_database_is_used_once_server_permits_it() {
    let Some(server) = RedisServer::start() else { return };
    let user = |rule: &[u8]| {
        server.command(&[b"ACL", b"SETUSER", b"app", b"on", b">hunter2", b"~*", b"+@all", rule])
    };
    user(b"-select");
    let url = format!("redis://app:hunter2@127.0.0.1:{}/1", server.port());
    let store = RedisStore::connect_lazy(&url).unwrap();
    for _ in 0..2 {
        let error = store.load(&handle(1)).await.unwrap_err();
        assert!(!error.is_unavailable() && error.to_string().contains("the database in the URL"), "{error}");
        assert!(!format!("{error} {error:?}").contains("app"), "{error:?}");
    }
    user(b"+select");
    assert_eq!(store.load(&handle(1)).await, Ok(None));
}

/// Regression: if the URL named a database other than 0, a server that was busy with a script was reported as a missing
/// permission for `SELECT`.
#[tokio::test]
async fn busy_server_is_unavailable_until_script_ends() {
    let Some(server) = RedisServer::start_with(&["--busy-reply-threshold", "1"]) else { return };
    // The reply only comes when the script is killed.
    let mut client = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    client.write_all(b"EVAL \"while true do end\" 0\r\n").unwrap();
    let in_database_0 = RedisStore::connect_lazy(&server.url()).unwrap();
    until_busy(&in_database_0).await;
    let store = RedisStore::connect_lazy(&format!("{}/1", server.url())).unwrap();
    for _ in 0..2 {
        assert_unavailable(store.load(&handle(1)).await);
    }
    server.command(&[b"SCRIPT", b"KILL"]);
    assert_eq!(until_available(async || store.load(&handle(1)).await).await, None);
}

#[tokio::test]
async fn store_leaves_server_that_became_replica() {
    let Some(old) = RedisServer::start() else { return };
    let Some(new) = RedisServer::start() else { return };
    let proxy = Proxy::start(old.port()).await;
    let store = RedisStore::connect(&proxy.url).await.unwrap();
    let row = session_store::Row::new(b"a".to_vec(), at(START));
    store.create(&handle(1), &row).await.unwrap().unwrap();
    old.command(&[b"REPLICAOF", b"127.0.0.1", new.port().to_string().as_bytes()]);
    proxy.set_target(new.port());
    assert_unavailable(store.create(&handle(2), &row).await);
    until_available(async || store.create(&handle(2), &row).await).await.unwrap();
    assert!(new.command(&[b"KEYS", b"*"]).contains(&handle(2).to_string()));
}

#[tokio::test]
async fn invalid_url_is_refused_and_not_shown() {
    for url in [
        "hunter2",
        "redis://:hunter2@localhost:port",
        "http://:hunter2@localhost",
        "rediss://:hunter2@localhost",
    ] {
        let error = RedisStore::connect_lazy(url).map(drop).unwrap_err();
        assert!(!error.is_unavailable(), "{error}");
        assert!(error.to_string().contains("URL"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

mod cluster {
    use session_tests::servers::RedisCluster;
    use tokio::time::timeout;

    use super::*;
    use crate::harness::{PATIENCE, connect_cluster_patiently};

    async fn start() -> Option<(RedisCluster, RedisStore)> {
        let cluster = RedisCluster::start()?;
        let urls = cluster.urls();
        let clock = session_core::ManualClock::new(at(START));
        let store = RedisStore::connect_cluster(&[&urls[0], &urls[1]]).await.unwrap().with_clock(clock);
        Some((cluster, store))
    }

    fn is_on(node: &RedisServer, number: u8) -> bool {
        node.command(&[b"KEYS", b"*"]).contains(&handle(number).to_string())
    }

    #[tokio::test]
    async fn paused_node_is_unavailable_until_it_resumes() {
        let Some((cluster, store)) = start().await else { return };
        for number in 0..20 {
            store.create(&handle(number), &row("a", 60.0)).await.unwrap().unwrap();
        }
        let node = &cluster.nodes()[2];
        let (here, elsewhere): (Vec<u8>, Vec<u8>) = (0..20).partition(|&number| is_on(node, number));
        node.pause();
        assert_unavailable(store.load(&handle(here[0])).await);
        assert!(store.load(&handle(elsewhere[0])).await.unwrap().is_some());
        node.resume();
        assert!(until_available(async || store.load(&handle(here[0])).await).await.is_some());
    }

    /// Regression: if several rows failed, `by_owner` returned the error of the first of them. If that row was invalid,
    /// the error did not say that a node was unavailable.
    #[tokio::test]
    async fn paused_node_outweighs_invalid_row_on_other_node() {
        let Some((cluster, store)) = start().await else { return };
        // The index is a small hash, which keeps its entries in the order in which they were added. So row 0, which
        // becomes invalid below, comes first.
        for number in 0..20 {
            store.create(&handle(number), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
        }
        let nodes = cluster.nodes();
        let has_index = |node: &&RedisServer| node.command(&[b"KEYS", b"*"]).contains("owner:");
        let paused = nodes.iter().find(|node| !has_index(node) && !is_on(node, 0)).unwrap();
        assert!((1..20).any(|number| is_on(paused, number)));
        let first = nodes.iter().find(|node| is_on(node, 0)).unwrap();
        let key = format!("signed-session:session:{}", handle(0));
        first.command(&[b"SET", key.as_bytes(), b"invalid"]);
        let error = store.by_owner("alice").await.unwrap_err();
        assert!(!error.is_unavailable(), "{error}");
        paused.pause();
        assert_unavailable(store.by_owner("alice").await);
        assert_unavailable(store.delete_by_owner("alice", None).await);
    }

    /// Regression: a deletion waited for the node that has the index of the owner. So while only that node was down, a
    /// sign-out ended the session but returned an error.
    #[tokio::test]
    async fn deletion_succeeds_while_node_with_index_is_paused() {
        let Some(cluster) = RedisCluster::start() else { return };
        let clock = session_core::ManualClock::new(at(START));
        let store = connect_cluster_patiently(&cluster).await.with_clock(clock);
        let mut versions = Vec::new();
        for number in 0..20 {
            versions.push(store.create(&handle(number), &owned("a", "alice", 60.0)).await.unwrap().unwrap());
        }
        let has_index = |node: &&RedisServer| node.command(&[b"KEYS", b"*"]).contains("owner:");
        let node = cluster.nodes().iter().find(has_index).unwrap();
        let elsewhere: Vec<u8> = (0..20).filter(|&number| !is_on(node, number)).collect();
        let (deleted, replaced) = (elsewhere[0], elsewhere[1]);
        node.pause();
        // The client would wait for the node for `PATIENCE`.
        let deletion = timeout(PATIENCE / 2, store.delete(&handle(deleted), None)).await;
        assert_eq!(deletion.expect("the deletion should not wait for the index"), Ok(true));
        let version = versions[usize::from(replaced)];
        let row = row("without an owner", 60.0);
        let replacement = timeout(PATIENCE / 2, store.replace(&handle(replaced), version, &row)).await;
        assert!(replacement.expect("the replacement should not wait for the index").unwrap().is_some());
        node.resume();
        let listed = until_available(async || store.by_owner("alice").await).await;
        assert_eq!(listed.len(), 18);
    }

    #[tokio::test]
    async fn restarted_nodes_are_used_again() {
        let Some((mut cluster, store)) = start().await else { return };
        store.create(&handle(1), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
        cluster.nodes_mut().iter_mut().for_each(RedisServer::stop);
        assert_unavailable(store.load(&handle(1)).await);
        assert_unavailable(store.by_owner("alice").await);
        cluster.nodes_mut().iter_mut().for_each(RedisServer::restart);
        assert_eq!(until_available(async || store.load(&handle(1)).await).await, None);
        let created =
            until_available(async || store.create(&handle(2), &owned("a", "alice", 60.0)).await).await;
        assert!(created.is_some());
    }

    #[tokio::test]
    async fn cluster_down_at_start_is_unavailable() {
        let Some(mut cluster) = RedisCluster::start() else { return };
        cluster.nodes_mut().iter_mut().for_each(RedisServer::stop);
        let urls = cluster.urls();
        assert_unavailable(RedisStore::connect_cluster(&[&urls[0]]).await);
        let store = RedisStore::connect_cluster_lazy(&[&urls[0]]).unwrap();
        assert_unavailable(store.load(&handle(1)).await);
        cluster.nodes_mut().iter_mut().for_each(RedisServer::restart);
        assert_eq!(until_available(async || store.load(&handle(1)).await).await, None);
    }

    #[tokio::test]
    async fn moved_slot_is_found() {
        let Some((cluster, store)) = start().await else { return };
        let version = store.create(&handle(1), &row("a", 60.0)).await.unwrap().unwrap();
        let nodes = cluster.nodes();
        let from = nodes.iter().position(|node| is_on(node, 1)).unwrap();
        let to = (from + 1) % nodes.len();
        let key = format!("signed-session:session:{}", handle(1));
        let slot = nodes[0].command(&[b"CLUSTER", b"KEYSLOT", key.as_bytes()]);
        let ids: Vec<_> = nodes.iter().map(|node| node.command(&[b"CLUSTER", b"MYID"])).collect();
        let set_slot = |node: usize, state: &[u8], id: usize| {
            nodes[node].command(&[b"CLUSTER", b"SETSLOT", slot.as_bytes(), state, ids[id].as_bytes()]);
        };
        set_slot(to, b"IMPORTING", from);
        set_slot(from, b"MIGRATING", to);
        // While the slot is moving, the old node redirects calls for keys that it no longer has.
        assert!(store.load(&handle(1)).await.unwrap().is_some());
        let port = nodes[to].port().to_string();
        nodes[from].command(&[b"MIGRATE", b"127.0.0.1", port.as_bytes(), key.as_bytes(), b"0", b"5000"]);
        assert!(store.load(&handle(1)).await.unwrap().is_some());
        let version = store.replace(&handle(1), version, &row("b", 60.0)).await.unwrap().unwrap();
        for node in [to, from] {
            set_slot(node, b"NODE", to);
        }
        assert!(store.replace(&handle(1), version, &row("c", 60.0)).await.unwrap().is_some());
        assert!(is_on(&nodes[to], 1));
    }
}
