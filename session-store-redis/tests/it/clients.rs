//! Clients that the application creates, and Redis users with few permissions.

use session_store::Store;
use session_store_redis::{RedisStore, redis};
use session_tests::servers::{RedisCluster, RedisServer};

use crate::harness::{START, at, handle, owned};

/// Calls every method of the store, also in the cases that change the index of an owner.
async fn use_all_methods(store: RedisStore) {
    let store = store.with_clock(session_core::ManualClock::new(at(START)));
    let id = handle(1);
    let version = store.create(&id, &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    let version = store.replace(&id, version, &owned("b", "bob", 60.0)).await.unwrap().unwrap();
    for expires in [Some(at(START + 1e6)), None, Some(at(START + 60.0))] {
        assert_eq!(store.touch(&id, at(START), expires).await, Ok(true));
    }
    assert_eq!(store.load(&id).await, Ok(Some((owned("b", "bob", 60.0), version))));
    assert_eq!(store.by_owner("bob").await.unwrap().len(), 1);
    assert_eq!(store.delete(&id, Some(version)).await, Ok(true));
    store.create(&id, &owned("c", "bob", 60.0)).await.unwrap().unwrap();
    assert_eq!(store.touch(&id, at(START), Some(at(START))).await, Ok(true));
    // The touch has deleted the row, and has left its entry in the index.
    assert_eq!(store.by_owner("bob").await.unwrap().len(), 0);
    store.create(&id, &owned("d", "bob", 60.0)).await.unwrap().unwrap();
    assert_eq!(store.delete_by_owner("bob", None).await, Ok(1));
    assert_eq!(store.sweep(100).await, Ok(0));
}

#[tokio::test]
async fn store_works_with_client_of_application() {
    let Some(server) = RedisServer::start() else { return };
    for protocol in ["resp2", "resp3"] {
        let url = format!("{}/?protocol={protocol}", server.url());
        let client = redis::Client::open(url).unwrap().get_connection_manager().await.unwrap();
        use_all_methods(RedisStore::new(client)).await;
    }
}

#[tokio::test]
async fn store_works_with_cluster_client_of_application() {
    let Some(cluster) = RedisCluster::start() else { return };
    let client = redis::cluster::ClusterClient::new(cluster.urls()).unwrap();
    use_all_methods(RedisStore::new_cluster(client.get_async_connection().await.unwrap())).await;
}

/// Creates the user `app`, who may use only the commands that the README lists for a server or for a cluster.
fn create_user(server: &RedisServer, is_cluster: bool) {
    let readme = include_str!("../../README.md");
    let (_, access) = readme.split_once("- **Access.**").unwrap();
    // The list item ends where the next one starts, or at an empty line.
    let access = access.split("\n- ").next().and_then(|access| access.split("\n\n").next()).unwrap();
    let (single, cluster) = access.split_once("a cluster").unwrap();
    let commands = if is_cluster { format!("{single}{cluster}") } else { single.to_owned() };
    let commands = commands.split('`').skip(1).step_by(2);
    let commands = commands.map(|command| format!("+{}", command.to_lowercase().replace(' ', "|")));
    let rules = ["on".to_owned(), ">secret".to_owned(), "~signed-session:*".to_owned()];
    let rules: Vec<String> = rules.into_iter().chain(commands).collect();
    let mut command: Vec<&[u8]> = vec![b"ACL", b"SETUSER", b"app"];
    command.extend(rules.iter().map(|rule| rule.as_bytes()));
    server.command(&command);
}

#[tokio::test]
async fn user_with_only_documented_permissions_can_call_all_methods() {
    let Some(server) = RedisServer::start() else { return };
    create_user(&server, false);
    let url = format!("redis://app:secret@127.0.0.1:{}", server.port());
    use_all_methods(RedisStore::connect(&url).await.unwrap()).await;

    let other = RedisStore::connect(&url).await.unwrap().with_prefix("other:");
    let error = other.load(&handle(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "the session store refused the call: NOPERM");
}

#[tokio::test]
async fn user_with_only_documented_permissions_can_call_all_methods_on_cluster() {
    let Some(cluster) = RedisCluster::start() else { return };
    cluster.nodes().iter().for_each(|node| create_user(node, true));
    let port = cluster.nodes()[0].port();
    let url = format!("redis://app:secret@127.0.0.1:{port}");
    use_all_methods(RedisStore::connect_cluster(&[&*url]).await.unwrap()).await;
}

#[tokio::test]
async fn store_on_single_cluster_node_suggests_connect_cluster() {
    let Some(cluster) = RedisCluster::start() else { return };
    let store = RedisStore::connect(&cluster.urls()[0]).await.unwrap();
    let mut errors = Vec::new();
    for number in 0..20 {
        errors.extend(store.load(&handle(number)).await.err());
    }
    assert!(!errors.is_empty(), "some of the keys should belong to other nodes");
    assert!(errors.iter().all(|error| error.to_string().contains("connect_cluster")), "{errors:?}");
}
