//! Several sessions in one application.

use crate::site::Site;

pub(crate) fn named_sessions_have_separate_cookies(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/both").send();
    assert_eq!(response.body, "1 1 0");
    let mut names: Vec<_> =
        response.all("set-cookie").iter().map(|line| line.split('=').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["admin", "shop"]);
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert_eq!(response.all("cache-control"), [r#"no-cache="Set-Cookie", private"#]);

    let response = site.send_change(browser.get("/shop/count"), "shop");
    assert_eq!(response.body, "2");
    browser.get("/do/count").send().only_cookie("session");
    assert_eq!(browser.get("/both").send().body, "3 2 1");
    assert_eq!(site.log.lines(), [""; 0]);
}

pub(crate) fn cookie_of_another_session_is_rejected(site: &Site) {
    let browser = site.browser();
    browser.get("/both").send();
    browser.get("/do/count").send();
    let value = |name| browser.cookie(name).unwrap();
    for (path, name, other) in [
        ("/admin/describe", "admin", "shop"),
        ("/shop/describe", "shop", "session"),
        ("/do/describe", "session", "admin"),
    ] {
        let swapped = site.browser();
        swapped.set_cookie(name, &value(other));
        let look = swapped.get(path).send().body;
        assert_eq!(look, "new since 1700000000, 0 entries, bad signature", "{other} as {name}");
    }
}

const HIDDEN: &str = "two SessionLayers have the same name, so the session of the outer one is hidden";
const NOT_SENT: &str = "session cookie not sent: the response already sets this cookie";

pub(crate) fn two_layers_with_same_name_send_one_cookie(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/two-layers/do/count").send();
    assert_eq!(response.body, "1");
    assert_eq!(
        response.all("x-after"),
        ["before"],
        "the middleware between the layers uses the outer session"
    );
    response.only_cookie("session");
    assert_eq!(response.all("vary"), ["Cookie"]);
    let lines = site.log.lines();
    let [hidden, line] = lines.as_slice() else { panic!("expected two lines: {lines:#?}") };
    assert!(hidden.contains("ERROR") && hidden.contains(HIDDEN), "{hidden}");
    assert!(
        line.contains("WARN") && line.contains(NOT_SENT) && line.contains(r#"cookie="session""#),
        "{line}"
    );
    assert_eq!(browser.get("/do/keys").send().body, "hits", "the cookie belongs to the inner session");
}

pub(crate) fn two_layers_with_same_name_log_error(site: &Site) {
    let browser = site.browser();
    browser.get("/two-layers/do/ignore").send().only_cookie("session");
    assert_eq!(browser.get("/do/keys").send().body, "before");
    let line = site.log.only_line();
    assert!(line.contains("ERROR") && line.contains(HIDDEN), "{line}");
}

pub(crate) fn application_cookie_with_same_name_replaces_session_cookie(site: &Site) {
    for (logged, theirs) in ["session=mine; Path=/", "session =mine; Max-Age=0;path = /"].iter().enumerate() {
        let response = site.get("/do/count").header("Response-Set-Cookie", theirs).send();
        assert_eq!(response.all("set-cookie"), [*theirs]);
        let lines = site.log.lines();
        assert!(lines.len() == logged + 1 && lines[logged].contains(NOT_SENT), "{lines:?}");
    }
}

/// To a browser, cookies with the same name but different paths or domains are different cookies, so the response sets
/// both. After a migration, an application can thus remove the old cookie.
pub(crate) fn application_cookie_with_same_name_and_other_path_is_sent_too(site: &Site) {
    for theirs in ["session=; Path=/old; Max-Age=0", "session=; Path=/; Domain=example.com", "session=mine"] {
        let response = site.get("/do/count").header("Response-Set-Cookie", theirs).send();
        let lines = response.all("set-cookie");
        assert!(lines.len() == 2 && lines[0] == theirs, "{lines:?}");
    }
    assert_eq!(site.log.lines(), [""; 0]);
}
