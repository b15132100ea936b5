//! The token check of the CSRF layer.

use crate::client::{Browser, Response};
use crate::site::Site;

const REFUSED: &str = "This request could not be verified. Reload the page and try again.";

/// Returns a browser with a session, and the session's CSRF token.
pub(crate) fn with_token(site: &Site) -> (Browser, String) {
    let browser = site.browser();
    let token = browser.get("/do/csrf-token").send().body;
    (browser, token)
}

pub(crate) fn assert_refused(response: &Response) {
    assert_eq!((response.status, &*response.body), (403, REFUSED));
    assert_eq!(response.all("content-type"), ["text/plain; charset=utf-8"]);
    assert!(response.sets_no_cookie());
}

pub(crate) fn safe_methods_need_no_token(site: &Site) {
    for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
        let response = site.browser().request(method, "/csrf/do/ignore").send();
        assert_eq!(response.status, 200, "{method}");
        assert!(response.sets_no_cookie() && response.all("vary").is_empty());
    }
    assert_eq!(site.log.lines(), [""; 0]);
}

pub(crate) fn unsafe_methods_need_token(site: &Site) {
    let (browser, token) = with_token(site);
    for (count, method) in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get"].iter().enumerate() {
        assert_refused(&browser.request(method, "/csrf/do/count").send());
        let lines = site.log.lines();
        assert_eq!(lines.len(), count + 1);
        let line = &lines[count];
        assert!(line.contains("WARN") && line.contains("cross-site request refused"), "{line}");
        assert!(
            line.contains(
                "reason=token: none in the header, and the body is not application/x-www-form-urlencoded"
            ),
            "{line}"
        );
        assert!(line.contains(&format!("method={method:?} path=\"/csrf/do/count\"")), "{line}");

        let request = browser.request(method, "/csrf/do/ignore").header("X-CSRF-Token", &token);
        assert_eq!(request.send().status, 200, "{method}");
    }
    assert_eq!(browser.get("/do/read").send().body, "0", "no refused request reached its handler");
    assert!(!site.log.lines().concat().contains(&token));
}

pub(crate) fn token_in_header_passes(site: &Site) {
    let (browser, token) = with_token(site);
    for (content_type, body) in [
        ("application/json", r#"{"a": 1}"#),
        ("text/plain", "text"),
        ("application/x-www-form-urlencoded", "a=1&csrf_token=not-read"),
        ("multipart/form-data; boundary=x", "--x--"),
    ] {
        let request = browser.post("/csrf/body").header("x-csrf-token", &token).body(content_type, body);
        let response = request.send();
        assert_eq!((response.status, &*response.body), (200, body));
    }
    let request = browser.post("/csrf/do/count").header("X-CSRF-TOKEN", &token);
    let response = site.send_change(request, "session");
    assert_eq!(response.body, "1");
}

pub(crate) fn token_in_form_passes_and_handler_gets_form(site: &Site) {
    let (browser, token) = with_token(site);
    let form = format!("item=green+tea&csrf_token={token}&tag=a&tag=%C3%A9");
    let response = browser.post("/csrf/body").form(&form).send();
    assert_eq!(
        response.body, "item=green+tea&tag=a&tag=%C3%A9",
        "the form is unchanged except for the token"
    );
    assert!(response.sets_no_cookie());
    assert_eq!(response.all("vary"), ["Cookie"]);

    let response = browser.post("/csrf/form").form(&format!("item=green+tea&csrf_token={token}")).send();
    assert_eq!(response.body, r#"{"item": "green tea"}"#);
    let response = browser.post("/csrf/checked").form(&form).send();
    assert_eq!(response.body, r#"green tea ["a", "é"]"#, "the form is deserialized without the token");
    assert_eq!(browser.post("/csrf/checked").form(&form).chunked().send().body, r#"green tea ["a", "é"]"#);
    assert_eq!(browser.request("PUT", "/csrf/do/count").form(&form).send().body, "1");

    for content_type in
        ["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-URLEncoded"]
    {
        let response = browser.post("/csrf/body").body(content_type, &*form).send();
        assert_eq!(response.body, "item=green+tea&tag=a&tag=%C3%A9");
    }
    let escaped = format!("csrf%5Ftoken=%{:x}{}", token.as_bytes()[0], &token[1..]);
    assert_eq!(browser.post("/csrf/body").form(&escaped).send().status, 200);
    assert_eq!(
        browser.post("/csrf/body").form(&format!("csrf_token=&csrf_token={token}")).send().status,
        200
    );
    let request = browser.post("/csrf/body").header("X-CSRF-Token", "").form(&form);
    assert_eq!(request.send().status, 200, "an empty header counts as missing");
}

pub(crate) fn wrong_token_is_refused(site: &Site) {
    let (browser, token) = with_token(site);
    let (_, other) = with_token(site);
    let upper = token.to_uppercase();
    let header_form = [
        (Some("nonsense"), None),
        (Some(""), None),
        (Some(&*other), None),
        (Some(&token[..39]), None),
        (Some(&*upper), None),
        (Some("nonsense"), Some(format!("csrf_token={token}"))),
        (None, Some(String::new())),
        (None, Some("item=tea".to_owned())),
        (None, Some("csrf_token".to_owned())),
        (None, Some("csrf_token=".to_owned())),
        (None, Some(format!("csrf_token={other}"))),
        (None, Some(format!("csrf_token={token}0"))),
        (None, Some(format!("csrf_token={token}+"))),
        (None, Some(format!("CSRF_TOKEN={token}"))),
        (None, Some(format!("csrf_token={token}&csrf_token={other}"))),
        (None, Some(format!("csrf_token={token}&csrf_token="))),
        (None, Some(format!("item=csrf_token={token}"))),
        (None, Some(format!("a=1;csrf_token={token}"))),
    ];
    for (header, form) in header_form {
        for path in ["/csrf/form", "/csrf/checked", "/csrf/do/count"] {
            let mut request = browser.post(path);
            if let Some(header) = header {
                request = request.header("X-CSRF-Token", header);
            }
            if let Some(form) = &form {
                request = request.form(form);
            }
            assert_refused(&request.send());
        }
    }
    let request = browser.post("/csrf/do/count").header("X-CSRF-Token", "nonsense");
    assert_refused(&request.header("X-CSRF-Token", &token).send());
    // A non-UTF-8 header counts as present.
    let request = browser.post("/csrf/form").header("X-CSRF-Token", b"\xff");
    assert_refused(&request.form(&format!("csrf_token={token}")).send());
    assert_eq!(browser.get("/do/read").send().body, "0");
    assert!(!site.log.lines().concat().contains(&token[..30]));
}

pub(crate) fn request_without_session_is_refused(site: &Site) {
    let (_, token) = with_token(site);
    assert_refused(&site.post("/csrf/form").header("X-CSRF-Token", &token).send());
    assert_refused(&site.post("/csrf/form").form(&format!("csrf_token={token}")).send());
    assert_refused(&site.post("/csrf/form").header("Cookie", "session=garbage").form("csrf_token=").send());
}

pub(crate) fn empty_token_in_session_never_passes(site: &Site) {
    let browser = site.browser();
    browser.get("/do/empty-csrf-token").send();
    for form in ["csrf_token=", "csrf_token", "a=1"] {
        assert_refused(&browser.post("/csrf/form").form(form).send());
    }
    assert_refused(&browser.post("/csrf/form").header("X-CSRF-Token", "").send());
    let token = browser.get("/csrf/token").send().body[..40].to_owned();
    let request = browser.post("/csrf/do/count").header("X-CSRF-Token", token);
    assert_eq!(request.send().body, "1", "`CsrfToken` replaces the empty token with a valid one");
}

pub(crate) fn token_in_query_is_ignored(site: &Site) {
    let (browser, token) = with_token(site);
    for path in ["/csrf/form", "/csrf/checked", "/csrf/do/count"] {
        let with_query = format!("{path}?csrf_token={token}");
        assert_refused(&browser.post(&with_query).send());
        assert_refused(&browser.post(&with_query).form("").send());
        assert_refused(&browser.post(&with_query).form("item=tea").send());
    }
}

pub(crate) fn token_in_other_content_type_is_ignored(site: &Site) {
    let (browser, token) = with_token(site);
    let form = format!("csrf_token={token}");
    let part =
        format!("--x\r\nContent-Disposition: form-data; name=\"csrf_token\"\r\n\r\n{token}\r\n--x--\r\n");
    for (content_type, body) in [
        ("text/plain", &form),
        ("application/json", &format!("{{\"csrf_token\": \"{token}\"}}")),
        ("application/x-www-form-urlencodedx", &form),
        ("text/plain, application/x-www-form-urlencoded", &form),
        ("multipart/form-data; boundary=x", &part),
    ] {
        assert_refused(&browser.post("/csrf/body").body(content_type, &**body).send());
    }
}

pub(crate) fn page_shows_token_of_session(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/csrf/token").send();
    response.only_cookie("session");
    let (token, field) = response.body.split_once('\n').unwrap();
    assert!(token.len() == 40 && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert_eq!(field, format!(r#"<input type="hidden" name="csrf_token" value="{token}">"#));

    let again = browser.get("/csrf/token").send();
    assert_eq!(again.body, response.body);
    assert!(again.sets_no_cookie());
    assert_eq!(again.all("vary"), ["Cookie"]);
    assert_ne!(site.get("/csrf/token").send().body, response.body);
    let request = browser.post("/csrf/do/count").form(&format!("csrf_token={token}"));
    assert_eq!(request.send().body, "1");
}

pub(crate) fn named_sessions_have_separate_tokens(site: &Site) {
    let (browser, token) = with_token(site);
    let shop_token = browser.get("/shop/csrf-token").send().body;
    assert_ne!(shop_token, token);
    let post = |token: &str| browser.post("/shop-csrf/shop/count").header("X-CSRF-Token", token).send();
    assert_refused(&post(&token));
    assert_eq!(post(&shop_token).body, "1");
}
