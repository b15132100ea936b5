//! The reader of the `Cookie` header against the `cookie` crate.
//!
//! Input: the header. What may differ is said in docs/fuzzing.md, section "cookie_crate".

#![no_main]

use cookie::Cookie;
use libfuzzer_sys::fuzz_target;
use session_cookie::CookieHeader;

/// White space that the `cookie` crate trims, and RFC 6265bis does not.
fn is_other_space(char: char) -> bool {
    char.is_whitespace() && char != ' ' && char != '\t'
}

fn our_values(header: &str, name: &str) -> Vec<String> {
    let value = |value: &[u8]| String::from_utf8(value.to_vec()).expect("cut at ASCII, it stays UTF-8");
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
            assert_eq!(our_values(header, name), expected, "the values of {name:?}");
        }
        return;
    }

    // Allowed: other white space. It is part of our names and values, and may keep quotes in the value.
    for pair in header.split(';') {
        let our_name = pair.split_once('=').map_or("", |(name, _)| name.trim_matches([' ', '\t']));
        let ours = our_values(pair, our_name).pop();
        match Cookie::parse(pair) {
            Ok(theirs) => {
                let ours = ours.expect("a pair that they take");
                assert_eq!(our_name.trim(), theirs.name());
                let ours = ours.trim();
                assert!(
                    ours == theirs.value() || ours == theirs.value_trimmed().trim(),
                    "{ours:?}, {theirs:?}"
                );
            }
            // Allowed: a name of nothing but other white space is none to them.
            Err(_) => {
                assert!(ours.is_none() || our_name.trim().is_empty(), "a pair that they refuse: {pair:?}")
            }
        }
    }
});
