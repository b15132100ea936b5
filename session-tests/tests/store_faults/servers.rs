//! The Redis and PostgreSQL servers that hold the stores.

use session_tests::servers::{PostgresServer, RedisServer};

use crate::settings::StoreAt;

/// A server that a test can stop, restart, pause and resume.
pub(crate) enum Server {
    Redis(RedisServer),
    Postgres(PostgresServer),
}

impl Server {
    /// Starts a Redis server that keeps its data over a restart, because it writes each command to disk. Returns `None`
    /// if Redis is not installed.
    pub(crate) fn redis() -> Option<Self> {
        RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).map(Self::Redis)
    }

    /// Starts a PostgreSQL server. Returns `None` if PostgreSQL is not installed.
    pub(crate) fn postgres() -> Option<Self> {
        PostgresServer::start().map(Self::Postgres)
    }

    pub(crate) fn store(&self) -> StoreAt {
        match self {
            Self::Redis(server) => StoreAt::Redis(server.url()),
            Self::Postgres(server) => StoreAt::Postgres(server.url()),
        }
    }

    pub(crate) fn stop(&mut self) {
        match self {
            Self::Redis(server) => server.stop(),
            Self::Postgres(server) => server.stop(),
        }
    }

    pub(crate) fn restart(&mut self) {
        match self {
            Self::Redis(server) => server.restart(),
            Self::Postgres(server) => server.restart(),
        }
    }

    pub(crate) fn pause(&self) {
        match self {
            Self::Redis(server) => server.pause(),
            Self::Postgres(server) => server.pause(),
        }
    }

    pub(crate) fn resume(&self) {
        match self {
            Self::Redis(server) => server.resume(),
            Self::Postgres(server) => server.resume(),
        }
    }
}
