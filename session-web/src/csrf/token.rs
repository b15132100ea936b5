use std::fmt;
use std::marker::PhantomData;

use super::CSRF_FIELD;
use crate::error::SessionError;
use crate::session::Session;

/// The session's CSRF token, for a page with a form; makes one if there is none, and with it a session: whoever opens
/// such a page gets a cookie.
///
/// It displays as the bare token, for a template or a `<meta>` element. [`field`](Self::field) is all that a form needs.
pub struct CsrfToken<N = ()> {
    token: String,
    name: PhantomData<fn() -> N>,
}

impl<N> CsrfToken<N> {
    /// The token of a session.
    ///
    /// # Errors
    /// If a token had to be made and the system gave no random bytes.
    pub fn of(session: &Session<N>) -> Result<Self, SessionError> {
        Ok(Self { token: session.csrf_token()?, name: PhantomData })
    }

    /// The token itself, for the header `X-CSRF-Token` of a script's requests.
    pub fn as_str(&self) -> &str {
        &self.token
    }

    /// `<input type="hidden" …>` with the token, for a form. It is HTML: tell the template not to escape it.
    pub fn field(&self) -> String {
        let mut field = format!(r#"<input type="hidden" name="{CSRF_FIELD}" value=""#);
        for c in self.token.chars() {
            // Ours are hexadecimal; what is in the session need not be ours.
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

/// Does not show the token.
impl<N> fmt::Debug for CsrfToken<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfToken").finish_non_exhaustive()
    }
}
