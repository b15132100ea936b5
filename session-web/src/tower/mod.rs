//! Sessions for any HTTP service of tower's, and extractors for axum.
//!
//! [`SessionLayer`] gives every request a [`Session`], in its extensions, and sends the cookie with the head of the
//! response. It takes any factory whose sessions travel in cookies, such as `SignedCookieSessionFactory` of
//! [`signed-session`](https://docs.rs/signed-session), which also re-exports this crate.
//!
//! ```
//! use http::{Request, Response};
//! use session_web::tower::{Session, SessionLayer};
//! use tower_layer::Layer;
//! # use session_core::*;
//! # fn check<F: session_web::tower::CookieSessionFactory>(sessions: F) {
//! // sessions: a factory
//! let layer = SessionLayer::new(sessions);
//! let service = layer.layer(tower::service_fn(async |request: Request<String>| {
//!     let session = request.extensions().get::<Session>().expect("the layer is around us");
//!     let hits: u32 = session.get("hits")?.unwrap_or(0) + 1;
//!     session.insert("hits", hits)?;
//!     Ok::<_, session_core::Error>(Response::new(format!("{hits} visits")))
//! }));
//! # let _ = service;
//! # }
//! ```
//!
//! # What the layer does
//!
//! | the handler | the response |
//! |---|---|
//! | leaves the session alone | nothing is added, and nothing was parsed or verified |
//! | reads it | gets `Vary: Cookie`; if it is time to extend the session's life, what a change sends as well |
//! | changes it | gets `Vary: Cookie`, the cookie, and `Cache-Control: no-cache="Set-Cookie", private`, merged into one that is there, unless that is `private`, `no-store` or `no-cache` |
//! | fails: a status of 5xx | the same; with `set_on_exception(false)` no cookie |
//! | is a service that returns an error | there is none; what is lost is logged |
//! | makes the session too large | is replaced by a 500, or what [`SessionLayer::on_save_error`] makes of it |
//! | only reads a session that cannot be saved | is sent without a cookie, and the log says why |
//!
//! # Features
//!
//! - `axum`: [`Session`], [`TypedSession`], [`FlashMessages`], [`CsrfToken`] and [`CsrfForm`] are extractors of axum 0.8.

mod csrf;
mod future;
mod http;
mod layer;
mod save_error;
mod service;

pub use crate::{
    CSRF_FIELD, CSRF_HEADER, CookieSessionFactory, CsrfError, CsrfForm, CsrfPolicy, CsrfPolicyBuilder,
    CsrfPolicyError, CsrfToken, FlashMessage, FlashMessages, Level, Session, SessionError, TypedSession,
};
pub use csrf::{CsrfLayer, CsrfService, PlainText, ResponseForRefusal};
pub use future::ResponseFuture;
pub use layer::SessionLayer;
pub use save_error::{InternalServerError, ResponseForSaveError};
pub use service::SessionService;
