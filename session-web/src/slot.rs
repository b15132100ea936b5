//! The session of a request, before and after it is loaded.

use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use session_core::Session;

use crate::error::SessionError;
use crate::factory::CookieSessionFactory;

/// The session of a request, before and after it is loaded.
pub(crate) trait Slot: Send {
    /// Polls the load of the session. After the load has ended, only returns its outcome.
    fn poll_load(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SessionError>>;

    /// Returns the outcome of the load, or `Pending` if it has not ended. Does not poll the load.
    fn outcome(&self) -> Poll<Result<(), SessionError>>;

    /// Returns the session. Call this method only after [`poll_load`](Self::poll_load) has succeeded.
    fn session(&self) -> &dyn Session;

    /// Returns the session so that it can be changed. Call this method only after [`poll_load`](Self::poll_load) has
    /// succeeded.
    fn session_mut(&mut self) -> &mut dyn Session;
}

/// The [`Slot`] for the sessions of a factory.
pub(crate) enum FactorySlot<F: CookieSessionFactory> {
    /// The load, and the tasks that wait for it. The tasks are `None` until [`poll_load`](Slot::poll_load) is called.
    Loading(F::Load, Option<Arc<Wakers>>),
    Loaded(F::Session),
    Failed(SessionError),
}

impl<F: CookieSessionFactory> FactorySlot<F> {
    /// Creates a slot. If the factory loads without waiting (`LOADS_AT_ONCE`), loads the session now.
    pub(crate) fn new(mut load: F::Load) -> Self {
        if F::LOADS_AT_ONCE
            && let Poll::Ready(loaded) = Pin::new(&mut load).poll(&mut Context::from_waker(Waker::noop()))
        {
            return Self::of(loaded);
        }
        Self::Loading(load, None)
    }

    fn of(loaded: Result<F::Session, F::Error>) -> Self {
        match loaded {
            Ok(session) => Self::Loaded(session),
            Err(error) => Self::Failed(SessionError::load(error)),
        }
    }

    /// Returns whether the load has begun but given no session: it has failed, or it has not ended.
    pub(crate) fn gave_no_session(&self) -> bool {
        matches!(self, Self::Loading(_, Some(_)) | Self::Failed(_))
    }

    /// Returns the session if it is loaded.
    pub(crate) fn loaded(&mut self) -> Option<&mut F::Session> {
        match self {
            Self::Loaded(session) => Some(session),
            Self::Loading(..) | Self::Failed(_) => None,
        }
    }
}

/// Message for a panic that cannot occur, because a `Session` is created only after the load has succeeded.
const NOT_LOADED: &str = "a `Session` is created only after the load has succeeded";

impl<F: CookieSessionFactory> Slot for FactorySlot<F> {
    fn poll_load(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SessionError>> {
        if let Self::Loading(load, wakers) = self {
            let wakers = Arc::clone(wakers.get_or_insert_default());
            let is_new = wakers.add(cx.waker());
            let waker = Waker::from(Arc::clone(&wakers));
            match Pin::new(load).poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(loaded) => *self = Self::of(loaded),
                Poll::Pending => return Poll::Pending,
            }
            // The caller gets the outcome from this poll, so its task needs no wake-up. But if the list had the task
            // before this poll, another future of the same task may wait for the load. Then the task stays in the list.
            if is_new {
                wakers.remove(cx.waker());
            }
            wakers.wake();
        }
        self.outcome()
    }

    fn outcome(&self) -> Poll<Result<(), SessionError>> {
        match self {
            Self::Loading(..) => Poll::Pending,
            Self::Loaded(_) => Poll::Ready(Ok(())),
            Self::Failed(error) => Poll::Ready(Err(error.clone())),
        }
    }

    fn session(&self) -> &dyn Session {
        match self {
            Self::Loaded(session) => session,
            Self::Loading(..) | Self::Failed(_) => unreachable!("{NOT_LOADED}"),
        }
    }

    fn session_mut(&mut self) -> &mut dyn Session {
        self.loaded().expect(NOT_LOADED)
    }
}

/// The tasks that wait for one load. The load's future wakes only the waker of its last poll. This type is that waker,
/// and wakes all the tasks.
#[derive(Default)]
pub(crate) struct Wakers(Mutex<Vec<Waker>>);

impl Wakers {
    /// Adds a task. Returns `false` if the list already has it.
    fn add(&self, waker: &Waker) -> bool {
        let mut wakers = self.lock();
        let is_new = !wakers.iter().any(|known| known.will_wake(waker));
        if is_new {
            wakers.push(waker.clone());
        }
        is_new
    }

    fn remove(&self, waker: &Waker) {
        self.lock().retain(|known| !known.will_wake(waker));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        let wakers = mem::take(&mut *self.lock());
        wakers.into_iter().for_each(Waker::wake);
    }
}
