//! Sessions for actix-web, under the names and with the behaviour of
//! [`session-tower`](https://docs.rs/session-tower).
//!
//! [`SessionLayer`] is a middleware for `App::wrap`. It takes any factory whose sessions travel in cookies, such as
//! `SignedCookieSessionFactory` of [`signed-session`](https://docs.rs/signed-session), which also re-exports this crate.
//!
//! ```
//! use actix_web::{App, web};
//! use session_web::actix::{CsrfLayer, Session, SessionError, SessionLayer};
//!
//! async fn visits(session: Session) -> Result<String, SessionError> {
//!     let visits: u32 = session.get("visits")?.unwrap_or(0) + 1;
//!     session.insert("visits", visits)?;
//!     Ok(format!("Visit {visits}"))
//! }
//!
//! # fn check(sessions: impl session_web::actix::CookieSessionFactory) {
//! // sessions: a factory. The middleware that is wrapped last is outermost.
//! let app = App::new()
//!     .route("/", web::get().to(visits))
//!     .wrap(CsrfLayer::default())
//!     .wrap(SessionLayer::new(sessions));
//! # let _ = app;
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
//! | makes the session too large | is replaced by a 500, or what [`SessionLayer::on_save_error`] makes of it |
//! | only reads a session that cannot be saved | is sent without a cookie, and the log says why |
//!
//! An error that a *middleware* inside this one returns becomes a response outside of it: without a cookie and without
//! `Vary`, and what is lost is logged. Let a middleware that has used the session return `request.error_response(error)`.
//! An error of a handler or an extractor is a response by then.

mod csrf;
mod extract;
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
