//! Sessions that a store has ended, and a store that cannot be reached.

use std::time::Duration;

use crate::csrf_token::with_token;
use crate::site::Site;

const NOT_LOADED: &str = "The session could not be loaded. Try again later.";

pub(crate) fn copied_cookie_of_ended_session_is_rejected(site: &Site) {
    for what in ["invalidate", "sign-in"] {
        let browser = site.browser();
        browser.get("/do/count").send();
        let copy = browser.cookie("session").unwrap();
        browser.get(&format!("/do/{what}")).send();
        let thief = site.browser();
        thief.set_cookie("session", &copy);
        let look = thief.get("/do/describe").send().body;
        assert_eq!(
            look, "new since 1700000000, 0 entries, revoked: the store does not have the session",
            "{what}"
        );
    }
}

pub(crate) fn unreachable_store_returns_503_until_it_is_back(site: &Site) {
    let (browser, token) = with_token(site);
    browser.get("/do/count").send();
    site.store().set_down(true);
    let post = |path| browser.post(path).header("X-CSRF-Token", &token).send();
    for response in [
        browser.get("/do/read").send(),
        browser.get("/typed/get").send(),
        browser.get("/token").send(),
        post("/csrf/body"),
        post("/checked"),
    ] {
        assert_eq!((response.status, &*response.body), (503, NOT_LOADED));
        assert_eq!(response.all("retry-after"), ["1"]);
        // Regression: a page that was made without the session had no `Vary`, so a cache could send it to all visitors.
        assert_eq!(response.all("vary"), ["Cookie"]);
        assert!(response.sets_no_cookie());
    }
    // The factory logs an outage at most once a second. The layers log nothing.
    let is_outage = |line: &String| line.contains("ERROR") && line.contains("session store failed");
    let lines = site.log.lines();
    assert!(!lines.is_empty() && lines.iter().all(is_outage), "{lines:?}");

    site.store().set_down(false);
    assert_eq!(browser.get("/do/count").send().body, "2");
}

pub(crate) fn unreachable_store_affects_only_requests_that_need_it(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    site.store().set_down(true);
    assert_eq!(browser.get("/plain").send().status, 200);
    assert_eq!(browser.get("/csrf/plain").send().status, 200);
    assert_eq!(site.get("/do/read").send().body, "0", "no cookie, so there is nothing to load");
    let response = site.get("/do/count").send();
    assert_eq!((response.status, &*response.body), (503, ""));
    assert_eq!(response.all("retry-after"), ["1"]);
    assert!(response.sets_no_cookie());
    assert_eq!(site.get("/custom-error/do/count").send().status, 507);
}

/// The store fails after it has loaded the session, so it cannot record the time of the access.
pub(crate) fn failed_touch_keeps_response(site: &Site) {
    let browser = site.browser();
    browser.get("/do/sign-in").send();
    site.clock.advance(Duration::from_secs(61));
    site.store().set_read_only(true);
    let response = browser.get("/do/user").header("Response-Status", "201").send();
    assert_eq!((response.status, &*response.body), (201, "Анна"));
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);
    // The factory logs this line. The layer adds none.
    let line = site.log.only_line();
    assert!(line.contains("ERROR") && line.contains("session store failed"), "{line}");

    let response = browser.get("/do/count").send();
    assert_eq!((response.status, &*response.body), (503, ""), "a change that cannot be saved is an error");
    site.store().set_read_only(false);
    site.take_writes();
    assert_eq!(browser.get("/do/user").send().body, "Анна");
    assert_eq!(site.take_writes(), 1, "the access is recorded now");
}
