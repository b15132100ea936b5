//! The connection, and when it is replaced.

use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(feature = "cluster")]
use redis::aio::ConnectionLike;
use redis::aio::ConnectionManager;
#[cfg(feature = "cluster")]
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, FromRedisValue, RedisResult, Value};
use session_store::StoreError;

use crate::batch::Batches;
use crate::error;

/// Makes a new connection, without waiting for it.
pub(crate) type Connect = Box<dyn Fn() -> RedisResult<Client> + Send + Sync>;

/// A client that reconnects. Clones share the connection.
#[derive(Clone)]
pub(crate) enum Client {
    Single(Batches),
    #[cfg(feature = "cluster")]
    Cluster(ClusterConnection),
}

impl Client {
    pub(crate) fn single(client: ConnectionManager) -> Self {
        Self::Single(Batches::new(client))
    }

    async fn send(self, command: Cmd) -> RedisResult<Value> {
        let reply = match self {
            Self::Single(client) => client.send(command).await,
            #[cfg(feature = "cluster")]
            Self::Cluster(mut client) => client.req_packed_command(&command).await,
        };
        reply?.extract_error()
    }
}

/// The client of a store.
pub(crate) struct Connection {
    current: Mutex<Current>,
    /// `None` if the application brought the client.
    connect: Option<Connect>,
}

#[derive(Clone)]
struct Current {
    client: Client,
    /// Number of clients that were replaced before this one.
    generation: u64,
}

impl Connection {
    pub(crate) fn new(client: Client, connect: Option<Connect>) -> Self {
        Self { current: Mutex::new(Current { client, generation: 0 }), connect }
    }

    /// Sends a command, and returns the reply.
    pub(crate) async fn send<T: FromRedisValue>(&self, command: Cmd) -> Result<T, StoreError> {
        let reply = self.try_send(command).await.map_err(|error| error::of(&error))?;
        redis::from_redis_value(reply).map_err(|_| StoreError::invalid("the reply has an unexpected type"))
    }

    /// Sends a command, and returns the reply or the client's error.
    pub(crate) async fn try_send(&self, command: Cmd) -> RedisResult<Value> {
        let Current { client, generation } = self.lock().clone();
        let result = client.send(command).await;
        if let Err(error) = &result
            && error::needs_new_connection(error)
        {
            self.replace(generation);
        }
        result
    }

    /// Replaces the client of this generation. Of several calls that fail together, one replaces it.
    fn replace(&self, generation: u64) {
        let Some(connect) = &self.connect else { return };
        let mut current = self.lock();
        if current.generation == generation
            && let Ok(client) = connect()
        {
            *current = Current { client, generation: generation.wrapping_add(1) };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
