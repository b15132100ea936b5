//! The place where the sessions are kept: a store, or the cookies.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use session_store_redis::RedisStore;
use session_store_sqlx::{PostgresStore, SqliteStore};
use signed_session::{DynStore, MemoryStore, StoreError, Sweeper, sweep_every};
use tempfile::TempDir;

/// How often expired sessions are removed from the store.
const SWEEP_PERIOD: Duration = Duration::from_secs(60);

/// The place that `--store` selects. Without the option, it is `TemporaryFile`.
#[derive(Clone, PartialEq)]
pub(crate) enum Place {
    /// In the browser's cookie, encrypted. There is no store.
    Cookie,
    Memory,
    /// In SQLite, in a temporary file that is removed when the program ends.
    TemporaryFile,
    Sqlite(PathBuf),
    Redis(String),
    Postgres(String),
}

impl Place {
    /// Parses the value of `--store`. Returns `None` if the value is invalid.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.split_once(':') {
            None if text == "cookie" => Self::Cookie,
            None if text == "memory" => Self::Memory,
            Some(("sqlite", path)) if !path.is_empty() => Self::Sqlite(path.into()),
            Some(("redis" | "rediss" | "redis+unix", _)) => Self::Redis(text.to_owned()),
            Some(("postgres" | "postgresql", _)) => Self::Postgres(text.to_owned()),
            _ => return None,
        })
    }
}

/// Writes only the variant's name, because a URL can contain a password.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cookie => "Cookie",
            Self::Memory => "Memory",
            Self::TemporaryFile => "TemporaryFile",
            Self::Sqlite(_) => "Sqlite",
            Self::Redis(_) => "Redis",
            Self::Postgres(_) => "Postgres",
        })
    }
}

/// An open store. Some stores need a task that sweeps them, or a temporary folder. Dropping an `OpenStore` stops the
/// task and removes the folder.
pub(crate) struct OpenStore {
    pub(crate) store: DynStore,
    _sweeper: Option<Sweeper>,
    _folder: Option<TempDir>,
}

impl OpenStore {
    fn new(store: DynStore) -> Self {
        Self { store, _sweeper: None, _folder: None }
    }

    /// Creates an `OpenStore` that regularly removes expired sessions from `store`. Redis and [`MemoryStore`] need no
    /// sweep, because they remove expired sessions themselves.
    fn swept(store: DynStore) -> Self {
        let sweeper = sweep_every(SWEEP_PERIOD, store.clone());
        Self { _sweeper: Some(sweeper), ..Self::new(store) }
    }

    /// Opens the store of a place. In SQLite and PostgreSQL, also creates its table. Returns `None` for sessions in
    /// cookies.
    pub(crate) async fn open(place: &Place) -> Result<Option<Self>, Box<dyn Error>> {
        Ok(Some(match place {
            Place::Cookie => return Ok(None),
            Place::Memory => Self::new(DynStore::new(MemoryStore::new())),
            Place::TemporaryFile => {
                let folder = tempfile::tempdir()?;
                let store = sqlite(folder.path().join("sessions.db")).await?;
                Self { _folder: Some(folder), ..Self::swept(store) }
            }
            Place::Sqlite(path) => Self::swept(sqlite(path.clone()).await?),
            Place::Redis(url) => Self::new(DynStore::new(RedisStore::connect(url).await?)),
            Place::Postgres(url) => {
                let store = PostgresStore::connect(url).await?;
                store.migrate().await?;
                Self::swept(DynStore::new(store))
            }
        }))
    }
}

async fn sqlite(path: PathBuf) -> Result<DynStore, StoreError> {
    let store = SqliteStore::connect(path).await?;
    store.migrate().await?;
    Ok(DynStore::new(store))
}
