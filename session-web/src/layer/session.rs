use std::fmt;
use std::marker::PhantomData;

use crate::factory::CookieSessionFactory;
use crate::service::InternalServerError;

/// A layer that gives every request a [`Session`](crate::Session) and adds its cookie to the response.
///
/// Add it outside of everything that uses the session: outside of a [`CsrfLayer`](crate::CsrfLayer), and outside of a
/// layer that catches panics, so that their responses get the cookie as well. In axum the layer that is added last is
/// the outermost one, in actix-web the middleware that is wrapped last.
///
/// # What it adds to the response
///
/// | the handler | the response |
/// |---|---|
/// | does not use the session | is not changed; no cookie is parsed or verified |
/// | reads the session | gets `Vary: Cookie`; once the session's lifetime is due to be extended, the headers of a changed session |
/// | changes the session | gets `Vary: Cookie`, the cookie, and `Cache-Control: no-cache="Set-Cookie", private`. The latter is merged with the handler's own `Cache-Control`, and left out if that is `private`, `no-store` or `no-cache` |
/// | returns a status of 5xx | gets the same headers; with `set_on_exception(false)` it gets no cookie |
/// | makes the session too large | is replaced by a 500, or by the result of [`on_save_error`](Self::on_save_error) |
/// | only reads a session that cannot be saved | is sent without the cookie; the log says why |
///
/// If the service inside the layer fails with an error instead of a response, the changes are lost, and a warning is
/// logged.
pub struct SessionLayer<F, N = (), H = InternalServerError> {
    pub(crate) factory: F,
    pub(crate) on_save_error: H,
    name: PhantomData<fn() -> N>,
}

impl<F: CookieSessionFactory> SessionLayer<F> {
    /// Creates a layer for the sessions of `factory`.
    pub fn new(factory: F) -> Self {
        Self { factory, on_save_error: InternalServerError, name: PhantomData }
    }
}

impl<F, N, H> SessionLayer<F, N, H> {
    /// Names the session, so that a site can have several. `N` is any type of yours; a handler takes the session as
    /// `Session<N>`. Give each session its own cookie name and salt: if two share a salt, a user can swap their cookies.
    pub fn named<M>(self) -> SessionLayer<F, M, H> {
        SessionLayer { factory: self.factory, on_save_error: self.on_save_error, name: PhantomData }
    }

    /// Sets the response for a changed session that cannot be saved: a closure that takes the factory's error and the
    /// handler's response; see [`ResponseForSaveError`](crate::service::ResponseForSaveError). Default: a 500 without a
    /// body and without the handler's headers.
    ///
    /// The error is logged first, and the browser keeps its cookie. The closure is not called for a session that was only
    /// read: a failed re-issue loses nothing, so the layer logs it and sends the handler's response.
    pub fn on_save_error<G>(self, on_save_error: G) -> SessionLayer<F, N, G> {
        SessionLayer { factory: self.factory, on_save_error, name: PhantomData }
    }
}

impl<F: Clone, N, H: Clone> Clone for SessionLayer<F, N, H> {
    fn clone(&self) -> Self {
        Self { factory: self.factory.clone(), on_save_error: self.on_save_error.clone(), name: PhantomData }
    }
}

impl<F: fmt::Debug, N, H> fmt::Debug for SessionLayer<F, N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").field("factory", &self.factory).finish_non_exhaustive()
    }
}
