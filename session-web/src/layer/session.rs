//! The layer that gives each request a session.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use session_core::{Rejection, SessionFactory};

use crate::factory::CookieSessionFactory;
use crate::head::RequestHead;
use crate::service::EmptyResponse;

/// The hook of [`SessionLayer::on_rejection`].
pub(crate) type OnRejection = Arc<dyn Fn(&Rejection, RequestHead<'_>) + Send + Sync>;

/// A layer that gives each request a [`Session`](crate::Session) and adds the session's cookie to the response.
///
/// Add it outside everything that uses the session. It also belongs outside a [`CsrfLayer`](crate::CsrfLayer) and
/// outside a layer that catches panics, so that their responses get the cookie. The outermost layer is the one added
/// last in axum, the middleware wrapped last in actix-web, and the one added first in tower's `ServiceBuilder`.
///
/// # What it adds to the response
///
/// | the handler | the response |
/// |---|---|
/// | does not take the session | is not changed. No cookie is parsed or verified, and no store is asked. Exceptions: a `CsrfLayer` that checks the token, and an [`on_rejection`](Self::on_rejection) hook if the factory has no store |
/// | takes the session and does not use it | is not changed. A session in a store is loaded |
/// | reads the session | gets `Vary: Cookie`; if a re-issue is due, also the other headers of a changed session |
/// | changes the session | gets `Vary: Cookie`, the cookie, and `Cache-Control: no-cache="Set-Cookie", private`. A `Cache-Control` of the handler is merged with this one. If it has `no-cache`, only `private` is added. It stays unchanged if it has `no-store` without `must-understand`, or a `private` that names no header fields. If the session is in a store and keeps its id, the response usually gets neither the cookie nor `Cache-Control`. It gets both if the cookie has a `Max-Age`, or if a retired secret protects the request's cookie |
/// | returns a status of 5xx | gets the same headers as with any other status. If the factory has `set_on_exception(false)`, the session is not saved and the response gets no cookie |
/// | extracts a session that cannot be loaded | is made from the [`SessionError`](crate::SessionError): a 503 with `Retry-After` if the store of the sessions cannot be reached, otherwise a 500. A handler that extracts a `Result` can return another response. Each of these responses gets `Vary: Cookie` |
/// | changes a session that cannot be saved, for example because it is too large | is replaced with an empty response, or with the result of [`on_save_error`](Self::on_save_error). The empty response is a 503 with `Retry-After` if the store cannot be reached or other requests keep changing the session, otherwise a 500 |
/// | only reads a session that cannot be saved | is sent without the cookie, and the reason is logged |
///
/// If a session is in a store, the layer sends the response only after the session is saved. If the inner service
/// returns an error instead of a response, the changes are lost, and a warning is logged.
pub struct SessionLayer<F, N = (), H = EmptyResponse> {
    pub(crate) factory: F,
    pub(crate) on_save_error: H,
    pub(crate) on_rejection: Option<OnRejection>,
    name: PhantomData<fn() -> N>,
}

impl<F: CookieSessionFactory> SessionLayer<F> {
    /// Creates a layer for the sessions of `factory`.
    pub fn new(factory: F) -> Self {
        Self { factory, on_save_error: EmptyResponse, on_rejection: None, name: PhantomData }
    }
}

impl<F, N, H> SessionLayer<F, N, H> {
    /// Names the session, so that a site can have several sessions. `M` is any type that you define. A handler extracts
    /// the session as `Session<M>`.
    ///
    /// If two layers have the same name, handlers get the session of the inner layer, and each request logs an error.
    /// Give each session its own cookie name, and each signed session its own salt. If two signed sessions share a
    /// secret and a salt, a user can send the cookie of one session as the cookie of the other.
    pub fn named<M>(self) -> SessionLayer<F, M, H> {
        SessionLayer {
            factory: self.factory,
            on_save_error: self.on_save_error,
            on_rejection: self.on_rejection,
            name: PhantomData,
        }
    }

    /// Sets the response for a changed session that cannot be saved. The closure takes the factory's error and the
    /// handler's response. By default, the response is an [`EmptyResponse`](crate::service::EmptyResponse), which has
    /// none of the handler's headers.
    ///
    /// The response sets no cookie for this session, so the browser keeps its old one. The response still gets the
    /// cookies of the session layers inside this one, because their sessions are already saved. The inner layers mark
    /// these cookies as [sensitive](https://docs.rs/http/1/http/header/struct.HeaderValue.html#method.set_sensitive).
    /// This layer keeps every sensitive `Set-Cookie` line of the handler's response, even one that the handler has
    /// added.
    ///
    /// The layer logs the error before it calls the closure. If the error has a
    /// [`retry_after`](session_core::FactoryError::retry_after), the factory has already logged it, so the layer does
    /// not.
    ///
    /// The closure is not called for a session that was only read: a failed re-issue loses nothing, so the layer logs
    /// it and sends the handler's response.
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

    /// Sets a hook that is called if the cookie is rejected, at most once per request. For example, the cookie is
    /// forged, malformed or expired, or its session was ended in the store.
    ///
    /// With a hook, a factory without a store verifies the cookie of each request, even if nothing uses the session. A
    /// factory with a store, including one for revocable sessions in cookies, loads a session only if an extractor,
    /// [`Session::of`](crate::Session) or a `CsrfLayer` needs it. So the hook does not see the cookies of requests that
    /// need no session. A hook adds no header to the response.
    ///
    /// With or without a hook, a rejection is logged when the session is first used: at the debug level if the cookie
    /// is expired or the store is unavailable, otherwise as a warning.
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
