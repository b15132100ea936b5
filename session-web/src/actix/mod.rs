//! Sessions for actix-web.
//!
//! [`SessionLayer`] and [`CsrfLayer`] are middleware for `App::wrap`. [`Session`], [`TypedSession`], [`FlashMessages`],
//! [`CsrfToken`] and [`CsrfForm`] are extractors. `SessionLayer` takes a session factory, such as
//! `SignedCookieSessionFactory` of [`signed-session`](https://docs.rs/signed-session). That crate re-exports this
//! module.
//!
//! ```
//! # extern crate session_web as signed_session;
//! use actix_web::{App, web};
//! use signed_session::actix::{CookieSessionFactory, CsrfLayer, Session, SessionError, SessionLayer};
//!
//! async fn visits(session: Session) -> Result<String, SessionError> {
//!     let visits: u32 = session.get("visits")?.unwrap_or(0) + 1;
//!     session.insert("visits", visits)?;
//!     Ok(format!("Visit {visits}"))
//! }
//!
//! # fn check(sessions: impl CookieSessionFactory) {
//! let app = App::new()
//!     .route("/", web::get().to(visits))
//!     .wrap(CsrfLayer::default())
//!     .wrap(SessionLayer::new(sessions)); // sessions: a factory; the outermost layer is wrapped last
//! # let _ = app;
//! # }
//! ```
//!
//! # Extractors of your own
//!
//! An extractor of your own can use the session as a handler does:
//!
//! ```
//! # extern crate session_web as signed_session;
//! use std::pin::Pin;
//!
//! use actix_web::dev::Payload;
//! use actix_web::error::ErrorUnauthorized;
//! use actix_web::{Error, FromRequest, HttpRequest, web};
//! use signed_session::actix::Session;
//!
//! struct CurrentUser(String);
//!
//! impl FromRequest for CurrentUser {
//!     type Error = Error;
//!     type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;
//!
//!     fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
//!         let session = Session::extract(request);
//!         Box::pin(async move {
//!             let user = session.await?.get("user")?;
//!             user.map(CurrentUser).ok_or_else(|| ErrorUnauthorized("Sign in first."))
//!         })
//!     }
//! }
//!
//! async fn account(user: CurrentUser) -> String {
//!     format!("Signed in as {}", user.0)
//! }
//! # let _ = actix_web::App::new().route("/", web::get().to(account));
//! ```
//!
//! # Optional sessions
//!
//! actix-web's own `Option<Session>` is `None` after any error: without a layer, and also if the session cannot be
//! loaded from its store. To tell these errors apart, extract a `Result<Session, SessionError>`. axum's
//! `Option<Session>` is `None` only without a layer.
//!
//! # Middleware that returns an error
//!
//! If a *middleware* inside the `SessionLayer` returns an error, actix-web converts the error into a response outside
//! the layer. That response gets no cookie and no `Vary`. If the session was changed, the changes are lost and a
//! warning is logged. A middleware that uses the session should return `Ok(request.error_response(error))` instead.
//! Errors of handlers and extractors become responses inside the layer.

mod csrf;
mod extract;
mod http;
mod session;

pub use self::extract::Extract;
pub use crate::service;
pub use crate::shared::*;
