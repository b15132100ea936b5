//! Stores on servers that the tests start.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use session_core::{ManualClock, SessionHandle, Timestamp};
use session_store::{Row, Store, StoreError};
use session_store_redis::RedisStore;
use session_store_redis::redis::aio::ConnectionManagerConfig;
use session_store_redis::redis::cluster::ClusterClient;
use session_store_redis::redis::{self, ProtocolVersion};
use session_tests::servers::{RedisCluster, RedisServer};

/// The time at which the clocks of the tests start.
pub(crate) const START: f64 = 1_700_000_000.0;

/// Time limit for a call, far longer than a call needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

// The servers run until the program ends. If a server ended with the last test that uses it, tests that run one after
// the other would each start their own.
static SERVER: LazyLock<Option<RedisServer>> = LazyLock::new(RedisServer::start);
static CLUSTER: LazyLock<Option<RedisCluster>> = LazyLock::new(RedisCluster::start);

/// The engine of a test: a server or a cluster.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    Single(&'static RedisServer),
    Cluster(&'static RedisCluster),
}

impl Engine {
    /// Connects with a client that waits long for an answer, so that no test fails on a slow machine.
    async fn connect(&self) -> RedisStore {
        match self {
            Self::Single(server) => connect_patiently(server).await,
            Self::Cluster(cluster) => connect_cluster_patiently(cluster).await,
        }
    }
}

/// Connects to a server with a client that waits long for an answer.
pub(crate) async fn connect_patiently(server: &RedisServer) -> RedisStore {
    let client = redis::Client::open(format!("{}/?protocol=resp3", server.url())).unwrap();
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let client = client.get_connection_manager_with_config(config).await;
    RedisStore::new(client.expect("a connection to the test's server"))
}

/// Connects to a cluster with a client that waits long for an answer.
pub(crate) async fn connect_cluster_patiently(cluster: &RedisCluster) -> RedisStore {
    let client = ClusterClient::builder([cluster.urls()[0].as_str()])
        .use_protocol(ProtocolVersion::RESP3)
        .connection_timeout(PATIENCE)
        .response_timeout(PATIENCE)
        .overall_response_timeout(Some(PATIENCE))
        .build()
        .unwrap();
    let client = client.get_async_connection().await;
    RedisStore::new_cluster(client.expect("a connection to the test's cluster"))
}

/// A store with a prefix of its own, and a clock.
#[derive(Clone)]
pub(crate) struct Harness {
    pub(crate) store: RedisStore,
    pub(crate) clock: ManualClock,
    pub(crate) engine: Engine,
    pub(crate) prefix: String,
}

impl Harness {
    pub(crate) async fn single() -> Option<Self> {
        Some(Self::new(Engine::Single(SERVER.as_ref()?)).await)
    }

    pub(crate) async fn cluster() -> Option<Self> {
        Some(Self::new(Engine::Cluster(CLUSTER.as_ref()?)).await)
    }

    async fn new(engine: Engine) -> Self {
        static PREFIXES: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("{}:", PREFIXES.fetch_add(1, Ordering::Relaxed));
        let clock = ManualClock::new(at(START));
        let store = engine.connect().await.with_prefix(prefix.as_str()).with_clock(clock.clone());
        Self { store, clock, engine, prefix }
    }

    /// Returns another store for the same rows, with its own connection and the system's clock.
    pub(crate) async fn connect(&self) -> RedisStore {
        self.engine.connect().await.with_prefix(self.prefix.as_str())
    }

    /// Lets time pass for the store and for the server.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
        match &self.engine {
            Engine::Single(server) => server.advance(&self.prefix, by),
            Engine::Cluster(cluster) => cluster.advance(&self.prefix, by),
        }
    }

    /// Returns the keys of the store on all nodes.
    pub(crate) fn keys(&self) -> Vec<String> {
        let nodes: Vec<&RedisServer> = match &self.engine {
            Engine::Single(server) => vec![server],
            Engine::Cluster(cluster) => cluster.nodes().iter().collect(),
        };
        let pattern = format!("{}*", self.prefix);
        let keys = nodes.into_iter().map(|node| node.command(&[b"KEYS", pattern.as_bytes()]));
        keys.flat_map(|keys| keys.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// Returns the key of the index of the only owner in the store.
    pub(crate) fn index_key(&self) -> String {
        let start = format!("{}owner:", self.prefix);
        let mut keys = self.keys().into_iter().filter(|key| key.starts_with(&start));
        let key = keys.next().expect("the index of an owner");
        assert_eq!(keys.next(), None);
        key
    }

    /// Makes the entries of the only index older by a number of seconds.
    pub(crate) fn age_entries(&self, secs: u32) {
        const SCRIPT: &[u8] = b"
            for _, handle in ipairs(redis.call('HKEYS', KEYS[1])) do
                local ends, version, added = struct.unpack('>ddd', redis.call('HGET', KEYS[1], handle))
                redis.call('HSET', KEYS[1], handle, struct.pack('>ddd', ends - ARGV[1], version, added - ARGV[1]))
            end";
        self.command(&[b"EVAL", SCRIPT, b"1", self.index_key().as_bytes(), secs.to_string().as_bytes()]);
    }

    /// Returns the number of entries in the only index.
    pub(crate) fn entries(&self) -> usize {
        self.command(&[b"HLEN", self.index_key().as_bytes()]).parse().unwrap()
    }

    /// Sends a command to the server. Panics on a cluster.
    pub(crate) fn command(&self, arguments: &[&[u8]]) -> String {
        match &self.engine {
            Engine::Single(server) => server.command(arguments),
            Engine::Cluster(_) => panic!("`command` needs a single server"),
        }
    }

    pub(crate) fn key(&self, handle: &SessionHandle) -> String {
        format!("{}session:{handle}", self.prefix)
    }
}

pub(crate) fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

pub(crate) fn handle(number: u8) -> SessionHandle {
    SessionHandle::from_bytes([number; 32])
}

/// Returns a row that is created at [`START`] and ends `lifetime` seconds later.
pub(crate) fn row(data: &str, lifetime: f64) -> Row {
    Row { expires: Some(at(START + lifetime)), ..Row::new(data.into(), at(START)) }
}

pub(crate) fn owned(data: &str, owner: &str, lifetime: f64) -> Row {
    Row { owner: Some(owner.to_owned()), label: Some(format!("label of {data}")), ..row(data, lifetime) }
}

/// Repeats a call until it succeeds. Every failure must say that the store is unavailable.
pub(crate) async fn until_available<T>(mut call: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    for _ in 0..1000 {
        match call().await {
            Ok(value) => return value,
            Err(error) => assert!(error.is_unavailable(), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the store stays unavailable");
}

/// Repeats calls until the server answers that it is busy with a script.
pub(crate) async fn until_busy(store: &RedisStore) {
    for _ in 0..1000 {
        if store.load(&handle(1)).await.is_err_and(|error| error.to_string().contains("BUSY")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server does not become busy");
}
