//! Checks that a writer of `Set-Cookie` lines either writes a line that browsers read as the requested cookie, or
//! returns an error.
//!
//! The writer is a closure that takes a [`Cookie`] and returns the line or an error. The suite parses lines strictly by
//! RFC 6265bis, section 4.1.1. It also refuses what browsers refuse (sections 4.1.3, 5.6 and 5.7): names and values
//! that are too long, a prefix without the attributes that it requires, `SameSite=None` without `Secure`.
//!
//! ```
//! use session_tests::cookie::{Cookie, SameSite};
//! use signed_session::parts::session_cookie::{self, CookieError, CookieTemplate};
//!
//! fn write(cookie: &Cookie) -> Result<String, CookieError> {
//!     let samesite = cookie.samesite.map(|samesite| match samesite {
//!         SameSite::Strict => session_cookie::SameSite::Strict,
//!         SameSite::Lax => session_cookie::SameSite::Lax,
//!         SameSite::None => session_cookie::SameSite::None,
//!     });
//!     let template = CookieTemplate::builder(&cookie.name)
//!         .path(cookie.path.clone())
//!         .domain(cookie.domain.clone())
//!         .max_age(cookie.max_age)
//!         .secure(cookie.secure)
//!         .httponly(cookie.httponly)
//!         .samesite(samesite)
//!         .partitioned(cookie.partitioned)
//!         .build()?;
//!     let line = match &cookie.value {
//!         Some(value) => template.set(value)?,
//!         None => template.removal(),
//!     };
//!     Ok(line.to_string())
//! }
//!
//! session_tests::cookie_suite!(template, write);
//! # session_tests::cookie::writes_the_requested_cookie(write);
//! ```

mod line;
mod strategy;
mod traps;

use std::fmt::{self, Display};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

pub(crate) use line::Line;
pub use strategy::{any_cookie, cookie};

use crate::run::{Outcome, fail, fixed, property};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A cookie that a writer is asked to set or remove. Fields such as `max_age` and `httponly` have the names of
/// Pyramid's options.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cookie {
    /// The name.
    pub name: String,
    /// The value, or `None` to remove the cookie with this name, path and domain.
    pub value: Option<String>,
    /// The path. `None` and empty mean no path.
    pub path: Option<String>,
    /// The domain, with or without a leading dot. `None` and empty mean no domain.
    pub domain: Option<String>,
    /// How long the browser keeps the cookie. The writer has to refuse or drop a fraction of a second, and to refuse a
    /// time of less than a second.
    pub max_age: Option<Duration>,
    /// `Secure`
    pub secure: bool,
    /// `HttpOnly`
    pub httponly: bool,
    /// `SameSite`
    pub samesite: Option<SameSite>,
    /// `Partitioned`
    pub partitioned: bool,
}

/// The values of the attribute `SameSite`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// `Strict`
    Strict,
    /// `Lax`
    Lax,
    /// `None`, which requires `Secure`.
    None,
}

impl Cookie {
    /// Returns a copy without a value, which asks the writer to remove this cookie.
    #[must_use]
    pub fn removal(&self) -> Self {
        Self { value: None, ..self.clone() }
    }
}

/// Checks all properties of a writer of `Set-Cookie` lines.
///
/// # Panics
/// Panics if a property does not hold. The message has the smallest failing case.
pub fn check<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    crate::__cookie_properties!(__all, cookie, &write);
}

/// Checks that the line for a valid cookie has the cookie's name and value, and exactly its attributes. A line with
/// `Max-Age` may also have `Expires`, if `Expires` changes with `Max-Age`: a cookie that is kept a day longer must
/// expire a day later. The suite does not know the writer's clock, so it cannot compare `Expires` with the current
/// time.
pub fn writes_the_requested_cookie<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    check_all("a cookie", 1.0, traps::sound(), cookie(), |cookie| {
        let line = written(&write, cookie)?;
        check_line(&line, cookie)?;
        check_expires(&write, cookie, &line)
    });
}

/// Checks that the line that removes a cookie has the cookie's name, path, domain and flags. Without them, browsers
/// refuse the line or do not find the cookie. The line must have a `Max-Age` that is not positive, an `Expires` that is
/// long past, or both.
pub fn removes_the_cookie<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    let removals = traps::sound().map(|cookie| cookie.removal());
    let drawn = cookie().prop_map(|cookie| cookie.removal());
    check_all("the removal of a cookie", 1.0, removals, drawn, |cookie| {
        check_line(&written(&write, cookie)?, cookie)
    });
}

/// Checks the lines that set and that remove cookies with the attribute `Partitioned`.
pub fn supports_partitioned_cookies<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    let partitioned = |cookie| Cookie { secure: true, partitioned: true, ..cookie };
    let sound = traps::sound().map(partitioned);
    check_all("a partitioned cookie", 0.25, sound, cookie().prop_map(partitioned), |cookie| {
        check_line(&written(&write, cookie)?, cookie)?;
        check_line(&written(&write, &cookie.removal())?, &cookie.removal())
    });
}

/// Checks that for any input the writer writes the requested cookie or returns an error. No field of the [`Cookie`] may
/// add an attribute or a header. Browsers must accept the line, and must read the requested cookie from it.
pub fn refuses_invalid_cookies<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    let removals = traps::unsound().map(|cookie| cookie.removal());
    check_all("a cookie of any kind", 4.0, traps::unsound().chain(removals), any_cookie(), |cookie| {
        match write(cookie) {
            Ok(line) => check_line(&line, cookie),
            Err(_) => Ok(()),
        }
    });
}

/// Checks the fixed cookies first, and then random ones.
fn check_all(
    name: &str,
    share: f64,
    cookies: impl Iterator<Item = Cookie>,
    drawn: impl Strategy<Value = Cookie>,
    check: impl Fn(&Cookie) -> Outcome,
) {
    for cookie in cookies {
        fixed(name, format_args!("{cookie:?}"), || check(&cookie));
    }
    property(name, share, drawn, |cookie| check(&cookie));
}

fn written<E: Display>(
    write: impl Fn(&Cookie) -> Result<String, E>,
    cookie: &Cookie,
) -> Result<String, TestCaseError> {
    write(cookie).map_err(|error| fail(format!("the writer refuses it: {error}")))
}

fn check_line(text: &str, cookie: &Cookie) -> Outcome {
    match Line::read(text).and_then(|line| line.is_for(cookie)) {
        Ok(()) => Ok(()),
        Err(why) => Err(fail(format!("{why}, in the line\n  {}", text.escape_debug()))),
    }
}

/// Checks that `Expires` in the line of a valid cookie agrees with `Max-Age`: writes the cookie again with a `Max-Age`
/// that differs by a day, and compares the dates in both lines.
fn check_expires<E: Display>(
    write: impl Fn(&Cookie) -> Result<String, E>,
    cookie: &Cookie,
    line: &str,
) -> Outcome {
    let (Some(max_age), Some(date)) = (cookie.max_age, expires(line)) else { return Ok(()) };
    // Use a shorter time where possible, because writers may refuse times over 400 days (RFC 6265bis, section 5.5).
    let (other, expected) = match max_age.checked_sub(DAY).filter(|other| !other.is_zero()) {
        Some(shorter) => (shorter, date - DAY),
        None => (max_age + DAY, date + DAY),
    };
    let other = written(write, &Cookie { max_age: Some(other), ..cookie.clone() })?;
    // The writer's clock may move between the two calls, so a difference of less than half a day does not matter.
    match expires(&other) {
        Some(seen) if seen > expected - DAY / 2 && seen < expected + DAY / 2 => Ok(()),
        _ => Err(fail(format!(
            "Expires contradicts Max-Age, in the lines\n  {}\n  {}",
            line.escape_debug(),
            other.escape_debug()
        ))),
    }
}

/// Returns the date in the attribute `Expires` of a valid line.
fn expires(line: &str) -> Option<SystemTime> {
    Line::read(line).ok()?.expires()
}

/// Shows only the attributes that are set.
impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cookie {:?}", self.name)?;
        match &self.value {
            Some(value) => write!(f, " = {value:?}")?,
            None => f.write_str(", to be removed")?,
        }
        let texts = [("path", &self.path), ("domain", &self.domain)];
        for (what, text) in texts.iter().filter_map(|(what, text)| Some((what, text.as_ref()?))) {
            write!(f, ", {what} {text:?}")?;
        }
        if let Some(max_age) = self.max_age {
            write!(f, ", max_age {max_age:?}")?;
        }
        let flags = [("secure", self.secure), ("httponly", self.httponly), ("partitioned", self.partitioned)];
        for (what, _) in flags.iter().filter(|(_, is_set)| *is_set) {
            write!(f, ", {what}")?;
        }
        if let Some(samesite) = self.samesite {
            write!(f, ", samesite {samesite:?}")?;
        }
        Ok(())
    }
}
