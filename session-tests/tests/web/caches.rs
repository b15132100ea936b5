//! A shared cache in front of the application, which says that its pages are public.

use crate::client::{Browser, Request, Response};
use crate::nginx::{CARELESS, Nginx, USUAL};
use crate::site::Site;

/// A request by way of the cache for a page that may be stored.
fn get(browser: &Browser, host: &'static str, path: &str) -> Request {
    browser.get(path).host(host).header("Reply-Cache-Control", "public, max-age=600")
}

/// Whether the cache had the page.
fn is_hit(response: &Response) -> bool {
    match response.all("x-cache").as_slice() {
        ["HIT"] => true,
        ["MISS"] => false,
        other => panic!("{other:?} is no answer of the cache"),
    }
}

pub(crate) fn caching_nginx_gives_no_visitor_the_cookie_of_another(site: &Site) {
    let Some(nginx) = Nginx::start(site.address) else { return };
    for host in [USUAL, CARELESS] {
        let visit = |path| get(&nginx.browser(), host, path);
        // nginx caches pages. The careless host also caches the application's own cookies.
        assert!(!is_hit(&visit("/do/hold").send()) && is_hit(&visit("/do/hold").send()), "{host}");
        let with_cookie = || visit("/do/hold?cookie").header("Reply-Set-Cookie", "lang=en").send();
        assert!(!is_hit(&with_cookie()));
        assert_eq!(is_hit(&with_cookie()), host == CARELESS, "{host}");

        let new_visitor = || visit("/do/csrf-token").send();
        let (one, two) = (new_visitor(), new_visitor());
        assert!(!is_hit(&one) && !is_hit(&two), "{host}");
        assert_ne!(one.only_cookie("session"), two.only_cookie("session"), "{host}");
        assert_ne!(one.body, two.body, "{host}");
    }
}

pub(crate) fn caching_nginx_keeps_the_pages_of_sessions_apart(site: &Site) {
    let Some(nginx) = Nginx::start(site.address) else { return };
    for host in [USUAL, CARELESS] {
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
