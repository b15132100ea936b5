//! The connections of a store.
//!
//! sqlx's pool pings the server when a connection returns to it, and also before each use unless
//! `test_before_acquire(false)` is set. So the store detaches its connections from the pool, and hands them to its
//! calls itself.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::timeout;

use super::kinds::{Alone, Combinable};
use super::waiting::{HasLine, NoTurn, Queue, Slot, Turn, Waiting};

/// The default maximum number of connections, as in sqlx's pool. A smaller maximum of the pool takes precedence.
const DEFAULT_MAX: u32 = 10;

pub(super) struct Connections {
    pool: PgPool,
    /// The calls that wait for a slot. The number of slots is the maximum number of connections.
    queue: Queue,
    /// The connections that no call uses. The most recently used one is the last.
    idle: Mutex<VecDeque<Live>>,
}

struct Live {
    connection: PgConnection,
    /// When the store took the connection out of the pool. The pool does not tell when it opened the connection.
    taken: Instant,
    used: Instant,
}

impl Connections {
    pub(super) fn new(pool: PgPool, max: Option<u32>) -> Self {
        let max = max.unwrap_or_else(|| pool.options().get_max_connections().min(DEFAULT_MAX));
        let max = usize::try_from(max).unwrap_or(usize::MAX).max(1);
        Self { pool, queue: Queue::new(max), idle: Mutex::default() }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Waits behind the calls in the queue, then takes an idle connection or opens one.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, sqlx::Error> {
        if let Some(lease) = self.try_lease()? {
            return Ok(lease);
        }
        match self.turn(Alone).await {
            Ok(Turn::Slot(slot, Alone)) => self.connect(slot).await,
            _ => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Takes an idle connection. Returns `None` if no connection is idle, or if the call has to wait for a slot.
    pub(super) fn try_lease(&self) -> Result<Option<Lease<'_>>, sqlx::Error> {
        if self.pool.is_closed() {
            self.idle().clear();
            return Err(sqlx::Error::PoolClosed);
        }
        let Some(slot) = self.queue.try_slot() else { return Ok(None) };
        let live = self.take_idle();
        Ok(live.map(|live| Lease { connections: self, live: Some(live), was_idle: true, _slot: slot }))
    }

    /// Waits for the turn of a call. Times out if the call is still in the queue after the pool's `acquire_timeout`. If
    /// the call is in a batch by then, waits until the batch has ended.
    pub(super) async fn turn<C: HasLine>(&self, call: C) -> Result<Turn<C>, NoTurn> {
        self.queue.turn(call, self.pool.options().get_acquire_timeout()).await
    }

    /// Removes and returns waiting calls that can run in one statement with `first`.
    pub(super) fn company<C: HasLine + Combinable>(&self, first: &C) -> Vec<Waiting<C>> {
        self.queue.company(first)
    }

    /// Takes an idle connection, or opens one within the pool's `acquire_timeout`.
    pub(super) async fn connect(&self, slot: Slot) -> Result<Lease<'_>, sqlx::Error> {
        let (live, was_idle) = match self.take_idle() {
            Some(live) => (live, true),
            None => (self.limited(self.open()).await?, false),
        };
        Ok(Lease { connections: self, live: Some(live), was_idle, _slot: slot })
    }

    async fn limited<T>(&self, wait: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        let limit = self.pool.options().get_acquire_timeout();
        timeout(limit, wait).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    /// Returns the most recently used idle connection that is still usable. While it searches, closes each
    /// connection that is past the pool's `max_lifetime` or `idle_timeout`.
    fn take_idle(&self) -> Option<Live> {
        let now = Instant::now();
        let mut idle = self.idle();
        while let Some(live) = idle.pop_back() {
            if self.is_usable(&live, now) {
                return Some(live);
            }
        }
        None
    }

    fn is_usable(&self, live: &Live, now: Instant) -> bool {
        let options = self.pool.options();
        options.get_max_lifetime().is_none_or(|max| now.duration_since(live.taken) <= max)
            && options.get_idle_timeout().is_none_or(|max| now.duration_since(live.used) <= max)
    }

    /// Takes a connection out of the pool, and checks that the server answers. The pool may hold connections that the
    /// server has closed.
    async fn open(&self) -> Result<Live, sqlx::Error> {
        loop {
            let mut connection = self.pool.acquire().await?.detach();
            if connection.ping().await.is_ok() {
                let now = Instant::now();
                return Ok(Live { connection, taken: now, used: now });
            }
        }
    }

    fn put_back(&self, mut live: Live) {
        let now = Instant::now();
        live.used = now;
        let mut idle = self.idle();
        idle.push_back(live);
        // The connections at the front are the least recently used.
        while idle.front().is_some_and(|live| !self.is_usable(live, now)) {
            idle.pop_front();
        }
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Live>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that one call uses. Dropping the lease closes the connection unless the call has given it back, because
/// the answer to an abandoned statement may still arrive on it.
pub(super) struct Lease<'a> {
    connections: &'a Connections,
    live: Option<Live>,
    was_idle: bool,
    /// Declared after `live`, so that the next call gets the slot only when `live` has been put back or closed.
    _slot: Slot,
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

    /// Closes the connection, which was lost. Returns whether it was idle before the call. If it was, also closes the
    /// other idle connections, which are probably lost as well.
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
