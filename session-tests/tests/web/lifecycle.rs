//! The lifecycle of a session, from its first entry to its end.

use std::time::Duration;

use crate::client::Browser;
use crate::headers::ATTRIBUTES;
use crate::site::Site;

pub(crate) fn value_survives_round_trip(site: &Site) {
    let browser = site.browser();
    for hits in ["1", "2", "3"] {
        let response = browser.get("/do/count").send();
        assert_eq!(response.body, hits);
        if hits == "1" || !site.is_store() {
            let (value, attributes) = response.only_cookie("session");
            assert_eq!((Some(value), attributes), (browser.cookie("session").as_deref(), ATTRIBUTES));
        }
    }
    assert_eq!(browser.get("/do/describe").send().body, "old since 1700000000, 1 entries, accepted");
    assert_eq!(site.get("/do/read").send().body, "0", "another browser has a separate session");
}

pub(crate) fn reading_new_session_sets_no_cookie(site: &Site) {
    for what in ["read", "describe", "keys"] {
        let response = site.get(&format!("/do/{what}")).send();
        assert!(response.sets_no_cookie());
        assert_eq!(response.all("vary"), ["Cookie"]);
    }
    let look = site.get("/do/describe").send();
    assert_eq!(look.body, "new since 1700000000, 0 entries, no session in the request");
}

pub(crate) fn read_after_reissue_time_extends_session(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    site.clock.advance(Duration::from_secs(61));
    let response = site.send_change(browser.get("/do/read"), "session");
    assert_eq!(response.all("vary"), ["Cookie"]);
    // The next read is 1261 s after the first request, but only 1200 s after the previous read.
    site.clock.advance(Duration::from_secs(1200));
    assert_eq!(browser.get("/do/read").send().body, "1");
    site.clock.advance(Duration::from_secs(1201));
    assert_eq!(browser.get("/do/read").send().body, "0");
}

pub(crate) fn read_after_reissue_time_sends_new_cookie(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let first = browser.cookie("session").unwrap();

    site.clock.advance(Duration::from_secs(60));
    let response = browser.get("/do/read").send();
    assert_eq!(response.body, "1");
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);

    site.clock.advance(Duration::from_secs(1));
    let response = browser.get("/do/read").send();
    let (second, attributes) = response.only_cookie("session");
    assert!(second != first && attributes == ATTRIBUTES);
    assert_eq!(response.all("cache-control"), [r#"no-cache="Set-Cookie", private"#]);

    // After this step, the second cookie is 1200 s old and still valid. The first one is 1261 s old and has expired.
    site.clock.advance(Duration::from_secs(1200));
    assert_eq!(browser.get("/do/read").send().body, "1");
    browser.set_cookie("session", &first);
    assert_eq!(browser.get("/do/read").send().body, "0");
}

pub(crate) fn expired_cookie_starts_new_session(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    site.clock.advance(Duration::from_secs(1201));
    let response = browser.get("/do/describe").send();
    assert_eq!(response.body, "new since 1700001201, 0 entries, expired: not accessed within the timeout");
    assert!(response.sets_no_cookie(), "a new, empty session should not be sent");
    assert_eq!(browser.get("/do/count").send().body, "1");
    assert_eq!(browser.get("/do/describe").send().body, "old since 1700001201, 1 entries, accepted");
}

pub(crate) fn forged_cookie_is_rejected(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let good = browser.cookie("session").unwrap();
    let other = |c: char| if c == 'A' { 'B' } else { 'A' };
    let changed = |at: usize| {
        let changed = good.char_indices().map(|(i, c)| if i == at { other(c) } else { c });
        changed.collect::<String>()
    };
    for (value, why) in [
        (changed(0), "bad signature"),
        (changed(40), "bad signature"),
        (changed(good.len() - 5), "bad signature"),
        (good[..(good.len() - 1) / 4 * 4].to_owned(), "bad signature"),
        (format!("{good}AAAA"), "bad signature"),
        (String::new(), "bad signature"),
        ("AAAA".to_owned(), "bad signature"),
        (format!("{good}!"), "malformed"),
        ("x".repeat(5000), "malformed"),
    ] {
        let response = site.get("/do/describe").header("Cookie", format!("session={value}")).send();
        let expected = format!("new since 1700000000, 0 entries, {why}");
        assert!(response.body.starts_with(&expected), "{}", response.body);
        assert!(response.sets_no_cookie(), "the browser should keep its cookie");
        let line = site.log.lines().pop().unwrap();
        assert!(line.contains("WARN") && line.contains("session cookie rejected"), "{line}");
        assert!(line.contains(&format!("reason={why}")), "{line}");
    }
    assert_eq!(browser.get("/do/read").send().body, "1");
    assert_eq!(site.log.lines().len(), 9, "one line for each rejected cookie");
}

pub(crate) fn other_cookies_are_ignored(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let good = format!("session={}", browser.cookie("session").unwrap());
    let with_bytes = [b"a=\xff\xfe\"; ;;=; ", good.as_bytes(), b"; z=\xc3"].concat();
    let quoted = format!("\"{}\"", browser.cookie("session").unwrap());
    for lines in [
        vec![with_bytes.as_slice()],
        vec![b"a=1", good.as_bytes(), b"b=2"],
        vec![format!("session=AAAA; {good}").as_bytes()],
        vec![format!("{good}; session=AAAA").as_bytes()],
        vec![b"session=AAAA", good.as_bytes()],
        vec![good.as_bytes(), b"session=AAAA"],
        vec![format!("session={quoted}").as_bytes()],
    ] {
        let request = site.get("/do/read");
        let request = lines.iter().fold(request, |request, line| request.header("Cookie", line));
        assert_eq!(request.send().body, "1", "{lines:?}");
    }
    for line in ["Session", "sessions", "a,session", "x-session"] {
        let request = site.get("/do/read").header("Cookie", good.replacen("session", line, 1));
        assert_eq!(request.send().body, "0", "{line}");
    }
}

pub(crate) fn invalidated_session_removes_cookie(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let response = browser.get("/do/invalidate").send();
    let removal = "; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax";
    assert_eq!(response.only_cookie("session"), ("", removal));
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert_eq!(browser.cookie("session"), None);
    assert_eq!(browser.get("/do/read").send().body, "0");
}

pub(crate) fn write_after_invalidate_starts_new_session(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let token = browser.get("/do/csrf-token").send().body;
    site.clock.advance(Duration::from_secs(5));
    let response = browser.get("/do/sign-in").send();
    assert_eq!(response.only_cookie("session").1, ATTRIBUTES);
    assert_eq!(browser.get("/do/user").send().body, "Анна");
    assert_eq!(browser.get("/do/describe").send().body, "old since 1700000005, 1 entries, accepted");
    assert_ne!(browser.get("/do/csrf-token").send().body, token);
}

pub(crate) fn requests_on_one_connection_have_separate_sessions(site: &Site) {
    let (one, other) = (site.browser(), site.browser());
    one.get("/do/count").send();
    other.get("/do/sign-in").send();
    let keys = |browser: &Browser| browser.get("/do/keys");
    for (first, second, bodies) in [
        (keys(&one), keys(&other), ["hits", "user"]),
        (keys(&one), site.get("/do/keys"), ["hits", ""]),
        (site.get("/do/count"), site.get("/do/read"), ["1", "0"]),
    ] {
        let (first, second) = first.send_before(second);
        assert_eq!([&*first.body, &*second.body], bodies);
        assert!(second.sets_no_cookie());
    }
}
