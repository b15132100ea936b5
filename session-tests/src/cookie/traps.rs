//! Fixed cookies that writers of `Set-Cookie` lines often get wrong.

use std::time::Duration;

use super::{Cookie, SameSite};

fn plain() -> Cookie {
    Cookie {
        name: "session".to_owned(),
        value: Some("value".to_owned()),
        path: Some("/".to_owned()),
        domain: None,
        max_age: None,
        secure: false,
        httponly: false,
        samesite: None,
        partitioned: false,
    }
}

fn full() -> Cookie {
    Cookie {
        path: Some("/a/b".to_owned()),
        domain: Some("example.org".to_owned()),
        max_age: Some(Duration::from_secs(3600)),
        secure: true,
        httponly: true,
        samesite: Some(SameSite::None),
        ..plain()
    }
}

/// Returns valid cookies.
pub(super) fn sound() -> impl Iterator<Item = Cookie> {
    let value = |value: &str| Cookie { value: Some(value.to_owned()), ..plain() };
    let max_age = |secs| Cookie { max_age: Some(Duration::from_secs(secs)), ..plain() };
    let samesite = |samesite| Cookie { samesite: Some(samesite), ..plain() };
    let name = |name: &str| Cookie { name: name.to_owned(), secure: true, ..plain() };
    [
        plain(),
        full(),
        value(""),
        value("eyJhIjoxfQ=="),
        value("a=b"),
        value("%3B%20%0d%0A"),
        value("!#$&'()*+-./:<>?@[]^_`{|}~"),
        value(&"v".repeat(3000)),
        max_age(1),
        max_age(60),
        max_age(400 * 24 * 60 * 60),
        samesite(SameSite::Strict),
        samesite(SameSite::Lax),
        Cookie { secure: true, ..samesite(SameSite::None) },
        Cookie { secure: true, ..plain() },
        Cookie { httponly: true, ..plain() },
        Cookie { secure: true, httponly: true, ..plain() },
        Cookie { path: None, ..plain() },
        Cookie { path: Some("/a%20b/~c".to_owned()), ..plain() },
        Cookie { domain: Some("a.b-c.example".to_owned()), ..plain() },
        Cookie { domain: Some(".example.org".to_owned()), ..plain() },
        name("__Host-session"),
        name("__Secure-session"),
        name("!#$%&'*+-.^_`|~"),
    ]
    .into_iter()
}

/// Returns unusual cookies. Many of them are invalid.
pub(super) fn unsound() -> impl Iterator<Item = Cookie> {
    let texts = [
        "a\r\nSet-Cookie: admin=1",
        "",
        " ",
        "a b",
        " a",
        "a ",
        "a\t",
        "a;b",
        "a; HttpOnly",
        "a,b",
        "a\"b",
        "\"a\"",
        "\"",
        "a\\b",
        "a=b",
        "=",
        "a\n",
        "a\r",
        "a\0",
        "a\u{7f}",
        "é",
        "a\u{2028}",
        "%3B",
        "..",
        "a..b",
        ".",
        "*",
        "-",
        "0",
    ];
    let texts = texts.into_iter().flat_map(|text| {
        [
            Cookie { name: text.to_owned(), ..plain() },
            Cookie { value: Some(text.to_owned()), ..plain() },
            Cookie { path: Some(text.to_owned()), ..plain() },
            Cookie { path: Some(format!("/{text}")), ..full() },
            Cookie { domain: Some(text.to_owned()), ..plain() },
            Cookie { domain: Some(format!("example.org{text}")), ..full() },
        ]
    });
    let prefixes = ["__Host-a", "__host-a", "__HOST-a", "__Secure-a", "__secure-a", "__SECURE-a"];
    let prefixes = prefixes.into_iter().flat_map(|name| {
        let name = || name.to_owned();
        let secure = Cookie { name: name(), secure: true, ..plain() };
        [
            Cookie { name: name(), ..plain() },
            Cookie { path: None, ..secure.clone() },
            Cookie { path: Some("/a".to_owned()), ..secure.clone() },
            Cookie { domain: Some("example.org".to_owned()), ..secure },
        ]
    });
    let sizes = [3990, 4064, 4089, 4090, 4096, 5000].into_iter().flat_map(|len| {
        [
            Cookie { value: Some("v".repeat(len)), ..plain() },
            Cookie { name: "n".repeat(len), ..plain() },
            Cookie { path: Some(format!("/{}", "p".repeat(len - 3066))), ..plain() },
        ]
    });
    let hosts = [63, 64, 253, 254].into_iter().map(|len| Cookie { domain: Some("d".repeat(len)), ..plain() });
    let ages = [0, 1, 999, 1500].map(Duration::from_millis);
    let ages = ages.into_iter().map(|max_age| Cookie { max_age: Some(max_age), ..plain() });
    let flags = [
        Cookie { samesite: Some(SameSite::None), ..plain() },
        Cookie { partitioned: true, ..plain() },
        Cookie { partitioned: true, samesite: Some(SameSite::None), ..plain() },
    ];
    texts.chain(prefixes).chain(sizes).chain(hosts).chain(ages).chain(flags)
}
