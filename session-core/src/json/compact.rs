//! Shortens JSON text without changing its value.

use memchr::{memchr2, memchr3};

/// Appends the compact form of `text` to `out`: without white space between tokens, and with non-ASCII characters as
/// UTF-8 in place of `\u` escapes. The strings, lists and objects of `text` must be closed; its numbers, words and
/// escapes may be invalid.
///
/// Everything else stays as it is: the spelling of numbers, the order of keys, other escapes, and Python's `NaN`. If
/// `text` has white space between two numbers or words, which is invalid JSON, one space remains.
///
/// ```
/// use session_core::json::compact;
///
/// let mut out = Vec::new();
/// compact(r#"{"name": "Zo\u00eb L.", "x": [1.0, NaN]}"#, &mut out);
/// assert_eq!(str::from_utf8(&out).unwrap(), r#"{"name":"Zoë L.","x":[1.0,NaN]}"#);
/// ```
pub fn compact(text: &str, out: &mut Vec<u8>) {
    // Most values have neither white space nor escapes.
    if memchr2(b' ', b'\\', text.as_bytes()).is_none() && !has_line_breaks(text) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        tokens(&rest[..quote], out);
        out.push(b'"');
        rest = string(&rest[quote + 1..], out);
    }
    tokens(rest, out);
}

/// Returns whether a text has a tab or a line break. JSON allows them only between tokens, not in strings.
fn has_line_breaks(text: &str) -> bool {
    memchr3(b'\t', b'\n', b'\r', text.as_bytes()).is_some()
}

/// Appends text outside of strings, without the white space between tokens.
fn tokens(text: &str, out: &mut Vec<u8>) {
    let mut last = b',';
    let mut has_space = false;
    for byte in text.bytes() {
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            has_space = true;
            continue;
        }
        // A loaded value may be invalid JSON. For example, `1 2` must not become `12`, which is valid.
        if has_space && is_scalar(last) && is_scalar(byte) {
            out.push(b' ');
        }
        has_space = false;
        last = byte;
        out.push(byte);
    }
}

fn is_scalar(byte: u8) -> bool {
    !b"[]{},:".contains(&byte)
}

/// Appends a string up to and including its closing quote. `text` starts after the opening quote. Returns the text
/// after the string.
fn string<'t>(text: &'t str, out: &mut Vec<u8>) -> &'t str {
    let mut rest = text;
    loop {
        let Some(at) = memchr2(b'"', b'\\', rest.as_bytes()) else {
            // The string is not closed, so `text` is not as `compact` requires.
            out.extend_from_slice(rest.as_bytes());
            return "";
        };
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let special = &rest[at..];
        if let Some(after) = special.strip_prefix('"') {
            out.push(b'"');
            return after;
        }
        rest = escape(special, out);
    }
}

/// Appends the escape at the start of `text`: as UTF-8 if it stands for a non-ASCII character, else unchanged. Returns
/// the text after the escape.
fn escape<'t>(text: &'t str, out: &mut Vec<u8>) -> &'t str {
    let (character, len) = match code_unit(text) {
        Some(high @ 0xd800..0xdc00) => match text.get(6..).and_then(code_unit) {
            Some(low @ 0xdc00..0xe000) => {
                let pair = 0x10000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(low) - 0xdc00);
                (char::from_u32(pair), 12)
            }
            _ => (None, 6),
        },
        Some(unit) => (char::from_u32(u32::from(unit)).filter(|character| !character.is_ascii()), 6),
        None => (None, 2),
    };
    // If the text cannot be split after the escape, the escape is invalid: the text ends after the backslash, or a
    // non-ASCII character follows the backslash. Then copy the rest of the text.
    let (escape, rest) = text.split_at_checked(len).unwrap_or((text, ""));
    match character {
        Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(escape.as_bytes()),
    }
    rest
}

/// Returns the UTF-16 code unit of the `\u` escape that `text` starts with.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    // `from_str_radix` alone would also accept a sign.
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compacted(text: &str) -> String {
        let mut out = Vec::new();
        compact(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn white_space_between_tokens_is_removed() {
        assert_eq!(compacted("{\"a b\": [1, 2.0],\n\t\"c\" : {} }"), r#"{"a b":[1,2.0],"c":{}}"#);
        assert_eq!(compacted("[\t1\r]"), "[1]");
        assert_eq!(compacted("[\n]"), "[]");
    }

    #[test]
    fn strings_keep_their_white_space() {
        assert_eq!(compacted(r#"["a, b", "\" c, d", "\\", " e"]"#), r#"["a, b","\" c, d","\\"," e"]"#);
    }

    #[test]
    fn escapes_of_non_ascii_characters_become_utf8() {
        assert_eq!(compacted(r#""Zo\u00eb \uD83D\ude00\u20ac""#), "\"Zoë 😀€\"");
    }

    #[test]
    fn escapes_of_ascii_and_lone_surrogates_stay() {
        for text in [
            r#""\u0000\u001f\n\/""#,
            r#""\u0022\u005c\u0041""#,
            r#""\ud83d""#,
            r#""\ud83d\u0041""#,
            r#""\ud83d\ud83d""#,
            r#""\ude00\ud83d x""#,
        ] {
            assert_eq!(compacted(text), text);
        }
    }

    #[test]
    fn white_space_between_scalars_becomes_one_space() {
        assert_eq!(compacted("[1  2, - 3 ,tru\te]"), "[1 2,- 3,tru e]");
    }

    /// A loaded value may have invalid escapes. Text with an unclosed string breaks the contract of `compact`, but does
    /// not cause a panic.
    #[test]
    fn text_that_is_not_json_is_copied() {
        for text in
            [r#""\u00+1 ""#, r#""\u12é4\x ""#, r#"" \"#, r#""a b"#, r#""\u00"#, r#""\ud83d\u"#, "\"\\é"]
        {
            assert_eq!(compacted(text), text);
        }
    }
}
