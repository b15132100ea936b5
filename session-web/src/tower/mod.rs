//! Sessions for tower services.
//!
//! A [`SessionLayer`] gives each request a session, and a service gets it with [`Session::of`]. The layer is created
//! from a factory such as `SignedCookieSessionFactory` of [`signed-session`](https://docs.rs/signed-session), which
//! re-exports this module.
//!
//! ```
//! # extern crate session_web as signed_session;
//! use http::{Request, Response};
//! use signed_session::tower::{CookieSessionFactory, Session, SessionError, SessionLayer};
//! use tower::{ServiceBuilder, service_fn};
//!
//! async fn visits(request: Request<String>) -> Result<Response<String>, SessionError> {
//!     let (parts, _body) = request.into_parts();
//!     let session = Session::of(&parts).await?;
//!     let visits: u32 = session.get("visits")?.unwrap_or(0) + 1;
//!     session.insert("visits", visits)?;
//!     Ok(Response::new(format!("Visit {visits}")))
//! }
//!
//! # fn check(sessions: impl CookieSessionFactory) {
//! let service = ServiceBuilder::new()
//!     .layer(SessionLayer::new(sessions)) // sessions: a factory
//!     .service(service_fn(visits));
//! # let _ = service;
//! # }
//! ```

mod csrf;
mod http;
mod session;

pub use crate::service;
pub use crate::shared::*;
