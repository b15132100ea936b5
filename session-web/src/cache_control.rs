//! `Cache-Control` of a response that sets our cookie (RFC 9111, section 5.2.2).

use crate::headers::{ResponseHeader, ResponseHeaders};

/// `no-cache="Set-Cookie"` alone lets a cache store the response without that field. The page and its CSRF token also
/// belong to one visitor, so the response is `private` as well.
const PRIVATE_DIRECTIVES: &[u8] = br#"no-cache="Set-Cookie", private"#;

/// Prevents shared caches from giving the response to other visitors, unless the application already does. The
/// application's other directives stay.
pub(crate) fn keep_from_shared_caches(headers: &mut impl ResponseHeaders) {
    if headers.values(ResponseHeader::CacheControl).any(|line| directives(line).any(is_restrictive)) {
        return;
    }
    // Our directives come first. Behind an unclosed quote of the application, they would be part of its string.
    let mut merged = PRIVATE_DIRECTIVES.to_vec();
    for line in headers.values(ResponseHeader::CacheControl) {
        if !line.trim_ascii().is_empty() {
            merged.extend_from_slice(b", ");
            merged.extend_from_slice(line);
        }
    }
    headers.set(ResponseHeader::CacheControl, merged.into());
}

/// Splits a line at the commas outside quoted strings.
fn directives(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut in_quotes, mut is_escaped) = (false, false);
    line.split(move |&byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_quotes,
            b'"' => in_quotes = !in_quotes,
            b',' => return !in_quotes,
            _ => {}
        }
        false
    })
}

/// Returns whether a directive forbids shared caches from reusing the response without asking the server. The qualified
/// forms, such as `private="Set-Cookie"`, only restrict single fields.
fn is_restrictive(directive: &[u8]) -> bool {
    let is = |name: &[u8]| directive.trim_ascii().eq_ignore_ascii_case(name);
    is(b"private") || is(b"no-store") || is(b"no-cache")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use session_cookie::SetCookie;

    use super::*;

    /// A response with these `Cache-Control` lines.
    struct Lines(Vec<Vec<u8>>);

    impl ResponseHeaders for Lines {
        fn values(&self, _: ResponseHeader) -> impl Iterator<Item = &[u8]> {
            self.0.iter().map(Vec::as_slice)
        }

        fn set(&mut self, _: ResponseHeader, value: Cow<'static, [u8]>) {
            self.0 = vec![value.into_owned()];
        }

        fn append_set_cookie(&mut self, _: SetCookie) {}
    }

    fn merged(lines: &[&str]) -> Vec<String> {
        let mut headers = Lines(lines.iter().map(|line| line.as_bytes().to_vec()).collect());
        keep_from_shared_caches(&mut headers);
        headers.0.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn restrictive_directive_stays_unchanged() {
        for lines in [
            &["private"][..],
            &["no-store"],
            &["no-cache"],
            &["NO-CACHE"],
            &["max-age=60,Private"],
            &["public ,\t no-store\t"],
            &["max-age=60", "private"],
            &[r#"no-cache="a, b", private"#],
            &[r#"no-cache="a\", b", no-store"#],
        ] {
            assert_eq!(merged(lines), lines);
        }
    }

    #[test]
    fn unrestricted_response_gets_private_directives() {
        let added = r#"no-cache="Set-Cookie", private"#;
        for (lines, rest) in [
            (&[][..], ""),
            (&[""], ""),
            (&["public, max-age=600"], ", public, max-age=600"),
            (&["public", "", "max-age=600"], ", public, max-age=600"),
            (&[r#"no-cache="Set-Cookie""#], r#", no-cache="Set-Cookie""#),
            (&[r#"private="Set-Cookie""#], r#", private="Set-Cookie""#),
            (&["private=", "no-store=x"], ", private=, no-store=x"),
            (&[r#"x="private, no-store, no-cache""#], r#", x="private, no-store, no-cache""#),
            (&[r#"x="\", private""#], r#", x="\", private""#),
            (&[r#"x="never closed, private"#], r#", x="never closed, private"#),
            (&["x-private, privately"], ", x-private, privately"),
        ] {
            assert_eq!(merged(lines), [format!("{added}{rest}")], "{lines:?}");
        }
    }

    #[test]
    fn second_cookie_adds_nothing() {
        let once = merged(&["public, max-age=600"]);
        assert_eq!(merged(&[&once[0]]), once);
    }
}
