//! The connections of a store.
//!
//! sqlx's pool pings the server when a connection is returned to it, and on request when it is taken out. So the store
//! detaches its connections from the pool, and hands them to its calls itself.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The default maximum of connections, as in sqlx's pool.
const DEFAULT_MAX: u32 = 10;

pub(super) struct Connections {
    pool: PgPool,
    /// One permit for each connection. Calls get them in order.
    permits: Semaphore,
    /// The most recently used one is the last.
    idle: Mutex<VecDeque<Live>>,
}

struct Live {
    connection: PgConnection,
    opened: Instant,
    used: Instant,
}

impl Connections {
    pub(super) fn new(pool: PgPool, max: Option<u32>) -> Self {
        let max = max.unwrap_or_else(|| pool.options().get_max_connections().min(DEFAULT_MAX));
        let max = usize::try_from(max).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        Self { pool, permits: Semaphore::new(max), idle: Mutex::default() }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Takes an idle connection, or opens one. Waits at most as long as the pool would.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, sqlx::Error> {
        if self.pool.is_closed() {
            self.idle().clear();
            return Err(sqlx::Error::PoolClosed);
        }
        if let Ok(permit) = self.permits.try_acquire()
            && let Some(live) = self.take_idle()
        {
            return Ok(Lease { connections: self, live: Some(live), was_idle: true, _permit: permit });
        }
        self.limited(self.wait()).await
    }

    async fn limited<T>(&self, wait: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        let limit = self.pool.options().get_acquire_timeout();
        timeout(limit, wait).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    async fn wait(&self) -> Result<Lease<'_>, sqlx::Error> {
        let permit = self.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let (live, was_idle) = match self.take_idle() {
            Some(live) => (live, true),
            None => (self.open().await?, false),
        };
        Ok(Lease { connections: self, live: Some(live), was_idle, _permit: permit })
    }

    /// Takes the most recently used connection, and closes those that are too old.
    fn take_idle(&self) -> Option<Live> {
        let mut idle = self.idle();
        while let Some(live) = idle.pop_back() {
            if self.is_usable(&live) {
                return Some(live);
            }
        }
        None
    }

    fn is_usable(&self, live: &Live) -> bool {
        let options = self.pool.options();
        options.get_max_lifetime().is_none_or(|max| live.opened.elapsed() <= max)
            && options.get_idle_timeout().is_none_or(|max| live.used.elapsed() <= max)
    }

    /// Takes a connection out of the pool, and checks that the server answers. The pool may hold connections that the
    /// server has closed.
    async fn open(&self) -> Result<Live, sqlx::Error> {
        loop {
            let mut connection = self.pool.acquire().await?.detach();
            if connection.ping().await.is_ok() {
                let now = Instant::now();
                return Ok(Live { connection, opened: now, used: now });
            }
        }
    }

    fn put_back(&self, mut live: Live) {
        live.used = Instant::now();
        let mut idle = self.idle();
        idle.push_back(live);
        // The first ones are the least recently used.
        while idle.front().is_some_and(|live| !self.is_usable(live)) {
            idle.pop_front();
        }
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Live>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that one call uses. It is closed unless the call gives it back, because the answer to an abandoned
/// statement may still arrive there.
pub(super) struct Lease<'a> {
    connections: &'a Connections,
    live: Option<Live>,
    was_idle: bool,
    /// Released after `live` was put back or closed.
    _permit: SemaphorePermit<'a>,
}

impl Lease<'_> {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.live.as_mut().expect("the lease has not ended").connection
    }

    pub(super) fn give_back(&mut self) {
        if let Some(live) = self.live.take() {
            self.connections.put_back(live);
        }
    }

    /// Closes a connection that was lost. Returns whether it was idle before the call. In that case, the other idle ones
    /// are probably lost as well, and are closed.
    pub(super) fn lost(&mut self) -> bool {
        self.live = None;
        if self.was_idle {
            self.connections.idle().clear();
        }
        self.was_idle
    }

    /// Opens another connection.
    pub(super) async fn renew(&mut self) -> Result<(), sqlx::Error> {
        self.live = Some(self.connections.limited(self.connections.open()).await?);
        self.was_idle = false;
        Ok(())
    }
}
