//! Configurations and values that a template refuses: bytes that could end a header, cookie or attribute, and cookies
//! and attributes that browsers ignore.

use session_cookie::{CookieError, CookieTemplate, CookieTemplateBuilder, SameSite};
use std::time::Duration;

const NON_ASCII: [char; 6] = ['\u{80}', '\u{85}', '\u{a0}', 'é', '\u{2028}', '\u{10ffff}'];

/// Returns texts, each with a flag that tells whether it is allowed. A text is `ab` with one character inserted at the
/// start, in the middle or at the end. The inserted characters are all ASCII characters and [`NON_ASCII`].
fn cases(allowed: &str) -> impl Iterator<Item = (String, bool)> {
    let characters = (0..128_u8).map(char::from).chain(NON_ASCII);
    characters.flat_map(move |c| {
        let ok = c.is_ascii_alphanumeric() || allowed.contains(c);
        [format!("{c}ab"), format!("a{c}b"), format!("ab{c}")].map(|text| (text, ok))
    })
}

fn check(
    allowed: &str,
    is_kind: fn(&CookieError) -> bool,
    make: impl Fn(&str) -> Result<String, CookieError>,
) {
    for (text, ok) in cases(allowed) {
        match make(&text) {
            Ok(line) => {
                assert!(ok, "{text:?} should be refused");
                assert!(line.contains(&text) && line.bytes().all(|b| (b' '..=b'~').contains(&b)), "{line:?}");
            }
            Err(error) => {
                assert!(!ok, "{text:?} should be accepted: {error}");
                assert!(is_kind(&error), "{error:?}");
                assert!(error.to_string().bytes().all(|b| !b.is_ascii_control()), "{error}");
            }
        }
    }
}

fn write(builder: CookieTemplateBuilder) -> Result<String, CookieError> {
    Ok(builder.build()?.set("v")?.into())
}

#[test]
fn name_must_be_token() {
    check("!#$%&'*+-.^_`|~", CookieError::is_invalid_name, |name| write(CookieTemplate::builder(name)));
    assert!(CookieTemplate::builder("").build().unwrap_err().is_invalid_name());
}

#[test]
fn value_must_be_cookie_octets() {
    let template = CookieTemplate::builder("session").build().unwrap();
    let allowed = "!#$%&'()*+-./:<=>?@[]^_`{|}~";
    check(allowed, CookieError::is_invalid_value, |value| Ok(template.set(value)?.into()));
    check(allowed, CookieError::is_invalid_value, |value| {
        Ok(template.finish(template.start(0) + value)?.into())
    });
    assert_eq!(template.set("").unwrap().value(), "");
    assert!(template.set("\"quoted\"").unwrap_err().is_invalid_value());
}

#[test]
fn invalid_octet_anywhere_in_value_is_refused() {
    let template = CookieTemplate::builder("session").build().unwrap();
    let good = "v".repeat(300);
    assert!(template.set(&good).is_ok());
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad.replace_range(at..=at, ";");
        assert!(template.set(&bad).is_err(), "at {at}");
    }
}

#[test]
fn error_does_not_show_value() {
    let template = CookieTemplate::builder("session").build().unwrap();
    let error = template.set("topsecret;").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("topsecret"));
}

#[test]
fn path_must_be_visible_ascii_without_semicolon() {
    let allowed = "!\"#$%&'()*+,-./:<=>?@[\\]^_`{|}~";
    check(allowed, CookieError::is_invalid_path, |path| {
        write(CookieTemplate::builder("s").path(format!("/{path}")))
    });
    for path in ["app", "app/", "./", " /", "\\"] {
        assert!(CookieTemplate::builder("s").path(path).build().unwrap_err().is_invalid_path(), "{path:?}");
    }
}

#[test]
fn path_over_1024_bytes_is_refused() {
    let path = |len: usize| CookieTemplate::builder("s").path(format!("/{}", "p".repeat(len - 1))).build();
    assert!(path(1024).is_ok());
    assert!(path(1025).unwrap_err().is_too_large());
}

#[test]
fn domain_must_be_host_name() {
    check("-", CookieError::is_invalid_domain, |domain| {
        // The next test covers a single dot between labels, and `-` at the ends of a label. Here, each dot is doubled,
        // which makes the host name invalid, and an `x` at each end of the label makes `-` valid.
        let host = format!("x{}x.example", domain.replace('.', ".."));
        write(CookieTemplate::builder("s").domain(host))
    });
}

#[test]
fn domain_labels_and_length_are_checked() {
    let domain = |domain: &str| CookieTemplate::builder("s").domain(domain).build();
    let label = "l".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "l".repeat(61));
    for good in [
        "example.com",
        ".example.com",
        "localhost",
        "127.0.0.1",
        "xn--bcher-kva.example",
        "A-b.C",
        "a--b.3com",
        &label,
        &longest,
    ] {
        assert!(domain(good).is_ok(), "{good}");
    }
    let bad = [
        ".",
        "..",
        "..example.com",
        "a..b",
        "example.com.",
        "example.com:80",
        "https://example.com",
        "[::1]",
    ];
    for bad in bad {
        let error = domain(bad).unwrap_err();
        assert!(error.is_invalid_domain() && error.to_string().contains("is not a host name"), "{error}");
    }
    // Regression: if a name or a label was too long, the error said only which characters are allowed. Besides, a label
    // could begin or end with `-`.
    for (bad, says) in [
        (longest + "l", "254 bytes, but a host name has at most 253"),
        ("l".repeat(64) + ".example", "64 bytes, but a label has at most 63"),
        ("-a.example".to_owned(), "begins or ends with '-'"),
        (".a.b-".to_owned(), "begins or ends with '-'"),
        ("a.-.b".to_owned(), "begins or ends with '-'"),
    ] {
        let error = domain(&bad).unwrap_err();
        assert!(error.is_invalid_domain() && error.to_string().contains(says), "{error}");
    }
}

#[test]
fn max_age_below_one_second_is_refused() {
    for age in [Duration::ZERO, Duration::from_nanos(999_999_999)] {
        let error = CookieTemplate::builder("s").max_age(age).build().unwrap_err();
        assert!(error.is_invalid_max_age());
        assert!(error.to_string().contains("removal()"));
    }
    assert!(CookieTemplate::builder("s").max_age(Duration::from_secs(1)).build().is_ok());
}

#[test]
fn same_site_none_and_partitioned_need_secure() {
    let none = CookieTemplate::builder("s").samesite(SameSite::None);
    assert!(none.clone().build().unwrap_err().is_invalid_samesite());
    assert!(none.secure(true).build().is_ok());

    let partitioned = CookieTemplate::builder("s").partitioned(true);
    assert!(partitioned.clone().build().unwrap_err().is_invalid_partitioned());
    assert!(partitioned.secure(true).build().is_ok());
}

#[test]
fn same_site_is_parsed_ignoring_case() {
    for (text, expected) in [("lax", SameSite::Lax), ("STRICT", SameSite::Strict), ("nOnE", SameSite::None)] {
        assert_eq!(text.parse(), Ok(expected));
        assert_eq!(expected.to_string().parse(), Ok(expected));
    }
    for text in ["", "Laxer", " Lax", "off", "true"] {
        let error = text.parse::<SameSite>().unwrap_err();
        assert!(error.is_invalid_samesite());
        assert!(["Strict", "Lax", "None"].iter().all(|name| error.to_string().contains(name)));
    }
}

/// Checks all combinations of the attributes that prefixes require, against the rules of RFC 6265bis and
/// draft-ietf-httpbis-layered-cookies.
#[test]
fn prefix_requirements_are_checked() {
    let names = [
        "__Secure-s",
        "__secure-s",
        "__SECURE-",
        "__Host-s",
        "__host-s",
        "__Http-s",
        "__HTTP-s",
        "__Host-Http-s",
        "__hOST-hTTP-s",
        "__Host",
        "_Host-s",
        "__Host_s",
        "x__Host-s",
        "Secure-s",
    ];
    for name in names {
        let lower = name.to_lowercase();
        for bits in 0..8 {
            let (secure, httponly, domain) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
            for path in [None, Some("/"), Some("/app")] {
                let host_only = !domain && path == Some("/");
                let expected = match lower.as_str() {
                    n if n.starts_with("__host-http-") => secure && httponly && host_only,
                    n if n.starts_with("__http-") => secure && httponly,
                    n if n.starts_with("__host-") => secure && host_only,
                    n if n.starts_with("__secure-") => secure,
                    _ => true,
                };
                let built = CookieTemplate::builder(name)
                    .secure(secure)
                    .httponly(httponly)
                    .domain(domain.then(|| "example.com".to_owned()))
                    .path(path.map(str::to_owned))
                    .build();
                assert_eq!(built.is_ok(), expected, "{name} {secure} {httponly} {domain} {path:?}");
                assert!(built.err().is_none_or(|error| error.is_prefix_violation()));
            }
        }
    }
}

#[test]
fn each_error_has_exactly_one_true_predicate() {
    let build = |change: fn(CookieTemplateBuilder) -> CookieTemplateBuilder| {
        change(CookieTemplate::builder("s")).build().unwrap_err()
    };
    let template = CookieTemplate::builder("s").build().unwrap();
    let errors = [
        build(|it| it.name("")),
        template.set(";").unwrap_err(),
        template.set(&"v".repeat(4096)).unwrap_err(),
        build(|it| it.path("a")),
        build(|it| it.domain("a..b")),
        build(|it| it.max_age(Duration::ZERO)),
        build(|it| it.samesite(SameSite::None)),
        build(|it| it.partitioned(true)),
        build(|it| it.name("__Host-s")),
    ];
    let predicates = [
        CookieError::is_invalid_name,
        CookieError::is_invalid_value,
        CookieError::is_too_large,
        CookieError::is_invalid_path,
        CookieError::is_invalid_domain,
        CookieError::is_invalid_max_age,
        CookieError::is_invalid_samesite,
        CookieError::is_invalid_partitioned,
        CookieError::is_prefix_violation,
    ];
    for (i, error) in errors.iter().enumerate() {
        let expected: [bool; 9] = std::array::from_fn(|predicate| predicate == i);
        assert_eq!(predicates.map(|predicate| predicate(error)), expected, "{error}");
    }
}

#[test]
fn prefix_error_names_missing_attribute() {
    let error = |builder: CookieTemplateBuilder| builder.build().unwrap_err().to_string();
    let host = CookieTemplate::builder("__Host-Http-s");
    assert!(error(host.clone()).contains("secure(true)"));
    let host = host.secure(true);
    assert!(error(host.clone()).contains("httponly(true)"));
    let host = host.httponly(true);
    assert!(error(host.clone().domain("a.example")).contains("no domain"));
    assert!(error(host.clone().path("/a")).contains("path(\"/\")"));
    assert!(host.build().is_ok());
}
