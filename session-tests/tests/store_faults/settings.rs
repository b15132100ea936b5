//! The settings that a test gives to an application process.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use session_store_redis::RedisStore;
use session_store_redis::redis::{self, aio::ConnectionManagerConfig};
use session_store_sqlx::{PostgresStore, SqliteStore};
use signed_session::OnStoreError;
use signed_session::{DynStore, MemoryStore};
use sqlx::postgres::PgPoolOptions;

/// The secret of all applications of these tests.
pub(crate) const SECRET: &str = "the secret of the applications, which is long enough for these tests";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) store: StoreAt,
    pub(crate) sessions: Sessions,
    pub(crate) store_timeout: Duration,
    pub(crate) on_store_error: OnError,
}

/// The kind of a store, with its URL or path.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum StoreAt {
    Memory,
    Redis(String),
    Postgres(String),
    Sqlite(String),
}

/// The kind of sessions: in the store, or in cookies and revocable through the store.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Sessions {
    Stored,
    Revocable { max_stale: Duration },
}

/// A copy of [`OnStoreError`] that implements serde's traits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum OnError {
    Refuse,
    StartNew,
    Accept,
}

impl Settings {
    /// Returns settings for sessions in a store, with a timeout that calls to the store normally do not reach.
    pub(crate) fn stored(store: StoreAt) -> Self {
        let store_timeout = Duration::from_secs(20);
        Self { store, sessions: Sessions::Stored, store_timeout, on_store_error: OnError::Refuse }
    }

    /// Returns settings for sessions that are in cookies and can be ended through the store.
    pub(crate) fn revocable(store: StoreAt, max_stale: Duration) -> Self {
        Self { sessions: Sessions::Revocable { max_stale }, ..Self::stored(store) }
    }

    /// Returns these settings with a short timeout, for tests in which calls to the store fail.
    pub(crate) fn failing(self, on_store_error: OnError) -> Self {
        Self { on_store_error, store_timeout: Duration::from_millis(500), ..self }
    }

    pub(crate) fn on_store_error(&self) -> OnStoreError {
        match self.on_store_error {
            OnError::Refuse => OnStoreError::Refuse,
            OnError::StartNew => OnStoreError::StartNew,
            OnError::Accept => OnStoreError::Accept,
        }
    }
}

impl StoreAt {
    /// Connects to the store as an application does. Creates the table in an SQL database.
    pub(crate) async fn open(&self, store_timeout: Duration) -> DynStore {
        match self {
            Self::Memory => DynStore::new(MemoryStore::new()),
            // With `RedisStore::connect`, a call fails if Redis takes over a second, as it can on a slow machine.
            Self::Redis(url) if store_timeout > Duration::from_secs(1) => {
                let config = ConnectionManagerConfig::new()
                    .set_connection_timeout(Some(store_timeout))
                    .set_response_timeout(Some(store_timeout));
                let client = redis::Client::open(format!("{url}/?protocol=resp3")).unwrap();
                let client = client.get_connection_manager_with_config(config).await.unwrap();
                DynStore::new(RedisStore::new(client))
            }
            Self::Redis(url) => DynStore::new(RedisStore::connect(url).await.unwrap()),
            Self::Postgres(url) => {
                let pool = PgPoolOptions::new().acquire_timeout(store_timeout.max(Duration::from_secs(3)));
                let pool = pool.test_before_acquire(false).connect_lazy(url).unwrap();
                let store = PostgresStore::new(pool);
                store.migrate().await.unwrap();
                DynStore::new(store)
            }
            Self::Sqlite(path) => {
                let store = SqliteStore::connect(path).await.unwrap();
                store.migrate().await.unwrap();
                DynStore::new(store)
            }
        }
    }
}
