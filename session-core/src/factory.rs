use crate::session::Session;

/// Where the sessions of a site come from and where they go: Pyramid's `ISessionFactory`, with the saving made explicit.
pub trait SessionFactory {
    /// The session that this factory makes.
    type Session: Session;

    /// What a session is loaded from, such as the request's `Cookie` header.
    type Request;

    /// What has to be sent to the browser when a session was saved, such as a `Set-Cookie` header.
    type Response;

    /// Why a session could not be saved.
    type Error;

    /// The session of a request. A request that brings none, or none that can be trusted, gets a new one.
    fn load(&self, request: Self::Request) -> Self::Session;

    /// Saves the session at the end of a request; `None` if there is nothing to send.
    ///
    /// # Errors
    /// If the session cannot be saved. It can still be used, and what the browser has stays as it was.
    fn save(&self, session: &mut Self::Session) -> Result<Option<Self::Response>, Self::Error>;

    /// As [`save`](SessionFactory::save), at the end of a request that failed: the option `set_on_exception` decides.
    ///
    /// # Errors
    /// As [`save`](SessionFactory::save).
    fn save_on_exception(&self, session: &mut Self::Session) -> Result<Option<Self::Response>, Self::Error>;
}
