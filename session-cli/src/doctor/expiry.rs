//! Remarks on the attributes that say how long browsers keep a cookie.

use signed_session::Timestamp;

use super::Remark;
use super::date;
use super::set_cookie::SetCookieLine;

/// Maximum time in seconds for which browsers keep a cookie: 400 days (RFC 6265bis, section 5.5).
const MAX_AGE: i64 = 400 * 24 * 60 * 60;

/// Checks `Max-Age` and `Expires`. As in browsers, a `Max-Age` that is valid takes precedence.
pub(super) fn remark(line: &SetCookieLine, now: Timestamp) -> Option<Remark> {
    let max_age = line.attribute("max-age").map(|value| (format!("Max-Age={value}"), seconds(value)));
    let expires = line.attribute("expires").map(|value| {
        let left = date::parse(value).map(|date| date.saturating_sub(now.as_secs().floor() as i64));
        (format!("Expires={value}"), left)
    });
    match (max_age, expires) {
        (Some((what, Some(left))), _) | (None, Some((what, Some(left)))) => limits(what, left),
        (Some((what, None)), expires) => {
            let of_expires = expires.and_then(|(what, left)| limits(what, left?));
            let why = "browsers ignore it, because it is not a whole number";
            of_expires.or_else(|| Some(Remark::weakness(what, why, "use a whole number of seconds")))
        }
        (None, Some((what, None))) => {
            let why = "browsers ignore it, because it is not a date";
            Some(Remark::weakness(what, why, "use Max-Age with a whole number of seconds"))
        }
        (None, None) => None,
    }
}

/// Checks the number of seconds for which browsers keep the cookie.
fn limits(what: String, left: i64) -> Option<Remark> {
    let (why, to_do) = match left {
        ..=0 => ("browsers remove the cookie at once", "use the lifetime of a session"),
        1..=MAX_AGE => return None,
        _ => (
            "browsers keep no cookie for over 400 days, and a session should end long before",
            "use the lifetime of a session, or remove the attribute",
        ),
    };
    Some(Remark::weakness(what, why, to_do))
}

/// Parses the value of `Max-Age`. A number that is too large for an `i64` is valid, and becomes the nearest `i64`.
fn seconds(value: &str) -> Option<i64> {
    let (digits, nearest) = value.strip_prefix('-').map_or((value, i64::MAX), |digits| (digits, i64::MIN));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| value.parse().unwrap_or(nearest))
}
