//! The `Set-Cookie` values that a template writes.

use session_cookie::{CookieTemplate, SameSite, SetCookie, is_same_cookie};
use std::time::Duration;

fn all_attributes() -> CookieTemplate {
    CookieTemplate::builder("session")
        .path("/app")
        .domain("example.com")
        .max_age(Duration::from_secs(3600))
        .secure(true)
        .httponly(true)
        .samesite(SameSite::None)
        .partitioned(true)
        .build()
        .unwrap()
}

#[test]
fn defaults_are_those_of_pyramid() {
    let template = CookieTemplate::builder("session").build().unwrap();
    assert_eq!(template.name(), "session");
    assert_eq!(template.set("abc").unwrap().as_str(), "session=abc; Path=/; SameSite=Lax");
}

#[test]
fn attributes_have_order_of_pyramid() {
    assert_eq!(
        all_attributes().set("abc").unwrap().as_str(),
        "session=abc; Domain=example.com; Max-Age=3600; Path=/app; Secure; HttpOnly; SameSite=None; Partitioned"
    );
}

#[test]
fn none_or_empty_omits_attribute() {
    let none =
        CookieTemplate::builder("s").path(None).domain(None).max_age(None).samesite(None).build().unwrap();
    assert_eq!(none.set("v").unwrap().as_str(), "s=v");
    let empty = CookieTemplate::builder("s").path("").domain(String::new()).build().unwrap();
    assert_eq!(empty.set("v").unwrap().as_str(), "s=v; SameSite=Lax");
}

#[test]
fn path_and_domain_accept_all_string_types() {
    let owned = CookieTemplate::builder("s").path("/a".to_owned()).domain(Some("b.example".to_owned()));
    let host = "b.example".to_owned();
    let borrowed = CookieTemplate::builder("s").path("/a").domain(&host);
    let line = owned.build().unwrap().set("v").unwrap();
    assert_eq!(line, borrowed.build().unwrap().set("v").unwrap());
    assert_eq!(line.as_str(), format!("s=v; Domain={host}; Path=/a; SameSite=Lax"));
}

#[test]
fn leading_dot_of_domain_is_not_written() {
    let template = CookieTemplate::builder("s").domain(".example.com").build().unwrap();
    assert_eq!(template.set("v").unwrap().as_str(), "s=v; Domain=example.com; Path=/; SameSite=Lax");
    assert!(template.removal().as_str().contains("; Domain=example.com;"));
}

#[test]
fn fractions_of_second_in_max_age_are_dropped() {
    let template = CookieTemplate::builder("s").max_age(Duration::from_millis(1999)).build().unwrap();
    assert!(template.set("v").unwrap().as_str().contains("; Max-Age=1;"));
    let longest = CookieTemplate::builder("s").max_age(Duration::MAX).build().unwrap();
    assert!(longest.set("v").unwrap().as_str().contains(&format!("; Max-Age={};", u64::MAX)));
}

#[test]
fn removal_has_identity_and_flags_of_cookie() {
    assert_eq!(
        all_attributes().removal().as_str(),
        "session=; Domain=example.com; Max-Age=0; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; \
         Secure; HttpOnly; SameSite=None; Partitioned"
    );
    assert_eq!(
        CookieTemplate::builder("s").build().unwrap().removal().as_str(),
        "s=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax"
    );
}

/// Checks all valid combinations of the attributes, with the default `SameSite`: the removal differs from the cookie
/// only in value and lifetime.
#[test]
fn removal_repeats_all_attributes_except_lifetime() {
    let timeless = |line: &SetCookie| -> Vec<String> {
        let attributes = line.as_str().split("; ").skip(1);
        attributes
            .filter(|a| !a.starts_with("Max-Age=") && !a.starts_with("Expires="))
            .map(str::to_owned)
            .collect()
    };
    for bits in 0..64_u32 {
        let on = |bit: u32| bits & (1 << bit) != 0;
        let template = CookieTemplate::builder("session")
            .path(on(0).then(|| "/p".to_owned()))
            .domain(on(1).then(|| "d.example".to_owned()))
            .max_age(on(2).then_some(Duration::from_secs(60)))
            .httponly(on(3))
            .secure(on(4) || on(5))
            .partitioned(on(5))
            .build()
            .unwrap();
        let (live, removal) = (template.set("v").unwrap(), template.removal());
        assert_eq!(timeless(&live), timeless(&removal));
        assert_eq!((removal.name(), removal.value()), ("session", ""));
        assert!(
            removal.as_str().contains("; Max-Age=0")
                && removal.as_str().contains("; Expires=Thu, 01 Jan 1970")
        );
        assert!(!live.as_str().contains("Expires"));
    }
}

#[test]
fn value_written_in_place_takes_one_allocation() {
    let template = all_attributes();
    for len in [0, 1, 100, 4064, 4089] {
        let mut text = template.start(len);
        let buffer = text.as_ptr();
        assert_eq!(text, "session=");
        text.extend(std::iter::repeat_n('v', len));
        let finished = template.finish(text).unwrap();
        assert_eq!(finished.value().len(), len);
        let text = String::from(finished);
        assert_eq!(text.as_ptr(), buffer);
        assert_eq!(text.capacity(), text.len());
    }
    let text = String::from(template.set("abc").unwrap());
    assert_eq!(text.capacity(), text.len());
}

#[test]
fn wrong_value_len_gives_same_cookie() {
    let template = CookieTemplate::builder("s").build().unwrap();
    for hint in [0, usize::MAX] {
        let mut text = template.start(hint);
        text.push_str("value");
        assert_eq!(template.finish(text).unwrap().as_str(), "s=value; Path=/; SameSite=Lax");
    }
}

fn with_max_age(template: &CookieTemplate, max_age: Duration) -> String {
    template.finish_with_max_age(template.start(1) + "v", max_age).unwrap().into()
}

#[test]
fn max_age_argument_replaces_max_age_of_template() {
    let day = Duration::from_secs(86_400);
    assert_eq!(
        with_max_age(&all_attributes(), day),
        "session=v; Domain=example.com; Max-Age=86400; Path=/app; Secure; HttpOnly; SameSite=None; Partitioned"
    );
    let builder = || CookieTemplate::builder("s");
    assert_eq!(with_max_age(&builder().build().unwrap(), day), "s=v; Max-Age=86400; Path=/; SameSite=Lax");
    assert_eq!(
        with_max_age(&builder().domain("a.test").path(None).samesite(None).build().unwrap(), day),
        "s=v; Domain=a.test; Max-Age=86400"
    );
    // The result is the cookie of a template whose own max-age is `day`.
    for template in [builder(), builder().domain("a.test"), builder().path(None), builder().secure(true)] {
        let (own, of_template) = (template.clone().max_age(Duration::from_secs(7)), template.max_age(day));
        let of_template = of_template.build().unwrap().set("v").unwrap();
        assert_eq!(with_max_age(&own.build().unwrap(), day), of_template.as_str());
    }
}

#[test]
fn max_age_argument_is_raised_to_one_second() {
    let template = CookieTemplate::builder("s").build().unwrap();
    for (max_age, seconds) in [
        (Duration::ZERO, 1),
        (Duration::from_millis(999), 1),
        (Duration::from_millis(1999), 1),
        (Duration::from_secs(2), 2),
        (Duration::MAX, u64::MAX),
    ] {
        let line = with_max_age(&template, max_age);
        assert_eq!(line, format!("s=v; Max-Age={seconds}; Path=/; SameSite=Lax"));
    }
}

#[test]
fn finish_with_max_age_has_errors_of_finish() {
    let template = CookieTemplate::builder("s").build().unwrap();
    let error =
        |text: &str| template.finish_with_max_age(text.to_owned(), Duration::from_secs(1)).unwrap_err();
    assert!(error("t=v").is_invalid_value());
    assert!(error("s=a;b").is_invalid_value());
    assert!(error(&format!("s={}", "v".repeat(4096))).is_too_large());
}

#[test]
fn finish_refuses_text_of_other_name() {
    let template = CookieTemplate::builder("session").build().unwrap();
    for text in ["", "session", "sessio", "Session=v", "other=v", " session=v", "sessionx=v", "v"] {
        assert!(template.finish(text.to_owned()).unwrap_err().is_invalid_value(), "{text:?}");
    }
}

#[test]
fn name_and_value_over_4096_bytes_are_refused() {
    let template = CookieTemplate::builder("session").build().unwrap();
    assert!(template.set(&"v".repeat(4096 - 7)).is_ok());
    let error = template.set(&"v".repeat(4096 - 6)).unwrap_err();
    assert!(error.is_too_large());
    assert!(error.to_string().contains("4097 bytes"));

    assert!(CookieTemplate::builder("n".repeat(4096)).build().is_ok());
    assert!(CookieTemplate::builder("n".repeat(4097)).build().unwrap_err().is_too_large());
}

#[test]
fn set_cookie_debug_hides_value() {
    let line = all_attributes().set("c2VjcmV0=").unwrap();
    assert_eq!((line.name(), line.value()), ("session", "c2VjcmV0="));
    assert_eq!(line.to_string(), line.as_str());
    assert_eq!(AsRef::<str>::as_ref(&line), line.as_str());
    let debug = format!("{line:?}");
    assert!(debug.contains("session") && !debug.contains("c2VjcmV0"), "{debug}");

    let bare = CookieTemplate::builder("s").path(None).samesite(None).build().unwrap();
    let line = bare.set("a=b").unwrap();
    assert_eq!((line.name(), line.value()), ("s", "a=b"));
}

#[test]
fn is_same_cookie_compares_name_domain_path_and_partitioning() {
    let builder = || CookieTemplate::builder("s").secure(true);
    let base = builder().build().unwrap();
    let same = [
        builder().httponly(true).max_age(Duration::from_secs(60)),
        builder().samesite(SameSite::Strict),
        builder().secure(false),
    ];
    for same in same {
        let same = same.build().unwrap();
        assert!(is_same_cookie(base.set("a").unwrap(), same.removal()));
        assert!(is_same_cookie(same.removal(), base.removal()));
    }
    let other = [
        builder().name("S"),
        builder().path("/admin"),
        builder().path(None),
        builder().domain("example.com"),
        builder().partitioned(true),
    ];
    for other in other {
        let other = other.build().unwrap();
        assert!(!is_same_cookie(base.set("a").unwrap(), other.removal()), "{other:?}");
        assert!(!is_same_cookie(other.removal(), base.removal()), "{other:?}");
    }
    let domain = |domain| builder().domain(domain).build().unwrap().removal();
    assert!(is_same_cookie(domain("example.com"), domain(".Example.COM")));
    assert!(!is_same_cookie(domain("example.com"), domain("www.example.com")));
    // Paths are case-sensitive.
    let path = |path| builder().path(path).build().unwrap().removal();
    assert!(!is_same_cookie(path("/a"), path("/A")));
}

#[test]
fn host_prefix_replaces_other_prefixes() {
    for (name, with, without) in [
        ("s", "__Host-s", "s"),
        ("__Host-s", "__Host-s", "s"),
        ("__secure-s", "__Host-s", "s"),
        ("__Host-Http-s", "__Host-s", "s"),
        ("__Http-s", "__Host-s", "s"),
        ("_s", "__Host-_s", "_s"),
    ] {
        let built = |host_prefix| {
            let builder = CookieTemplate::builder(name).secure(true).httponly(true);
            builder.host_prefix(host_prefix).build().unwrap().name().to_owned()
        };
        assert_eq!((built(true), built(false)), (with.to_owned(), without.to_owned()), "{name}");
    }
}

/// Regression: `is_same_cookie` took the text before the first `;` as the cookie's name even if the text had no `=`.
/// The function also accepted a relative path. Browsers do neither (RFC 6265bis, sections 5.6 and 5.6.4).
#[test]
fn lines_are_compared_as_browsers_read_them() {
    assert!(!is_same_cookie("session; Path=/", "session=a; Path=/"));
    assert!(is_same_cookie("session; Path=/", "other; Path=/"));
    assert!(is_same_cookie("session; Path=/", "=other; Path=/"));
    assert!(is_same_cookie("session=a; Path=admin", "session=b"));
    assert!(is_same_cookie("session=a; Path=/; Path", "session=b"));
    assert!(!is_same_cookie("session=a; Path=/admin", "session=b"));
}

#[test]
fn is_same_cookie_accepts_any_set_cookie_value() {
    let ours = CookieTemplate::builder("session").httponly(true).build().unwrap().set("x").unwrap();
    for same in ["session=; path=/", "session =y;Path = /; Max-Age=0", " session=; SECURE; PATH=/"] {
        assert!(is_same_cookie(&ours, same), "{same:?}");
    }
    for other in [
        "session=x; Path=/old",
        "session=x",
        "session=x; Path=/; Domain=a.test",
        "session=x; Path=/; Secure; Partitioned",
        "sessions=x; Path=/",
        "",
    ] {
        assert!(!is_same_cookie(&ours, other), "{other:?}");
    }
    let of_domain = CookieTemplate::builder("a").domain(".A.Test").path(None).build().unwrap();
    assert!(is_same_cookie(of_domain.set("1").unwrap(), "a=2; domain=a.test"));
}
