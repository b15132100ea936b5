//! A shared cache in front of an application with public pages.

use crate::caching_nginx::{CACHES_COOKIES_SITE, DEFAULT_SITE, Nginx};
use crate::client::{Browser, Request, Response};
use crate::site::Site;

/// Returns a request to the cache. The request makes the handler set a `Cache-Control` header that allows the cache to
/// store the page.
fn get(browser: &Browser, host: &'static str, path: &str) -> Request {
    browser.get(path).host(host).header("Response-Cache-Control", "public, max-age=600")
}

/// Returns whether the page came from the cache.
fn is_hit(response: &Response) -> bool {
    match response.all("x-cache").as_slice() {
        ["HIT"] => true,
        ["MISS"] => false,
        other => panic!("unexpected X-Cache: {other:?}"),
    }
}

pub(crate) fn caching_nginx_never_shares_session_cookie(site: &Site) {
    let Some(nginx) = Nginx::start(site.address) else { return };
    for host in [DEFAULT_SITE, CACHES_COOKIES_SITE] {
        let visit = |path| get(&nginx.browser(), host, path);
        // nginx caches pages on both hosts. On `CACHES_COOKIES_SITE`, it also caches a response that sets a cookie of
        // the application.
        assert!(!is_hit(&visit("/do/ignore").send()) && is_hit(&visit("/do/ignore").send()), "{host}");
        let with_cookie = || visit("/do/ignore?cookie").header("Response-Set-Cookie", "lang=en").send();
        assert!(!is_hit(&with_cookie()));
        assert_eq!(is_hit(&with_cookie()), host == CACHES_COOKIES_SITE, "{host}");

        let new_visitor = || visit("/do/csrf-token").send();
        let (one, two) = (new_visitor(), new_visitor());
        assert!(!is_hit(&one) && !is_hit(&two), "{host}");
        assert_ne!(one.only_cookie("session"), two.only_cookie("session"), "{host}");
        assert_ne!(one.body, two.body, "{host}");
    }
}

pub(crate) fn caching_nginx_separates_pages_by_session(site: &Site) {
    let Some(nginx) = Nginx::start(site.address) else { return };
    for host in [DEFAULT_SITE, CACHES_COOKIES_SITE] {
        let (one, two) = (nginx.browser(), nginx.browser());
        get(&one, host, "/do/count").send();
        let read = |browser| get(browser, host, "/do/read").send();
        for (browser, hits) in [(&one, "1"), (&two, "0")] {
            let (first, second) = (read(browser), read(browser));
            assert_eq!((&*first.body, &*second.body), (hits, hits), "{host}");
            assert!(!is_hit(&first) && is_hit(&second), "{host}");
        }
    }
}
