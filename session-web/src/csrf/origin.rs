//! Where a request comes from: Pyramid's `check_csrf_origin`, and what browsers say in `Sec-Fetch-Site`.

use super::error::CsrfError;

/// What the head of a request says about the page that sent it.
pub(super) struct Source<'h> {
    /// Whether the request is known to be on https.
    pub(super) is_https: bool,
    /// Our host, as the request names it.
    pub(super) host: Option<&'h str>,
    pub(super) origin: Option<&'h str>,
    pub(super) referer: Option<&'h str>,
    /// `Sec-Fetch-Site`
    pub(super) fetch_site: Option<&'h str>,
}

/// Passes a request from a page of our own host or of a trusted one.
///
/// `Origin` is compared whatever the scheme. `Referer` stands in for it on https, where one of the two is required
/// unless `allow_no_origin`. A browser that names another site in `Sec-Fetch-Site` overrules both, unless the page is
/// trusted.
pub(super) fn check(source: &Source<'_>, trusted: &[String], allow_no_origin: bool) -> Result<(), CsrfError> {
    let is_trusted = |host: &str| trusted.iter().any(|pattern| matches(host, pattern));
    let other_site = source.fetch_site.filter(|site| !matches!(*site, "" | "same-origin" | "none"));
    let other_site = other_site.map(|site| CsrfError::origin(format!("Sec-Fetch-Site is {site:?}")));
    // Proxies that redirect append to it: the last one is nearest to us.
    let origin = source.origin.map(|origin| origin.rsplit(' ').next().unwrap_or(origin));
    if origin == Some("null") {
        // A sandboxed frame, a redirect from elsewhere, a file.
        return if is_trusted("null") { Ok(()) } else { Err(CsrfError::origin("`null` is not trusted")) };
    }

    let page = origin.or(source.referer).unwrap_or_default();
    if page.is_empty() {
        return match other_site {
            Some(error) => Err(error),
            None if source.is_https && !allow_no_origin => {
                Err(CsrfError::origin("neither Origin nor Referer"))
            }
            None => Ok(()),
        };
    }
    if origin.is_none() && !source.is_https && other_site.is_none() {
        return Ok(());
    }
    let page = page_host(page, source.is_https)?;
    if is_trusted(&page) {
        return Ok(());
    }
    if let Some(error) = other_site {
        return Err(error);
    }
    let ours = source.host.unwrap_or_default();
    if !page.is_empty() && page.eq_ignore_ascii_case(own_host(ours)) {
        return Ok(());
    }
    Err(CsrfError::origin(format!("{page:?} is neither our host, {ours:?}, nor trusted")))
}

/// The host of a page, lower-case, with its port unless that is its scheme's default. On https only https pages pass:
/// an attacker who can change a page on http could forge the request.
fn page_host(url: &str, must_be_https: bool) -> Result<String, CsrfError> {
    let malformed = || CsrfError::origin("Origin or Referer is not the URL of a page");
    let (scheme, rest) = url.split_once("://").ok_or_else(malformed)?;
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "https" => ":443",
        "http" if must_be_https => return Err(CsrfError::origin("the page is not on https")),
        "http" => ":80",
        _ => return Err(malformed()),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || !host.chars().all(is_host_char) {
        return Err(malformed());
    }
    Ok(host.strip_suffix(default_port).unwrap_or(host).to_ascii_lowercase())
}

/// Our host without port 80 or 443. As in Pyramid both count as the default whatever the scheme: a proxy that ends TLS
/// may pass on `Host: example.com:80`.
fn own_host(host: &str) -> &str {
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host)
}

/// What a host with a port is made of; browsers write international names in ASCII.
fn is_host_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:[]".contains(c)
}

/// Whether a text is a name or an address, with or without a port.
pub(super) fn is_host(text: &str) -> bool {
    let is_name = |name: &str| {
        name.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        })
    };
    let is_address = |inside: &str| {
        !inside.is_empty() && inside.chars().all(|c| c.is_ascii_hexdigit() || ":.".contains(c))
    };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    is_port
        && match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').is_some_and(is_address),
            None => is_name(host),
        }
}

/// `.example.com` is the domain and all below it. Both are lower-case.
fn matches(host: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('.') {
        Some(apex) => host == apex || host.ends_with(pattern),
        None => host == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTPS: Source<'_> =
        Source { is_https: true, host: Some("shop.test"), origin: None, referer: None, fetch_site: None };
    const HTTP: Source<'_> = Source { is_https: false, ..HTTPS };

    fn passes(source: &Source<'_>) -> bool {
        let trusted = [".example.com", "pay.test:8443"].map(str::to_owned);
        check(source, &trusted, false).is_ok()
    }

    fn origin_passes(scheme: Source<'_>, origin: &str, host: &str) -> bool {
        passes(&Source { origin: Some(origin), host: Some(host), ..scheme })
    }

    #[test]
    fn own_host_passes_with_its_port() {
        for (origin, host) in [
            ("https://shop.test", "shop.test"),
            ("https://Shop.Test", "shop.TEST"),
            ("https://shop.test:443", "shop.test"),
            ("https://shop.test:8443", "shop.test:8443"),
            ("https://[::1]", "[::1]"),
            ("HTTPS://shop.test", "shop.test"),
        ] {
            assert!(origin_passes(HTTPS, origin, host), "{origin} at {host}");
            assert!(origin_passes(HTTP, origin, host), "{origin} at {host}");
        }
        for (origin, host) in [
            ("https://shop.test:8443", "shop.test"),
            ("https://shop.test", "shop.test:8443"),
            ("https://shop.test:80", "shop.test"),
            ("https://shop.test:80", "shop.test:80"),
            ("https://[::1]:443", "[::2]"),
        ] {
            assert!(!origin_passes(HTTPS, origin, host), "{origin} at {host}");
            assert!(!origin_passes(HTTP, origin, host), "{origin} at {host}");
        }
    }

    /// Pyramid's rule: a proxy that ends TLS may pass on port 80.
    #[test]
    fn own_host_on_port_80_or_443_passes_on_either_scheme() {
        for host in ["shop.test:80", "shop.test:443"] {
            assert!(origin_passes(HTTPS, "https://shop.test", host), "{host}");
            assert!(origin_passes(HTTP, "https://shop.test", host), "{host}");
            assert!(origin_passes(HTTP, "http://shop.test", host), "{host}");
            assert!(!origin_passes(HTTPS, "https://shop.test:8443", host), "{host}");
        }
    }

    #[test]
    fn own_host_on_http_passes_only_on_http() {
        for (origin, host) in [
            ("http://shop.test", "shop.test"),
            ("http://shop.test:80", "shop.test"),
            ("http://localhost:8080", "localhost:8080"),
        ] {
            assert!(origin_passes(HTTP, origin, host), "{origin} at {host}");
            assert!(!origin_passes(HTTPS, origin, host), "{origin} at {host}");
        }
        assert!(!origin_passes(HTTP, "http://shop.test:443", "shop.test"));
        assert!(!origin_passes(HTTP, "http://localhost:8081", "localhost:8080"));
    }

    #[test]
    fn look_alike_of_own_host_is_refused_on_either_scheme() {
        for origin in [
            "https://evil.test",
            "https://shop.test.evil",
            "https://evilshop.test",
            "https://evil/shop.test",
            "https://evil?shop.test",
            "https://evil#shop.test",
            "https://user@shop.test",
            "https:shop.test",
            "shop.test",
            "https://",
            "http://",
            "ftp://shop.test",
            "https://shop.test https://evil",
            "\u{fffd}",
        ] {
            assert!(!origin_passes(HTTPS, origin, "shop.test"), "{origin}");
            assert!(!origin_passes(HTTP, origin, "shop.test"), "{origin}");
        }
        assert!(origin_passes(HTTPS, "https://evil https://shop.test", "shop.test"), "the last one counts");
    }

    #[test]
    fn referer_stands_in_for_the_origin_on_https_only() {
        let passes = |scheme, origin, referer| passes(&Source { origin, referer: Some(referer), ..scheme });
        for (origin, referer, expected) in [
            (None, "https://shop.test/cart?x=1#y", true),
            (None, "https://evil/https://shop.test/", false),
            (None, "http://shop.test/", false),
            (None, "null", false),
        ] {
            assert_eq!(passes(HTTPS, origin, referer), expected, "{referer}");
            assert!(passes(HTTP, origin, referer), "{referer}");
        }
        assert!(!passes(HTTPS, Some("https://evil"), "https://shop.test/"));
        assert!(!passes(HTTP, Some("https://evil"), "https://shop.test/"));
    }

    #[test]
    fn trusted_host_passes() {
        for origin in ["https://example.com", "https://a.b.example.com", "https://pay.test:8443"] {
            assert!(origin_passes(HTTPS, origin, "shop.test"), "{origin}");
            assert!(origin_passes(HTTP, origin, "shop.test"), "{origin}");
        }
        for origin in ["https://badexample.com", "https://pay.test", "https://example.com:8443"] {
            assert!(!origin_passes(HTTPS, origin, "shop.test"), "{origin}");
            assert!(!origin_passes(HTTP, origin, "shop.test"), "{origin}");
        }
        assert!(!origin_passes(HTTPS, "http://example.com", "shop.test"));
        assert!(origin_passes(HTTP, "http://example.com", "shop.test"));
    }

    #[test]
    fn null_passes_only_if_it_is_trusted() {
        for scheme in [HTTPS, HTTP] {
            let null = Source { origin: Some("null"), host: Some("null"), ..scheme };
            assert!(!passes(&null), "a host of this name is something else");
            for fetch_site in [None, Some("cross-site")] {
                let null = Source { fetch_site, ..null };
                assert!(check(&null, &["null".to_owned()], false).is_ok());
            }
        }
    }

    #[test]
    fn missing_origin_and_referer_pass_on_http_or_if_allowed() {
        for (origin, referer) in [(None, None), (Some(""), None), (None, Some(""))] {
            assert!(check(&Source { origin, referer, ..HTTPS }, &[], false).is_err());
            assert!(check(&Source { origin, referer, ..HTTPS }, &[], true).is_ok());
            assert!(check(&Source { origin, referer, ..HTTP }, &[], false).is_ok());
        }
    }

    #[test]
    fn missing_host_is_not_our_host() {
        for scheme in [HTTPS, HTTP] {
            let at = |host, origin| check(&Source { host, origin: Some(origin), ..scheme }, &[], true);
            assert!(at(Some(""), "https://").is_err());
            assert!(at(None, "https://a").is_err());
            assert!(at(Some(":443"), "https://:443").is_err());
        }
    }

    #[test]
    fn request_from_another_site_is_refused_unless_it_is_trusted() {
        for scheme in [HTTPS, HTTP] {
            for site in ["cross-site", "same-site", "Same-Origin", "unheard-of", "\u{fffd}"] {
                let from = |origin| Source { origin, fetch_site: Some(site), ..scheme };
                assert!(!passes(&from(Some("https://shop.test"))), "{site}");
                assert!(!passes(&from(Some("https://evil.test"))), "{site}");
                assert!(!passes(&from(None)), "{site}");
                assert!(check(&from(None), &[], true).is_err(), "{site}");
                assert!(passes(&from(Some("https://example.com"))), "{site}");
                let referer = Some("https://shop.test/");
                assert!(!passes(&Source { referer, ..from(None) }), "{site}");
            }
        }
    }

    #[test]
    fn request_from_own_site_is_compared_all_the_same() {
        for scheme in [HTTPS, HTTP] {
            for site in ["same-origin", "none", ""] {
                let from = |origin| Source { origin: Some(origin), fetch_site: Some(site), ..scheme };
                assert!(passes(&from("https://shop.test")), "{site}");
                assert!(!passes(&from("https://evil.test")), "{site}");
                assert!(!passes(&from("null")), "{site}");
            }
        }
    }

    #[test]
    fn what_can_be_trusted_is_a_host() {
        for host in [
            "example.com",
            "a_b.example.com:8443",
            "localhost",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:8443",
            "null",
        ] {
            assert!(is_host(host), "{host}");
        }
        for other in [
            "", ".", "a..b", "a.", "a:b:c[[", "https:", "a:", "a:x", "a:99999", "[::1", "[]", "a/b",
            "é.test", "*",
        ] {
            assert!(!is_host(other), "{other}");
        }
    }
}
