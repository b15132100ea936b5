//! Parses the cookies in a text that a user has copied.

use std::borrow::Cow;

use signed_session::CookieHeader;

/// Returns the cookies of a text: a bare value, or `Cookie` and `Set-Cookie` lines, with or without the header's name.
///
/// A bare value counts as the value of a cookie called `name`. As in the library, other cookies have no effect,
/// whatever their bytes.
pub(crate) fn cookies(text: &[u8], name: &str) -> CookieHeader {
    lines(text).map(|line| pairs(line, name)).collect()
}

/// Returns the lines of a text that are not empty, without white space around them.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// Returns the cookies of a line as the value of a `Cookie` header.
fn pairs<'t>(line: &'t [u8], name: &str) -> Cow<'t, [u8]> {
    let header =
        split_once(line, b':').map(|(header, rest)| (header.trim_ascii().to_ascii_lowercase(), rest));
    match header.as_ref().map(|(header, rest)| (header.as_slice(), *rest)) {
        Some((b"cookie", pairs)) => pairs.into(),
        // Everything after the first pair is an attribute, even if it has the name of the cookie.
        Some((b"set-cookie", rest)) => split_once(rest, b';').map_or(rest, |(pair, _)| pair).into(),
        _ if is_value(line, name) => [name.as_bytes(), b"=", line].concat().into(),
        _ => line.into(),
    }
}

/// Returns whether the line is a bare value. A value has `=` only at its end, as padding, and has no `;`. The given
/// `name` is not a value, neither alone nor in `name=`, which is a pair with an empty value.
pub(crate) fn is_value(line: &[u8], name: &str) -> bool {
    let end = line.iter().rposition(|byte| !matches!(byte, b'"' | b'=')).map_or(0, |last| last + 1);
    let unpadded = &line[..end];
    !unpadded.iter().any(|byte| matches!(byte, b'=' | b';')) && unpadded.trim_ascii() != name.as_bytes()
}

/// Splits bytes at the first `separator`, as [`str::split_once`] does.
pub(crate) fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == separator)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::cookies;

    fn found(text: impl AsRef<[u8]>) -> Vec<String> {
        let cookies = cookies(text.as_ref(), "session");
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
    fn other_cookie_can_have_any_bytes() {
        assert_eq!(found(b"Cookie: a=\xe9; session=abc; \xff"), ["abc"]);
        assert_eq!(found(b"\xff: a=1; session=abc"), ["abc"]);
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
