//! Where a request comes from: Pyramid's `check_csrf_origin`.

use super::error::CsrfError;

/// Whether a request over https comes from a page of `host` (with its port, if that is not 443) or of a trusted one.
pub(super) fn check(
    origin: Option<&str>,
    referer: Option<&str>,
    host: Option<&str>,
    trusted: &[String],
    allow_no_origin: bool,
) -> Result<(), CsrfError> {
    let is_trusted = |origin: &str| trusted.iter().any(|pattern| matches(origin, pattern));
    // Proxies that redirect append to it: the last one is nearest to us.
    let origin = origin.map(|origin| origin.rsplit(' ').next().unwrap_or(origin));
    if origin == Some("null") {
        // A sandboxed frame, a redirect from elsewhere, a file.
        return if is_trusted("null") { Ok(()) } else { Err(CsrfError::origin("`null` is not trusted")) };
    }
    let from = origin.or(referer).unwrap_or_default();
    if from.is_empty() {
        return if allow_no_origin { Ok(()) } else { Err(CsrfError::origin("neither Origin nor Referer")) };
    }
    let Some(from) = https_host(from) else {
        return Err(CsrfError::origin("the page is not on https"));
    };
    let from = without_default_port(&from);
    let ours = host.map(str::to_ascii_lowercase).unwrap_or_default();
    let ours = !ours.is_empty() && from == without_default_port(&ours);
    if ours || is_trusted(from) {
        return Ok(());
    }
    Err(CsrfError::origin(format!(
        "{from:?} is neither our host, {:?}, nor trusted",
        host.unwrap_or_default()
    )))
}

/// The host and port of an https URL, lower-case.
fn https_host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_https = scheme.eq_ignore_ascii_case("https") && host.chars().all(is_host_char);
    is_https.then(|| host.to_ascii_lowercase())
}

fn without_default_port(host: &str) -> &str {
    host.strip_suffix(":443").unwrap_or(host)
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

    const TRUSTED: [&str; 3] = [".example.com", "pay.test:8443", "null"];

    fn passes(origin: Option<&str>, referer: Option<&str>, host: &str) -> bool {
        let trusted = TRUSTED[..2].iter().map(ToString::to_string).collect::<Vec<_>>();
        check(origin, referer, Some(host), &trusted, false).is_ok()
    }

    #[test]
    fn the_own_host_passes_with_its_port() {
        assert!(passes(Some("https://shop.test"), None, "shop.test"));
        assert!(passes(Some("https://Shop.Test"), None, "shop.TEST"));
        assert!(passes(Some("https://shop.test:443"), None, "shop.test"));
        assert!(passes(Some("https://shop.test"), None, "shop.test:443"));
        assert!(passes(Some("https://shop.test:8443"), None, "shop.test:8443"));
        assert!(!passes(Some("https://shop.test:8443"), None, "shop.test"));
        assert!(!passes(Some("https://shop.test"), None, "shop.test:8443"));
    }

    #[test]
    fn what_only_looks_like_the_own_host_does_not() {
        for origin in [
            "http://shop.test",
            "https://shop.test.evil",
            "https://evilshop.test",
            "https://evil/shop.test",
            "https://evil?shop.test",
            "https://evil#shop.test",
            "https://user@shop.test",
            "https:shop.test",
            "shop.test",
            "https://",
            "ftp://shop.test",
            "https://shop.test https://evil",
        ] {
            assert!(!passes(Some(origin), None, "shop.test"), "{origin}");
        }
        assert!(passes(Some("https://evil https://shop.test"), None, "shop.test"), "the last one counts");
    }

    #[test]
    fn the_referer_stands_in_for_the_origin() {
        assert!(passes(None, Some("https://shop.test/cart?x=1#y"), "shop.test"));
        assert!(!passes(None, Some("https://evil/https://shop.test/"), "shop.test"));
        assert!(!passes(Some("https://evil"), Some("https://shop.test/"), "shop.test"));
        assert!(!passes(None, Some("null"), "shop.test"));
    }

    #[test]
    fn trusted_origins() {
        assert!(passes(Some("https://example.com"), None, "shop.test"));
        assert!(passes(Some("https://a.b.example.com"), None, "shop.test"));
        assert!(!passes(Some("https://badexample.com"), None, "shop.test"));
        assert!(passes(Some("https://pay.test:8443"), None, "shop.test"));
        assert!(!passes(Some("https://pay.test"), None, "shop.test"));
    }

    #[test]
    fn null_passes_only_if_it_is_trusted() {
        let trusted = TRUSTED.map(str::to_owned);
        assert!(check(Some("null"), None, Some("shop.test"), &trusted, false).is_ok());
        assert!(!passes(Some("null"), None, "null"), "a host of this name is something else");
    }

    #[test]
    fn no_origin_passes_only_if_it_may() {
        for (origin, referer) in [(None, None), (Some(""), None), (None, Some(""))] {
            assert!(check(origin, referer, Some("shop.test"), &[], false).is_err());
            assert!(check(origin, referer, Some("shop.test"), &[], true).is_ok());
        }
        assert!(check(Some("https://"), None, Some(""), &[], true).is_err(), "no host is not our host");
        assert!(check(Some("https://a"), None, None, &[], true).is_err());
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
