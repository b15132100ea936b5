//! The session in handlers, middleware and extractors.

use crate::site::Site;

pub(crate) fn extractors_and_clones_share_one_session(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/clones").send();
    assert_eq!(response.body, "clone");
    response.only_cookie("session");
    assert_eq!(browser.get("/do/keys").send().body, "clone");
}

pub(crate) fn middleware_and_handler_share_one_session(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/middleware/do/keys").send();
    assert_eq!(response.body, "before", "the handler reads the entries of the middleware");
    let response = site.send_change(browser.get("/middleware/do/count"), "session");
    assert_eq!(response.all("x-after"), ["before hits"], "the middleware reads the entries of the handler");
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert_eq!(browser.get("/do/keys").send().body, "before hits");
}

pub(crate) fn handler_gets_session_and_state(site: &Site) {
    let browser = site.browser();
    assert_eq!(browser.get("/greet").send().body, "Hello 1");
    assert_eq!(browser.get("/greet").send().body, "Hello 2");
}

pub(crate) fn nested_routes_use_session_of_outer_layer(site: &Site) {
    let browser = site.browser();
    assert_eq!(browser.get("/outer/inner/count").send().body, "1");
    assert_eq!(browser.get("/do/count").send().body, "2");
    let response = site.send_change(browser.get("/outer/inner/count"), "session");
    assert_eq!(response.body, "3");
    assert_eq!(site.get("/outer/inner/missing").send().status, 404);
}

pub(crate) fn missing_value_can_return_404(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/found/user").send();
    assert_eq!((response.status, response.all("vary")), (404, vec!["Cookie"]));
    browser.get("/do/sign-in").send();
    let response = browser.get("/found/user").send();
    assert_eq!((response.status, &*response.body), (200, "Анна"));
    assert_eq!(browser.get("/found/_csrft_").send().status, 404);
}

pub(crate) fn session_error_converts_to_application_error(site: &Site) {
    let response = site.get("/do/mismatch").send();
    assert_eq!(response.status, 500);
    assert!(response.body.contains("hits") && !response.body.contains("many"), "{}", response.body);
}

pub(crate) fn session_error_as_response_returns_500(site: &Site) {
    let browser = site.browser();
    assert_eq!(browser.get("/number/user").send().body, "0");
    browser.get("/do/sign-in").send();
    let response = browser.get("/number/user").send();
    assert_eq!((response.status, &*response.body), (500, "The session could not be used."));
    assert_eq!(response.all("content-type"), ["text/plain; charset=utf-8"]);
    assert_eq!(response.all("vary"), ["Cookie"]);
    let line = site.log.only_line();
    assert!(line.contains("ERROR") && line.contains(r#""user""#) && !line.contains("Анна"), "{line}");
}

pub(crate) fn session_without_layer_returns_500(site: &Site) {
    for (count, path) in ["/do/ignore", "/typed/get", "/messages", "/token", "/checked"].iter().enumerate() {
        let response = site.get(&format!("/bare{path}")).send();
        assert_eq!((response.status, &*response.body), (500, "There is no SessionLayer for this route."));
        assert_eq!(response.all("content-type"), ["text/plain; charset=utf-8"]);
        assert!(response.sets_no_cookie() && response.all("vary").is_empty());
        let lines = site.log.lines();
        assert_eq!(lines.len(), count + 1, "{lines:#?}");
        assert!(lines[count].contains("ERROR") && lines[count].contains("no SessionLayer is around"));
    }
    assert_eq!(site.get("/bare/shop/count").send().body, "1", "the layer of `Shop` is around this route");
}

pub(crate) fn optional_session_needs_no_layer(site: &Site) {
    assert_eq!(site.get("/optional").send().body, "a session");
    let response = site.get("/bare/optional").send();
    assert_eq!((response.status, &*response.body), (200, "no session"));
}

pub(crate) fn missing_optional_session_logs_nothing(site: &Site) {
    site.get("/bare/optional").send();
    assert_eq!(site.log.lines(), [""; 0]);
}

/// While a session writes or reads a value, the value's `Serialize` or `Deserialize` can use the same session.
pub(crate) fn serialize_can_use_session(site: &Site) {
    let browser = site.browser();
    assert_eq!(browser.get("/reentrant").send().body, "1 1");
    assert_eq!(browser.get("/messages").send().body, "info: 1\n");
}
