//! Applications whose sessions are in a store, and bare clients, which send a server the commands for a session without
//! an application.

mod actix_threads;
mod ours;
mod peers;
mod plain;
mod router;
mod tasks;

use std::time::Duration;

use tokio::runtime::Handle;

pub(crate) use self::actix_threads::THREADS as ACTIX_THREADS;
pub(crate) use self::peers::REDIS_CONNECTIONS as PEER_REDIS_CONNECTIONS;
use crate::subject::Job;

/// Number of concurrent requests. Each has its own session.
pub(crate) const TASKS: usize = 64;

/// Size of the state in bytes.
pub(crate) const SIZE: usize = 450;

/// Maximum number of PostgreSQL connections of each subject: sqlx's default.
pub(crate) const CONNECTIONS: u32 = 10;

/// The engine that holds the sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    Memory,
    Redis,
    Postgres,
}

/// The kind of a subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Sessions of this library in a store.
    Ours,
    /// Sessions of this library in encrypted cookies. The server can end them through a store.
    Revocable,
    Peer,
    /// A peer with other settings than in its README.
    Tuned,
    /// The commands alone, without an application.
    Bare,
}

/// The time of each request in nanoseconds, and the duration of the run.
pub(crate) struct Run {
    pub(crate) requests: Vec<u32>,
    pub(crate) took: Duration,
}

/// An application or a client that is measured.
pub(crate) trait StoreSubject {
    fn name(&self) -> &'static str;

    fn engine(&self) -> Engine;

    fn kind(&self) -> Kind;

    /// Sends requests for `time`. Each of `tasks` tasks sends its next request when it has the response.
    fn run(&self, job: Job, tasks: usize, time: Duration) -> Run;

    /// Returns whether the subject has this job. A bare client has no handler that could leave its session untouched.
    fn has(&self, job: Job) -> bool {
        job != Job::Untouched || self.kind() != Kind::Bare
    }
}

/// The ports of the servers, or of proxies to them.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) redis: u16,
    pub(crate) postgres: u16,
}

impl Ports {
    fn redis_url(self) -> String {
        format!("redis://127.0.0.1:{}", self.redis)
    }

    fn postgres_url(self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.postgres)
    }
}

/// Connects all subjects to the servers, and creates their sessions.
pub(crate) async fn all(ports: Ports) -> Vec<Box<dyn StoreSubject>> {
    let runtime = Handle::current();
    let mut subjects = ours::all(&runtime, ports).await;
    subjects.extend(peers::all(&runtime, ports).await);
    subjects.extend(plain::all(&runtime, ports).await);
    subjects
}

/// The version and the `max_connections` of PostgreSQL, for the document.
pub(crate) struct PostgresSetting {
    pub(crate) version: String,
    pub(crate) max_connections: String,
}

/// Asks PostgreSQL for its version and its `max_connections`.
pub(crate) async fn postgres_setting(ports: Ports) -> PostgresSetting {
    plain::postgres_setting(ports).await
}
