//! The headers that the session layer adds to a response.

use std::time::Duration;

use crate::client::Response;
use crate::site::Site;

/// The part of the main session's `Set-Cookie` line after the value.
pub(crate) const ATTRIBUTES: &str = "; Path=/; HttpOnly; SameSite=Lax";

pub(crate) fn unused_session_adds_no_header(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let good = format!("session={}", browser.cookie("session").unwrap());
    let bare = site.get("/bare/plain").send();
    assert_eq!(bare.status, 200);
    site.clock.advance(Duration::from_secs(100_000));
    for cookie in ["", "session=garbage", &good] {
        // Of these two handlers, only that of `/do/ignore` has a session extractor. It does not use the session.
        for path in ["/plain", "/do/ignore"] {
            let response = site.get(path).header("Cookie", cookie).send();
            assert_eq!(response.headers(), bare.headers(), "{path} {cookie}");
        }
    }
}

pub(crate) fn read_session_adds_vary_only(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let good = format!("session={}", browser.cookie("session").unwrap());
    let bare = site.get("/bare/plain").send();
    let mut expected = bare.headers();
    // The body of `/do/read` is one digit.
    expected.retain(|(name, _)| *name != "content-length");
    expected.extend([("content-length", "1"), ("vary", "Cookie")]);
    expected.sort_by_key(|(name, _)| *name);
    for cookie in ["", "session=garbage", &good] {
        let response = site.get("/do/read").header("Cookie", cookie).send();
        assert_eq!(response.body, if cookie == good { "1" } else { "0" });
        assert_eq!(response.headers(), expected, "{cookie}");
    }
}

pub(crate) fn vary_is_merged(site: &Site) {
    for (lines, merged) in [
        (vec!["Accept-Encoding"], vec!["Accept-Encoding, Cookie"]),
        (vec!["accept-encoding, cookie"], vec!["accept-encoding, cookie"]),
        (vec!["COOKIE,Accept"], vec!["COOKIE,Accept"]),
        (vec!["*"], vec!["*"]),
        (vec!["Accept", "*"], vec!["Accept", "*"]),
        (vec!["Accept", "Accept-Language, Origin"], vec!["Accept, Accept-Language, Origin, Cookie"]),
        (vec!["Accept", "Cookie"], vec!["Accept", "Cookie"]),
        (vec!["X-Cookie"], vec!["X-Cookie, Cookie"]),
        (vec![""], vec!["Cookie"]),
    ] {
        for what in ["read", "count"] {
            let request = site.get(&format!("/do/{what}"));
            let request = lines.iter().fold(request, |request, line| request.header("Response-Vary", line));
            assert_eq!(request.send().all("vary"), merged, "{lines:?}");
        }
    }
}

pub(crate) fn changed_session_sends_one_cookie_beside_application_cookies(site: &Site) {
    let response = site
        .get("/do/count")
        .header("Response-Set-Cookie", "lang=en; Path=/shop")
        .header("Response-Set-Cookie", "sessionid=1")
        .send();
    let lines = response.all("set-cookie");
    assert_eq!(lines[..2], ["lang=en; Path=/shop", "sessionid=1"]);
    assert!(lines[2].starts_with("session=") && lines[2].ends_with(ATTRIBUTES), "{lines:?}");
    assert_eq!(lines.len(), 3);
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert_eq!(site.log.lines(), [""; 0]);
}

pub(crate) fn cookie_adds_cache_control(site: &Site) {
    let response = site.get("/do/count").send();
    assert_eq!(response.all("cache-control"), [r#"no-cache="Set-Cookie", private"#]);

    for own in ["private", "no-store", "max-age=60, PRIVATE"] {
        let response = site.get("/do/count").header("Response-Cache-Control", own).send();
        assert_eq!(response.all("cache-control"), [own]);
        response.only_cookie("session");
    }
}

/// If a page that sets the cookie stayed public, a shared cache would give one visitor's session and CSRF token to
/// other visitors.
pub(crate) fn public_page_with_cookie_becomes_private(site: &Site) {
    for (own, merged) in [
        (&["public, max-age=600"][..], r#"no-cache="Set-Cookie", private, public, max-age=600"#),
        (&["public", "max-age=600"], r#"no-cache="Set-Cookie", private, public, max-age=600"#),
        (&["no-cache"], "private, no-cache"),
        (
            &[r#"private="X-User", max-age=600"#],
            r#"no-cache="Set-Cookie", private, private="X-User", max-age=600"#,
        ),
    ] {
        let request = site.get("/do/count");
        let request =
            own.iter().fold(request, |request, line| request.header("Response-Cache-Control", line));
        let response = request.send();
        assert_eq!(response.all("cache-control"), [merged], "{own:?}");
        assert_eq!(response.all("vary"), ["Cookie"]);
        response.only_cookie("session");

        let request = site.get("/do/read");
        let request =
            own.iter().fold(request, |request, line| request.header("Response-Cache-Control", line));
        assert_eq!(request.send().all("cache-control"), own, "without a cookie, the header stays");
    }
}

/// By default, the layer adds the cookie for every request method and every response status.
pub(crate) fn every_kind_of_response_carries_cookie(site: &Site) {
    let assert_has_cookie = |response: Response, status| {
        assert_eq!(response.status, status);
        let (value, attributes) = response.only_cookie("session");
        assert!(value.len() > 80 && attributes == ATTRIBUTES, "{response:#?}");
        assert_eq!(response.all("vary"), ["Cookie"]);
        response
    };
    for status in [201, 301, 302, 303, 307, 400, 404, 418] {
        let request = site.get("/do/count").header("Response-Status", status.to_string());
        let response = assert_has_cookie(request.header("Response-Location", "/there").send(), status);
        assert_eq!(response.all("location"), ["/there"]);
    }
    for status in [204, 304] {
        // These responses have no body.
        let request = site.get("/do/sign-in").header("Response-Status", status.to_string());
        assert_eq!(assert_has_cookie(request.send(), status).body, "");
    }
    let head = assert_has_cookie(site.browser().request("HEAD", "/do/count").send(), 200);
    assert_eq!(head.body, "");
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_has_cookie(site.browser().request(method, "/do/count").send(), 200);
    }
}

pub(crate) fn removal_repeats_all_attributes(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/all-attributes/do/count").send();
    let (_, attributes) = response.only_cookie("session");
    const FLAGS: &str = "; Secure; HttpOnly; SameSite=Strict; Partitioned";
    assert_eq!(attributes, format!("; Domain=shop.test; Max-Age=3600; Path=/all-attributes{FLAGS}"));

    let response = browser.get("/all-attributes/do/invalidate").send();
    let expired =
        "; Domain=shop.test; Max-Age=0; Path=/all-attributes; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    assert_eq!(response.only_cookie("session"), ("", &*format!("{expired}{FLAGS}")));
    assert_eq!(response.all("cache-control"), [r#"no-cache="Set-Cookie", private"#]);
    assert_eq!(browser.cookie("session"), None);
}
