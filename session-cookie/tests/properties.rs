//! Property tests: `CookieHeader` reads what a template writes, and agrees with a simple reference implementation.

use proptest::prelude::*;
use session_cookie::{CookieHeader, CookieTemplate};

/// Returns the values of the cookies named `name`, by the documented rules of [`CookieHeader::values`]. The
/// implementation is as simple as possible.
fn reference(line: &[u8], name: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for pair in line.split(|&byte| byte == b';') {
        let Some(equals) = pair.iter().position(|&byte| byte == b'=') else { continue };
        let (found_name, mut value) = (trim(&pair[..equals]), trim(&pair[equals + 1..]));
        if value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"") {
            value = &value[1..value.len() - 1];
        }
        if !found_name.is_empty() && found_name == name {
            found.push(value.to_vec());
        }
    }
    found.reverse();
    found
}

fn trim(bytes: &[u8]) -> &[u8] {
    let is_kept = |byte: &u8| *byte != b' ' && *byte != b'\t';
    match (bytes.iter().position(is_kept), bytes.iter().rposition(is_kept)) {
        (Some(first), Some(last)) => &bytes[first..=last],
        _ => &[],
    }
}

/// Generates `Cookie` lines of arbitrary bytes. In between, they contain the starts of cookies, such as `; ab=`. Most
/// bytes are special characters of the header, or `a` or `b`, the letters of most generated names.
fn hostile_line() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![8 => prop::sample::select(b";= \"\t,ab".to_vec()), 1 => any::<u8>()];
    let part =
        prop_oneof![8 => byte.prop_map(|byte| vec![byte]), 1 => "; ?[ab]{1,2}=".prop_map(String::into_bytes)];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]{1,2}", 1 => "[ab=; \"\t]{0,3}", 1 => any::<String>()]
}

fn token() -> impl Strategy<Value = String> {
    "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}"
}

fn cookie_octets() -> impl Strategy<Value = String> {
    "[!#-+\\--:<-\\[\\]-~]{0,80}"
}

/// Generates values. A third of them are valid. Another third contain one arbitrary character, which is often invalid.
/// The others are arbitrary strings.
fn value() -> impl Strategy<Value = String> {
    let one_of_any = (cookie_octets(), any::<char>(), cookie_octets());
    prop_oneof![
        cookie_octets(),
        one_of_any.prop_map(|(before, char, after)| format!("{before}{char}{after}")),
        any::<String>(),
    ]
}

fn template(name: &str) -> CookieTemplate {
    // With the default path `/`, these attributes meet the requirements of every prefix.
    CookieTemplate::builder(name).secure(true).httponly(true).build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn reader_agrees_with_reference(line in hostile_line(), name in name()) {
        let header = CookieHeader::from(line.as_slice());
        let values: Vec<Vec<u8>> = header.values(&name).map(<[u8]>::to_vec).collect();
        prop_assert_eq!(values, reference(&line, name.as_bytes()));
    }

    #[test]
    fn joined_lines_equal_separate_lines(lines in prop::collection::vec(hostile_line(), 0..5), name in name()) {
        let header: CookieHeader = lines.iter().collect();
        let values: Vec<Vec<u8>> = header.values(&name).map(<[u8]>::to_vec).collect();
        let expected: Vec<Vec<u8>> = lines.iter().rev().flat_map(|line| reference(line, name.as_bytes())).collect();
        prop_assert_eq!(values, expected);
    }

    #[test]
    fn written_value_is_read_back(
        name in token(), value in cookie_octets(), before in hostile_line(), after in hostile_line(),
    ) {
        let set = template(&name).set(&value).unwrap();
        let (pair, _) = set.as_str().split_once("; ").unwrap();
        let line = [&before, b"; ".as_slice(), pair.as_bytes(), b"; ", &after].concat();
        let header = CookieHeader::from(line);
        let later = CookieHeader::from(after.clone()).values(&name).count();
        prop_assert_eq!(header.values(&name).nth(later), Some(value.as_bytes()));
    }

    #[test]
    fn value_cannot_inject_header_or_attribute(value in value()) {
        let template = template("session");
        let expected = template.set("").unwrap().as_str().replacen("session=", &format!("session={value}"), 1);
        match template.set(&value) {
            Ok(line) => {
                prop_assert_eq!(line.as_str(), expected);
                prop_assert!(value.bytes().all(|b| b.is_ascii_graphic() && !b"\",;\\".contains(&b)));
            }
            Err(error) => prop_assert!(error.is_invalid_value() || error.is_too_large()),
        }
    }

    #[test]
    fn accepted_configuration_writes_printable_ascii(
        name in prop_oneof![token(), any::<String>()],
        path in prop_oneof!["/[ -~\t\r\n]{0,6}", any::<String>()],
        domain in prop_oneof!["[a-c.;\r-]{0,6}", any::<String>()],
    ) {
        if let Ok(template) = CookieTemplate::builder(name).path(path).domain(domain).build() {
            let removal = template.removal();
            prop_assert!(removal.as_str().bytes().all(|b| (b' '..=b'~').contains(&b)));
            // At most `Domain`, `Max-Age`, `Path`, `Expires` and `SameSite`.
            prop_assert!(removal.as_str().matches(';').count() <= 5);
        }
    }
}
