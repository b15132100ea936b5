//! The structural scan of a loaded state. It finds the entries. In a value that is a string, a list or an object, it
//! checks only the quotes and the brackets. In any other value, it only checks that the bytes are in [`SCALAR`].

use std::ops::Range;

use memchr::memchr2;

use super::blocks::Blocks;
use super::scan::{Member, Result, SHORT_STRING, SYNTAX, Scanner};
use crate::malformed_record::{Kind, MalformedRecord};

/// ASCII letters, digits, `+`, `-` and `.`. They include all characters of numbers, of `true`, `false` and `null`, and
/// of Python's `NaN`, `Infinity` and `-Infinity`.
const SCALAR: [bool; 256] = {
    let mut scalar = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        scalar[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        byte += 1;
    }
    scalar
};

impl Scanner<'_> {
    /// Reads the object of a state at the current position, and passes its members to `take`.
    ///
    /// Checks the keys, the commas and the colons, and finds the end of each value. A string ends at its closing quote,
    /// and a list or an object at its closing bracket. Any other value ends before the first byte that is not in
    /// [`SCALAR`]. In a valid object, the spans of the values are those that [`value_at`](Self::value_at) returns.
    pub(crate) fn object(&mut self, mut take: impl FnMut(Member)) -> Result<()> {
        if self.peek().is_some_and(|byte| byte != b'{') {
            return Err(MalformedRecord(Kind::NotAnObject));
        }
        self.expect(b'{')?;
        if self.peek() == Some(b'}') {
            self.pos += 1;
            return Ok(());
        }
        let mut blocks = Blocks::new(self.text);
        loop {
            let (key, escaped) = self.key()?;
            take(Member { key, escaped, value: self.skip_value(&mut blocks)? });
            if !self.another(b'}')? {
                return Ok(());
            }
        }
    }

    /// Skips the next value, and returns its span.
    #[inline(always)]
    fn skip_value(&mut self, blocks: &mut Blocks<'_>) -> Result<Range<usize>> {
        let first = self.peek();
        let start = self.pos;
        self.pos = match first {
            Some(b'"') => self.end_of_string()?,
            Some(b'{' | b'[') => blocks.end_of_container(start)?,
            _ => self.end_of_scalar()?,
        };
        Ok(start..self.pos)
    }

    #[inline(always)]
    fn end_of_scalar(&self) -> Result<usize> {
        let is_scalar = |&&byte: &&u8| SCALAR[usize::from(byte)];
        match self.text[self.pos..].iter().take_while(is_scalar).count() {
            0 => Err(SYNTAX),
            length => Ok(self.pos + length),
        }
    }

    #[inline(always)]
    fn end_of_string(&self) -> Result<usize> {
        let mut pos = self.pos + 1;
        loop {
            let rest = self.text.get(pos..).ok_or(SYNTAX)?;
            let near = rest.iter().take(SHORT_STRING).position(|&byte| matches!(byte, b'"' | b'\\'));
            let plain = near.or_else(|| memchr2(b'"', b'\\', rest)).ok_or(SYNTAX)?;
            if rest[plain] == b'"' {
                return Ok(pos + plain + 1);
            }
            // Skip the backslash and the character that it escapes.
            pos += plain + 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::{MAX_VALUE_DEPTH, STATE_DEPTH};
    use super::*;

    /// The span of a member's key, whether the key has escapes, and the span of the value.
    type Spans = (Range<usize>, bool, Range<usize>);

    fn scan(text: &str) -> Option<Vec<Spans>> {
        let mut spans = Vec::new();
        let mut scanner = Scanner::new(text);
        scanner.object(|Member { key, escaped, value }| spans.push((key, escaped, value))).ok()?;
        scanner.end().ok().map(|()| spans)
    }

    /// Returns the spans of the members. `value` moves the scanner over a value and returns the span of the value.
    fn scan_with(text: &str, value: impl Fn(&mut Scanner<'_>) -> Option<Range<usize>>) -> Option<Vec<Spans>> {
        let mut spans = Vec::new();
        let mut scanner = Scanner::new(text);
        scanner.expect(b'{').ok()?;
        if scanner.peek() == Some(b'}') {
            scanner.pos += 1;
        } else {
            loop {
                let (key, escaped) = scanner.key().ok()?;
                spans.push((key, escaped, value(&mut scanner)?));
                if !scanner.another(b'}').ok()? {
                    break;
                }
            }
        }
        scanner.end().ok().map(|()| spans)
    }

    fn validating_scan(text: &str) -> Option<Vec<Spans>> {
        scan_with(text, |scanner| scanner.value_at(STATE_DEPTH + 1).ok())
    }

    /// Finds the spans byte by byte. It is the oracle for the scan in blocks.
    fn plain_scan(text: &str) -> Option<Vec<Spans>> {
        scan_with(text, |scanner| {
            let first = scanner.peek()?;
            let start = scanner.pos;
            let (mut in_string, mut escaped, mut closing) = (false, false, Vec::new());
            if !matches!(first, b'"' | b'[' | b'{') {
                while scanner.text.get(scanner.pos).is_some_and(|&byte| SCALAR[usize::from(byte)]) {
                    scanner.pos += 1;
                }
                return (scanner.pos > start).then_some(start..scanner.pos);
            }
            loop {
                let &byte = scanner.text.get(scanner.pos)?;
                scanner.pos += 1;
                let is_escaped = std::mem::take(&mut escaped);
                match byte {
                    b'\\' => escaped = !is_escaped,
                    b'"' => in_string ^= !is_escaped,
                    b'[' | b'{' if !in_string => {
                        closing.push(byte + 2);
                        if closing.len() > MAX_VALUE_DEPTH {
                            return None;
                        }
                    }
                    b']' | b'}' if !in_string && closing.pop() != Some(byte) => return None,
                    _ => {}
                }
                if closing.is_empty() && !in_string {
                    return Some(start..scanner.pos);
                }
            }
        })
    }

    fn check(text: &str) {
        let found = scan(text);
        assert_eq!(found, plain_scan(text), "{text:?}");
        let valid = validating_scan(text);
        assert!(valid.is_none() || found == valid, "{text:?}");
        for (key, _, value) in found.into_iter().flatten() {
            assert!(text.get(key).is_some() && text.get(value).is_some(), "{text:?}");
        }
    }

    /// Pieces of JSON strings.
    const IN_STRING: [&str; 14] = [
        "a",
        "é",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ":",
        r"\\",
        r#"\""#,
        r"\u00e9",
        r"\n",
        "0123456789abcdef",
        "a longer part, of words",
    ];

    /// Pieces of JSON, and of texts that are almost JSON.
    const PIECES: [&str; 27] = [
        "[",
        "]",
        "{",
        "}",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\"",
        "\\",
        r"\\",
        r#"\""#,
        ",",
        ":",
        ", ",
        ": ",
        " ",
        "1",
        "-0.5e+3",
        "NaN",
        "null",
        "é",
        "\0",
        r#""key": "#,
        r#""a string""#,
        "                              ",
    ];

    fn string() -> impl Strategy<Value = String> {
        vec(select(&IN_STRING[..]), 0..8).prop_map(|parts| format!("\"{}\"", parts.concat()))
    }

    fn list(parts: Vec<String>, [open, close]: [&str; 2], comma: &str) -> String {
        format!("{open}{}{close}", parts.join(comma))
    }

    fn valid_value() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            string(),
            select(
                &["0", "-1.5e-7", "true", "false", "null", "[]", "{}", "123456789012345678901234567890"][..]
            )
            .prop_map(str::to_owned),
        ];
        leaf.prop_recursive(5, 40, 5, |value| {
            let comma = select(&[",", ", ", " ,\n\t"][..]);
            let member = (string(), value.clone()).prop_map(|(key, value)| format!("{key}: {value}"));
            prop_oneof![
                (vec(value, 0..5), comma.clone()).prop_map(|(parts, comma)| list(parts, ["[", "]"], comma)),
                (vec(member, 0..5), comma).prop_map(|(parts, comma)| list(parts, ["{", "}"], comma)),
            ]
        })
    }

    fn valid_object() -> impl Strategy<Value = String> {
        let member = (string(), valid_value()).prop_map(|(key, value)| format!("{key}: {value}"));
        vec(member, 0..6).prop_map(|members| list(members, ["{", "}"], ", "))
    }

    fn cases(times: u32) -> ProptestConfig {
        ProptestConfig::with_cases(ProptestConfig::default().cases * times)
    }

    proptest! {
        #![proptest_config(cases(8))]

        #[test]
        fn valid_object_has_same_spans_as_in_validating_scan(text in valid_object()) {
            prop_assert!(scan(&text).is_some());
            check(&text);
        }

        #[test]
        fn changed_object_matches_plain_scan(
            text in valid_object(),
            at: prop::sample::Index,
            piece in select(&PIECES[..]),
            removed in 0..3_usize,
        ) {
            let mut chars: Vec<char> = text.chars().collect();
            let at = at.index(chars.len());
            chars.splice(at..(at + removed).min(chars.len()), piece.chars());
            check(&chars.into_iter().collect::<String>());
        }

        #[test]
        fn pieces_of_json_match_plain_scan(pieces in vec(select(&PIECES[..]), 0..60)) {
            let pieces = pieces.concat();
            for text in [&pieces, &format!("{{\"a\": [{pieces}"), &format!("{{\"a\": [\"{pieces}")] {
                check(text);
            }
        }

        #[test]
        fn any_text_matches_plain_scan(text: String) {
            check(&text);
            check(&format!("{{\"a\": {text}}}"));
        }
    }

    /// The offsets put each piece, or the text after it, near the ends of the first two blocks.
    #[test]
    fn pieces_at_block_edges_match_plain_scan() {
        let pieces = [
            "",
            "\"",
            "\\",
            r"\\",
            r#"\""#,
            r#"\\\""#,
            r#"\\""#,
            r"\\\\\\\\\",
            "[",
            "]",
            "{",
            "}",
            "[]",
            "{}",
            "[}",
            "é",
            r#"", ["#,
            r#""], ["#,
            r#"": {"#,
            r#""], "c": [{"d": ["#,
            r#""], "c": "\\", "d": ["x"], "e": [""#,
        ];
        for offset in (40..75).chain(105..140) {
            for piece in pieces {
                for filler in ["a", " ", "\\", "[", "]", "\"a\", "] {
                    let filler = filler.repeat(offset / filler.len());
                    for [before, after] in [
                        [r#"{"a": [""#, r#""], "b": [{}]}"#],
                        [r#"{"a": [[""#, r#"", "x"]], "b": [1, {"c": "d"}], "e": 1}"#],
                        [r#"{"a": ["#, r#"], "b": [{}]}"#],
                        [r#"{"a": ""#, r#"", "b": [[], "]"]}"#],
                        [r#"{"a": "#, ""],
                    ] {
                        check(&format!("{before}{filler}{piece}{after}"));
                        check(&format!("{before}{piece}{filler}{after}"));
                    }
                }
            }
        }
    }

    #[test]
    fn nan_and_other_words_load_as_values() {
        let text = r#"{"a": NaN, "b": -Infinity, "c": [Infinity, NaN], "d": 01, "e": word}"#;
        let values: Vec<_> = scan(text).unwrap().into_iter().map(|(_, _, value)| &text[value]).collect();
        assert_eq!(values, ["NaN", "-Infinity", "[Infinity, NaN]", "01", "word"]);
    }

    #[test]
    fn object_with_broken_structure_is_an_error() {
        for text in [
            "",
            "{",
            "}",
            "{}}",
            "{,}",
            "{\"a\"}",
            "{\"a\": }",
            "{\"a\" 1}",
            "{\"a\": 1,}",
            "{\"a\": 1 2}",
            "{\"a\": 1 \"b\": 2}",
            "{\"a\":: 1}",
            "{a: 1}",
            "{'a': 1}",
            "{\"a\": 'b'}",
            "{\"\n\": 1}",
            "{\"\\x\": 1}",
            "{\"a\": \"b}",
            "{\"a\": \"b\\\"}",
            "{\"a\": [}",
            "{\"a\": [}]}",
            "{\"a\": [\"]}",
            "{\"a\": é}",
            "{\"a\": \\}",
        ] {
            assert!(scan(text).is_none(), "{text}");
        }
    }

    #[test]
    fn too_deep_value_is_an_error() {
        let nested = |depth: usize| format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(scan(&nested(MAX_VALUE_DEPTH)).is_some());
        for depth in [MAX_VALUE_DEPTH + 1, 1_000_000] {
            let error = Scanner::new(&nested(depth)).object(|_| ()).unwrap_err();
            assert_eq!(error, MalformedRecord(Kind::TooDeep));
        }
    }
}
