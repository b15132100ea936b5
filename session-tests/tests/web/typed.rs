//! `TypedSession`: the whole session as a struct of the application.

use crate::site::Site;

pub(crate) fn typed_session_reads_and_writes(site: &Site) {
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
    assert_eq!(browser.get("/do/read").send().body, "8", "each field is an entry");
}

pub(crate) fn unchanged_typed_session_is_not_written(site: &Site) {
    let browser = site.browser();
    assert!(
        browser.get("/typed/touch").send().sets_no_cookie(),
        "an unchanged new session should not be saved"
    );
    browser.get("/typed/set").send().only_cookie("session");
    site.take_writes();
    for what in ["touch", "set", "get"] {
        let response = browser.get(&format!("/typed/{what}")).send();
        assert_eq!(response.body, "7 Анна");
        assert!(response.sets_no_cookie() && site.take_writes() == 0, "{what}");
    }
    site.send_change(browser.get("/typed/count"), "session");
}

pub(crate) fn entries_that_are_not_fields_of_the_type_stay(site: &Site) {
    let browser = site.browser();
    browser.get("/clones").send();
    let token = browser.get("/do/csrf-token").send().body;
    browser.get("/typed/flash").send();
    browser.get("/typed/set").send();
    let keys = browser.get("/do/keys").send().body;
    let mut keys: Vec<_> = keys.split(' ').collect();
    keys.sort_unstable();
    assert_eq!(keys, ["_csrft_", "_f_", "clone", "hits", "user"]);
    assert_eq!(browser.get("/typed/get").send().body, "7 Анна");
    assert_eq!(browser.get("/do/csrf-token").send().body, token);
    assert_eq!(browser.get("/messages").send().body, "info: saved\n");
}

pub(crate) fn session_of_wrong_type_returns_error(site: &Site) {
    let browser = site.browser();
    browser.get("/do/mismatch").send();
    let response = browser.get("/typed/count").send();
    assert_eq!(response.status, 500);
    assert!(response.sets_no_cookie());
    assert_eq!(browser.get("/do/keys").send().body, "hits", "the session is unchanged");
    assert_eq!(browser.get("/typed/get").send().status, 500, "the entry still has the wrong type");
}
