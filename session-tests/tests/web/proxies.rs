//! A proxy in front of an application.

use crate::client::Browser;
use crate::nginx::Process;
use crate::site::Site;

/// The settings in docs/production.md for a site with several sessions in cookies.
const FOR_SEVERAL_SESSIONS: &str =
    "proxy_buffer_size 16k; proxy_buffers 8 16k; large_client_header_buffers 4 16k;";

pub(crate) fn nginx_passes_headers_with_two_full_cookies(site: &Site) {
    let status = |settings: &str, request_cookie: &str, response_cookie: &str| {
        let server = format!(
            "{settings} server {{ listen 127.0.0.1:@PORT@; location / {{ proxy_pass http://{}; }} }}",
            site.address
        );
        let nginx = Process::start("nginx in front of the application", "", &server)?;
        // Each header line of the request, except `Cookie`, fits into one of nginx's default buffers of 8 KB.
        let request = Browser::new(nginx.address).get("/do/count").header("Cookie", request_cookie);
        let (one, two) = (format!("a={response_cookie}"), format!("b={response_cookie}"));
        let request = request.header("Response-Set-Cookie", one).header("Response-Set-Cookie", two);
        Some(request.send().status)
    };
    let full = "x".repeat(4000);
    let two_full = format!("a={full}; b={full}; c={:x<200}", "");
    let Some(passed) = status(FOR_SEVERAL_SESSIONS, &two_full, &full) else { return };
    assert_eq!(passed, 200);
    assert_eq!(status("proxy_buffer_size 8k;", "", &full), Some(502), "two full cookies in the response");
    assert_eq!(status("", &two_full, ""), Some(400), "two full cookies in the request");
}
