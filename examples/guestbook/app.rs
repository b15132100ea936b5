//! The routes and the layers around them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use signed_session::axum::{CsrfLayer, CsrfPolicy, RequestHead, SessionError};
use tower_http::catch_panic::CatchPanicLayer;

use crate::sessions::Sessions;
use crate::state::App;
use crate::visit::Visit;
use crate::{error, pages};

const STYLE: &str = include_str!("assets/style.css");
const ICON: &str = include_str!("assets/icon.svg");

pub(crate) fn router(app: App, sessions: Sessions, csrf: CsrfPolicy) -> Router {
    let app = Arc::new(app);

    // The last layer is the outermost one.
    let pages = Router::new()
        .route("/", get(pages::guestbook).post(pages::write))
        .route("/account/sign-in", get(pages::sign_in_form).post(pages::sign_in))
        .route("/account/sign-out", post(pages::sign_out))
        .merge(sessions.pages())
        .layer(CatchPanicLayer::custom(|_| error::internal()))
        .layer(CsrfLayer::new(csrf).on_refusal(refusal))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), client_error_page));

    Router::new()
        .route("/style.css", asset("text/css; charset=utf-8", STYLE))
        .route("/icon.svg", asset("image/svg+xml", ICON))
        .merge(sessions.around(pages).with_state(app))
        .layer(middleware::map_response(add_security_headers))
}

/// Returns the version in the URLs of the assets. It changes with their contents, because browsers cache the assets for
/// a year.
pub(crate) fn assets_version() -> String {
    let mut hasher = DefaultHasher::new();
    (STYLE, ICON).hash(&mut hasher);
    format!("{:08x}", hasher.finish() as u32)
}

/// Serves a file that is embedded in the program. The route is outside the session layer, so the response gets no
/// cookie and no `Vary`.
fn asset(content_type: &'static str, text: &'static str) -> MethodRouter {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    get(move || async move { (headers, text) })
}

/// Marks the response to a request that comes from another site or hides its origin.
#[derive(Clone, Copy)]
struct BadOrigin;

/// Returns the response to a request that the CSRF layer refused. [`client_error_page`] replaces this response with a
/// page.
fn refusal(error: SessionError, _: RequestHead<'_>) -> Response {
    let is_bad_origin = error.is_bad_csrf_origin();
    let mut response = error.into_response();
    if is_bad_origin {
        response.extensions_mut().insert(BadOrigin);
    }
    response
}

/// Replaces a response that reports a client error with a page, unless the response already is a page. Client errors
/// are, for example, an unknown address, or a form that the CSRF layer refused.
async fn client_error_page(visit: Visit, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "text/html; charset=utf-8");
    if is_page || !response.status().is_client_error() {
        return response;
    }
    let is_bad_origin = response.extensions().get::<BadOrigin>().is_some();
    let page = pages::client_error(&visit, response.status(), is_bad_origin);
    let mut page = page.unwrap_or_else(IntoResponse::into_response);
    // A 405 must list the methods that the address accepts (RFC 9110, section 15.5.6).
    if let Some(allow) = response.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allow.clone());
    }
    page
}

/// Adds security headers. The pages use no scripts and nothing from other sites, so the policy forbids both.
///
/// `Referrer-Policy` is not `no-referrer`, because browsers would then send `Origin: null` with our own forms, and the
/// CSRF check would refuse them.
async fn add_security_headers(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
