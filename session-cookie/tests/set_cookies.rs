//! `SetCookies`: the `Set-Cookie` lines of one response.

use session_cookie::{CookieTemplate, SetCookie, SetCookies};

fn template(name: &str) -> CookieTemplate {
    CookieTemplate::builder(name).build().unwrap()
}

/// Returns the cookie names of the lines. Checks that all three ways to iterate return the same names.
fn names(lines: &SetCookies) -> Vec<String> {
    let by_iter: Vec<&str> = lines.iter().map(SetCookie::name).collect();
    let by_reference: Vec<&str> = lines.into_iter().map(SetCookie::name).collect();
    let owned: Vec<String> = lines.clone().into_iter().map(|line| line.name().to_owned()).collect();
    assert_eq!(by_iter, by_reference);
    assert_eq!(by_iter, owned);
    assert_eq!((lines.len(), lines.is_empty()), (owned.len(), owned.is_empty()));
    owned
}

#[test]
fn default_has_no_line() {
    let lines = SetCookies::default();
    assert!(names(&lines).is_empty());
    assert_eq!(lines.session_cookie(), None);
    assert_eq!(lines, SetCookies::from(None));
    assert_eq!(lines.into_session_cookie(), None);
}

#[test]
fn without_removals_session_cookie_is_the_only_line() {
    let cookie = template("session").set("abc").unwrap();
    for lines in [SetCookies::from(cookie.clone()), SetCookies::from(Some(cookie.clone()))] {
        assert_eq!(names(&lines), ["session"]);
        assert_eq!(lines.session_cookie(), Some(&cookie));
        assert_eq!(lines.into_session_cookie(), Some(cookie.clone()));
    }
}

#[test]
fn session_cookie_comes_after_removals() {
    let mut lines = SetCookies::from(template("session").set("abc").unwrap());
    lines.push_removal(template("old").removal());
    lines.push_removal(template("older").removal());
    assert_eq!(names(&lines), ["old", "older", "session"]);
    assert_eq!(lines.into_session_cookie().unwrap().value(), "abc");
}

#[test]
fn removal_is_not_the_session_cookie() {
    let mut lines = SetCookies::default();
    lines.push_removal(template("old").removal());
    assert_eq!(names(&lines), ["old"]);
    assert_eq!(lines.session_cookie(), None);
    assert_ne!(lines, SetCookies::default());
}

#[test]
fn set_cookies_has_size_of_one_optional_line() {
    assert_eq!(size_of::<SetCookies>(), size_of::<Option<SetCookie>>());
}

#[test]
fn debug_shows_names_only() {
    let mut lines = SetCookies::from(template("session").set("topsecret").unwrap());
    lines.push_removal(template("old").removal());
    assert_eq!(format!("{lines:?}"), r#"SetCookies { session: Some("session"), removals: ["old"] }"#);
    for text in [format!("{:?}", lines.iter()), format!("{:?}", lines.into_iter())] {
        assert!(text.contains("session") && !text.contains("topsecret"), "{text}");
    }
}
