//! The connections of a store.
//!
//! sqlx's pool pings the server when a connection returns to it, and also before each use unless
//! `test_before_acquire(false)` is set. So the store detaches its connections from the pool, and hands them to its
//! calls itself.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::timeout;

use super::continue_on_drop::ContinueOnDrop;
use super::failure;
use super::kinds::{Alone, Combinable};
use super::read_only::ReadOnly;
use super::waiting::{Kind, NoTurn, Queue, Slot, Turn, Waiting};
use crate::engine::Repeat;

/// The default maximum number of connections, as in sqlx's pool. A smaller maximum of the pool takes precedence.
const DEFAULT_MAX: u32 = 10;

/// Time limit for opening a connection after its call was dropped. It matters if the pool's `acquire_timeout` is
/// longer, as by default in sqlx: an abandoned attempt to reach a host that has vanished must not keep its slot for
/// long.
const ABANDONED_OPENING: Duration = Duration::from_secs(3);

/// Time limit for the answer to a read after its call was dropped. On the connections of [`connect`](super::connect),
/// the server ends a statement earlier: 0.5 seconds after the default `store_timeout` of the factories.
const ABANDONED_READ: Duration = Duration::from_secs(1);

/// The answer to a statement.
pub(super) type Answer<'c, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'c>>;

pub(super) struct Connections {
    pool: PgPool,
    /// The calls that wait for a slot. The number of slots is the maximum number of connections.
    queue: Queue,
    /// The connections that no call uses. The most recently used one is the last.
    idle: Mutex<VecDeque<Live>>,
    read_only: ReadOnly,
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
        Self { pool, queue: Queue::new(max), idle: Mutex::default(), read_only: ReadOnly::default() }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Waits behind the calls in the queue, then takes an idle connection or opens one.
    pub(super) async fn lease(self: &Arc<Self>) -> Result<Lease, sqlx::Error> {
        if let Some(lease) = self.try_lease()? {
            return Ok(lease);
        }
        match self.turn(Alone).await {
            Ok(Turn::Slot(slot, Alone)) => self.connect(slot).await,
            _ => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Takes an idle connection. Returns `None` if no connection is idle, or if the call has to wait for a slot.
    pub(super) fn try_lease(self: &Arc<Self>) -> Result<Option<Lease>, sqlx::Error> {
        if self.pool.is_closed() {
            self.idle().clear();
            return Err(sqlx::Error::PoolClosed);
        }
        let Some(slot) = self.queue.try_slot() else { return Ok(None) };
        Ok(self.take_idle().map(|live| Lease::new(self.clone(), live, true, slot)))
    }

    /// Waits for the turn of a call. Times out if the call is still in the queue after the pool's `acquire_timeout`. If
    /// the call is in a batch by then, waits until the batch has ended.
    pub(super) async fn turn<C: Kind>(&self, call: C) -> Result<Turn<C>, NoTurn> {
        self.queue.turn(call, self.pool.options().get_acquire_timeout()).await
    }

    /// Removes and returns waiting calls that can run in one statement with `first`.
    pub(super) fn company<C: Kind + Combinable>(&self, first: &C) -> Vec<Waiting<C>> {
        self.queue.company(first)
    }

    /// Takes an idle connection, or opens one within the pool's `acquire_timeout`.
    pub(super) async fn connect(self: &Arc<Self>, slot: Slot) -> Result<Lease, sqlx::Error> {
        match self.take_idle() {
            Some(live) => Ok(Lease::new(self.clone(), live, true, slot)),
            None => self.open(slot).await,
        }
    }

    /// Opens a connection within the pool's `acquire_timeout`.
    ///
    /// If the call is dropped in the meantime, a task finishes opening the connection, which is then idle. Without this
    /// task, no call would ever get a connection if opening one took longer than the `store_timeout`.
    async fn open(self: &Arc<Self>, slot: Slot) -> Result<Lease, sqlx::Error> {
        let connections = self.clone();
        let opening = async move {
            let limit = connections.pool.options().get_acquire_timeout();
            let live = timeout(limit, connections.take_from_pool()).await;
            let live = live.map_err(|_| sqlx::Error::PoolTimedOut)??;
            Ok(Lease::new(connections, live, false, slot))
        };
        ContinueOnDrop::new(ABANDONED_OPENING, opening).await
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
    async fn take_from_pool(&self) -> Result<Live, sqlx::Error> {
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

/// A slot, and the connection that its call uses. Dropping the lease makes the connection idle.
pub(super) struct Lease {
    connections: Arc<Connections>,
    /// `None` after the connection was lost.
    live: Option<Live>,
    was_idle: bool,
    /// `None` after [`renew`](Self::renew) has failed. Declared after `live`, so that the next call gets the slot only
    /// when `live` has been put back or closed.
    slot: Option<Slot>,
}

impl Lease {
    fn new(connections: Arc<Connections>, live: Live, was_idle: bool, slot: Slot) -> Self {
        Self { connections, live: Some(live), was_idle, slot: Some(slot) }
    }

    /// Runs a statement. Closes the connection if it was lost.
    ///
    /// If the call is dropped before the answer has arrived and the statement only reads, a task reads the answer, and
    /// the connection is then idle. Without this task, each dropped call would make another call log in again. If no
    /// answer arrives within a limit, closes the connection.
    ///
    /// If any other call is dropped, closes the connection at once. sqlx prepares a statement before it sends the
    /// values. So if the statement continued, it could change a row after later calls have returned.
    pub(super) async fn run<T: Send + 'static>(
        mut self,
        repeat: Repeat,
        statement: impl for<'c> FnOnce(&'c mut PgConnection) -> Answer<'c, T> + Send + 'static,
    ) -> (Self, Result<T, sqlx::Error>) {
        let running = async move {
            // While the statement runs, the connection is not part of the lease. So dropping this future closes it.
            let mut live = self.live.take().expect("the connection is not lost");
            let result = statement(&mut live.connection).await;
            if !result.as_ref().is_err_and(failure::is_lost) {
                self.live = Some(live);
            }
            (self, result)
        };
        match repeat {
            Repeat::Read => ContinueOnDrop::new(ABANDONED_READ, running).await,
            Repeat::Always | Repeat::IfNotRun => running.await,
        }
    }

    /// Returns whether the connection, which was lost, was idle before the call. If it was, also closes the other idle
    /// connections, which are probably lost as well.
    pub(super) fn lost(&mut self) -> bool {
        if self.was_idle {
            self.connections.idle().clear();
        }
        self.was_idle
    }

    /// Returns whether a new connection may accept the write that the server has refused on this one.
    pub(super) fn may_lead_to_former_primary(&self) -> bool {
        self.was_idle && !self.connections.read_only.is_confirmed(Instant::now())
    }

    /// Notes whether the new connection, which was opened because the server had refused a write, accepts the write. If
    /// it does, closes the idle connections, which probably lead to the former primary.
    pub(super) fn accepts_writes(&self, accepts: bool) {
        match accepts {
            true => self.connections.idle().clear(),
            false => self.connections.read_only.confirm(Instant::now()),
        }
    }

    /// Closes the connection, unless it was lost, and opens another one.
    pub(super) async fn renew(&mut self) -> Result<(), sqlx::Error> {
        self.live = None;
        let slot = self.slot.take().expect("the lease has a slot");
        *self = self.connections.open(slot).await?;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            self.connections.put_back(live);
        }
    }
}
