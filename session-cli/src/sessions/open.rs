//! The options that select a store, and the functions that open it.

use std::env;

use clap::Args;
use session_store::DynStore;

use super::url::Engine;
use crate::Failure;
use crate::sources::variable_error;

/// The options of a store.
#[derive(Args)]
pub(crate) struct StoreArgs {
    /// The store: `sqlite:PATH`, `redis://…` or `postgres://…`. For a Redis Cluster, give the URLs of two or more
    /// nodes, separated by commas. Other users of the machine can see the command line, so use --store-env for a URL
    /// that contains a password
    // Clap does not parse the URL, because its errors would quote the URL.
    #[arg(long, value_name = "URL", required_unless_present = "store_env", conflicts_with = "store_env")]
    store: Option<String>,
    /// The environment variable with the URL of the store
    #[arg(long, value_name = "NAME")]
    store_env: Option<String>,
    /// The table in SQLite or PostgreSQL: the name that the service passes to `with_table`. Default: sessions
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The prefix of the keys in Redis: the text that the service passes to `with_prefix`. Default: `signed-session:`
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
}

/// The error for a URL with an unknown scheme. It does not quote the URL, which can contain a password.
const URL_HINT: &str = "give the URL of a store as sqlite:PATH, redis://… or postgres://…";

impl StoreArgs {
    /// Opens the store. Creates neither a database nor a table, and keeps the journal mode of an SQLite file.
    pub(super) async fn open(&self) -> Result<DynStore, Failure> {
        let url = self.url()?;
        match (Engine::of(&url), &self.table, &self.prefix) {
            (None, ..) => Err(Failure::usage(URL_HINT)),
            (Some(Engine::Redis(_)), Some(_), _) => {
                Err(Failure::usage("--table is for SQLite and PostgreSQL; for Redis, use --prefix"))
            }
            (Some(Engine::Sqlite(_) | Engine::Postgres(_)), _, Some(_)) => {
                Err(Failure::usage("--prefix is for Redis; for SQLite and PostgreSQL, use --table"))
            }
            (Some(Engine::Sqlite(path)), table, _) => sqlite::open(path, table.as_deref()).await,
            (Some(Engine::Postgres(url)), table, _) => postgres::open(url, table.as_deref()).await,
            (Some(Engine::Redis(url)), _, prefix) => redis::open(url, prefix.as_deref()).await,
        }
    }

    fn url(&self) -> Result<String, Failure> {
        match (&self.store, &self.store_env) {
            (Some(url), _) => Ok(url.clone()),
            (None, Some(name)) => env::var(name).map_err(|_| {
                let error = variable_error(name, "is not set, or not Unicode; set it to the URL");
                Failure::usage(format_args!("--store-env: {error}"))
            }),
            (None, None) => Err(Failure::usage(URL_HINT)),
        }
    }
}

/// Defines a function `open` that only returns an error, for each store whose feature is not enabled.
#[allow(unused_macros, reason = "unused if all features are enabled")]
macro_rules! missing {
    ($engine:literal, $feature:literal) => {
        pub(super) async fn open(
            _: &str,
            _: Option<&str>,
        ) -> Result<session_store::DynStore, crate::Failure> {
            Err(crate::Failure::usage(concat!(
                "this build cannot use ",
                $engine,
                "; build it with `cargo install --path session-cli --features ",
                $feature,
                "`"
            )))
        }
    };
}

#[cfg(not(feature = "sqlite"))]
mod sqlite {
    missing!("SQLite", "sqlite");
}

#[cfg(not(feature = "redis"))]
mod redis {
    missing!("Redis", "redis");
}

#[cfg(not(feature = "postgres"))]
mod postgres {
    missing!("PostgreSQL", "postgres");
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::path::Path;

    use session_store::DynStore;
    use session_store_sqlx::SqliteStore;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    use crate::Failure;
    use crate::sessions::without_password;

    pub(super) async fn open(path: &str, table: Option<&str>) -> Result<DynStore, Failure> {
        if !Path::new(path).is_file() {
            // The path may be the rest of a URL with a password.
            let url = without_password(&format!("sqlite://{path}"));
            let shown = url.trim_start_matches("sqlite://");
            return Err(Failure::data(format_args!("there is no file {shown}; give an existing database")));
        }
        // `SqliteStore::connect` would switch the file to WAL. These options leave the journal mode as it is.
        let options = SqliteConnectOptions::new().filename(path);
        let store = SqliteStore::new(SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options));
        let store = match table {
            Some(table) => store.with_table(table).map_err(Failure::usage)?,
            None => store,
        };
        Ok(DynStore::new(store))
    }
}

#[cfg(feature = "redis")]
mod redis {
    use session_store::DynStore;
    use session_store_redis::RedisStore;

    use crate::Failure;

    /// The error for a `rediss://` URL.
    const TLS_HINT: &str = "this tool cannot use TLS; forward a local port to the server, for example with stunnel, \
                            and give redis://localhost:PORT";

    /// Opens the store on a server or, with the URLs of several nodes, on a cluster.
    pub(super) async fn open(url: &str, prefix: Option<&str>) -> Result<DynStore, Failure> {
        if url.starts_with("rediss://") || url.contains(",rediss://") {
            return Err(Failure::usage(TLS_HINT));
        }
        let nodes = nodes(url);
        let store = match nodes.len() {
            1 => RedisStore::connect(url).await,
            _ => RedisStore::connect_cluster(&nodes.iter().map(|node| &**node).collect::<Vec<_>>()).await,
        };
        let store = store.map_err(Failure::data)?;
        Ok(DynStore::new(match prefix {
            Some(prefix) => store.with_prefix(prefix),
            None => store,
        }))
    }

    /// Splits the `redis://` URLs of a cluster's nodes at the commas between them. A comma in a password does not end a
    /// URL. A text with another scheme is a single URL.
    fn nodes(urls: &str) -> Vec<String> {
        const SCHEME: &str = "redis://";
        match urls.strip_prefix(SCHEME) {
            Some(urls) => urls.split(",redis://").map(|node| format!("{SCHEME}{node}")).collect(),
            None => vec![urls.to_owned()],
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn urls_of_nodes_are_split() {
            for (urls, expected) in [
                ("redis://a:1,redis://:p,ss@b:2", &["redis://a:1", "redis://:p,ss@b:2"][..]),
                ("redis://:p,ss@a", &["redis://:p,ss@a"]),
                ("redis+unix:///a,redis://b", &["redis+unix:///a,redis://b"]),
            ] {
                assert_eq!(nodes(urls), expected);
            }
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::time::Duration;

    use session_store::DynStore;
    use session_store_sqlx::PostgresStore;
    use sqlx::postgres::PgPoolOptions;

    use crate::Failure;

    /// How long to wait for a connection.
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

    pub(super) async fn open(url: &str, table: Option<&str>) -> Result<DynStore, Failure> {
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECT_TIMEOUT);
        // Drop the error of `connect_lazy`, because it could quote the URL.
        let pool = pool.connect_lazy(url).map_err(|_| {
            Failure::usage("the URL is not valid; use postgres://user:password@host:port/database")
        })?;
        let store = PostgresStore::new(pool);
        let store = match table {
            Some(table) => store.with_table(table).map_err(Failure::usage)?,
            None => store,
        };
        Ok(DynStore::new(store))
    }
}
