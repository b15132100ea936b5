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
    let from = match (origin, referer) {
        (Some("null"), _) if is_trusted("null") => return Ok(()),
        // A sandboxed frame, a redirect from elsewhere, a file.
        (Some("null"), _) => return Err(CsrfError::origin("`null` is not trusted")),
        // Proxies that redirect append to it: the last one is nearest to us.
        (Some(origin), _) => origin.rsplit(' ').next().unwrap_or(origin),
        (None, Some(referer)) => referer,
        (None, None) => "",
    };
    if from.is_empty() {
        let missing = CsrfError::origin("neither Origin nor Referer");
        return if allow_no_origin { Ok(()) } else { Err(missing) };
    }
    let host_of =
        |url: &'_ str| Some(url.split_once("://")?.1.split(['/', '?', '#']).next()?.to_ascii_lowercase());
    let https = from.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let Some(from) = host_of(from).filter(|_| https) else {
        return Err(CsrfError::origin("the page is not on https"));
    };
    let from = from.strip_suffix(":443").unwrap_or(&from);
    let ours = host.is_some_and(|host| {
        let host = host.to_ascii_lowercase();
        !host.is_empty() && from == host.strip_suffix(":443").unwrap_or(&host)
    });
    if ours || is_trusted(from) { Ok(()) } else { Err(CsrfError::origin("the page is on another host")) }
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
}
