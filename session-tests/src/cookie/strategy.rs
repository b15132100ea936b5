//! Strategies for requested cookies.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Cookie, SameSite};
use crate::strategies::regex;

/// 400 days, the longest time for which browsers keep a cookie.
const MAX_AGE: u64 = 400 * 24 * 60 * 60;

/// Generates valid cookies that browsers accept, without the attribute `Partitioned`.
pub fn cookie() -> impl Strategy<Value = Cookie> {
    let name = prop_oneof![
        6 => regex("[a-z]{1,8}"),
        3 => regex("[!#$%&'*+.^`|~0-9A-Za-z-][!#$%&'*+.^_`|~0-9A-Za-z-]{0,20}"),
        1 => regex("__Secure-[a-z]{1,8}"),
        1 => regex("__Host-[a-z]{1,8}"),
    ];
    let value = prop_oneof![
        6 => regex("[!#-+\\--:<-\\[\\]-~]{0,60}"),
        2 => regex("[A-Za-z0-9_-]{10}={0,2}"),
        1 => (1000_usize..3000).prop_map(|len| "v".repeat(len)),
    ];
    let path = prop_oneof![
        1 => Just(None),
        3 => Just(Some("/".to_owned())),
        3 => regex("/[!-:<-~]{0,20}").prop_map(Some),
    ];
    let domain = proptest::option::of(regex("([a-z][a-z0-9]{0,8}\\.){0,3}[a-z]{1,6}"));
    let max_age = proptest::option::of((1..=MAX_AGE).prop_map(Duration::from_secs));
    let flags = (any::<bool>(), any::<bool>(), samesite());
    (name, value, path, domain, max_age, flags).prop_map(|(name, value, path, domain, max_age, flags)| {
        let (secure, httponly, samesite) = flags;
        let (is_host, is_secure) = (name.starts_with("__Host-"), name.starts_with("__"));
        Cookie {
            path: if is_host { Some("/".to_owned()) } else { path },
            domain: domain.filter(|_| !is_host),
            secure: secure || is_secure || samesite == Some(SameSite::None),
            value: Some(value),
            name,
            max_age,
            httponly,
            samesite,
            partitioned: false,
        }
    })
}

/// Generates cookies with any number of faults: text that could become another attribute or header, sizes that browsers
/// refuse, attributes that contradict each other. One in four has no value and asks for a removal.
pub fn any_cookie() -> impl Strategy<Value = Cookie> {
    let name = prop_oneof![
        1 => hostile("session"),
        1 => select(vec!["__Host-a", "__host-a", "__Secure-a", "__SECURE-a"]).prop_map(str::to_owned),
        1 => select(vec![100, 4096, 4097]).prop_map(|len| "n".repeat(len)),
    ];
    let value = prop_oneof![
        4 => hostile("value"),
        1 => (3980_usize..4110).prop_map(|len| "v".repeat(len)),
    ];
    let path = prop_oneof![
        4 => hostile("/"),
        1 => select(vec![1024, 1025, 5000]).prop_map(|len| format!("/{}", "p".repeat(len - 1))),
    ];
    let domain = prop_oneof![
        4 => hostile("example.org"),
        1 => select(vec!["..", ".", "a..b", ".a.example", "a.example.", "a_b.example", "[::1]", "a:80", "https://a"])
            .prop_map(str::to_owned),
        1 => select(vec![63, 64, 254]).prop_map(|len| "d".repeat(len)),
    ];
    let max_age = select(vec![0, 1, 999, 1000, 1500, 3_600_000]).prop_map(Duration::from_millis);
    let changes = (
        proptest::option::weighted(0.2, name),
        proptest::option::weighted(0.3, value),
        proptest::option::weighted(0.3, path),
        proptest::option::weighted(0.3, domain),
        proptest::option::weighted(0.3, max_age),
    );
    let flags = proptest::option::weighted(0.3, (any::<bool>(), samesite(), any::<bool>()));
    let is_removal = proptest::bool::weighted(0.25);
    (cookie(), changes, flags, is_removal).prop_map(|(cookie, changes, flags, is_removal)| {
        let (name, value, path, domain, max_age) = changes;
        let (secure, samesite, partitioned) = flags.unwrap_or((cookie.secure, cookie.samesite, false));
        Cookie {
            name: name.unwrap_or(cookie.name),
            value: value.or(cookie.value).filter(|_| !is_removal),
            path: path.or(cookie.path),
            domain: domain.or(cookie.domain),
            max_age: max_age.or(cookie.max_age),
            httponly: cookie.httponly,
            secure,
            samesite,
            partitioned,
        }
    })
}

fn samesite() -> impl Strategy<Value = Option<SameSite>> {
    select(vec![None, Some(SameSite::Strict), Some(SameSite::Lax), Some(SameSite::None)])
}

/// Generates hostile texts. Half of them begin with `start`.
fn hostile(start: &'static str) -> impl Strategy<Value = String> {
    let pieces = vec![
        "\r\nSet-Cookie: admin=1",
        "\r",
        "\n",
        "; Domain=evil.example",
        "; HttpOnly",
        ";",
        ",",
        "=",
        "\"",
        "\\",
        " ",
        "\t",
        "\0",
        "\x7f",
        "é",
        "\u{2028}",
        "%3B",
        "a",
    ];
    let pieces = vec(select(pieces), 0..3).prop_map(|pieces| pieces.concat());
    (any::<bool>(), pieces)
        .prop_map(move |(begins, rest)| if begins { format!("{start}{rest}") } else { rest })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// Regression: most values consisted of `!` and `#` to `+`, because `--` in the regex subtracted all other
    /// characters.
    #[test]
    fn values_contain_every_cookie_octet() {
        let mut runner = TestRunner::deterministic();
        let values = (0..300).map(|_| cookie().new_tree(&mut runner).unwrap().current().value.unwrap());
        let found: BTreeSet<char> = values.collect::<String>().chars().collect();
        let octets = ('!'..='~').filter(|octet| !"\",;\\".contains(*octet));
        assert_eq!(found, octets.collect());
    }
}
