//! What every web framework's adapter to the sessions needs: the [`Session`] that handlers hold, what its response has
//! to say ([`Exchange`]), and on top of it [`TypedSession`], [`FlashMessages`] and protection against cross-site requests
//! ([`CsrfPolicy`], [`CsrfForm`], [`CsrfToken`]).
//!
//! The adapters are [`session-tower`](https://docs.rs/session-tower) (any tower service, axum) and
//! [`session-actix`](https://docs.rs/session-actix); both re-export what handlers need. Take this crate to write
//! another one: `Exchange` is its middleware, [`ResponseHeaders`] and [`RequestHead`] its framework's types.
//!
//! # Features
//!
//! - `http`: the traits for the types of the crate `http`.
//! - `axum`, `actix`: the types above are extractors of these frameworks.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
mod axum;
mod cache_control;
mod csrf;
mod draft;
mod error;
mod exchange;
#[cfg(any(feature = "axum", feature = "actix"))]
mod extract;
mod flash;
mod headers;
mod session;
#[cfg(feature = "tower")]
pub mod tower;
mod typed;

pub use csrf::{
    CSRF_FIELD, CSRF_HEADER, CsrfCheck, CsrfError, CsrfForm, CsrfPolicy, CsrfPolicyBuilder, CsrfPolicyError,
    CsrfToken, RequestHead, Verdict,
};
pub use error::SessionError;
pub use exchange::{CookieSessionFactory, Exchange, Reply};
pub use flash::{FlashMessage, FlashMessages, Level};
pub use headers::{ResponseHeader, ResponseHeaders, set_cookie, vary_cookie};
pub use session::Session;
pub use typed::TypedSession;
