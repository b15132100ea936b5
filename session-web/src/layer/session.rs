use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use session_core::{Rejection, SessionFactory};

use crate::factory::CookieSessionFactory;
use crate::head::RequestHead;
use crate::service::InternalServerError;

/// The hook of [`SessionLayer::on_rejection`].
pub(crate) type OnRejection = Arc<dyn Fn(&Rejection, RequestHead<'_>) + Send + Sync>;

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
    pub(crate) on_rejection: Option<OnRejection>,
    name: PhantomData<fn() -> N>,
}

impl<F: CookieSessionFactory> SessionLayer<F> {
    /// Creates a layer for the sessions of `factory`.
    pub fn new(factory: F) -> Self {
        Self { factory, on_save_error: InternalServerError, on_rejection: None, name: PhantomData }
    }
}

impl<F, N, H> SessionLayer<F, N, H> {
    /// Names the session, so that a site can have several. `M` is any type of yours; a handler takes the session as
    /// `Session<M>`. Of two layers with one name, handlers have the inner one's session, and each request logs an error.
    /// Give each session its own cookie name and salt: if two share a salt, a user can swap their cookies.
    pub fn named<M>(self) -> SessionLayer<F, M, H> {
        SessionLayer {
            factory: self.factory,
            on_save_error: self.on_save_error,
            on_rejection: self.on_rejection,
            name: PhantomData,
        }
    }

    /// Sets the response for a changed session that cannot be saved: a closure that takes the factory's error and the
    /// handler's response. Default: a 500 without a body and without the handler's headers.
    ///
    /// The error is logged first, and the browser keeps its cookie. The closure is not called for a session that was only
    /// read: a failed re-issue loses nothing, so the layer logs it and sends the handler's response.
    pub fn on_save_error<R, G>(self, on_save_error: G) -> SessionLayer<F, N, G>
    where
        F: SessionFactory,
        G: Fn(F::Error, R) -> R,
    {
        SessionLayer {
            factory: self.factory,
            on_save_error,
            on_rejection: self.on_rejection,
            name: PhantomData,
        }
    }

    /// Calls `on_rejection` for each request whose cookie is not taken, once: forged, malformed or expired. Every request's
    /// cookie is then verified, also where nothing uses the session. It still adds no header to the response.
    ///
    /// Without a hook, only the log says so: the first use of a session logs a forged or malformed cookie as a warning, and
    /// an expired one at the debug level.
    ///
    /// ```
    /// # extern crate session_web as signed_session;
    /// # #[cfg(feature = "axum")]
    /// # fn check(sessions: impl signed_session::CookieSessionFactory) {
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use signed_session::axum::SessionLayer;
    ///
    /// static FORGED: AtomicU64 = AtomicU64::new(0);
    ///
    /// let layer = SessionLayer::new(sessions).on_rejection(|rejection, head| {
    ///     if rejection.is_bad_signature() {
    ///         FORGED.fetch_add(1, Ordering::Relaxed);
    ///         println!("forged cookie at {}", head.path());
    ///     }
    /// });
    /// # let _: axum::Router = axum::Router::new().layer(layer);
    /// # }
    /// ```
    pub fn on_rejection(
        mut self,
        on_rejection: impl Fn(&Rejection, RequestHead<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_rejection = Some(Arc::new(on_rejection));
        self
    }
}

impl<F: Clone, N, H: Clone> Clone for SessionLayer<F, N, H> {
    fn clone(&self) -> Self {
        Self {
            factory: self.factory.clone(),
            on_save_error: self.on_save_error.clone(),
            on_rejection: self.on_rejection.clone(),
            name: PhantomData,
        }
    }
}

impl<F: fmt::Debug, N, H> fmt::Debug for SessionLayer<F, N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").field("factory", &self.factory).finish_non_exhaustive()
    }
}
