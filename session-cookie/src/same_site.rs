//! The `SameSite` attribute.

use crate::error::{CookieError, Kind};
use std::fmt;
use std::str::FromStr;

/// The cross-site requests on which a browser sends the cookie (RFC 6265bis, section 4.1.2.7).
///
/// ```
/// # extern crate session_cookie as signed_session;
/// use signed_session::SameSite;
///
/// assert_eq!("strict".parse(), Ok(SameSite::Strict));
/// assert_eq!(SameSite::Lax.to_string(), "Lax");
/// assert!("maybe".parse::<SameSite>().unwrap_err().to_string().contains("Strict, Lax or None"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SameSite {
    /// No cross-site requests.
    Strict,
    /// Only top-level navigation with a safe method, such as following a link.
    Lax,
    /// All cross-site requests. Browsers accept this only together with `secure`.
    None,
}

impl SameSite {
    /// Returns the attribute's value as RFC 6265bis spells it. `Display` writes the same text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Parses `Strict`, `Lax` or `None`, ignoring case as Pyramid does.
impl FromStr for SameSite {
    type Err = CookieError;

    fn from_str(text: &str) -> Result<Self, CookieError> {
        [Self::Strict, Self::Lax, Self::None]
            .into_iter()
            .find(|same_site| same_site.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| {
                CookieError::new(
                    Kind::SameSite,
                    format!("unknown SameSite value {text:?}; use Strict, Lax or None"),
                )
            })
    }
}
