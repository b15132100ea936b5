//! Protection against cross-site request forgery (CSRF), as in `pyramid.csrf`. In such an attack, a page of another
//! site makes a user's browser send a request with the user's cookies.

#[cfg(any(feature = "tower", feature = "actix"))]
mod check;
mod error;
mod form;
mod origin;
mod policy;
#[cfg(any(feature = "tower", feature = "actix"))]
mod rules;
mod token;

#[cfg(any(feature = "tower", feature = "actix"))]
pub(crate) use check::CsrfCheck;
pub(crate) use error::CsrfError;
pub use form::CsrfForm;
#[cfg(any(feature = "tower", feature = "actix"))]
pub(crate) use form::without_token;
pub use policy::{CsrfPolicy, CsrfPolicyBuilder, CsrfPolicyError};
pub use token::CsrfToken;

/// The form field that holds the token, as in Pyramid.
pub const CSRF_FIELD: &str = "csrf_token";

/// The request header that holds the token, as in Pyramid.
pub const CSRF_HEADER: &str = "x-csrf-token";
