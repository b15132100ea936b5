//! `Cache-Control` of a response that sets our cookie (RFC 9111, section 5.2.2).

use bytes::Bytes;

/// `no-cache="Set-Cookie"` alone lets a shared cache reuse the response without its `Set-Cookie` header. But the page
/// and its CSRF token also belong to one visitor, so the response is `private` as well.
const PRIVATE_DIRECTIVES: &[u8] = br#"no-cache="Set-Cookie", private"#;

/// Returns a `Cache-Control` value that stops shared caches from giving the response to other visitors. `lines` are the
/// lines that the response already has; the new value keeps their directives. Returns `None` if `lines` already stop
/// shared caches.
pub(crate) fn private<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<Bytes> {
    // Recipients may join the lines (RFC 9110, section 5.3), so an unclosed quote can reach into the next line.
    let mut rest = Vec::new();
    for line in lines.filter(|line| !line.trim_ascii().is_empty()) {
        rest.extend_from_slice(b", ");
        rest.extend_from_slice(line);
    }
    if rest.is_empty() {
        return Some(Bytes::from_static(PRIVATE_DIRECTIVES));
    }
    // A qualified directive, such as `private="Set-Cookie"`, only restricts the header fields that it names.
    let has =
        |name: &[u8]| directives(&rest).any(|directive| directive.trim_ascii().eq_ignore_ascii_case(name));
    // Caches that know `must-understand` ignore a `no-store` beside it (RFC 9111, section 5.2.2.3).
    if has(b"private") || (has(b"no-store") && !has(b"must-understand")) {
        return None;
    }
    // `no-cache` already covers `Set-Cookie`, but it is not enough: a cache may store the response, and send its cookie
    // to every visitor whose request the server answers with 304 Not Modified.
    let added: &[u8] = if has(b"no-cache") { b"private" } else { PRIVATE_DIRECTIVES };
    // Our directives come first. After an unclosed quote in the application's lines, they would be part of a string.
    Some([added, &rest].concat().into())
}

/// Splits a value at the commas outside quoted strings.
fn directives(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut in_quotes, mut is_escaped) = (false, false);
    value.split(move |&byte| {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(lines: &[&str]) -> Option<String> {
        let value = private(lines.iter().map(|line| line.as_bytes()))?;
        Some(String::from_utf8(value.into()).unwrap())
    }

    #[test]
    fn restrictive_directive_stays_unchanged() {
        for lines in [
            &["private"][..],
            &["no-store"],
            &["no-cache, No-Store"],
            &["max-age=60,Private"],
            &["public ,\t no-store\t"],
            &["max-age=60", "private"],
            &["must-understand, no-store, private"],
            &[r#"no-cache="a, b", private"#],
            &[r#"no-cache="a\", b", no-store"#],
        ] {
            assert_eq!(merged(lines), None, "{lines:?}");
        }
    }

    #[test]
    fn unrestricted_response_gets_private_directives() {
        for (lines, rest) in [
            (&[][..], ""),
            (&[""], ""),
            (&["public, max-age=600"], ", public, max-age=600"),
            (&["public", "", "max-age=600"], ", public, max-age=600"),
            (&[r#"no-cache="Set-Cookie""#], r#", no-cache="Set-Cookie""#),
            (&[r#"private="Set-Cookie""#], r#", private="Set-Cookie""#),
            (&["private=", "no-store=x"], ", private=, no-store=x"),
            // Regression: a cache that knows `must-understand` ignores `no-store`, and stored one visitor's cookie.
            (&["must-understand, no-store, max-age=600"], ", must-understand, no-store, max-age=600"),
            (&[r#"x="private, no-store, no-cache""#], r#", x="private, no-store, no-cache""#),
            (&[r#"x="\", private""#], r#", x="\", private""#),
            (&[r#"x="never closed, private"#], r#", x="never closed, private"#),
            (&[r#"x="never closed"#, "private"], r#", x="never closed, private"#),
            (&["x-private, privately"], ", x-private, privately"),
        ] {
            let expected = format!(r#"no-cache="Set-Cookie", private{rest}"#);
            assert_eq!(merged(lines), Some(expected), "{lines:?}");
        }
    }

    /// Regression: the response stayed as it was, and Apache sent one visitor's cookie to others after a 304.
    #[test]
    fn response_with_no_cache_becomes_private() {
        for lines in
            [&["no-cache"][..], &["public, No-Cache"], &["public", "no-cache"], &[r#"x="private", no-cache"#]]
        {
            assert_eq!(merged(lines), Some(format!("private, {}", lines.join(", "))), "{lines:?}");
        }
    }

    #[test]
    fn value_with_our_directives_stays_unchanged() {
        let once = merged(&["public, max-age=600"]).unwrap();
        assert_eq!(merged(&[&once]), None);
    }
}
