//! The extractor for the CSRF token.

use std::fmt;
use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use super::CSRF_FIELD;
use crate::error::SessionError;
use crate::session::Session;

/// The session's CSRF token, for a page with a form.
///
/// If the session has no token, extracting a `CsrfToken` creates one, so the visitor gets a session and a cookie.
///
/// `Display` writes the bare token, for a template or a `<meta>` element. For a form, use [`field`](Self::field).
pub struct CsrfToken<N = ()> {
    token: String,
    name: PhantomData<fn() -> N>,
}

impl<N> CsrfToken<N> {
    /// Returns the token of a session. Creates one if there is none.
    ///
    /// # Errors
    /// Returns an error if a new token is needed and the system provides no random bytes.
    pub fn of(session: &Session<N>) -> Result<Self, SessionError> {
        Ok(Self { token: session.csrf_token()?, name: PhantomData })
    }

    /// Returns the bare token, for the header `X-CSRF-Token` of a script's requests.
    pub fn as_str(&self) -> &str {
        &self.token
    }

    /// Returns the HTML element `<input type="hidden" …>` with the token, for a form. Templates must not escape it.
    pub fn field(&self) -> String {
        let mut field = format!(r#"<input type="hidden" name="{CSRF_FIELD}" value=""#);
        for c in self.token.chars() {
            // Our tokens are hexadecimal, but another application may have written this one.
            match c {
                '&' => field.push_str("&amp;"),
                '"' => field.push_str("&quot;"),
                '<' => field.push_str("&lt;"),
                _ => field.push(c),
            }
        }
        field + r#"">"#
    }
}

impl<N> fmt::Display for CsrfToken<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.token)
    }
}

impl<N> Clone for CsrfToken<N> {
    fn clone(&self) -> Self {
        Self { token: self.token.clone(), name: PhantomData }
    }
}

/// Serializes as the bare token, for a template or a JSON response.
impl<N> Serialize for CsrfToken<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.token)
    }
}

/// Does not show the token.
impl<N> fmt::Debug for CsrfToken<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfToken").finish_non_exhaustive()
    }
}
