//! Responses that report a failure, and handlers that make none.

use crate::site::Site;

const COUNT_AND_PANIC: &str = "/do/count-and-panic";

pub(crate) fn a_failure_sends_the_cookie(site: &Site) {
    for status in ["500", "503", "599"] {
        let response = site.get("/do/count").header("Reply-Status", status).send();
        assert_eq!(response.status.to_string(), status);
        response.only_cookie("session");
        assert_eq!(response.all("vary"), ["Cookie"]);
    }
}

pub(crate) fn a_failure_sends_none_without_set_on_exception(site: &Site) {
    for status in ["500", "503", "599"] {
        let response = site.get("/quiet/do/count").header("Reply-Status", status).send();
        assert_eq!(response.status.to_string(), status);
        assert!(response.sets_no_cookie());
        assert_eq!(response.all("vary"), ["Cookie"]);
    }
    for status in ["200", "302", "404", "499"] {
        let response = site.get("/quiet/do/count").header("Reply-Status", status).send();
        assert_eq!(response.status.to_string(), status);
        response.only_cookie("session");
    }
    let response = site.get("/quiet/do/invalidate").header("Reply-Status", "500").send();
    assert!(response.sets_no_cookie(), "a removal is a cookie, too");
}

pub(crate) fn errors_of_handlers_are_responses_by_their_status(site: &Site) {
    for (path, status, text, saved) in [
        ("/do/count-and-miss", 404, "not found", true),
        ("/do/count-and-fail", 503, "unavailable", true),
        ("/quiet/do/count-and-miss", 404, "not found", true),
        ("/quiet/do/count-and-fail", 503, "unavailable", false),
    ] {
        let browser = site.browser();
        let response = browser.get(path).send();
        assert_eq!((response.status, &*response.body), (status, text));
        assert_eq!(response.all("set-cookie").len(), usize::from(saved), "{path}");
        assert_eq!(response.all("vary"), ["Cookie"]);
        assert_eq!(browser.get("/do/read").send().body, if saved { "1" } else { "0" });
    }
}

/// Neither framework makes a response of a panic: the connection ends, and the server goes on.
pub(crate) fn a_panic_ends_only_its_connection(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    for path in [COUNT_AND_PANIC, "/do/panic-inside", COUNT_AND_PANIC] {
        assert!(browser.get(path).try_send().is_none(), "{path}");
    }
    assert_eq!(browser.get("/do/count").send().body, "2");
}

pub(crate) fn a_panic_that_is_caught_is_a_failure(site: &Site) {
    for what in ["count-and-panic", "panic-inside"] {
        let browser = site.browser();
        let response = browser.get(&format!("/caught/do/{what}")).send();
        assert_eq!(response.status, 500);
        response.only_cookie("session");
        assert_eq!(response.all("vary"), ["Cookie"]);
        assert_eq!(browser.get("/do/count").send().body, "2");

        let response = site.get(&format!("/quiet-caught/do/{what}")).send();
        assert_eq!(response.status, 500);
        assert!(response.sets_no_cookie());
        assert_eq!(response.all("vary"), ["Cookie"]);
    }
}

pub(crate) fn a_panic_that_is_caught_outside_saves_nothing(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let response = browser.get("/caught-outside/do/count-and-panic").send();
    assert_eq!(response.status, 500);
    assert!(response.sets_no_cookie() && response.all("vary").is_empty());
    assert_eq!(browser.get("/do/count").send().body, "2");
}

/// It becomes a response outside of all middleware.
pub(crate) fn an_error_of_a_middleware_saves_nothing(site: &Site) {
    let response = site.get("/failing/do/count").send();
    assert_eq!((response.status, &*response.body), (500, "failed"));
    assert!(response.sets_no_cookie() && response.all("vary").is_empty());
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains("failed without a response"), "{line}");
    let response = site.get("/failing/do/count-and-miss").send();
    assert_eq!(response.status, 404);
    response.only_cookie("session");
}

/// Fault: only a session that could have been saved was logged as lost.
pub(crate) fn change_that_is_too_large_is_logged_when_a_middleware_fails(site: &Site) {
    assert_eq!(site.get("/failing/do/fill").send().status, 500);
    let line = site.log.only_line();
    assert!(line.contains("ERROR") && line.contains("could not have been saved"), "{line}");
    assert!(line.contains("failed without a response") && line.contains("4064"), "{line}");
}
