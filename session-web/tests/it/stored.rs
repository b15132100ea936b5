//! A factory whose loads and saves wait until a test lets them end, as they would wait for a store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use session_cookie::{CookieHeader, SetCookies};
use session_core::{FactoryError, SessionFactory};

use crate::memory::{Factory, InMemory};

/// The CSRF token of each accepted session.
pub(crate) const TOKEN: &str = "0123456789abcdef";

/// A factory for the sessions of [`Factory`]. Loads wait at the gate `load`, and saves at the gate `save`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored<const LOADS_AT_ONCE: bool = false> {
    pub(crate) load: Gate,
    pub(crate) save: Gate,
}

impl Stored {
    /// Creates a factory whose gates are closed, so loads and saves wait.
    pub(crate) fn closed() -> Self {
        Self::default()
    }

    /// Creates a factory that loads and saves immediately.
    pub(crate) fn open() -> Self {
        let factory = Self::closed();
        factory.load.open();
        factory.save.open();
        factory
    }
}

/// The error of a store that cannot be used, with the time after which to retry, if known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outage(pub(crate) Option<Duration>);

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an outage")
    }
}

impl std::error::Error for Outage {}

impl FactoryError for Outage {
    fn retry_after(&self) -> Option<Duration> {
        self.0
    }
}

impl<const LOADS_AT_ONCE: bool> SessionFactory for Stored<LOADS_AT_ONCE> {
    type Session = InMemory;
    type Request = CookieHeader;
    type Response = SetCookies;
    type Error = Outage;
    type Load = Waiting<InMemory>;
    type Save = Waiting<SetCookies>;
    const LOADS_AT_ONCE: bool = LOADS_AT_ONCE;

    fn load(&self, cookies: CookieHeader) -> Self::Load {
        let session = Factory::loaded(&cookies);
        self.load.before(if session.is_accepted() { session.with("_csrft_", TOKEN) } else { session })
    }

    fn save(&self, session: &mut InMemory) -> Self::Save {
        self.save.before(Factory::default().save_as("session", session).unwrap())
    }

    fn save_on_exception(&self, session: &mut InMemory) -> Self::Save {
        self.save.before(Factory::default().save_as("failed", session).unwrap())
    }
}

/// A gate at which the futures of a factory wait until a test lets them end or fail. Clones share the gate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    polls: usize,
    outcome: Option<Result<(), Outage>>,
    /// The waker of the last poll, the only one that a future has to wake.
    waker: Option<Waker>,
}

impl Gate {
    /// Lets the next poll of each future succeed, and wakes the task that polled last.
    pub(crate) fn open(&self) {
        self.end(Ok(()));
    }

    /// Lets the next poll of each future succeed, but wakes no task.
    pub(crate) fn open_silently(&self) {
        self.lock().outcome = Some(Ok(()));
    }

    /// Lets the next poll of each future fail, and wakes the task that polled last.
    pub(crate) fn fail(&self, retry_after: Option<Duration>) {
        self.end(Err(Outage(retry_after)));
    }

    /// Returns how often the futures were polled.
    pub(crate) fn polls(&self) -> usize {
        self.lock().polls
    }

    fn end(&self, outcome: Result<(), Outage>) {
        let mut inner = self.lock();
        inner.outcome = Some(outcome);
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn before<T>(&self, output: T) -> Waiting<T> {
        Waiting { gate: self.clone(), output: Some(output) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

/// A future that waits for a gate.
pub(crate) struct Waiting<T> {
    gate: Gate,
    output: Option<T>,
}

impl<T: Unpin> Future for Waiting<T> {
    type Output = Result<T, Outage>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut gate = self.gate.lock();
        gate.polls += 1;
        let Some(outcome) = gate.outcome else {
            gate.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        drop(gate);
        let output = self.output.take().expect("the future is not polled after completion");
        Poll::Ready(outcome.map(|()| output))
    }
}

/// A future, with a waker that records whether it was called.
pub(crate) struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    woken: Arc<Flag>,
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<'a, T> Task<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self { future: Box::pin(future), woken: Arc::default() }
    }

    pub(crate) fn poll(&mut self) -> Poll<T> {
        self.future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&self.woken))))
    }

    /// Returns whether the task was woken.
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::Relaxed)
    }

    /// Returns the output. Panics if the future is pending.
    pub(crate) fn output(mut self) -> T {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the future is pending"),
        }
    }

    /// Polls the future, and asserts that it is pending and the task not woken. Then calls `release`, asserts that this
    /// wakes the task, and returns the output.
    pub(crate) fn output_after(mut self, release: impl FnOnce()) -> T {
        assert!(self.poll().is_pending() && !self.is_woken());
        release();
        assert!(self.is_woken(), "`release` should wake the task");
        self.output()
    }
}
