//! Protection against requests that another site makes a user's browser send: Pyramid's `pyramid.csrf`.

mod check;
mod error;
mod form;
mod head;
mod origin;
mod policy;
mod token;

pub(crate) use check::CsrfCheck;
pub(crate) use error::CsrfError;
pub use form::CsrfForm;
pub(crate) use head::{HeadOutcome, RequestHead};
pub use policy::{CsrfPolicy, CsrfPolicyBuilder, CsrfPolicyError};
pub use token::CsrfToken;

/// The form field that holds the token, as in Pyramid.
pub const CSRF_FIELD: &str = "csrf_token";

/// The request header that holds the token, as in Pyramid.
pub const CSRF_HEADER: &str = "x-csrf-token";
