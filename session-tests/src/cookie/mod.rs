//! What the writer of a `Set-Cookie` line has to do: write a line that a browser reads as the cookie that was asked for,
//! or write none.
//!
//! The writer is a closure from a [`Cookie`] to the line, or to the reason why there is none. The lines are read by the
//! letter of RFC 6265bis, section 4.1.1, and by what browsers refuse (sections 4.1.3 and 5.6): names and values that
//! are too long, a prefix that does not keep its promise, `SameSite=None` without `Secure`.
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
//! # session_tests::cookie::writes_what_it_is_asked_for(write);
//! ```

mod date;
mod line;
mod strategy;
mod traps;

use std::fmt::{self, Display};
use std::time::Duration;

use proptest::prelude::*;

pub(crate) use line::Line;
pub use strategy::{any_cookie, cookie};

use crate::run::{Outcome, fail, fixed, property};

/// A cookie that a writer is asked for. The names of the options are Pyramid's.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cookie {
    /// The name.
    pub name: String,
    /// The value; `None` if the browser is to forget the cookie that has the other attributes.
    pub value: Option<String>,
    /// The path; `None` or empty for none.
    pub path: Option<String>,
    /// The domain, with or without a leading dot; `None` or empty for none.
    pub domain: Option<String>,
    /// How long the browser is to keep the cookie, in whole seconds; fractions may be dropped.
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
    /// `None`, which asks for `Secure`.
    None,
}

impl Cookie {
    /// The same cookie, to be removed.
    #[must_use]
    pub fn removal(&self) -> Self {
        Self { value: None, ..self.clone() }
    }
}

/// Checks a writer.
///
/// # Panics
/// If it does not do what it has to, with the smallest case that was found.
pub fn check<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    crate::__cookie_properties!(__all, cookie, &write);
}

/// The line of a cookie that there is nothing wrong with has its name, its value and each of its attributes, and no others
/// (but `Expires` beside `Max-Age`).
pub fn writes_what_it_is_asked_for<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    check_all("a cookie", 1.0, traps::sound(), cookie(), |cookie| {
        check_line(&written(&write, cookie)?, cookie)
    });
}

/// The line that removes a cookie has its name, path, domain and flags, without which browsers do not find it or refuse
/// the line, and is over: `Max-Age` is not positive or, if there is none, `Expires` is long ago.
pub fn removes_what_it_has_set<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    let removals = traps::sound().map(|cookie| cookie.removal());
    let drawn = cookie().prop_map(|cookie| cookie.removal());
    check_all("the removal of a cookie", 1.0, removals, drawn, |cookie| {
        check_line(&written(&write, cookie)?, cookie)
    });
}

/// The same two for cookies with the attribute `Partitioned`.
pub fn knows_partitioned_cookies<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    let partitioned = |cookie| Cookie { secure: true, partitioned: true, ..cookie };
    let sound = traps::sound().map(partitioned);
    check_all("a partitioned cookie", 0.25, sound, cookie().prop_map(partitioned), |cookie| {
        check_line(&written(&write, cookie)?, cookie)?;
        check_line(&written(&write, &cookie.removal())?, &cookie.removal())
    });
}

/// Whatever it is given, it writes what it was asked for or nothing: there is no way from a value or an attribute into
/// another one, or into another header, and no line that browsers refuse or read in another way.
pub fn refuses_what_would_be_misread<E: Display>(write: impl Fn(&Cookie) -> Result<String, E>) {
    let removals = traps::unsound().map(|cookie| cookie.removal());
    check_all("a cookie of any kind", 4.0, traps::unsound().chain(removals), any_cookie(), |cookie| {
        match write(cookie) {
            Ok(line) => check_line(&line, cookie),
            Err(_) => Ok(()),
        }
    });
}

/// First those that are always the same.
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
    write(cookie).map_err(|error| fail(format!("it is refused: {error}")))
}

fn check_line(text: &str, cookie: &Cookie) -> Outcome {
    match Line::read(text).and_then(|line| line.is_for(cookie)) {
        Ok(()) => Ok(()),
        Err(why) => Err(fail(format!("{why}, in the line\n  {}", text.escape_debug()))),
    }
}

/// What is asked for, without what is not.
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
