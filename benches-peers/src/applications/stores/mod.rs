//! Applications whose sessions are in a store on a server, and the bare commands of the servers' clients.

mod actix_threads;
mod ours;
mod peers;
mod plain;
mod router;
mod tasks;

use std::time::Duration;

use tokio::runtime::Handle;

use crate::subject::Job;

/// Concurrent requests, each of a session of its own.
pub(crate) const TASKS: usize = 64;

/// Bytes of state.
const SIZE: usize = 450;

/// The maximum of connections to PostgreSQL for each application: the default of sqlx.
const CONNECTIONS: u32 = 10;

/// Where the sessions are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    Memory,
    Redis,
    Postgres,
}

/// What a subject is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Sessions of this library in a store.
    Ours,
    /// An encrypted cookie of this library, with a store of the sessions that have ended.
    Revocable,
    Peer,
    /// The commands alone, without an application.
    Bare,
}

/// The nanoseconds of each request, and the time of all.
pub(crate) struct Run {
    pub(crate) requests: Vec<u32>,
    pub(crate) took: Duration,
}

/// An application or a client that is measured.
pub(crate) trait StoreSubject {
    fn name(&self) -> &'static str;

    fn engine(&self) -> Engine;

    fn kind(&self) -> Kind;

    /// Sends requests for some time: each of `tasks` tasks sends the next one when it has the response.
    fn run(&self, job: Job, tasks: usize, time: Duration) -> Run;

    /// Returns whether it has this job. A bare client has nothing to leave untouched.
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

/// Returns the version of PostgreSQL.
pub(crate) async fn postgres_version(ports: Ports) -> String {
    plain::postgres_version(ports).await
}
