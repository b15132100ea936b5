//! The trait of a factory, which loads and saves the sessions of requests, and the trait of its error.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use crate::session::{Redo, Session};

/// A factory that loads the session of a request and saves it: Pyramid's `ISessionFactory`, with explicit saving.
///
/// Loading and saving return futures, because a session can be in a store. The futures of a factory that never waits,
/// such as one whose sessions are in cookies, are [`Ready`](std::future::Ready).
pub trait SessionFactory {
    /// The type of the sessions.
    type Session: Session;

    /// The part of a request that a session is loaded from, such as the `Cookie` header.
    type Request;

    /// The lines to send to the browser after a save, such as `Set-Cookie` headers. There may be none.
    type Response;

    /// The error returned when a session cannot be loaded or saved.
    type Error: FactoryError;

    /// The future of [`load`](Self::load).
    type Load: Future<Output = Result<Self::Session, Self::Error>>;

    /// The future of [`save`](Self::save).
    type Save: Future<Output = Result<Self::Response, Self::Error>>;

    /// Whether [`Load`](Self::Load) is ready when it is first polled, without asking a store. If `true`, a layer loads
    /// the session of each request at once. If `false`, a layer loads a session when it is first needed, for example by
    /// an extractor.
    const LOADS_AT_ONCE: bool = false;

    /// Returns the future that loads the session of a request. A request without a valid session gets a new one. A
    /// store is not asked before the future is polled.
    ///
    /// # Errors
    /// The future returns an error if the store of the sessions cannot be used. A factory may instead load a new
    /// session with the rejection [`unavailable`](crate::Rejection::unavailable).
    fn load(&self, request: Self::Request) -> Self::Load;

    /// Saves the session at the end of a request. The future returns the lines to send. The session's own line comes
    /// last. There is no line if the browser's cookie does not change. The future does not borrow the session, so later
    /// changes of the session are not part of this save.
    ///
    /// Call this method once for each session. The factory may take the changes out of the session, so a second save
    /// could not repeat them after a failure. Such a factory must return an error from a second save instead of losing
    /// the changes silently.
    ///
    /// # Errors
    /// The future returns an error if the session cannot be saved. The browser then keeps the cookie that it has.
    /// The future also returns an error if the factory cannot save the session a second time.
    fn save(&self, session: &mut Self::Session) -> Self::Save;

    /// Saves the session like [`save`](SessionFactory::save), at the end of a request that failed. With the option
    /// `set_on_exception(false)`, it does not save the session.
    ///
    /// # Errors
    /// The future returns the same errors as the future of [`save`](SessionFactory::save).
    fn save_on_exception(&self, session: &mut Self::Session) -> Self::Save;

    /// Releases the parts of a request's session that only a save needs. The session stays readable and is not
    /// invalidated, but its changes can then no longer be saved. Call this method at the end of each request, after
    /// [`save`](SessionFactory::save) if there is a response.
    ///
    /// The session may hold closures that only a save needs. The factory removes these closures from the session, and
    /// returns them. Otherwise, a closure that owns a clone of the session would keep itself and the session in memory.
    /// Drop the closures without a lock on the session: they may own values that use the session when they are dropped.
    /// The default implementation returns no closures.
    #[must_use = "drop the closures without a lock on the session"]
    fn abandon(&self, session: &mut Self::Session) -> Vec<Redo> {
        let _ = session;
        Vec::new()
    }
}

/// The error of a [`SessionFactory`]. If a load fails, a layer creates an error of its own, with the factory's error as
/// the source. Clones of the layer's error share the source.
pub trait FactoryError: Error + Send + Sync + 'static {
    /// Returns the time to wait before a retry if the sessions cannot be used at the moment. By default, the response
    /// for such an error has the status 503 and the header `Retry-After`. Returns `None` for all other errors. The
    /// default implementation returns `None`.
    ///
    /// If this method returns a time, the factory must have logged the error itself, because layers do not log such an
    /// error. In an outage, they would log the same error for many requests.
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

impl FactoryError for std::convert::Infallible {}
