//! Several sessions side by side.

use crate::site::Site;

pub(crate) fn each_session_has_its_own_cookie(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/both").send();
    assert_eq!(response.body, "1 1 0");
    let mut names: Vec<_> =
        response.all("set-cookie").iter().map(|line| line.split('=').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["admin", "shop"]);
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert_eq!(response.all("cache-control"), [r#"no-cache="Set-Cookie", private"#]);

    let response = browser.get("/shop/count").send();
    assert_eq!(response.body, "2");
    response.only_cookie("shop");
    browser.get("/do/count").send().only_cookie("session");
    assert_eq!(browser.get("/both").send().body, "3 2 1");
    assert_eq!(site.log.lines(), [""; 0]);
}

pub(crate) fn the_cookie_of_another_session_is_rejected(site: &Site) {
    let browser = site.browser();
    browser.get("/both").send();
    browser.get("/do/count").send();
    let value = |name| browser.cookie(name).unwrap();
    for (path, name, other) in [
        ("/admin/look", "admin", "shop"),
        ("/shop/look", "shop", "session"),
        ("/do/look", "session", "admin"),
    ] {
        let swapped = site.browser();
        swapped.set_cookie(name, &value(other));
        let look = swapped.get(path).send().body;
        assert_eq!(look, "new since 1700000000, 0 entries, bad signature", "{other} as {name}");
    }
}

const HIDDEN: &str = "two SessionLayers have the same name, so the session of the outer one is hidden";
const WARNING: &str = "session not saved: the response already sets this cookie";

pub(crate) fn two_layers_with_one_name_send_one_cookie(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/twice/do/count").send();
    assert_eq!(response.body, "1");
    assert_eq!(response.all("x-after"), ["before"], "the middleware has the outer one");
    response.only_cookie("session");
    assert_eq!(response.all("vary"), ["Cookie"]);
    let lines = site.log.lines();
    let [hidden, line] = lines.as_slice() else { panic!("not two lines: {lines:#?}") };
    assert!(hidden.contains("ERROR") && hidden.contains(HIDDEN), "{hidden}");
    assert!(
        line.contains("WARN") && line.contains(WARNING) && line.contains(r#"cookie="session""#),
        "{line}"
    );
    assert_eq!(browser.get("/do/keys").send().body, "hits", "the inner one is sent");
}

pub(crate) fn two_layers_with_one_name_are_an_error_in_the_log(site: &Site) {
    let browser = site.browser();
    browser.get("/twice/do/hold").send().only_cookie("session");
    assert_eq!(browser.get("/do/keys").send().body, "before");
    let line = site.log.only_line();
    assert!(line.contains("ERROR") && line.contains(HIDDEN), "{line}");
}

pub(crate) fn a_cookie_of_our_name_from_the_application_stays(site: &Site) {
    for (logged, theirs) in ["session=mine; Path=/", "session =mine; Max-Age=0;path = /"].iter().enumerate() {
        let response = site.get("/do/count").header("Reply-Set-Cookie", theirs).send();
        assert_eq!(response.all("set-cookie"), [*theirs]);
        let lines = site.log.lines();
        assert!(lines.len() == logged + 1 && lines[logged].contains(WARNING), "{lines:?}");
    }
}

/// Such as the removal of one from before a migration: to a browser it is another cookie.
pub(crate) fn a_cookie_of_our_name_for_another_path_or_domain_is_another_one(site: &Site) {
    for theirs in ["session=; Path=/old; Max-Age=0", "session=; Path=/; Domain=example.com", "session=mine"] {
        let response = site.get("/do/count").header("Reply-Set-Cookie", theirs).send();
        let lines = response.all("set-cookie");
        assert!(lines.len() == 2 && lines[0] == theirs, "{lines:?}");
    }
    assert_eq!(site.log.lines(), [""; 0]);
}
