//! The check of the page that sent a request: Pyramid's `check_csrf_origin`, and the header `Sec-Fetch-Site`.

use super::error::CsrfError;

/// The parts of a request that [`check`] uses.
pub(super) struct RequestOrigin<'h> {
    /// Whether the request is known to use https.
    pub(super) is_https: bool,
    /// The host and port to which the request was sent, which are our own.
    pub(super) host: Option<&'h str>,
    /// The header `Origin`.
    pub(super) origin: Option<&'h str>,
    /// The header `Referer`.
    pub(super) referer: Option<&'h str>,
    /// The header `Sec-Fetch-Site`.
    pub(super) fetch_site: Option<&'h str>,
}

/// Checks that a request comes from a page of our own host or of a trusted one.
///
/// The page is the one in `Origin`. Without `Origin`, the page in `Referer` counts on https, and any request passes on
/// http. On https, one of the two headers is required, unless `allow_no_origin` is set. If `Sec-Fetch-Site` has a value
/// other than `same-origin` or `none`, only a trusted page passes, and `Referer` counts on http too.
pub(super) fn check(
    request: &RequestOrigin<'_>,
    trusted: &[String],
    allow_no_origin: bool,
) -> Result<(), CsrfError> {
    let is_trusted = |host: &str| trusted.iter().any(|pattern| matches(host, pattern));
    let other_site = request.fetch_site.filter(|site| !matches!(*site, "" | "same-origin" | "none"));
    let other_site = other_site.map(|site| CsrfError::Origin(format!("Sec-Fetch-Site is {site:?}").into()));
    // Redirects append origins to the header. As in Pyramid, only the last one counts, which sent the browser to us.
    let origin = request.origin.map(|origin| origin.rsplit(' ').next().unwrap_or(origin));
    if origin == Some("null") {
        // Browsers send `null`, for example, from a sandboxed frame or a file, or after a redirect from another site.
        return if is_trusted("null") {
            Ok(())
        } else {
            Err(CsrfError::Origin("`null` is not trusted".into()))
        };
    }

    let page = origin.or(request.referer).unwrap_or_default();
    if page.is_empty() {
        return match other_site {
            Some(error) => Err(error),
            None if request.is_https && !allow_no_origin => {
                Err(CsrfError::Origin("neither Origin nor Referer".into()))
            }
            None => Ok(()),
        };
    }
    if origin.is_none() && !request.is_https && other_site.is_none() {
        return Ok(());
    }
    let page = page_host(page, request.is_https)?;
    if is_trusted(&page) {
        return Ok(());
    }
    if let Some(error) = other_site {
        return Err(error);
    }
    let ours = request.host.unwrap_or_default();
    if !page.is_empty() && page.eq_ignore_ascii_case(without_default_port(ours)) {
        return Ok(());
    }
    Err(CsrfError::Origin(format!("{page:?} is neither our host, {ours:?}, nor trusted").into()))
}

/// Returns a page's host in lower case, with the port unless it is the scheme's default. If `must_be_https`, an http
/// page is an error, because an attacker who can change that page could forge the request.
fn page_host(url: &str, must_be_https: bool) -> Result<String, CsrfError> {
    let malformed = || CsrfError::Origin("Origin or Referer is not the URL of a page".into());
    let (scheme, rest) = url.split_once("://").ok_or_else(malformed)?;
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "https" => ":443",
        "http" if must_be_https => return Err(CsrfError::Origin("the page is not on https".into())),
        "http" => ":80",
        _ => return Err(malformed()),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || !host.chars().all(is_host_char) {
        return Err(malformed());
    }
    Ok(host.strip_suffix(default_port).unwrap_or(host).to_ascii_lowercase())
}

/// Returns our host, or a trusted one, without port 80 or 443. As in Pyramid, both ports count as the default port, on
/// http and on https, because a proxy that terminates TLS may send `Host: example.com:80`.
pub(super) fn without_default_port(host: &str) -> &str {
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host)
}

/// Returns whether `c` can be part of a host and port. Browsers encode international names in ASCII.
fn is_host_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:[]".contains(c)
}

/// Returns whether a text is a host name or an IP address, with or without a port.
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

/// Returns whether a host matches a pattern. Both must be in lower case. The pattern `.example.com` matches the domain
/// `example.com` and its subdomains.
fn matches(host: &str, pattern: &str) -> bool {
    match pattern.strip_prefix('.') {
        Some(apex) => host == apex || host.ends_with(pattern),
        None => host == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTPS: RequestOrigin<'_> = RequestOrigin {
        is_https: true,
        host: Some("shop.test"),
        origin: None,
        referer: None,
        fetch_site: None,
    };
    const HTTP: RequestOrigin<'_> = RequestOrigin { is_https: false, ..HTTPS };

    fn passes(request: &RequestOrigin<'_>) -> bool {
        let trusted = [".example.com", "pay.test:8443"].map(str::to_owned);
        check(request, &trusted, false).is_ok()
    }

    fn origin_passes(scheme: RequestOrigin<'_>, origin: &str, host: &str) -> bool {
        passes(&RequestOrigin { origin: Some(origin), host: Some(host), ..scheme })
    }

    #[test]
    fn own_host_passes_only_with_its_port() {
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

    /// A proxy that terminates TLS may send port 80 in `Host`. Pyramid accepts this port too.
    #[test]
    fn own_host_on_default_port_passes_on_either_scheme() {
        for host in ["shop.test:80", "shop.test:443"] {
            assert!(origin_passes(HTTPS, "https://shop.test", host), "{host}");
            assert!(origin_passes(HTTP, "https://shop.test", host), "{host}");
            assert!(origin_passes(HTTP, "http://shop.test", host), "{host}");
            assert!(!origin_passes(HTTPS, "https://shop.test:8443", host), "{host}");
        }
    }

    #[test]
    fn http_page_of_own_host_is_refused_on_https() {
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
    fn foreign_or_malformed_origin_is_refused() {
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
        assert!(
            origin_passes(HTTPS, "https://evil https://shop.test", "shop.test"),
            "only the last origin counts"
        );
    }

    #[test]
    fn referer_replaces_missing_origin_on_https_only() {
        let passes =
            |scheme, origin, referer| passes(&RequestOrigin { origin, referer: Some(referer), ..scheme });
        for (referer, expected) in [
            ("https://shop.test/cart?x=1#y", true),
            ("https://evil/https://shop.test/", false),
            ("http://shop.test/", false),
            ("null", false),
        ] {
            assert_eq!(passes(HTTPS, None, referer), expected, "{referer}");
            assert!(passes(HTTP, None, referer), "{referer}");
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
        for origin in [
            "https://badexample.com",
            "https://pay.test",
            "https://example.com:8443",
            "https://user@a.example.com",
            "https://evil\\.example.com",
        ] {
            assert!(!origin_passes(HTTPS, origin, "shop.test"), "{origin}");
            assert!(!origin_passes(HTTP, origin, "shop.test"), "{origin}");
        }
        assert!(!origin_passes(HTTPS, "http://example.com", "shop.test"));
        assert!(origin_passes(HTTP, "http://example.com", "shop.test"));
    }

    #[test]
    fn null_origin_passes_only_if_trusted() {
        for scheme in [HTTPS, HTTP] {
            let null = RequestOrigin { origin: Some("null"), host: Some("null"), ..scheme };
            assert!(!passes(&null), "a host named `null` is not the null origin");
            for fetch_site in [None, Some("cross-site")] {
                let null = RequestOrigin { fetch_site, ..null };
                assert!(check(&null, &["null".to_owned()], false).is_ok());
            }
        }
    }

    #[test]
    fn missing_origin_and_referer_pass_on_http_or_if_allowed() {
        for (origin, referer) in [(None, None), (Some(""), None), (None, Some(""))] {
            assert!(check(&RequestOrigin { origin, referer, ..HTTPS }, &[], false).is_err());
            assert!(check(&RequestOrigin { origin, referer, ..HTTPS }, &[], true).is_ok());
            assert!(check(&RequestOrigin { origin, referer, ..HTTP }, &[], false).is_ok());
        }
    }

    #[test]
    fn missing_or_empty_host_matches_no_origin() {
        for scheme in [HTTPS, HTTP] {
            let at = |host, origin| check(&RequestOrigin { host, origin: Some(origin), ..scheme }, &[], true);
            assert!(at(Some(""), "https://").is_err());
            assert!(at(None, "https://a").is_err());
            assert!(at(Some(":443"), "https://:443").is_err());
        }
    }

    #[test]
    fn cross_site_request_is_refused_unless_trusted() {
        for scheme in [HTTPS, HTTP] {
            for site in ["cross-site", "same-site", "Same-Origin", "unheard-of", "\u{fffd}"] {
                let from = |origin| RequestOrigin { origin, fetch_site: Some(site), ..scheme };
                assert!(!passes(&from(Some("https://shop.test"))), "{site}");
                assert!(!passes(&from(Some("https://evil.test"))), "{site}");
                assert!(!passes(&from(None)), "{site}");
                assert!(check(&from(None), &[], true).is_err(), "{site}");
                assert!(passes(&from(Some("https://example.com"))), "{site}");
                let referer = Some("https://shop.test/");
                assert!(!passes(&RequestOrigin { referer, ..from(None) }), "{site}");
                let referer = Some("https://example.com/pay");
                assert!(passes(&RequestOrigin { referer, ..from(None) }), "{site}");
                let foreign = Some("https://evil.test");
                assert!(
                    !passes(&RequestOrigin { referer, ..from(foreign) }),
                    "{site}: an Origin takes precedence over a Referer"
                );
            }
        }
    }

    #[test]
    fn same_origin_in_sec_fetch_site_does_not_replace_origin_check() {
        for scheme in [HTTPS, HTTP] {
            for site in ["same-origin", "none", ""] {
                let from = |origin| RequestOrigin { origin: Some(origin), fetch_site: Some(site), ..scheme };
                assert!(passes(&from("https://shop.test")), "{site}");
                assert!(!passes(&from("https://evil.test")), "{site}");
                assert!(!passes(&from("null")), "{site}");
            }
        }
    }

    #[test]
    fn is_host_accepts_only_names_and_addresses() {
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
