//! Splits the unchecked text of a list into its elements.

/// Returns the texts of a list's elements, or `None` if `text` is not a list.
///
/// `text` is the value of an entry. Its brackets and quotes are balanced, but its elements may be invalid JSON.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut elements: Vec<&str> = inside
        .split(|c: char| {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = in_string,
                '"' => in_string = !in_string,
                '[' | '{' if !in_string => depth += 1,
                ']' | '}' if !in_string => depth = depth.saturating_sub(1),
                ',' => return depth == 0 && !in_string,
                _ => {}
            }
            false
        })
        .map(|element| element.trim_matches([' ', '\n', '\r', '\t']))
        .collect();
    if elements == [""] {
        elements.clear();
    }
    Some(elements)
}

#[cfg(test)]
mod tests {
    use super::elements;

    #[test]
    fn list_splits_at_commas_outside_of_elements() {
        for (text, expected) in [
            ("[]", &[][..]),
            ("[ \n ]", &[]),
            ("[1]", &["1"]),
            ("[NaN, -Infinity ,1]", &["NaN", "-Infinity", "1"]),
            (r#"["a,b]", ["c", "d"], {"e": [1, 2]}]"#, &[r#""a,b]""#, r#"["c", "d"]"#, r#"{"e": [1, 2]}"#]),
            (r#"["\",", "\\", ","]"#, &[r#""\",""#, r#""\\""#, r#"",""#]),
            (r#"[1,,2]"#, &["1", "", "2"]),
        ] {
            assert_eq!(elements(text).as_deref(), Some(expected), "{text}");
        }
        for other in ["", "1", "{}", "[", r#""[]""#] {
            assert_eq!(elements(other), None, "{other}");
        }
    }

    #[test]
    fn brackets_in_strings_are_not_counted() {
        for bracket in ["[", "]", "{", "}"] {
            let text = format!(r#"["{bracket}", [1, "{bracket}", 2], 3]"#);
            let inner = format!(r#"[1, "{bracket}", 2]"#);
            assert_eq!(elements(&text), Some(vec![&*format!("\"{bracket}\""), &inner, "3"]));
        }
    }
}
