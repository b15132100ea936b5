//! The store.

use std::fmt;
use std::sync::Arc;

use redis::aio::ConnectionManager;
#[cfg(feature = "cluster")]
use redis::cluster_async::ClusterConnection;
use redis::cmd;
use session_core::{Clock, SessionHandle, SystemClock, Timestamp};
use session_store::StoreError;

use crate::connect;
use crate::connection::{Client, Connection};
use crate::error;
use crate::index::Index;

/// A [`Store`](session_store::Store) in Redis or Redis Cluster.
///
/// Each tokio runtime has a connection, or one to each node of a cluster. All clones of the store share the runtime's
/// connections. An application with axum has one runtime; with actix-web, it has one for each worker thread. A store
/// with the application's own client uses that client's connections in all runtimes. `Debug` does not show the server.
///
/// # Panics
/// The store's calls panic outside a tokio runtime with `enable_time`.
///
/// # Examples
/// ```no_run
/// use session_store_redis::RedisStore;
///
/// # async fn example() -> Result<(), session_store::StoreError> {
/// let store = RedisStore::connect("redis://:password@localhost:6379/0").await?.with_prefix("shop:");
/// # drop(store);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    connection: Arc<Connection>,
    prefix: Arc<str>,
    clock: Arc<dyn Clock>,
}

impl RedisStore {
    /// Creates a store with the application's own client. The client's timeouts and retries apply.
    ///
    /// A client does not recover by itself if the server has become a replica, if its connection is not logged in, or
    /// if the setup of the connection failed for a reason other than an I/O error, for example because a proxy
    /// answered with HTTP. In these cases, a store from [`connect`](Self::connect) replaces its client. A store from
    /// `new` keeps its client, so calls fail until the application creates a store with a new `ConnectionManager`.
    pub fn new(client: ConnectionManager) -> Self {
        Self::with(Connection::of_application(move || Client::single(client.clone())))
    }

    /// Connects to a server: `redis://user:password@host:port/database`, or `redis+unix:///path`.
    ///
    /// A call fails after at most a second if the server does not answer, and after about two if it cannot be reached.
    /// The next call connects again. For `rediss://`, enable a TLS feature of the crate [`redis`] in the application.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid, or if the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_lazy(url)?.connected().await
    }

    /// Creates a store that connects when it is first used, so that an application can start before the server.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid.
    pub fn connect_lazy(url: &str) -> Result<Self, StoreError> {
        connect::single(url).map(Connection::new).map(Self::with).map_err(|error| error::of(&error))
    }

    /// Creates a store with the application's own client of a cluster. The client's timeouts and retries apply.
    #[cfg(feature = "cluster")]
    #[cfg_attr(docsrs, doc(cfg(feature = "cluster")))]
    pub fn new_cluster(client: ClusterConnection) -> Self {
        Self::with(Connection::of_application(move || Client::Cluster(client.clone())))
    }

    /// Connects to a cluster through some of its nodes: `redis://user:password@host:port`. The client finds the others.
    ///
    /// A call fails after at most two seconds.
    ///
    /// # Errors
    /// Returns an error if a URL is not valid, or if none of the nodes can be reached.
    #[cfg(feature = "cluster")]
    #[cfg_attr(docsrs, doc(cfg(feature = "cluster")))]
    pub async fn connect_cluster(urls: &[&str]) -> Result<Self, StoreError> {
        Self::connect_cluster_lazy(urls)?.connected().await
    }

    /// Creates a store that connects to a cluster when it is first used, so that an application can start before
    /// the cluster.
    ///
    /// # Errors
    /// Returns an error if a URL is not valid.
    #[cfg(feature = "cluster")]
    #[cfg_attr(docsrs, doc(cfg(feature = "cluster")))]
    pub fn connect_cluster_lazy(urls: &[&str]) -> Result<Self, StoreError> {
        connect::cluster(urls).map(Connection::new).map(Self::with).map_err(|error| error::of(&error))
    }

    /// Sets the prefix of the keys. Default: `signed-session:`. Stores with different prefixes are separate.
    ///
    /// On a cluster, do not use braces: all keys with the same text in braces are on one node.
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into().into(), ..self }
    }

    /// Sets the clock that decides which rows have expired. Default: the system's clock. The server expires the keys by
    /// its own clock. When the store writes a row, it computes the time to live of the key with `clock`.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    fn with(connection: Connection) -> Self {
        Self {
            connection: Arc::new(connection),
            prefix: "signed-session:".into(),
            clock: Arc::new(SystemClock),
        }
    }

    async fn connected(self) -> Result<Self, StoreError> {
        self.connection.send::<String>(cmd("PING")).await.map(|_| self)
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the key of a row.
    pub(crate) fn key(&self, handle: &SessionHandle) -> String {
        format!("{}session:{handle}", self.prefix)
    }

    pub(crate) fn index(&self, owner: &[u8]) -> Index<'_> {
        Index::new(&self.connection, &self.prefix, owner)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_prefix_but_not_server() {
        let store = RedisStore::connect_lazy("redis://:hunter2@localhost").unwrap().with_prefix("shop:");
        assert_eq!(format!("{store:?}"), "RedisStore { prefix: \"shop:\", .. }");
    }
}
