//! Protection against requests that another site makes a user's browser send: Pyramid's `pyramid.csrf`.

mod check;
mod error;
mod form;
mod origin;
mod policy;
mod token;

pub use check::CsrfCheck;
pub use error::CsrfError;
pub use form::CsrfForm;
pub use policy::{CsrfPolicy, CsrfPolicyBuilder, CsrfPolicyError, RequestHead, Verdict};
pub use token::CsrfToken;

/// The form field that holds the token, as in Pyramid.
pub const CSRF_FIELD: &str = "csrf_token";

/// The request header that holds the token, as in Pyramid.
pub const CSRF_HEADER: &str = "x-csrf-token";
