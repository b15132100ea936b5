//! Flash messages of all levels.

use crate::site::Site;

pub(crate) fn messages_are_shown_once_the_most_serious_first(site: &Site) {
    let browser = site.browser();
    browser.get("/do/flash").send();
    let response = browser.get("/messages").send();
    let shown = "error: failed\nwarning: almost failed\nsuccess: saved\nsuccess: saved again\ndebug: for developers\n";
    assert_eq!(response.body, shown);
    response.only_cookie("session");
    let response = browser.get("/messages").send();
    assert_eq!(response.body, "");
    assert!(response.sets_no_cookie());
    assert_eq!(browser.get("/do/keys").send().body, "");
}

pub(crate) fn messages_of_python_are_shown(site: &Site) {
    let browser = site.browser();
    browser.get("/do/flash-as-in-python").send();
    assert_eq!(browser.get("/messages").send().body, "info: the default queue\ninfo: [1,2]\n");
    assert_eq!(browser.get("/do/keys").send().body, "_f_python", "a queue of another name is not ours");
}

pub(crate) fn a_page_without_messages_changes_nothing(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/messages").send();
    assert_eq!(response.body, "");
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);
    browser.get("/do/count").send();
    assert!(browser.get("/messages").send().sets_no_cookie());
    assert_eq!(browser.get("/do/read").send().body, "1");
}

pub(crate) fn a_queue_that_is_none_is_a_500_and_all_messages_stay(site: &Site) {
    let browser = site.browser();
    browser.get("/do/break-flash").send();
    let response = browser.get("/messages").send();
    assert_eq!((response.status, &*response.body), (500, "The session could not be read."));
    assert!(response.sets_no_cookie());
    let line = site.log.only_line();
    assert!(
        line.contains("ERROR") && line.contains("the session does not hold what was asked for"),
        "{line}"
    );
    assert_eq!(browser.get("/do/keys").send().body, "_f_error _f_");
}
