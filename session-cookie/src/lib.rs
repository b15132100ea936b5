//! Writes `Set-Cookie` headers that are valid by construction, and finds a cookie in a hostile `Cookie` header.
//!
//! The crate follows [RFC 6265bis](https://datatracker.ietf.org/doc/draft-ietf-httpbis-rfc6265bis/). It does not sign
//! or encode values, and does not depend on sessions.
//!
//! - [`CookieTemplate`] checks the name and the attributes once, when the program starts. Then it creates a
//!   [`SetCookie`] for each value, or one that removes the cookie. [`SetCookies`] holds the lines of one response.
//! - [`CookieHeader`] holds the `Cookie` lines of a request, and finds the values of the cookies with a given name.
//!
//! ```
//! use session_cookie::{CookieHeader, CookieTemplate, SameSite};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), session_cookie::CookieError> {
//! // Once, at the start: `build` returns an error if the configuration is invalid.
//! let template = CookieTemplate::builder("__Host-session")
//!     .secure(true)
//!     .httponly(true)
//!     .samesite(SameSite::Strict)
//!     .max_age(Duration::from_secs(3600))
//!     .build()?;
//!
//! // For a response: the header value, with one allocation.
//! assert_eq!(
//!     template.set("dGhlIHZhbHVl")?.as_str(),
//!     "__Host-session=dGhlIHZhbHVl; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Strict",
//! );
//! assert!(template.set("evil\r\nSet-Cookie: admin=1").unwrap_err().is_invalid_value());
//!
//! // For a request: the values of our cookie, last to first. Other cookies have no effect.
//! let header = CookieHeader::from("lang=en; __Host-session=old; broken; __Host-session=dGhlIHZhbHVl");
//! let values: Vec<&[u8]> = header.values(template.name()).collect();
//! assert_eq!(values, [&b"dGhlIHZhbHVl"[..], b"old"]);
//!
//! // To log out: a removal with the same name, path, domain and flags, so that the browser accepts it and finds the
//! // cookie.
//! assert_eq!(
//!     template.removal().as_str(),
//!     "__Host-session=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Strict",
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `http` (off by default): conversions from the `http` crate's `HeaderMap` and `HeaderValue` to [`CookieHeader`],
//!   and from [`SetCookie`] to `HeaderValue`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod attributes;
mod error;
mod header;
mod identity;
mod same_site;
mod set_cookie;
mod set_cookies;
mod template;

pub use attributes::MAX_NAME_AND_VALUE;
pub use error::CookieError;
pub use header::{CookieHeader, Values};
pub use identity::is_same_cookie;
pub use same_site::SameSite;
pub use set_cookie::SetCookie;
pub use set_cookies::SetCookies;
pub use template::{CookieTemplate, CookieTemplateBuilder, IntoAttribute};

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
