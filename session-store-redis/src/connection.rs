//! The clients of a store, one for each runtime, and how a client is replaced.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

#[cfg(feature = "cluster")]
use redis::aio::ConnectionLike;
use redis::aio::ConnectionManager;
#[cfg(feature = "cluster")]
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, FromRedisValue, RedisError, RedisResult, Value};
use session_store::StoreError;
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;

use crate::batch::Batches;
use crate::error;

/// A function that creates a client, without waiting for its connection.
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

    async fn send(self, command: Cmd) -> Result<Value, Failure> {
        let reply = match self {
            // The client returns an error reply to a command as a value, so its own errors are those of the connection.
            Self::Single(client) => client.send(command).await.map_err(Failure::of_connection)?,
            // This client also returns some error replies as its own errors. If it failed to set up the connection to a
            // node, the store need not replace the client, because the client tries to set up the connection again.
            #[cfg(feature = "cluster")]
            Self::Cluster(mut client) => {
                client.req_packed_command(&command).await.map_err(Failure::of_command)?
            }
        };
        reply.extract_error().map_err(Failure::of_command)
    }
}

/// The error of a call.
struct Failure {
    error: RedisError,
    /// Whether the store must replace the client.
    needs_new_client: bool,
}

impl Failure {
    /// Wraps an error that the client of a single server found itself.
    fn of_connection(error: RedisError) -> Self {
        Self { needs_new_client: error::is_permanent(&error), error }
    }

    /// Wraps an error that can be an error reply to the command.
    fn of_command(error: RedisError) -> Self {
        Self { needs_new_client: error::needs_new_connection(&error), error }
    }
}

/// The clients of a store, one for each runtime.
///
/// A client has a task that reads from and writes to the connection. actix-web has a runtime for each worker thread. If
/// all of them shared one client, its task would run in one of them. A call of another runtime would then wake the
/// thread of this task, and the task would wake the thread of the call. The call would also wait while the task's
/// thread is blocked.
pub(crate) struct Connection {
    connect: Connect,
    /// Whether a client is replaced if it would not recover by itself.
    replaces: bool,
    clients: Arc<Clients>,
}

#[derive(Default)]
struct Clients(Mutex<HashMap<runtime::Id, Current>>);

/// The client of a runtime.
struct Current {
    client: Client,
    /// Number of clients of this runtime that were replaced before this one.
    generation: u64,
    /// When this sender is dropped, the task with the [`Removal`] ends.
    _end: oneshot::Sender<()>,
}

/// Converts the result of [`Connection::try_send`].
pub(crate) fn read<T: FromRedisValue>(reply: RedisResult<Value>) -> Result<T, StoreError> {
    let reply = reply.map_err(|error| error::of(&error))?;
    redis::from_redis_value(reply).map_err(|_| StoreError::invalid("the reply has an unexpected type"))
}

impl Connection {
    /// Creates the clients with `connect`.
    pub(crate) fn new(connect: Connect) -> Self {
        Self { connect, replaces: true, clients: Arc::default() }
    }

    /// Uses clones of the application's own client, which is never replaced.
    pub(crate) fn of_application(client: impl Fn() -> Client + Send + Sync + 'static) -> Self {
        Self { connect: Box::new(move || Ok(client())), replaces: false, clients: Arc::default() }
    }

    /// Sends a command, and returns the reply.
    pub(crate) async fn send<T: FromRedisValue>(&self, command: Cmd) -> Result<T, StoreError> {
        read(self.try_send(command).await)
    }

    /// Sends a command, and returns the reply or the client's error.
    pub(crate) async fn try_send(&self, command: Cmd) -> RedisResult<Value> {
        let runtime = Handle::current();
        let (client, generation) = self.current(&runtime)?;
        client.send(command).await.map_err(|failure| {
            if self.replaces && failure.needs_new_client {
                self.replace(runtime.id(), generation);
            }
            failure.error
        })
    }

    /// Returns the client of the runtime and its generation.
    fn current(&self, runtime: &Handle) -> RedisResult<(Client, u64)> {
        if let Some(current) = self.clients.lock().get(&runtime.id()) {
            return Ok((current.client.clone(), current.generation));
        }
        let client = (self.connect)()?;
        let (end, ended) = oneshot::channel();
        let new = Current { client: client.clone(), generation: 0, _end: end };
        if let Err(current) = self.clients.add(runtime.id(), new) {
            return Ok(current);
        }
        // If the runtime is stopping, `spawn` itself drops the task. Dropping the task locks the clients, so they must
        // not be locked here.
        runtime.spawn(Removal { clients: Arc::downgrade(&self.clients), runtime: runtime.id() }.wait(ended));
        Ok((client, 0))
    }

    /// Replaces the client of this generation. If several calls fail together, only the first one replaces the client.
    ///
    /// The new client only connects when the next call uses it. All waiting calls of a runtime share this client's
    /// attempt to connect, and its retry after a delay. Calls on the old client still finish. When the last of these
    /// calls ends, the old connection closes.
    fn replace(&self, runtime: runtime::Id, generation: u64) {
        if let Some(current) = self.clients.lock().get_mut(&runtime)
            && current.generation == generation
            && let Ok(client) = (self.connect)()
        {
            current.client = client;
            current.generation = generation.wrapping_add(1);
        }
    }
}

impl Clients {
    /// Adds the first client of a runtime. If another thread has added one, returns that one and its generation.
    fn add(&self, runtime: runtime::Id, new: Current) -> Result<(), (Client, u64)> {
        match self.lock().entry(runtime) {
            Entry::Occupied(entry) => Err((entry.get().client.clone(), entry.get().generation)),
            Entry::Vacant(entry) => {
                entry.insert(new);
                Ok(())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<runtime::Id, Current>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guard that removes the client of a runtime when the runtime stops. A task of the runtime holds this guard, and a
/// runtime that stops drops its tasks.
struct Removal {
    clients: Weak<Clients>,
    runtime: runtime::Id,
}

impl Removal {
    /// Waits until the store is dropped.
    async fn wait(self, ended: oneshot::Receiver<()>) {
        let _ = ended.await;
    }
}

impl Drop for Removal {
    fn drop(&mut self) {
        let removed = self.clients.upgrade().map(|clients| clients.lock().remove(&self.runtime));
        // The lock is released before the client is dropped.
        drop(removed);
    }
}

#[cfg(test)]
mod tests {
    use redis::aio::ConnectionManagerConfig;
    use tokio::runtime::Builder;

    use super::*;

    /// Returns a connection whose clients never connect, because no call is made.
    fn connection() -> Connection {
        let client = redis::Client::open("redis://localhost").unwrap();
        Connection::new(Box::new(move || {
            let config = ConnectionManagerConfig::new();
            ConnectionManager::new_lazy_with_config(client.clone(), config).map(Client::single)
        }))
    }

    #[test]
    fn stopped_runtime_leaves_no_client() {
        let connection = connection();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert!(connection.current(&Handle::current()).is_ok());
            assert_eq!(connection.clients.lock().len(), 1);
        });
        drop(runtime);
        assert!(connection.clients.lock().is_empty());
    }
}
