//! Error responses, panics in handlers, and errors of middleware.

use std::time::Duration;

use crate::site::Site;

const COUNT_THEN_PANIC: &str = "/do/count-then-panic";

pub(crate) fn server_error_sends_cookie(site: &Site) {
    for status in ["500", "503", "599"] {
        let response = site.get("/do/count").header("Response-Status", status).send();
        assert_eq!(response.status.to_string(), status);
        response.only_cookie("session");
        assert_eq!(response.all("vary"), ["Cookie"]);
    }
}

pub(crate) fn server_error_sends_no_cookie_without_set_on_exception(site: &Site) {
    for status in ["500", "503", "599"] {
        let response = site.get("/skip-on-exception/do/count").header("Response-Status", status).send();
        assert_eq!(response.status.to_string(), status);
        assert!(response.sets_no_cookie());
        assert_eq!(response.all("vary"), ["Cookie"]);
    }
    for status in ["200", "302", "404", "499"] {
        let response = site.get("/skip-on-exception/do/count").header("Response-Status", status).send();
        assert_eq!(response.status.to_string(), status);
        response.only_cookie("session");
    }
    let response = site.get("/skip-on-exception/do/invalidate").header("Response-Status", "500").send();
    assert!(response.sets_no_cookie(), "the response should not remove the cookie either");
}

pub(crate) fn status_decides_whether_handler_error_saves_session(site: &Site) {
    for (path, status, text, saved) in [
        ("/do/count-then-404", 404, "not found", true),
        ("/do/count-then-503", 503, "unavailable", true),
        ("/skip-on-exception/do/count-then-404", 404, "not found", true),
        ("/skip-on-exception/do/count-then-503", 503, "unavailable", false),
    ] {
        let browser = site.browser();
        let response = browser.get(path).send();
        assert_eq!((response.status, &*response.body), (status, text));
        assert_eq!(response.all("set-cookie").len(), usize::from(saved), "{path}");
        assert_eq!(response.all("vary"), ["Cookie"]);
        assert_eq!(browser.get("/do/read").send().body, if saved { "1" } else { "0" });
    }
}

/// Neither framework converts a panic into a response. The connection ends, and the server continues.
pub(crate) fn panic_ends_only_its_connection(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    for path in [COUNT_THEN_PANIC, "/do/panic-in-serialize", COUNT_THEN_PANIC] {
        assert!(browser.get(path).try_send().is_none(), "{path}");
    }
    assert_eq!(browser.get("/do/count").send().body, "2");
}

pub(crate) fn panic_caught_inside_layer_sends_cookie(site: &Site) {
    for what in ["count-then-panic", "panic-in-serialize"] {
        let browser = site.browser();
        let response = browser.get(&format!("/caught/do/{what}")).send();
        assert_eq!(response.status, 500);
        response.only_cookie("session");
        assert_eq!(response.all("vary"), ["Cookie"]);
        assert_eq!(browser.get("/do/count").send().body, "2");

        let response = site.get(&format!("/caught-skip/do/{what}")).send();
        assert_eq!(response.status, 500);
        assert!(response.sets_no_cookie());
        assert_eq!(response.all("vary"), ["Cookie"]);
    }
}

pub(crate) fn panic_caught_outside_layer_saves_nothing(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let response = browser.get("/caught-outside/do/count-then-panic").send();
    assert_eq!(response.status, 500);
    assert!(response.sets_no_cookie() && response.all("vary").is_empty());
    assert_eq!(browser.get("/do/count").send().body, "2");
}

/// actix-web converts a middleware's error into a response outside all middleware, so the session layer cannot add a
/// cookie to the response.
pub(crate) fn middleware_error_saves_nothing(site: &Site) {
    let response = site.get("/failing/do/count").send();
    assert_eq!((response.status, &*response.body), (500, "failed"));
    assert!(response.sets_no_cookie() && response.all("vary").is_empty());
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains("failed without a response"), "{line}");
    assert_eq!(site.take_writes(), 0);
    let response = site.get("/failing/do/count-then-404").send();
    assert_eq!(response.status, 404);
    response.only_cookie("session");
}

/// Regression: a lost change was not logged if the session was too large to be saved.
pub(crate) fn unsavable_change_is_logged_on_middleware_error(site: &Site) {
    assert_eq!(site.get("/failing/do/fill").send().status, 500);
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains("failed without a response"), "{line}");
}

/// Regression: a session that was only read and was due for a re-issue was logged as a lost change.
pub(crate) fn read_session_is_not_logged_on_middleware_error(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    site.clock.advance(Duration::from_secs(61));
    assert_eq!(browser.get("/failing/do/read").send().status, 500);
    assert_eq!(site.log.lines(), [""; 0]);
}
