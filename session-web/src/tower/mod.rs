//! Sessions for tower services.
//!
//! A [`SessionLayer`] puts a [`Session`] into the extensions of every request. It takes a factory such as
//! `SignedCookieSessionFactory` of [`signed-session`](https://docs.rs/signed-session), which re-exports this module.
//!
//! ```
//! # extern crate session_web as signed_session;
//! use http::{Request, Response};
//! use signed_session::tower::{CookieSessionFactory, Session, SessionError, SessionLayer};
//! use tower::{ServiceBuilder, service_fn};
//!
//! async fn visits(request: Request<String>) -> Result<Response<String>, SessionError> {
//!     let session = request.extensions().get::<Session>().expect("the service is inside a SessionLayer");
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
