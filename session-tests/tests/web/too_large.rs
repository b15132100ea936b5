//! Sessions that do not fit into a cookie.

use std::time::Duration;

use crate::site::Site;

pub(crate) fn a_session_that_is_too_large_is_a_500(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let before = browser.cookie("session");
    let response = browser.get("/do/fill").header("Reply-Set-Cookie", "lang=en").send();
    assert_eq!((response.status, &*response.body), (500, ""));
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);

    let line = site.log.only_line();
    assert!(line.contains("ERROR") && line.contains("session not saved"), "{line}");
    assert!(line.contains(r#"cookie "session", and 4064 is the limit"#), "{line}");
    assert!(line.contains(r#"largest entries: "large" (4011 bytes), "#), "{line}");
    assert!(!line.contains("xxx"), "contents are no matter of the log");

    assert_eq!(browser.cookie("session"), before);
    assert_eq!(browser.get("/do/count").send().body, "2", "the old one goes on");
}

pub(crate) fn the_application_can_say_it_in_its_own_words(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let response = browser.get("/told/do/fill").send();
    assert_eq!(response.status, 507);
    let size = response.body.strip_prefix("Some(").and_then(|rest| rest.split(')').next()).unwrap();
    assert_eq!(response.body, format!("Some({size}) of Some(4064): large has 4011"));
    assert!(size.parse::<usize>().unwrap() > 4064);
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert!(site.log.only_line().contains(&format!("the session needs {size} bytes")));
    assert_eq!(browser.get("/told/do/count").send().body, "2");
}

pub(crate) fn the_response_of_the_handler_can_be_kept(site: &Site) {
    let request = site.get("/kept/do/fill").header("Reply-Status", "201");
    let response = request.header("Reply-Set-Cookie", "lang=en").header("Reply-Vary", "Accept").send();
    assert_eq!((response.status, &*response.body), (201, "filled"));
    assert_eq!(response.all("set-cookie"), ["lang=en"]);
    assert_eq!(response.all("vary"), ["Accept, Cookie"]);
    assert!(site.log.only_line().contains("session not saved"));
}

/// The session was written where more fits, and is due for a re-issue where it does not fit.
pub(crate) fn session_only_read_that_cannot_be_reissued_is_no_500(site: &Site) {
    let browser = site.browser();
    browser.get("/do/sign-in").send();
    let before = browser.cookie("session");
    assert_eq!(browser.get("/tight/do/user").send().body, "Анна");
    assert_eq!(site.log.lines(), [""; 0], "a re-issue is not due");

    site.clock.advance(Duration::from_secs(61));
    let response = browser.get("/tight/do/user").header("Reply-Status", "201").send();
    assert_eq!((response.status, &*response.body), (201, "Анна"));
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains("session not re-issued; it was only read"), "{line}");
    assert!(line.contains("error=") && line.contains("160 is the limit"), "{line}");
    assert_eq!(browser.cookie("session"), before);
}

pub(crate) fn session_written_that_cannot_be_saved_stays_a_500(site: &Site) {
    let browser = site.browser();
    browser.get("/do/sign-in").send();
    site.clock.advance(Duration::from_secs(61));
    for what in ["count", "csrf-token", "flash", "flash-as-in-python"] {
        let response = browser.get(&format!("/tight/do/{what}")).send();
        assert_eq!((response.status, &*response.body), (500, ""), "{what}");
        assert!(response.sets_no_cookie());
        let line = site.log.lines().pop().unwrap();
        assert!(line.contains("ERROR") && line.contains("session not saved"), "{line}");
    }
}

/// The token in the session is not valid, so asking for it makes another one: a write.
pub(crate) fn csrf_token_made_in_place_of_an_empty_one_is_a_write(site: &Site) {
    let browser = site.browser();
    browser.get("/do/sign-in").send();
    browser.get("/do/empty-csrf-token").send();
    assert_eq!(browser.get("/tight/do/csrf-token").send().status, 500);
}
