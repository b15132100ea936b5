//! Conversions from and to the types of the crate `http`.
#![cfg(feature = "http")]

use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use session_cookie::{CookieHeader, CookieTemplate};

fn read(header: CookieHeader) -> Vec<Vec<u8>> {
    header.values("s").map(<[u8]>::to_vec).collect()
}

#[test]
fn all_cookie_lines_of_header_map_are_read() {
    let mut headers = HeaderMap::new();
    assert!(CookieHeader::from(&headers).is_empty());
    headers.insert(COOKIE, HeaderValue::from_static("s=1; a=x"));
    headers.insert("x-other", HeaderValue::from_static("s=0"));
    assert_eq!(read((&headers).into()), [b"1"]);
    headers.append(COOKIE, HeaderValue::from_static("s=2; s=3"));
    headers.append(COOKIE, HeaderValue::from_bytes(b"b=\xff; s=4").unwrap());
    assert_eq!(read((&headers).into()), [b"4", b"3", b"2", b"1"]);
}

#[test]
fn single_header_value_is_not_copied() {
    let value = HeaderValue::from_bytes(b"s=\xff").unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, value.clone());
    for header in [
        CookieHeader::from(&value),
        CookieHeader::from(Some(&value)),
        CookieHeader::from(value.clone()),
        CookieHeader::from(&headers),
    ] {
        let found = header.values("s").next().unwrap();
        assert_eq!(found.as_ptr(), value.as_bytes()[2..].as_ptr());
        assert_eq!(read(header.clone()), [b"\xff"]);
    }
    assert!(CookieHeader::from(None::<&HeaderValue>).is_empty());
}

#[test]
fn debug_shows_no_contents() {
    let header = CookieHeader::from(HeaderValue::from_static("s=topsecret"));
    assert!(!format!("{header:?}").contains("topsecret"));
}

#[test]
fn set_cookie_becomes_sensitive_header_value_without_copy() {
    let template = CookieTemplate::builder("s").build().unwrap();
    for cookie in [template.set("topsecret").unwrap(), template.removal()] {
        let (text, buffer) = (cookie.as_str().to_owned(), cookie.as_str().as_ptr());
        let value: HeaderValue = cookie.into();
        assert_eq!(value.as_bytes(), text.as_bytes());
        assert!(value.is_sensitive());
        assert!(!format!("{value:?}").contains("topsecret"));
        assert_eq!(value.as_bytes().as_ptr(), buffer);
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, value);
        assert_eq!(headers[SET_COOKIE], *text);
    }
}
