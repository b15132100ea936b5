//! Compares our parser of the `Cookie` header with a naive one.
//!
//! Input: the header.

#![no_main]

use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use session_cookie::CookieHeader;

type Pair<'a> = (&'a [u8], &'a [u8]);

/// Parses a header step by step, without optimisations. Trims spaces and tabs, as RFC 6265bis does, and removes quotes
/// around a value, as WebOb does.
fn naive(header: &[u8]) -> Vec<Pair<'_>> {
    header
        .split(|&byte| byte == b';')
        .filter_map(|pair| {
            let equals = pair.iter().position(|&byte| byte == b'=')?;
            let (name, value) = (trim(&pair[..equals]), trim(&pair[equals + 1..]));
            let is_quoted = value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"");
            let value = if is_quoted { &value[1..value.len() - 1] } else { value };
            (!name.is_empty()).then_some((name, value))
        })
        .collect()
}

fn trim(bytes: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| *byte != b' ' && *byte != b'\t';
    match (bytes.iter().position(is_text), bytes.iter().rposition(is_text)) {
        (Some(first), Some(last)) => &bytes[first..=last],
        _ => &[],
    }
}

fuzz_target!(|line: &[u8]| {
    let pairs = naive(line);
    let header = CookieHeader::from(line);

    let mut names: Vec<&str> = pairs.iter().filter_map(|(name, _)| str::from_utf8(name).ok()).collect();
    // Also look for similar names: each name of the header, without its first character.
    names.extend(names.clone().iter().filter_map(|name| name.get(1..)));
    names.extend(["session", "", " ", "="]);
    names.sort();
    names.dedup();

    // The same pairs, each in a `Cookie` line of its own.
    let lines: CookieHeader = line.split(|&byte| byte == b';').collect();
    let from_http = HeaderValue::from_bytes(line).ok().map(CookieHeader::from);

    for name in names {
        let expected: Vec<&[u8]> = pairs
            .iter()
            .rev()
            .filter(|(found, _)| *found == name.as_bytes())
            .map(|(_, value)| *value)
            .collect();
        let mut values = header.values(name);
        assert_eq!(
            values.by_ref().collect::<Vec<_>>(),
            expected,
            "the values of {name:?} must be those of the naive parser"
        );
        assert_eq!(values.next(), None, "the iterator must be fused");
        assert!(expected.iter().all(|value| !value.contains(&b';')), "values must not contain a semicolon");

        assert!(
            lines.values(name).eq(header.values(name)),
            "{name:?} must have the same values in several lines"
        );
        if let Some(from_http) = &from_http {
            assert!(
                from_http.values(name).eq(header.values(name)),
                "{name:?} must have the same values in a HeaderValue"
            );
        }
    }
});
