//! The layers and the extractors in actix-web.

use std::future::ready;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, fn_service};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, Error, HttpResponse, rt, web};
use futures_util::{Stream, stream};
use session_web::actix::{
    CSRF_HEADER, CsrfForm, CsrfLayer, CsrfPolicy, CsrfToken, FlashMessages, Level, Session, SessionError,
    SessionLayer, TypedSession,
};

use crate::data::{Order, Visit};
use crate::log::Log;
use crate::memory::Factory;

pub(crate) const TOKEN: &str = "0123456789abcdef";

/// A middleware that writes a CSRF token to the session, and for `/messages` also a flash message. It runs inside the
/// session layer.
pub(crate) async fn prepare(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let session = Session::of(request.request()).await?;
    session.insert("_csrft_", TOKEN)?;
    if request.path() == "/messages" {
        session.flash("saved", Level::Success)?;
    }
    next.call(request).await
}

async fn typed(visit: TypedSession<Visit>) -> Result<String, SessionError> {
    visit.update(|visit| visit.hits += 1)?;
    Ok(visit.get()?.hits.to_string())
}

async fn mismatch(session: Session) -> Result<String, SessionError> {
    session.flash("saved", Level::Success)?;
    session.insert("hits", "many")?;
    Ok(session.get::<u32>("hits")?.unwrap_or_default().to_string())
}

async fn messages(messages: FlashMessages) -> String {
    messages.into_iter().map(|message| format!("{}: {}", message.level, message.text)).collect()
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/typed", web::to(typed))
        .route("/token", web::to(async |token: CsrfToken| token.to_string()))
        .route("/messages", web::to(messages))
        .route("/mismatch", web::to(mismatch))
        .route("/form", web::to(async |form: web::Form<Order>| form.into_inner().item))
        .route("/checked", web::to(async |order: CsrfForm<Order>| order.into_inner().item));
}

/// Sends a request to an application with a session layer and a CSRF layer. Returns the status, the body, and the names
/// of the response headers.
fn sent(request: TestRequest) -> (u16, String, Vec<String>) {
    rt::System::new().block_on(async {
        let policy = CsrfPolicy::builder().max_form_len(100).exempt("/checked").build().unwrap();
        let csrf = CsrfLayer::new(policy).on_refusal(|error, head| {
            let is_token = error.is_bad_csrf_token();
            HttpResponse::ImATeapot().body(format!("{} {is_token} at {}", error.status(), head.path()))
        });
        let app = App::new().configure(routes).wrap(csrf).wrap(from_fn(prepare));
        let app = init_service(app.wrap(SessionLayer::new(Factory::default()))).await;
        let response = call_service(&app, request.to_request()).await;
        let headers = response.headers().iter().map(|(name, _)| name.to_string()).collect();
        (response.status().as_u16(), String::from_utf8(read_body(response).await.to_vec()).unwrap(), headers)
    })
}

fn get(path: &str) -> (u16, String) {
    let (status, body, _) = sent(TestRequest::get().uri(path));
    (status, body)
}

fn post(path: &str, form: &str) -> (u16, String) {
    let request = TestRequest::post().uri(path).insert_header(("host", "shop.test"));
    let request = request.insert_header(("content-type", "application/x-www-form-urlencoded"));
    let (status, body, _) = sent(request.set_payload(form.to_owned()));
    (status, body)
}

#[test]
fn extractors_return_session_of_request() {
    assert_eq!(get("/typed"), (200, "1".to_owned()));
    assert_eq!(get("/token"), (200, TOKEN.to_owned()));
    assert_eq!(get("/messages"), (200, "success: saved".to_owned()));
    assert_eq!(get("/mismatch"), (500, "The session could not be used.".to_owned()));
    let (_, _, headers) = sent(TestRequest::get().uri("/typed"));
    for name in ["set-cookie", "vary", "cache-control"] {
        assert!(headers.iter().any(|header| header == name), "{name}");
    }
}

#[test]
fn csrf_layer_checks_token_in_form_and_removes_it() {
    assert_eq!(post("/form", &format!("csrf_token={TOKEN}&item=tea")), (200, "tea".to_owned()));
    assert_eq!(post("/form", "item=tea"), (418, "403 true at /form".to_owned()));
    let long = format!("csrf_token={TOKEN}&item={}", "x".repeat(100));
    let log = Log::default();
    let _guard = log.collect_all();
    assert_eq!(post("/form", &long), (418, "413 false at /form".to_owned()));
    let reason = r#"status=413 reason=longer than the max_form_len of 100 bytes method="POST" path="/form""#;
    log.assert_has_line(&["DEBUG", reason]);
}

#[test]
fn header_token_passes_unless_origin_is_foreign() {
    let request = |origin| {
        let request = TestRequest::default().method(Method::PUT).uri("/token");
        let request = request.insert_header(("host", "shop.test")).insert_header(("origin", origin));
        let (status, body, _) = sent(request.insert_header((CSRF_HEADER, TOKEN)));
        (status, body)
    };
    assert_eq!(request("https://shop.test"), (200, TOKEN.to_owned()));
    assert_eq!(request("https://evil.test"), (418, "403 false at /token".to_owned()));
}

#[test]
fn csrf_form_on_exempt_path_checks_token() {
    assert_eq!(post("/checked", &format!("csrf_token={TOKEN}&item=tea")), (200, "tea".to_owned()));
    assert_eq!(post("/checked", "item=tea").0, 403);
    assert_eq!(post("/checked", &format!("csrf_token={TOKEN}&price=1")).0, 422);
}

#[test]
fn extractor_without_layer_returns_500() {
    rt::System::new().block_on(async {
        let app = init_service(App::new().configure(routes)).await;
        for path in ["/typed", "/token", "/messages", "/checked"] {
            let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(response.status().as_u16(), 500);
            assert_eq!(read_body(response).await, "There is no SessionLayer for this route.");
        }
    });
}

#[test]
fn unnamed_session_extractor_needs_no_type_annotation() {
    rt::System::new().block_on(async {
        let request = TestRequest::default().to_http_request();
        assert!(Session::extract(&request).await.unwrap_err().is_no_layer());
    });
}

#[test]
fn unsaved_change_returns_500_or_on_save_error_response() {
    rt::System::new().block_on(async {
        let layer = || SessionLayer::new(Factory { fails: true, ..Factory::default() });
        let app = init_service(App::new().configure(routes).wrap(layer())).await;
        let response = call_service(&app, TestRequest::get().uri("/typed").to_request()).await;
        assert_eq!((response.status().as_u16(), &*read_body(response).await), (500, &b""[..]));

        let layer = layer().on_save_error(|error, response: ServiceResponse| {
            response.into_response(HttpResponse::InsufficientStorage().body(error.to_string()))
        });
        let app = init_service(App::new().configure(routes).wrap(layer)).await;
        let response = call_service(&app, TestRequest::get().uri("/typed").to_request()).await;
        assert_eq!((response.status().as_u16(), &*read_body(response).await), (507, &b"full"[..]));
    });
}

#[test]
fn session_is_saved_on_exception_if_status_is_5xx() {
    rt::System::new().block_on(async {
        let layer = SessionLayer::new(Factory::default());
        let app = init_service(App::new().configure(routes).wrap(layer)).await;
        for (path, cookie) in [("/typed", "session="), ("/mismatch", "failed=")] {
            let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            let set_cookie = response.headers().get("set-cookie").unwrap().to_str().unwrap();
            assert!(set_cookie.starts_with(cookie), "{path}: {set_cookie}");
        }
    });
}

#[test]
fn default_refusal_is_plain_text() {
    rt::System::new().block_on(async {
        let app = App::new().configure(routes).wrap(CsrfLayer::default()).wrap(from_fn(prepare));
        let app = init_service(app.wrap(SessionLayer::new(Factory::default()))).await;
        let response = call_service(&app, TestRequest::post().uri("/typed").to_request()).await;
        assert_eq!(response.status().as_u16(), 403);
        assert_eq!(response.headers().get("content-type").unwrap(), "text/plain; charset=utf-8");
        let text = "This request could not be verified. Reload the page and try again.";
        assert_eq!(read_body(response).await, text);
    });
}

#[test]
fn csrf_form_without_layer_uses_policy_in_app_data() {
    rt::System::new().block_on(async {
        let policy = || CsrfPolicy::builder().trusted_origin("pay.test").build().unwrap();
        for (app, expected) in [
            (App::new().app_data(policy()), 200),
            (App::new().app_data(web::Data::new(policy())), 200),
            (App::new(), 403),
        ] {
            let app =
                app.configure(routes).wrap(from_fn(prepare)).wrap(SessionLayer::new(Factory::default()));
            let app = init_service(app).await;
            let request = TestRequest::post()
                .uri("/checked")
                .insert_header(("host", "shop.test"))
                .insert_header(("origin", "https://pay.test"))
                .insert_header(("content-type", "application/x-www-form-urlencoded"))
                .set_payload(format!("csrf_token={TOKEN}&item=tea"));
            assert_eq!(call_service(&app, request.to_request()).await.status().as_u16(), expected);
        }
    });
}

#[test]
fn save_with_two_cookies_sends_both() {
    rt::System::new().block_on(async {
        let factory = Factory { removes_old: true, ..Factory::default() };
        let app = init_service(App::new().configure(routes).wrap(SessionLayer::new(factory))).await;
        let response = call_service(&app, TestRequest::get().uri("/typed").to_request()).await;
        let lines: Vec<_> = response.headers().get_all("set-cookie").collect();
        let [old, session] = lines[..] else { panic!("{lines:?}") };
        assert!(session.as_bytes().starts_with(b"session=;") && old.as_bytes().starts_with(b"old=;"));
        assert!(session.is_sensitive() && old.is_sensitive());
        assert_eq!(response.headers().get_all("cache-control").count(), 1);
    });
}

/// Regression: the CSRF layer changed a header of the request. In actix-web, changing a header panics while a
/// middleware of the route holds a clone of the request.
#[test]
fn form_passes_while_middleware_holds_clone_of_request() {
    async fn holds(
        request: ServiceRequest,
        next: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<impl MessageBody>, Error> {
        let held = request.request().clone();
        let response = next.call(request).await;
        drop(held);
        response
    }

    rt::System::new().block_on(async {
        let handler = web::post().to(async |form: web::Form<Order>| form.into_inner().item);
        let resource = web::resource("/form").route(handler).wrap(CsrfLayer::default()).wrap(from_fn(holds));
        let app =
            App::new().service(resource).wrap(from_fn(prepare)).wrap(SessionLayer::new(Factory::default()));
        let app = init_service(app).await;
        let form = format!("csrf_token={TOKEN}&item=tea");
        let request = TestRequest::post()
            .uri("/form")
            .insert_header(("host", "shop.test"))
            .insert_header(("content-length", form.len().to_string()))
            .insert_header(("content-type", "application/x-www-form-urlencoded"));
        let response = call_service(&app, request.set_payload(form).to_request()).await;
        assert_eq!((response.status().as_u16(), &*read_body(response).await), (200, &b"tea"[..]));
    });
}

/// Regression: a CSRF check that had failed stayed in the request and counted as passed. So if a middleware called the
/// service again with the refused request, the request got past the CSRF layer without a token.
#[test]
fn refused_request_is_refused_again() {
    rt::System::new().block_on(async {
        let handler = fn_service(async |request: ServiceRequest| {
            Ok::<_, Error>(request.into_response(HttpResponse::Ok().finish()))
        });
        let csrf = Rc::new(CsrfLayer::default().new_transform(handler).await.unwrap());
        let twice = fn_service(move |request: ServiceRequest| {
            let csrf = Rc::clone(&csrf);
            async move {
                let refused = csrf.call(request).await?;
                assert_eq!(refused.status(), 403);
                csrf.call(ServiceRequest::from_request(refused.into_parts().0)).await
            }
        });
        let app = SessionLayer::new(Factory::default()).new_transform(twice).await.unwrap();
        let request = TestRequest::post().insert_header(("host", "shop.test"));
        let request = request.insert_header(("content-type", "application/x-www-form-urlencoded"));
        let response = app.call(request.set_payload("item=tea").to_srv_request()).await.unwrap();
        assert_eq!(response.status(), 403);
    });
}

/// Regression: the status was 400, because the layer did not look at the error of the body.
#[test]
fn form_over_limit_of_outer_middleware_returns_413() {
    rt::System::new().block_on(async {
        let handler = fn_service(async |request: ServiceRequest| {
            Ok::<_, Error>(request.into_response(HttpResponse::Ok().finish()))
        });
        let csrf = Rc::new(CsrfLayer::default().new_transform(handler).await.unwrap());
        let limited = fn_service(move |mut request: ServiceRequest| {
            let csrf = Rc::clone(&csrf);
            async move {
                Session::of(request.request()).await?.insert("_csrft_", TOKEN)?;
                let overflow = stream::once(ready(Err(PayloadError::Overflow)));
                request.set_payload(Payload::from(Box::pin(overflow) as Pin<Box<dyn Stream<Item = _>>>));
                csrf.call(request).await
            }
        });
        let app = SessionLayer::new(Factory::default()).new_transform(limited).await.unwrap();
        let request = TestRequest::post().insert_header(("host", "shop.test"));
        let request = request.insert_header(("content-type", "application/x-www-form-urlencoded"));
        assert_eq!(app.call(request.to_srv_request()).await.unwrap().status(), 413);
    });
}
