//! Parses the cookies in a text that a user has copied.

use std::borrow::Cow;

use signed_session::CookieHeader;

/// Returns the cookies of a text: a bare value, or `Cookie` and `Set-Cookie` lines, with or without the header's name.
///
/// A bare value counts as the value of a cookie called `name`.
pub(crate) fn cookies(text: &str, name: &str) -> CookieHeader {
    text.lines().map(str::trim_ascii).filter(|line| !line.is_empty()).map(|line| pairs(line, name)).collect()
}

/// Returns the cookies of a line as the value of a `Cookie` header.
fn pairs<'t>(line: &'t str, name: &str) -> Cow<'t, [u8]> {
    let header = line.split_once(':').map(|(header, rest)| (header.trim_ascii().to_ascii_lowercase(), rest));
    let pairs = match header.as_ref().map(|(header, rest)| (header.as_str(), *rest)) {
        Some(("cookie", pairs)) => pairs,
        // Everything after the first pair is an attribute, even if it has the name of the cookie.
        Some(("set-cookie", rest)) => rest.split_once(';').map_or(rest, |(pair, _)| pair),
        _ if is_value(line, name) => return format!("{name}={line}").into_bytes().into(),
        _ => line,
    };
    pairs.as_bytes().into()
}

/// Returns whether the line is a bare value. A value has `=` only at its end, as padding. A pair has `=` after the
/// name; `name=` is a pair with an empty value. The `name` alone is not a value.
pub(crate) fn is_value(line: &str, name: &str) -> bool {
    let unpadded = line.trim_end_matches(['"', '=']);
    !unpadded.contains(['=', ';']) && unpadded.trim_ascii() != name
}

#[cfg(test)]
mod tests {
    use super::cookies;

    fn found(text: &str) -> Vec<String> {
        let cookies = cookies(text, "session");
        cookies.values("session").map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    #[test]
    fn bare_value_is_a_cookie() {
        assert_eq!(found("abc-_"), ["abc-_"]);
        assert_eq!(found("-abc\n"), ["-abc"]);
        assert_eq!(found("  abc==\r\n\n"), ["abc=="]);
        assert_eq!(found("\"abc=\""), ["abc="]);
    }

    #[test]
    fn header_name_is_optional() {
        for line in [
            "session=abc=",
            "session=abc=; Path=/; HttpOnly",
            "a=1; session=abc=; b=2",
            "Cookie: a=1; session=abc=",
            "cookie:session=abc=",
            "COOKIE : session = \"abc=\"",
            "Set-Cookie: session=abc=; Path=/; SameSite=Lax",
            "set-cookie: session=abc=",
        ] {
            assert_eq!(found(line), ["abc="], "{line}");
        }
    }

    #[test]
    fn attribute_is_not_a_cookie() {
        assert!(found("Set-Cookie: other=1; session=abc").is_empty());
    }

    #[test]
    fn several_lines_are_one_header() {
        assert_eq!(found("Cookie: session=a\nCookie: b=1; session=c\n"), ["c", "a"]);
    }

    #[test]
    fn text_without_session_cookie_has_no_value() {
        for text in ["", " \n", "session", "other=1", "Cookie: other=1", "Cookie:"] {
            assert!(found(text).is_empty(), "{text:?}");
        }
        assert_eq!(found("session="), [""]);
    }
}
