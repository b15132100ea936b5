//! The head of a request, as hooks and checks see it.

use actix_web::test::TestRequest;
use http::Request;
use session_web::RequestHead;

#[test]
fn head_of_tower_request_contains_parts() {
    let request = Request::put("/cart?x=1").header("x-note", "a").header("x-note", "b");
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    parts.extensions.insert("an extension");
    let head = RequestHead::from(&parts);
    assert_eq!((head.method(), head.path(), head.header("x-note")), ("PUT", "/cart", Some("a")));
    assert_eq!(head.header("x-other"), None);
    assert_eq!(head.parts().unwrap().extensions.get(), Some(&"an extension"));
    assert!(head.http_request().is_none());
}

#[test]
fn head_of_actix_request_has_http_request() {
    let request = TestRequest::put().uri("/cart?x=1").insert_header(("x-note", "a")).to_http_request();
    let head = RequestHead::from(&request);
    assert_eq!((head.method(), head.path(), head.header("x-note")), ("PUT", "/cart", Some("a")));
    assert_eq!(head.http_request().unwrap().query_string(), "x=1");
    assert!(head.parts().is_none());
}

#[test]
fn header_that_is_not_utf8_is_none() {
    let request = Request::get("/").header("x-note", &b"caf\xe9"[..]).body(()).unwrap();
    assert_eq!(RequestHead::from(&request.into_parts().0).header("x-note"), None);
}

#[test]
fn debug_shows_method_and_path_only() {
    let request = Request::get("/cart?pin=1").header("cookie", "session=1").body(()).unwrap();
    let shown = format!("{:?}", RequestHead::from(&request.into_parts().0));
    assert_eq!(shown, r#"RequestHead { method: "GET", path: "/cart", .. }"#);
}
