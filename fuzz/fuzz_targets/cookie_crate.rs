//! Compares our parser of the `Cookie` header with the `cookie` crate.
//!
//! Input: the header. docs/fuzzing.md, section "cookie_crate", lists the allowed differences.

#![no_main]

use cookie::Cookie;
use libfuzzer_sys::fuzz_target;
use session_cookie::CookieHeader;

/// Returns whether a character is white space that the `cookie` crate trims and RFC 6265bis does not.
fn is_other_space(char: char) -> bool {
    char.is_whitespace() && char != ' ' && char != '\t'
}

fn our_values(header: &str, name: &str) -> Vec<String> {
    let value =
        |value: &[u8]| String::from_utf8(value.to_vec()).expect("splitting at ASCII keeps UTF-8 valid");
    CookieHeader::from(header).values(name).map(value).collect()
}

fuzz_target!(|header: &str| {
    let theirs: Vec<Cookie<'_>> = Cookie::split_parse(header).filter_map(Result::ok).collect();

    if !header.contains(is_other_space) {
        for name in theirs.iter().map(Cookie::name).chain(["session"]) {
            let expected: Vec<&str> = theirs
                .iter()
                .rev()
                .filter(|cookie| cookie.name() == name)
                .map(Cookie::value_trimmed)
                .collect();
            assert_eq!(
                our_values(header, name),
                expected,
                "the values of {name:?} must be those of the `cookie` crate"
            );
        }
        return;
    }

    // Allowed: we trim only spaces and tabs from names and values. So our value may keep other white space, and quotes
    // that are next to such white space.
    for pair in header.split(';') {
        let our_name = pair.split_once('=').map_or("", |(name, _)| name.trim_matches([' ', '\t']));
        let ours = our_values(pair, our_name).pop();
        match Cookie::parse(pair) {
            Ok(theirs) => {
                let ours = ours.expect("we should accept a pair that the crate accepts");
                assert_eq!(our_name.trim(), theirs.name());
                let ours = ours.trim();
                assert!(
                    ours == theirs.value() || ours == theirs.value_trimmed().trim(),
                    "{ours:?}, {theirs:?}"
                );
            }
            // Allowed: the crate refuses a pair whose name is only white space.
            Err(_) => {
                assert!(
                    ours.is_none() || our_name.trim().is_empty(),
                    "we must refuse a pair that the crate refuses: {pair:?}"
                )
            }
        }
    }
});
