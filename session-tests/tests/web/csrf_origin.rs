//! Where requests come from.

use crate::csrf_token::{assert_refused, with_token};
use crate::site::Site;

/// Sends a request with the token and these headers; whether it passes.
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
    passes(site, &format!("{mount}/do/hold"), &headers)
}

pub(crate) fn on_https_the_origin_has_to_be_ours(site: &Site) {
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

pub(crate) fn the_log_names_both_hosts(site: &Site) {
    assert!(!over_https(site, "/csrf", &[("Origin", "https://evil.test")]));
    let line = site.log.only_line();
    assert!(line.contains(r#""evil.test" is neither our host, "shop.test", nor trusted"#), "{line}");
}

pub(crate) fn an_origin_that_is_no_text_is_not_missing(site: &Site) {
    for mount in ["/csrf", "/lax"] {
        let (browser, token) = with_token(site);
        let request = browser.post(&format!("{mount}/do/hold")).header("X-CSRF-Token", token);
        let request = request.header("X-Forwarded-Proto", "https").header("Origin", b"https://shop.test\xff");
        assert_refused(&request.header("Referer", "https://shop.test/cart").send());
    }
}

pub(crate) fn the_referer_stands_in_for_the_origin(site: &Site) {
    assert!(over_https(site, "/csrf", &[("Referer", "https://shop.test/cart?x=1")]));
    assert!(!over_https(site, "/csrf", &[("Referer", "https://evil.test/https://shop.test/")]));
    assert!(!over_https(site, "/csrf", &[("Referer", "http://shop.test/cart")]));
    assert!(!over_https(site, "/csrf", &[]), "neither of the two");
    assert!(!over_https(site, "/csrf", &[("Referer", "")]));
}

pub(crate) fn the_origin_is_compared_with_the_port(site: &Site) {
    let post = |host, origin| {
        let (browser, token) = with_token(site);
        let request = browser.post("/csrf/do/hold").host(host).header("X-CSRF-Token", token);
        request.header("X-Forwarded-Proto", "https").header("Origin", origin).send()
    };
    assert_eq!(post("shop.test:8443", "https://shop.test:8443").status, 200);
    assert_eq!(post("shop.test:443", "https://shop.test").status, 200);
    assert_refused(&post("shop.test:8443", "https://shop.test"));
    assert_refused(&post("shop.test", "https://shop.test:8443"));
}

pub(crate) fn the_token_is_asked_for_all_the_same(site: &Site) {
    let request = site.post("/csrf/do/hold").header("X-Forwarded-Proto", "https");
    assert_refused(&request.header("Origin", "https://shop.test").send());
    assert!(site.log.only_line().contains("reason=token: "));
}

pub(crate) fn what_says_that_it_is_https(site: &Site) {
    // On https a request has to say where it comes from.
    for proto in ["https", "HTTPS", "https, http", "http,https"] {
        assert!(!passes(site, "/csrf/do/hold", &[("X-Forwarded-Proto", proto)]), "{proto}");
    }
    for proto in ["http", "", "httpsx"] {
        assert!(passes(site, "/csrf/do/hold", &[("X-Forwarded-Proto", proto)]), "{proto}");
    }
    assert!(passes(site, "/csrf/do/hold", &[]));
    assert!(!passes(site, "https://shop.test/csrf/do/hold", &[]), "the target itself");
    assert!(passes(site, "https://shop.test/csrf/do/hold", &[("Origin", "https://shop.test")]));
    assert!(passes(site, "http://shop.test/csrf/do/hold", &[]));
}

/// The token alone does not help where a sibling domain has planted a session whose token it knows.
pub(crate) fn foreign_origin_is_refused_on_http(site: &Site) {
    for ours in ["http://shop.test", "https://shop.test", "http://SHOP.test:80"] {
        assert!(passes(site, "/csrf/do/hold", &[("Origin", ours)]), "{ours}");
    }
    for other in ["https://evil.test", "http://evil.test", "http://shop.test:8080", "null", "shop.test"] {
        assert!(!passes(site, "/csrf/do/hold", &[("Origin", other)]), "{other}");
    }
    assert!(passes(site, "/csrf/do/hold", &[("Referer", "https://evil.test/")]), "it counts on https only");
}

pub(crate) fn request_from_another_site_is_refused_on_either_scheme(site: &Site) {
    for proto in ["http", "https"] {
        let proto = ("X-Forwarded-Proto", proto);
        for other in ["cross-site", "same-site"] {
            let fetch_site = ("Sec-Fetch-Site", other);
            assert!(!passes(site, "/csrf/do/hold", &[proto, fetch_site]), "{other}");
            let ours = ("Origin", "https://shop.test");
            assert!(!passes(site, "/csrf/do/hold", &[proto, fetch_site, ours]), "{other}");
            assert!(!passes(site, "/lax/do/hold", &[proto, fetch_site]), "{other}");
            let trusted = ("Origin", "https://a.example.com");
            assert!(passes(site, "/strict/do/hold", &[proto, fetch_site, trusted]), "{other}");
        }
        for own in ["same-origin", "none"] {
            let headers = [proto, ("Sec-Fetch-Site", own), ("Origin", "https://shop.test")];
            assert!(passes(site, "/csrf/do/hold", &headers), "{own}");
        }
    }
    let (browser, _) = with_token(site);
    let get = browser.get("/csrf/do/hold").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(get.send().status, 200, "links from other sites are safe");
}

/// A proxy that ends TLS may pass on the port on which it was not asked.
pub(crate) fn own_host_on_port_80_is_the_default_on_https(site: &Site) {
    let (browser, token) = with_token(site);
    for host in ["shop.test:80", "shop.test:443"] {
        let request = browser.post("/csrf/do/hold").host(host).header("X-CSRF-Token", &token);
        let request = request.header("X-Forwarded-Proto", "https").header("Origin", "https://shop.test");
        assert_eq!(request.send().status, 200, "{host}");
    }
}

pub(crate) fn other_hosts_can_be_trusted(site: &Site) {
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

pub(crate) fn no_origin_can_be_allowed(site: &Site) {
    // This policy takes every request to be on https.
    for headers in
        [vec![], vec![("Origin", "null")], vec![("Origin", "https://shop.test")], vec![("Referer", "")]]
    {
        assert!(passes(site, "/lax/do/hold", &headers), "{headers:?}");
    }
    for headers in [vec![("Origin", "https://evil.test")], vec![("Referer", "https://evil.test/")]] {
        assert!(!passes(site, "/lax/do/hold", &headers), "{headers:?}");
    }
}
