//! Uses of the session after the head of the response was sent.

use std::io::{Read, Write};

use crate::headers::ATTRIBUTES;
use crate::site::Site;

const CHANGE_LOST: &str = "session change lost: the head of the response was already sent";

pub(crate) fn change_in_streamed_body_is_lost(site: &Site) {
    let browser = site.browser();
    let response = browser.get("/stream").send();
    assert_eq!(response.body, "early late");
    assert_eq!(response.all("transfer-encoding"), ["chunked"]);
    assert_eq!(response.only_cookie("session").1, ATTRIBUTES);
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains(CHANGE_LOST), "{line}");
    assert_eq!(browser.get("/do/keys").send().body, "early _csrft_");
}

pub(crate) fn change_in_web_socket_is_lost(site: &Site) {
    let browser = site.browser();
    let (response, mut stream) = browser.get("/socket").upgrade();
    assert_eq!(response.status, 101);
    assert_eq!(response.all("sec-websocket-accept"), ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]);
    assert_eq!(response.only_cookie("session").1, ATTRIBUTES);
    assert_eq!(response.all("vary"), ["Cookie"]);
    assert_eq!(site.log.lines(), [""; 0]);

    // A text frame, masked with zeros (RFC 6455, section 5.2).
    stream.write_all(b"\x81\x82\0\0\0\0go").unwrap();
    let mut frame = [0; 6];
    stream.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x81\x04done");
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains(CHANGE_LOST), "{line}");
    assert_eq!(browser.get("/do/keys").send().body, "early");
}

/// Without `Vary: Cookie`, a cache could give the response to other visitors (CVE-2023-30861).
pub(crate) fn first_read_in_body_logs_missing_vary(site: &Site) {
    let browser = site.browser();
    browser.get("/do/count").send();
    let response = browser.get("/peek-late").send();
    assert_eq!(response.body, "true");
    assert!(response.all("vary").is_empty());
    let line = site.log.only_line();
    assert!(line.contains("WARN") && line.contains("has no `Vary: Cookie`"), "{line}");
}
