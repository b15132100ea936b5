//! The session as a type of the application's.

use crate::site::Site;

pub(crate) fn a_typed_session_reads_and_writes(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/typed/get").send();
    assert_eq!(response.body, "0 nobody");
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);

    let response = browser.get("/typed/count").send();
    assert_eq!(response.body, "1 nobody");
    response.only_cookie("session");
    assert_eq!(browser.get("/typed/set").send().body, "7 Анна");
    assert_eq!(browser.get("/typed/count").send().body, "8 Анна");
    assert_eq!(browser.get("/do/read").send().body, "8", "each field is a key");
}

pub(crate) fn it_is_written_only_if_it_is_changed(site: &Site) {
    let browser = site.browser();
    assert!(browser.get("/typed/touch").send().sets_no_cookie(), "a new one");
    browser.get("/typed/set").send().only_cookie("session");
    for what in ["touch", "set", "get"] {
        let response = browser.get(&format!("/typed/{what}")).send();
        assert_eq!(response.body, "7 Анна");
        assert!(response.sets_no_cookie(), "{what}");
    }
    browser.get("/typed/count").send().only_cookie("session");
}

pub(crate) fn what_the_type_does_not_know_stays(site: &Site) {
    let browser = site.browser();
    browser.get("/clones").send();
    let token = browser.get("/do/csrf-token").send().body;
    browser.get("/typed/flash").send();
    browser.get("/typed/set").send();
    let keys = browser.get("/do/keys").send().body;
    let mut keys: Vec<_> = keys.split(' ').collect();
    keys.sort_unstable();
    assert_eq!(keys, ["_csrft_", "_f_", "clone", "hits", "user"]);
    assert_eq!(browser.get("/do/csrf-token").send().body, token);
    assert_eq!(browser.get("/messages").send().body, "info: saved\n");
}

pub(crate) fn a_session_that_is_no_such_type_is_an_error(site: &Site) {
    let browser = site.browser();
    browser.get("/do/mismatch").send();
    let response = browser.get("/typed/count").send();
    assert_eq!(response.status, 500);
    assert!(response.sets_no_cookie());
    assert_eq!(browser.get("/do/keys").send().body, "hits", "it is as it was");
}
