//! Sessions that exceed the size limit.

use std::time::Duration;

use crate::site::Site;

pub(crate) fn too_large_session_returns_500(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let before = browser.cookie("session");
    let response = browser.get("/do/fill").header("Response-Set-Cookie", "lang=en").send();
    assert_eq!((response.status, &*response.body), (500, ""));
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);

    let line = site.log.only_line();
    assert!(line.contains("ERROR") && line.contains("session not saved"), "{line}");
    assert!(line.contains(", and 4064 is the limit"), "{line}");
    assert!(line.contains(r#"largest entries: "large" (5011 bytes), "#), "{line}");
    assert!(!line.contains("xxx"), "the log should not contain values");

    assert_eq!(browser.cookie("session"), before);
    assert_eq!(browser.get("/do/count").send().body, "2", "the old session continues");
}

pub(crate) fn on_save_error_replaces_response(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let response = browser.get("/custom-error/do/fill").send();
    assert_eq!(response.status, 507);
    let size = response.body.strip_prefix("Some(").and_then(|rest| rest.split(')').next()).unwrap();
    assert_eq!(response.body, format!("Some({size}) of Some(4064): large has 5011"));
    assert!(size.parse::<usize>().unwrap() > 4064);
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert!(site.log.only_line().contains(&format!("the session needs {size} bytes")));
    assert_eq!(browser.get("/custom-error/do/count").send().body, "2");
}

pub(crate) fn on_save_error_can_keep_response(site: &Site) {
    let request = site.get("/keep-response/do/fill").header("Response-Status", "201");
    let response = request.header("Response-Set-Cookie", "lang=en").header("Response-Vary", "Accept").send();
    assert_eq!((response.status, &*response.body), (201, "filled"));
    assert_eq!(response.all("set-cookie"), ["lang=en"]);
    assert_eq!(response.all("vary"), ["Accept, Cookie"]);
    assert!(site.log.only_line().contains("session not saved"));
}

/// Regression: the response that replaced the handler's response lacked the inner session's cookie, although the inner
/// session was already saved.
pub(crate) fn failed_outer_save_sends_inner_cookie(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/fill-shop").send();
    assert_eq!((response.status, &*response.body), (500, ""));
    response.only_cookie("session");
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert_eq!(response.all("cache-control"), [r#"no-cache="Set-Cookie", private"#]);
    assert_eq!(browser.get("/do/count").send().body, "2");
}

/// The session was written with a larger limit. Its re-issue exceeds the smaller limit of `/small-limit`.
pub(crate) fn failed_reissue_keeps_response(site: &Site) {
    let browser = site.browser();
    browser.get("/do/sign-in").send();
    let before = browser.cookie("session");
    assert_eq!(browser.get("/small-limit/do/user").send().body, "Анна");
    assert_eq!(site.log.lines(), [""; 0], "a re-issue is not due");

    site.clock.advance(Duration::from_secs(61));
    let response = browser.get("/small-limit/do/user").header("Response-Status", "201").send();
    assert_eq!((response.status, &*response.body), (201, "Анна"));
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains("session not re-issued; it was only read"), "{line}");
    assert!(line.contains("error=") && line.contains(" is the limit"), "{line}");
    assert_eq!(browser.cookie("session"), before);
}

pub(crate) fn failed_save_of_change_returns_500(site: &Site) {
    let browser = site.browser();
    browser.get("/do/sign-in").send();
    site.clock.advance(Duration::from_secs(61));
    for what in ["count", "csrf-token", "flash", "flash-as-in-python"] {
        let response = browser.get(&format!("/small-limit/do/{what}")).send();
        assert_eq!((response.status, &*response.body), (500, ""), "{what}");
        assert!(response.sets_no_cookie());
        let line = site.log.lines().pop().unwrap();
        assert!(line.contains("ERROR") && line.contains("session not saved"), "{line}");
    }
}

/// An empty token is not valid, so reading the token creates a new one, which changes the session.
pub(crate) fn replacing_empty_csrf_token_is_a_change(site: &Site) {
    let browser = site.browser();
    browser.get("/do/sign-in").send();
    browser.get("/do/empty-csrf-token").send();
    assert_eq!(browser.get("/small-limit/do/csrf-token").send().status, 500);
}
