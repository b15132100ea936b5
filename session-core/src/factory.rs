//! The trait that loads and saves the sessions of requests.

use crate::session::Session;

/// A factory that loads the session of a request and saves it: Pyramid's `ISessionFactory`, with explicit saving.
pub trait SessionFactory {
    /// The type of the sessions.
    type Session: Session;

    /// The part of a request that a session is loaded from, such as the `Cookie` header.
    type Request;

    /// The lines to send to the browser after a save, which may be none, such as `Set-Cookie` headers.
    type Response;

    /// The error returned when a session cannot be saved.
    type Error;

    /// Loads the session of a request. A request without a valid session gets a new one.
    fn load(&self, request: Self::Request) -> Self::Session;

    /// Saves the session at the end of a request, and returns what to send. The session's own line comes first. There
    /// is no line if the browser's session does not change.
    ///
    /// # Errors
    /// Returns an error if the session cannot be saved. The session remains usable, and the browser keeps the session
    /// that it has.
    fn save(&self, session: &mut Self::Session) -> Result<Self::Response, Self::Error>;

    /// Saves the session like [`save`](SessionFactory::save), at the end of a request that failed. The option
    /// `set_on_exception` decides whether there is anything to send.
    ///
    /// # Errors
    /// Returns the same errors as [`save`](SessionFactory::save).
    fn save_on_exception(&self, session: &mut Self::Session) -> Result<Self::Response, Self::Error>;
}
