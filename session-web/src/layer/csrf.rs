//! The layer that refuses cross-site requests.

use std::fmt;
use std::marker::PhantomData;

use crate::csrf::CsrfPolicy;
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::service::PlainText;

/// A layer that refuses cross-site requests by the rules of a [`CsrfPolicy`].
///
/// A request that fails the check gets a 403, and the reason is logged. To check a CSRF token, the layer loads the
/// session, which may be in a store, and may read the form. If the session cannot be loaded or the form cannot be read,
/// the request gets the [status](crate::service::ResponseForRefusal::response) of that error.
///
/// Add this layer inside the [`SessionLayer`](crate::SessionLayer) of the session whose CSRF token it checks. A
/// `CsrfLayer` protects all handlers inside it, whichever extractors they use. If the token is in a form, the layer
/// reads the form and passes it on to the handler without the token's field. The extractor
/// [`CsrfToken`](crate::CsrfToken) provides the token for a page.
///
/// With tower, the request body must implement `From<Bytes>`, because the layer reads the form and makes a new body
/// from it for the handler. axum's body does. To use the layer with hyper's `Incoming`, convert the body in a layer
/// around this one, for example with tower-http's `MapRequestBodyLayer`.
///
/// The layer does not decompress a form. Browsers do not compress forms. A client that does has to send the token in
/// the header.
///
/// With actix-web, the header `Content-Length` keeps the length of the whole form, although the handler gets a shorter
/// one. actix-web's own extractors use the header only to refuse a form over their limit. A handler that forwards the
/// request to another server must replace the header.
pub struct CsrfLayer<N = (), H = PlainText> {
    pub(crate) policy: CsrfPolicy,
    pub(crate) on_refusal: H,
    name: PhantomData<fn() -> N>,
}

impl CsrfLayer {
    /// Creates a layer that enforces `policy`. `CsrfLayer::default()` enforces the default policy.
    pub fn new(policy: CsrfPolicy) -> Self {
        Self { policy, on_refusal: PlainText, name: PhantomData }
    }
}

impl<N, H> CsrfLayer<N, H> {
    /// Makes the layer check the token of the session named `M`; see
    /// [`SessionLayer::named`](crate::SessionLayer::named).
    pub fn named<M>(self) -> CsrfLayer<M, H> {
        CsrfLayer { policy: self.policy, on_refusal: self.on_refusal, name: PhantomData }
    }

    /// Sets the response for a refused request. By default, the response has the error's status, one line of text, and
    /// `Retry-After` if the store of the sessions cannot be reached.
    ///
    /// The closure gets the error, which says which check failed, or why a check was not possible: for example, the
    /// session cannot be [loaded](SessionError::is_load). The error is already logged, at the debug level if the form
    /// was too large or could not be read. Don't send the error to the browser; send its
    /// [`message`](SessionError::message) instead.
    ///
    /// ```
    /// # extern crate session_web as signed_session;
    /// # #[cfg(feature = "axum")] {
    /// use axum::http::StatusCode;
    /// use axum::response::IntoResponse;
    /// use signed_session::axum::CsrfLayer;
    ///
    /// let csrf = CsrfLayer::default().on_refusal(|error, head| {
    ///     if !error.is_bad_csrf_token() {
    ///         return error.into_response(); // such as a 503 with `Retry-After`
    ///     }
    ///     (StatusCode::FORBIDDEN, format!("Reload the form on {}.", head.path())).into_response()
    /// });
    /// # let _: axum::Router = axum::Router::new().layer(csrf);
    /// # }
    /// ```
    pub fn on_refusal<R, G>(self, on_refusal: G) -> CsrfLayer<N, G>
    where
        G: Fn(SessionError, RequestHead<'_>) -> R,
    {
        CsrfLayer { policy: self.policy, on_refusal, name: PhantomData }
    }
}

impl Default for CsrfLayer {
    fn default() -> Self {
        Self::new(CsrfPolicy::default())
    }
}

impl<N, H: Clone> Clone for CsrfLayer<N, H> {
    fn clone(&self) -> Self {
        Self { policy: self.policy.clone(), on_refusal: self.on_refusal.clone(), name: PhantomData }
    }
}

impl<N, H> fmt::Debug for CsrfLayer<N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfLayer").field("policy", &self.policy).finish_non_exhaustive()
    }
}
