//! The origin check of the CSRF layer.

use crate::csrf_token::{assert_refused, with_token};
use crate::site::Site;

/// Sends a request with the CSRF token and these headers. Returns whether it passes. Panics if it is refused for a
/// reason other than its origin.
fn passes(site: &Site, path: &str, headers: &[(&str, &str)]) -> bool {
    let (browser, token) = with_token(site);
    let request = browser.post(path).header("X-CSRF-Token", token);
    let response = headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send();
    match response.status {
        200 => true,
        _ => {
            assert_refused(&response);
            let line = site.log.lines().pop().unwrap();
            assert!(line.contains("WARN") && line.contains("reason=origin: "), "{line}");
            false
        }
    }
}

fn over_https(site: &Site, mount: &str, headers: &[(&str, &str)]) -> bool {
    let headers = [&[("X-Forwarded-Proto", "https")], headers].concat();
    passes(site, &format!("{mount}/do/ignore"), &headers)
}

pub(crate) fn foreign_origin_is_refused_on_https(site: &Site) {
    for ours in ["https://shop.test", "https://shop.test:443", "https://SHOP.test"] {
        assert!(over_https(site, "/csrf", &[("Origin", ours)]), "{ours}");
    }
    for other in [
        "https://evil.test",
        "http://shop.test",
        "https://shop.test:8443",
        "https://shop.test.evil.test",
        "https://sub.shop.test",
        "https://user@shop.test",
        "null",
        "shop.test",
    ] {
        assert!(!over_https(site, "/csrf", &[("Origin", other)]), "{other}");
        let ours = ("Referer", "https://shop.test/cart");
        assert!(!over_https(site, "/csrf", &[("Origin", other), ours]), "{other}");
    }
}

pub(crate) fn refused_origin_logs_both_hosts(site: &Site) {
    assert!(!over_https(site, "/csrf", &[("Origin", "https://evil.test")]));
    let line = site.log.only_line();
    assert!(line.contains(r#""evil.test" is neither our host, "shop.test", nor trusted"#), "{line}");
}

pub(crate) fn non_utf8_origin_counts_as_present(site: &Site) {
    for mount in ["/csrf", "/lax"] {
        let (browser, token) = with_token(site);
        let request = browser.post(&format!("{mount}/do/ignore")).header("X-CSRF-Token", token);
        let request = request.header("X-Forwarded-Proto", "https").header("Origin", b"https://shop.test\xff");
        assert_refused(&request.header("Referer", "https://shop.test/cart").send());
    }
}

pub(crate) fn referer_replaces_missing_origin(site: &Site) {
    assert!(over_https(site, "/csrf", &[("Referer", "https://shop.test/cart?x=1")]));
    assert!(!over_https(site, "/csrf", &[("Referer", "https://evil.test/https://shop.test/")]));
    assert!(!over_https(site, "/csrf", &[("Referer", "http://shop.test/cart")]));
    assert!(!over_https(site, "/csrf", &[]), "a request with neither Origin nor Referer should be refused");
    assert!(!over_https(site, "/csrf", &[("Referer", "")]));
}

pub(crate) fn origin_is_compared_with_port(site: &Site) {
    let post = |host, origin| {
        let (browser, token) = with_token(site);
        let request = browser.post("/csrf/do/ignore").host(host).header("X-CSRF-Token", token);
        request.header("X-Forwarded-Proto", "https").header("Origin", origin).send()
    };
    assert_eq!(post("shop.test:8443", "https://shop.test:8443").status, 200);
    assert_eq!(post("shop.test:443", "https://shop.test").status, 200);
    assert_refused(&post("shop.test:8443", "https://shop.test"));
    assert_refused(&post("shop.test", "https://shop.test:8443"));
}

pub(crate) fn own_origin_still_needs_token(site: &Site) {
    let request = site.post("/csrf/do/ignore").header("X-Forwarded-Proto", "https");
    assert_refused(&request.header("Origin", "https://shop.test").send());
    assert!(site.log.only_line().contains("reason=token: "));
}

pub(crate) fn https_is_detected_from_forwarded_proto_or_target(site: &Site) {
    // Without `Origin` and `Referer`, a request is refused only if it counts as https.
    for proto in ["https", "HTTPS", "https, http", "http,https"] {
        assert!(!passes(site, "/csrf/do/ignore", &[("X-Forwarded-Proto", proto)]), "{proto}");
    }
    for proto in ["http", "", "httpsx"] {
        assert!(passes(site, "/csrf/do/ignore", &[("X-Forwarded-Proto", proto)]), "{proto}");
    }
    assert!(passes(site, "/csrf/do/ignore", &[]));
    assert!(
        !passes(site, "https://shop.test/csrf/do/ignore", &[]),
        "a target with https should count as https"
    );
    assert!(passes(site, "https://shop.test/csrf/do/ignore", &[("Origin", "https://shop.test")]));
    assert!(passes(site, "http://shop.test/csrf/do/ignore", &[]));
}

/// The token alone is not enough: another subdomain can set a session cookie in the user's browser, and knows the token
/// of that session.
pub(crate) fn foreign_origin_is_refused_on_http(site: &Site) {
    for ours in ["http://shop.test", "https://shop.test", "http://SHOP.test:80"] {
        assert!(passes(site, "/csrf/do/ignore", &[("Origin", ours)]), "{ours}");
    }
    for other in [
        "https://evil.test",
        "http://evil.test",
        "http://sub.shop.test",
        "https://sub.shop.test",
        "http://shop.test:8080",
        "null",
        "shop.test",
    ] {
        assert!(!passes(site, "/csrf/do/ignore", &[("Origin", other)]), "{other}");
    }
    assert!(
        passes(site, "/csrf/do/ignore", &[("Referer", "https://evil.test/")]),
        "the Referer should count only on https"
    );
}

pub(crate) fn cross_site_request_is_refused_on_either_scheme(site: &Site) {
    for scheme in ["http", "https"] {
        let proto = ("X-Forwarded-Proto", scheme);
        for other in ["cross-site", "same-site"] {
            let fetch_site = ("Sec-Fetch-Site", other);
            assert!(!passes(site, "/csrf/do/ignore", &[proto, fetch_site]), "{scheme}, {other}");
            let ours = ("Origin", "https://shop.test");
            assert!(!passes(site, "/csrf/do/ignore", &[proto, fetch_site, ours]), "{scheme}, {other}");
            assert!(!passes(site, "/lax/do/ignore", &[proto, fetch_site]), "{scheme}, {other}");
            let trusted = ("Origin", "https://a.example.com");
            assert!(passes(site, "/strict/do/ignore", &[proto, fetch_site, trusted]), "{scheme}, {other}");
        }
        for own in ["same-origin", "none"] {
            let headers = [proto, ("Sec-Fetch-Site", own), ("Origin", "https://shop.test")];
            assert!(passes(site, "/csrf/do/ignore", &headers), "{scheme}, {own}");
        }
    }
    let (browser, _) = with_token(site);
    let get = browser.get("/csrf/do/ignore").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(get.send().status, 200, "links from other sites pass");
}

/// A proxy that terminates TLS may send a port in `Host` that differs from the port that the browser used.
pub(crate) fn own_host_on_port_80_passes_on_https(site: &Site) {
    let (browser, token) = with_token(site);
    for host in ["shop.test:80", "shop.test:443"] {
        let request = browser.post("/csrf/do/ignore").host(host).header("X-CSRF-Token", &token);
        let request = request.header("X-Forwarded-Proto", "https").header("Origin", "https://shop.test");
        assert_eq!(request.send().status, 200, "{host}");
    }
}

pub(crate) fn trusted_host_passes(site: &Site) {
    for trusted in
        ["https://example.com", "https://a.b.example.com", "https://pay.test:8443", "https://shop.test"]
    {
        assert!(over_https(site, "/strict", &[("Origin", trusted)]), "{trusted}");
        assert!(over_https(site, "/strict", &[("Referer", &format!("{trusted}/page"))]), "{trusted}");
    }
    for other in [
        "https://badexample.com",
        "https://pay.test",
        "https://example.com:8443",
        "http://example.com",
        "null",
    ] {
        assert!(!over_https(site, "/strict", &[("Origin", other)]), "{other}");
    }
}

pub(crate) fn missing_origin_can_be_allowed(site: &Site) {
    // The policy `lax` assumes https for all requests.
    for headers in
        [vec![], vec![("Origin", "null")], vec![("Origin", "https://shop.test")], vec![("Referer", "")]]
    {
        assert!(passes(site, "/lax/do/ignore", &headers), "{headers:?}");
    }
    for headers in [vec![("Origin", "https://evil.test")], vec![("Referer", "https://evil.test/")]] {
        assert!(!passes(site, "/lax/do/ignore", &headers), "{headers:?}");
    }
}
