//! Parses a `Set-Cookie` line as browsers do (RFC 6265bis, section 5.6), except that a missing or invalid name and an
//! empty value are errors.

use signed_session::parts::session_cookie::CookieTemplate;

use crate::Failure;
use crate::cookie_line::{lines, split_once};
use crate::options::CookieArgs;

/// A `Set-Cookie` line.
pub(super) struct SetCookieLine {
    /// The name. Replacement characters stand for bytes that are not UTF-8. A name with such bytes is not valid and
    /// appears only in errors.
    pub(super) name: String,
    pub(super) value: Vec<u8>,
    /// The names in lower case, and the values.
    attributes: Vec<(String, String)>,
}

impl SetCookieLine {
    /// Finds the session's cookie in a `Set-Cookie` line, or in the headers of a response.
    pub(super) fn find(text: &[u8], args: &CookieArgs) -> Result<Self, Failure> {
        let lines: Vec<_> = lines(text).collect();
        let values: Vec<_> = match (lines.iter().filter_map(|line| header(line)).collect(), &lines[..]) {
            (values, [line]) if Vec::is_empty(&values) => vec![*line],
            (values, _) => values,
        };
        let mut cookies: Vec<_> = values.into_iter().map(Self::parse).collect();
        prefer(&mut cookies, |cookie| !cookie.name.is_empty());
        let names: Vec<_> = cookies.iter().map(|cookie| format!("{:?}", cookie.name)).collect();
        let is_only = cookies.len() == 1 && args.given_name().is_none();
        cookies.retain(|cookie| is_only || args.names().contains(&cookie.name.as_str()));
        // A response that moves a session to another name also removes the old cookie.
        prefer(&mut cookies, |cookie| !cookie.value.is_empty());
        match (cookies.pop(), cookies.is_empty()) {
            (Some(cookie), true) => cookie.check(),
            _ if names.is_empty() => {
                Err(Failure::data("no Set-Cookie line; give the one that sets the session"))
            }
            (found, _) => {
                let all = names.join(", ");
                Err(match (args.given_name(), found) {
                    (Some(name), None) => {
                        Failure::data(format_args!("no cookie called {name:?} among {all}"))
                    }
                    (Some(name), Some(_)) => {
                        Failure::data(format_args!("several lines for the cookie {name:?}; give only one"))
                    }
                    (None, _) => Failure::data(format_args!(
                        "cannot tell which cookie is the session among {all}; choose one with --cookie-name"
                    )),
                })
            }
        }
    }

    /// Parses the value of the header. As in browsers, a pair without `=` is a value without a name.
    fn parse(value: &[u8]) -> Self {
        let mut parts = value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let pair = parts.next().unwrap_or_default();
        let (name, value) = split_once(pair, b'=').unwrap_or((b"", pair));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
        let attributes = parts.map(|part| {
            let (name, value) = split_once(part, b'=').unwrap_or((part, b""));
            (text(name).to_ascii_lowercase(), text(value))
        });
        Self { name: text(name), value: value.trim_ascii().to_owned(), attributes: attributes.collect() }
    }

    /// Checks that the name is valid and the value is not empty. A line that removes the cookie has an empty value.
    fn check(self) -> Result<Self, Failure> {
        if self.name.is_empty() {
            return Err(Failure::data("no `name=value` in the Set-Cookie line"));
        }
        match CookieTemplate::builder(&self.name).build() {
            Err(error) if error.is_invalid_name() => return Err(Failure::data(error)),
            _ => {}
        }
        if self.value.is_empty() {
            return Err(Failure::data("the line removes the cookie; give one that sets it"));
        }
        Ok(self)
    }

    /// Returns the value of an attribute, or `None` if the line does not have the attribute. An attribute without a
    /// value has an empty one. If the line repeats the attribute, the last value counts.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let attribute = self.attributes.iter().rev().find(|(other, _)| other == name)?;
        Some(&attribute.1)
    }

    /// Returns whether the line has an attribute, whatever its value is.
    pub(super) fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }
}

/// Keeps only the cookies that are `good`. If there are none, keeps all.
fn prefer(cookies: &mut Vec<SetCookieLine>, good: impl Fn(&SetCookieLine) -> bool) {
    if cookies.iter().any(&good) {
        cookies.retain(good);
    }
}

/// Returns the value of the header, or `None` if the line is not a `Set-Cookie` header.
fn header(line: &[u8]) -> Option<&[u8]> {
    let (name, value) = split_once(line, b':')?;
    name.trim_ascii().eq_ignore_ascii_case(b"set-cookie").then_some(value)
}
