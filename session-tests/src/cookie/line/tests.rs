//! Tests of the parser of `Set-Cookie` lines.

use super::{Line, date, is_long_ago};

#[test]
fn attributes_are_read_in_any_order_and_case() {
    for text in [
        "a=b; Domain=example.org; Max-Age=60; Path=/x; secure; HttpOnly; SameSite=Lax; Partitioned",
        "a=b;PARTITIONED;samesite=lax;httponly;Secure;path=/x;max-age=60;domain=.example.org",
    ] {
        let line = Line::read(text).unwrap();
        assert_eq!(
            (line.name, line.value, line.path, line.domain),
            ("a", "b", Some("/x"), Some("example.org"))
        );
        assert_eq!((line.max_age, line.samesite), (Some(60), Some(super::SameSite::Lax)));
        assert!(line.secure && line.httponly && line.partitioned && !line.is_removal());
    }
}

#[test]
fn removal_is_recognised_by_max_age_or_past_expires() {
    let long_ago = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    let removes = |text: &str| Line::read(text).unwrap().is_removal();
    assert!(removes("a=; Max-Age=0"));
    assert!(removes("a=b; Max-Age=-1"));
    assert!(removes(&format!("a=; {long_ago}")));
    // Max-Age has precedence.
    assert!(!removes(&format!("a=; {long_ago}; Max-Age=1")));
    assert!(!removes("a="));
}

#[test]
fn invalid_line_is_refused() {
    let long = "x".repeat(4096);
    for (text, why) in [
        ("", "the line has no ="),
        ("=b", "is not a token"),
        ("a b=c", "is not a token"),
        ("a =c", "is not a token"),
        ("a= c", "cookie-octets"),
        ("a=b\r\nX: y", "cookie-octets"),
        ("a=b,c", "cookie-octets"),
        ("a=\"b", "cookie-octets"),
        ("a=b; Path=/\r\nX: y", "control characters"),
        ("a=b; Path=/é", "non-ASCII characters"),
        ("a=b; Path", "path has the invalid value None"),
        ("a=b; Path=x", "path has the invalid value"),
        ("a=b; Path=/; path=/", "twice"),
        ("a=b;", "unknown attribute \"\""),
        ("a=b; Priority=High", "unknown attribute \"priority\""),
        ("a=b; Secure=true", "secure has the invalid value"),
        ("a=b; Max-Age=", "max-age has the invalid value"),
        ("a=b; Max-Age=1.5", "max-age has the invalid value"),
        ("a=b; Max-Age=+1", "max-age has the invalid value"),
        ("a=b; Domain=", "domain has the invalid value"),
        ("a=b; Domain=a..b", "domain has the invalid value"),
        // Regression: the next four values were accepted.
        ("a=b; Max-Age=060", "max-age has the invalid value"),
        ("a=b; Max-Age=-01", "max-age has the invalid value"),
        ("a=b; Domain=-a.example", "domain has the invalid value"),
        ("a=b; Domain=a-.example", "domain has the invalid value"),
        ("a=b; SameSite=Maybe", "samesite has the invalid value"),
        ("a=b; Expires=tomorrow", "expires has the invalid value"),
        ("a=b; SameSite=None", "SameSite=None without Secure"),
        ("a=b; Partitioned", "Partitioned without Secure"),
        ("__secure-a=b", "prefix __Secure-"),
        ("__Host-a=b; Secure; Path=/x", "prefix __Host-"),
        ("__Host-a=b; Secure; Path=/; Domain=a.example", "prefix __Host-"),
        ("__HOST-a=b; Path=/", "prefix __Host-"),
        (&format!("a={long}"), "name and value have 4097 octets, over 4096"),
        (&format!("a=b; Path=/{}", &long[..1024]), "over 1024 octets"),
    ] {
        let error = Line::read(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn only_imf_fixdate_is_read() {
    for (text, is_old) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", Some(true)),
        ("Tue, 31 Dec 2019 23:59:59 GMT", Some(true)),
        ("Wed, 01 Jan 2020 00:00:00 GMT", Some(false)),
        ("Thu, 29 Feb 2024 12:00:00 GMT", Some(false)),
        ("Thu, 1 Jan 1970 00:00:00 GMT", None),
        ("Thursday, 01-Jan-70 00:00:00 GMT", None),
        ("Thu Jan  1 00:00:00 1970", None),
        // Regression: any day of the week and 31 days in any month were accepted.
        ("Fri, 01 Jan 1970 00:00:00 GMT", None),
        ("Wed, 29 Feb 2023 12:00:00 GMT", None),
        ("Thu, 31 Apr 2025 12:00:00 GMT", None),
    ] {
        assert_eq!(date(text).map(is_long_ago), is_old, "{text}");
    }
}
