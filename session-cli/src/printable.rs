//! Escapes untrusted text, so that a terminal can show it safely.

use std::fmt::Write;

/// Escapes every character that a terminal may interpret or hide. These are control and format characters, line and
/// paragraph separators, spaces other than U+0020, marks of writing direction, tags, variation selectors, other
/// invisible letters and marks, and private or unassigned characters.
///
/// The escapes are those of JSON strings, such as `\u001b`. So a JSON text keeps its meaning if all escaped characters
/// are in its strings.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_visible(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// Escapes each line of a text, as [`escape`] does, and keeps the line breaks.
pub(crate) fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

fn is_visible(c: char) -> bool {
    match c {
        ' '..='~' => true,
        // The letters and marks among Unicode's Default_Ignorable_Code_Point characters. The standard library does not
        // escape them. Some of the ranges also contain characters that it does escape.
        '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}' => false,
        // The standard library escapes the categories Cc, Cf, Cn, Co, Zl, Zp and Zs. It also escapes a combining mark
        // at the start of a text, so an `x` comes first.
        _ => format!("x{c}").escape_debug().nth(1) == Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_or_control_character_is_escaped() {
        for (c, expected) in [
            ('\0', "\\u0000"),
            ('\u{7}', "\\u0007"),            // bell
            ('\t', "\\u0009"),               // Cc
            ('\n', "\\u000a"),               // Cc
            ('\r', "\\u000d"),               // Cc
            ('\u{1b}', "\\u001b"),           // escape
            ('\u{7f}', "\\u007f"),           // delete
            ('\u{9b}', "\\u009b"),           // control sequence introducer
            ('\u{a0}', "\\u00a0"),           // no-break space, Zs
            ('\u{ad}', "\\u00ad"),           // soft hyphen, Cf
            ('\u{34f}', "\\u034f"),          // combining grapheme joiner, Mn
            ('\u{61c}', "\\u061c"),          // Arabic letter mark, Cf
            ('\u{180e}', "\\u180e"),         // Mongolian vowel separator, Cf
            ('\u{200b}', "\\u200b"),         // zero width space, Cf
            ('\u{200d}', "\\u200d"),         // zero width joiner, Cf
            ('\u{200e}', "\\u200e"),         // left-to-right mark, Cf
            ('\u{2028}', "\\u2028"),         // line separator, Zl
            ('\u{2029}', "\\u2029"),         // paragraph separator, Zp
            ('\u{202e}', "\\u202e"),         // right-to-left override, Cf
            ('\u{2060}', "\\u2060"),         // word joiner, Cf
            ('\u{2066}', "\\u2066"),         // left-to-right isolate, Cf
            ('\u{2069}', "\\u2069"),         // pop directional isolate, Cf
            ('\u{206a}', "\\u206a"),         // inhibit symmetric swapping, Cf
            ('\u{3000}', "\\u3000"),         // ideographic space, Zs
            ('\u{3164}', "\\u3164"),         // Hangul filler, Lo
            ('\u{e000}', "\\ue000"),         // private use, Co
            ('\u{fe0f}', "\\ufe0f"),         // variation selector, Mn
            ('\u{feff}', "\\ufeff"),         // byte order mark, Cf
            ('\u{fff9}', "\\ufff9"),         // interlinear annotation anchor, Cf
            ('\u{fffe}', "\\ufffe"),         // noncharacter, Cn
            ('\u{378}', "\\u0378"),          // not assigned, Cn
            ('\u{e0041}', "\\udb40\\udc41"), // tag, Cf
            ('\u{e0100}', "\\udb40\\udd00"), // variation selector, Mn
            ('\u{f0000}', "\\udb80\\udc00"), // private use, Co
        ] {
            assert_eq!(escape(&format!("a{c}b")), format!("a{expected}b"));
            assert_eq!(escape(&c.to_string()), expected);
            let json = format!("\"{}\"", escape(&c.to_string()));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), c.to_string());
        }
    }

    #[test]
    fn visible_text_is_not_escaped() {
        for text in
            ["Zoë \"\\'\" {}", "Zoe\u{308}", "हिन्दी", "ไทย", "עברית", "العربية", "日本語", "🍪", "\u{fffd}"]
        {
            assert_eq!(escape(text), text);
        }
        assert_eq!(escape(&escape("\u{1b}")), "\\u001b", "an escape is not escaped again");
    }

    #[test]
    fn line_break_is_kept_by_escape_lines() {
        assert_eq!(escape_lines("one\n\ntwo\u{1b}\r\n"), "one\n\ntwo\\u001b\\u000d\n");
    }
}
