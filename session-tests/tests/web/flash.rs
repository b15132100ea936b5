//! Flash messages of all levels.

use signed_session::parts::session_core::SessionExt;

use crate::site::Site;

pub(crate) fn messages_are_shown_once_by_severity(site: &Site) {
    let browser = site.browser();
    browser.get("/do/flash").send();
    let response = site.send_change(browser.get("/messages"), "session");
    let shown = "error: failed\nwarning: almost failed\nsuccess: saved\nsuccess: saved again\ndebug: for developers\n";
    assert_eq!(response.body, shown);
    let response = browser.get("/messages").send();
    assert_eq!(response.body, "");
    assert!(response.sets_no_cookie());
    assert_eq!(browser.get("/do/keys").send().body, "");
}

pub(crate) fn messages_of_python_are_shown(site: &Site) {
    let browser = site.browser();
    browser.get("/do/flash-as-in-python").send();
    let shown = "info: the default queue\ninfo: [1,2]\ninfo: the queue with the name of the level\n";
    assert_eq!(browser.get("/messages").send().body, shown);
    assert_eq!(browser.get("/do/keys").send().body, "_f_python", "other queues stay");
}

pub(crate) fn page_without_messages_changes_nothing(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/messages").send();
    assert_eq!(response.body, "");
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);
    browser.get("/do/count").send();
    assert!(browser.get("/messages").send().sets_no_cookie());
    assert_eq!(browser.get("/do/read").send().body, "1");
}

/// Regression: until the session ended, one undecodable message broke every page that shows messages.
pub(crate) fn undecodable_flash_message_is_shown_once(site: &Site) {
    let browser = site.browser_with(|session| {
        session.flash("kept", "error").unwrap();
        // A lone surrogate, which Python can write.
        session.state_mut().insert_json("_f_", r#"["a\ud800", 2]"#.to_owned()).unwrap();
    });
    let response = site.send_change(browser.get("/messages"), "session");
    assert_eq!(
        (response.status, &*response.body),
        (200, "error: kept\ninfo: a\u{fffd}\u{fffd}\u{fffd}\ninfo: 2\n")
    );
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains("a flash message could not be decoded"), "{line}");
    assert_eq!(browser.get("/messages").send().body, "");
    assert_eq!(browser.get("/do/keys").send().body, "");
}

pub(crate) fn flash_queue_that_is_not_a_list_is_shown_once(site: &Site) {
    let browser = site.browser();
    browser.get("/do/break-flash").send();
    assert_eq!(browser.get("/messages").send().body, "error: kept\ninfo: 1\n");
    assert_eq!(browser.get("/do/keys").send().body, "");
}
