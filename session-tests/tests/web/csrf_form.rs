//! Where the token is asked for: layers with their exemptions, and forms that check themselves.

use crate::csrf_token::{assert_refused, with_token};
use crate::site::Site;

pub(crate) fn an_exempt_path_is_not_asked(site: &Site) {
    for path in ["/strict/hooks/x", "/strict/hooks/x/y", "/strict/hooks/x?a=/../b", "/strict/hooks/a.b"] {
        let response = site.post(path).header("X-Forwarded-Proto", "https").send();
        assert_eq!((response.status, &*response.body), (200, "hook"), "{path}");
        assert!(response.all("vary").is_empty(), "nobody has looked at the session");
    }
    assert_refused(&site.post("/strict/do/count").send());
    assert_refused(&site.post("/csrf/hooks/x").send());
}

pub(crate) fn a_path_that_may_mean_another_one_is_not_exempt(site: &Site) {
    for path in [
        "/strict/hooks/../form",
        "/strict/hooks//x",
        "/strict/hooks/%2e%2e/x",
        "/strict/hooks/%2E./x",
        "/strict/hooks/./x",
        "/strict/hooks/x/..",
        "/strict/hooks/x%2f..%2f..%2fform",
        "/strict/hooks/%5c..%5cx",
        "/strict/hooks/x%00",
    ] {
        assert_refused(&site.post(path).send());
    }
    let (browser, token) = with_token(site);
    let response = browser.post("/strict/hooks/a//b").header("X-CSRF-Token", token).send();
    assert_eq!(response.body, "hook", "it may still pass with the token");
}

pub(crate) fn a_form_on_an_exempt_path_checks_itself(site: &Site) {
    let (browser, token) = with_token(site);
    let post = || browser.post("/strict/hooks/checked");
    assert_refused(&post().form("item=tea").send());
    assert_refused(&post().form("item=tea&csrf_token=").send());
    assert_refused(&post().form("item=tea").header("X-CSRF-Token", "nonsense").send());
    let with_token = format!("item=tea&csrf_token={token}");
    assert_eq!(post().form(&with_token).send().body, "tea []");
    assert_eq!(post().form("item=tea").header("X-CSRF-Token", &token).send().body, "tea []");

    // By the policy of the layer.
    let from =
        |origin| post().form(&with_token).header("X-Forwarded-Proto", "https").header("Origin", origin);
    assert_eq!(from("https://pay.test:8443").send().body, "tea []");
    assert_refused(&from("https://evil.test").send());
}

pub(crate) fn a_form_without_a_layer_checks_itself(site: &Site) {
    let (browser, token) = with_token(site);
    let post = || browser.post("/checked");
    assert_refused(&post().form("item=tea").send());
    assert_refused(&post().form("item=tea&csrf_token=nonsense").send());
    assert_refused(&post().body("application/json", "{}").send());
    assert_refused(&browser.post(&format!("/checked?csrf_token={token}")).form("item=tea").send());
    let with_token = format!("csrf_token={token}&item=tea&tag=1");
    assert_eq!(post().form(&with_token).send().body, r#"tea ["1"]"#);
    assert_eq!(post().form("item=tea").header("X-CSRF-Token", &token).send().body, "tea []");

    let from =
        |origin| post().form(&with_token).header("X-Forwarded-Proto", "https").header("Origin", origin);
    assert_eq!(from("https://shop.test").send().body, r#"tea ["1"]"#);
    assert_refused(&from("https://evil.test").send());
    assert_eq!(
        browser.post("/form").form("item=tea").send().body,
        r#"{"item": "tea"}"#,
        "one that does not check"
    );
}

pub(crate) fn form_without_a_layer_goes_by_the_policy_of_the_application(site: &Site) {
    let (browser, token) = with_token(site);
    let form = format!("csrf_token={token}&item=tea");
    let from = |path, origin: Option<&str>| {
        let request = browser.post(path).form(&form);
        origin.into_iter().fold(request, |request, origin| request.header("Origin", origin)).send()
    };
    // This policy takes every request to be on https.
    for origin in ["https://shop.test", "https://a.example.com"] {
        assert_eq!(from("/https/checked", Some(origin)).body, "tea []", "{origin}");
    }
    for origin in [None, Some("http://shop.test"), Some("http://a.example.com"), Some("null")] {
        assert_refused(&from("/https/checked", origin));
    }
    // The defaults.
    for origin in [None, Some("http://shop.test"), Some("https://shop.test")] {
        assert_eq!(from("/checked", origin).body, "tea []", "{origin:?}");
    }
    for origin in ["https://a.example.com", "https://evil.test", "null"] {
        assert_refused(&from("/checked", Some(origin)));
    }
}

pub(crate) fn form_without_a_layer_finds_the_policy_in_data(site: &Site) {
    let (browser, token) = with_token(site);
    assert_refused(
        &browser.post("/https-data/checked").header("X-CSRF-Token", &token).form("item=tea").send(),
    );
}

pub(crate) fn a_form_that_is_not_what_was_asked_for_is_a_422(site: &Site) {
    let (browser, token) = with_token(site);
    for path in ["/csrf/checked", "/checked"] {
        for form in ["", "tag=1", "item=tea&price=1", "item=a&item=b"] {
            let response = browser.post(path).form(&format!("{form}&csrf_token={token}")).send();
            assert_eq!(response.status, 422, "{path} {form}");
            assert_eq!(response.body, "The form is invalid.");
        }
    }
    assert_eq!(site.log.lines(), [""; 0]);
}

pub(crate) fn a_form_that_is_too_long_is_a_413(site: &Site) {
    let (browser, token) = with_token(site);
    let form = format!("csrf_token={token}&item=");
    let fits = format!("{form}{}", "x".repeat(100 - form.len()));
    let post = |form: &str| browser.post("/strict/body").form(form);
    let without_token = fits.split_once('&').unwrap().1;
    assert_eq!(post(&fits).send().body, without_token);
    assert_eq!(post(&fits).chunked().send().body, without_token);

    let over = format!("{fits}x");
    for request in [post(&over), post(&over).chunked(), post(&"x".repeat(1000))] {
        let response = request.send();
        assert_eq!((response.status, &*response.body), (413, "The form is too large."));
        assert_eq!(response.all("content-type"), ["text/plain; charset=utf-8"]);
    }
    let response = post(&over).header("X-CSRF-Token", &token).send();
    assert_eq!(response.body, over, "it is not read for its token");
}

pub(crate) fn the_application_can_answer_what_is_refused(site: &Site) {
    let (browser, token) = with_token(site);
    let post = || browser.post("/refusing/form");
    let long = format!("csrf_token={token}&item={}", "x".repeat(100));
    for (request, status) in [(post(), 403), (post().form("item=tea"), 403), (post().form(&long), 413)] {
        let response = request.send();
        assert_eq!((response.status, response.body), (418, format!("{status} at /refusing/form")));
    }
    assert_eq!(site.log.lines().len(), 2, "what is refused is logged all the same");
    assert_eq!(post().form(&format!("csrf_token={token}")).send().status, 200);
}

pub(crate) fn a_csrf_layer_without_a_session_is_a_500(site: &Site) {
    for method in ["GET", "POST"] {
        let response = site.browser().request(method, "/bare-csrf/hooks/x").send();
        assert_eq!((response.status, &*response.body), (500, "There is no SessionLayer for this route."));
    }
    let lines = site.log.lines();
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().all(|line| line.contains("ERROR") && line.contains("no SessionLayer is around")),
        "{lines:?}"
    );
}

/// Whoever takes it is about to change something: a GET does not get past it either, as from an `<img>`.
pub(crate) fn a_form_that_checks_does_so_for_every_method(site: &Site) {
    let (browser, token) = with_token(site);
    for path in ["/csrf/checked", "/checked"] {
        for method in ["GET", "OPTIONS", "POST"] {
            let response = browser.request(method, path).send();
            assert_refused(&response);
        }
        let response = browser.get(path).header("X-CSRF-Token", &token).send();
        assert_eq!(response.status, 422, "the token is there, and only the form is missing");
    }
}

/// The body of a form that cannot pass is not read.
pub(crate) fn a_form_is_not_read_for_a_session_without_a_token(site: &Site) {
    let browser = site.browser();
    let response = browser.post("/strict/checked").form(&"x".repeat(101)).send();
    assert_eq!(response.status, 403, "and not 413");
}
