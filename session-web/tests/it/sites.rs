//! One application on axum and on actix-web.

use std::collections::BTreeMap;
use std::rc::Rc;

use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use actix_web::{HttpRequest, HttpResponse, rt, web};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::request::Parts;
use http::{Request, StatusCode};
use session_web::axum::{
    CookieSessionFactory, CsrfForm, CsrfLayer, CsrfPolicy, CsrfToken, FlashMessages, Session, SessionError,
    SessionLayer, TypedSession,
};
use session_web::service::{EmptyResponse, PlainText, ResponseForRefusal, ResponseForSaveError};
use tower::Service as _;

use crate::data::{Order, Visit};
use crate::stored::{Outage, Task};

/// Paths whose handlers extract the session, or a part of it. `/checked` is left out because it needs a form, and
/// `/optional` because it behaves differently in the two frameworks.
pub(crate) const TAKES_SESSION: [&str; 7] =
    ["/read", "/change", "/of", "/typed", "/token", "/messages", "/two"];

/// A response, in the same form for both frameworks.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// The application on one framework.
pub(crate) struct Site {
    send: Box<dyn Fn(Request<String>) -> Task<'static, Answer>>,
}

impl Site {
    /// Returns a task that handles a request.
    pub(crate) fn send(&self, request: http::request::Builder, body: &str) -> Task<'static, Answer> {
        (self.send)(request.header("host", "shop.test").body(body.to_owned()).unwrap())
    }

    /// Returns a task that handles a GET with the cookie of an accepted session.
    pub(crate) fn get(&self, path: &str) -> Task<'static, Answer> {
        self.send(Request::get(path).header("cookie", "session=accepted"), "")
    }
}

/// Which responses the hooks of a site replace.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hooks {
    /// Whether `on_save_error` replaces the response with a 507.
    pub(crate) replaces_save_error: bool,
    /// Whether `on_refusal` replaces the response with a 418.
    pub(crate) replaces_refusal: bool,
}

/// Returns the application on each framework. A CSRF layer checks the paths below `/csrf`, except `/csrf/hook`.
pub(crate) fn sites<F>(layer: &SessionLayer<F>, hooks: Hooks) -> [Site; 2]
where
    F: CookieSessionFactory<Error = Outage>,
{
    [axum_site(layer, hooks), actix_site(layer, hooks)]
}

/// Returns the application on each framework, with the sessions of `factory` and without hooks.
pub(crate) fn plain_sites<F: CookieSessionFactory<Error = Outage>>(factory: &F) -> [Site; 2] {
    sites(&SessionLayer::new(factory.clone()), Hooks::default())
}

fn policy() -> CsrfPolicy {
    CsrfPolicy::builder().exempt("/csrf/hook").build().unwrap()
}

/// The warning that the hook `on_refusal` logs.
pub(crate) const HOOK_CALLED: &str = "on_refusal called";

fn refusal_text(error: &SessionError) -> String {
    tracing::warn!("{HOOK_CALLED}");
    format!("{} {} {:?}", error.status(), error.is_load(), error.retry_after())
}

fn read(session: &Session) -> String {
    session.len().to_string()
}

fn change(session: &Session) -> Result<String, SessionError> {
    session.insert("user", "zoe")?;
    Ok("changed".to_owned())
}

fn typed(visit: &TypedSession<Visit>) -> Result<String, SessionError> {
    visit.update(|visit| {
        visit.hits += 1;
        visit.hits.to_string()
    })
}

fn axum_routes(prefix: &str) -> Router {
    let at = |path: &str| format!("{prefix}{path}");
    Router::new()
        .route(&at("/ignore"), any(async || "ignored"))
        .route(&at("/hook"), any(async || "hook"))
        .route(&at("/read"), any(async |session: Session| read(&session)))
        .route(&at("/change"), any(async |session: Session| change(&session)))
        .route(&at("/of"), any(async |parts: Parts| Ok::<_, SessionError>(read(&Session::of(&parts).await?))))
        .route(&at("/typed"), any(async |visit: TypedSession<Visit>| typed(&visit)))
        .route(&at("/token"), any(async |token: CsrfToken| token.to_string()))
        .route(&at("/messages"), any(async |messages: FlashMessages| messages.len().to_string()))
        .route(&at("/two"), any(async |one: Session, _other: Session| read(&one)))
        .route(&at("/optional"), any(async |session: Option<Session>| session.is_some().to_string()))
        .route(&at("/checked"), any(async |order: CsrfForm<Order>| order.into_inner().item))
        .route(&at("/body"), any(async |body: String| body))
}

fn axum_site<F>(layer: &SessionLayer<F>, hooks: Hooks) -> Site
where
    F: CookieSessionFactory<Error = Outage>,
{
    let csrf = CsrfLayer::new(policy());
    let checked = axum_routes("/csrf");
    let checked = match hooks.replaces_refusal {
        true => checked.layer(
            csrf.on_refusal(|error, _| (StatusCode::IM_A_TEAPOT, refusal_text(&error)).into_response()),
        ),
        false => checked.layer(csrf),
    };
    let app = axum_routes("").merge(checked);
    let app = match hooks.replaces_save_error {
        true => app.layer(layer.clone().on_save_error(|error: Outage, _: Response| {
            (StatusCode::INSUFFICIENT_STORAGE, error.to_string()).into_response()
        })),
        false => app.layer(layer.clone()),
    };
    let send = move |request: Request<String>| {
        let mut app = app.clone();
        Task::new(async move {
            let response = app.call(request.map(Body::from)).await.unwrap();
            let (parts, body) = response.into_parts();
            let headers = parts.headers.iter();
            let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
            let headers = headers.collect();
            let body = to_bytes(body, 10_000).await.unwrap();
            Answer { status: parts.status.as_u16(), headers, body: String::from_utf8(body.to_vec()).unwrap() }
        })
    };
    Site { send: Box::new(send) }
}

fn actix_routes(config: &mut web::ServiceConfig) {
    config
        .route("/ignore", web::to(async || "ignored"))
        .route("/hook", web::to(async || "hook"))
        .route("/read", web::to(async |session: Session| read(&session)))
        .route("/change", web::to(async |session: Session| change(&session)))
        .route(
            "/of",
            web::to(async |request: HttpRequest| Ok::<_, SessionError>(read(&Session::of(&request).await?))),
        )
        .route("/typed", web::to(async |visit: TypedSession<Visit>| typed(&visit)))
        .route("/token", web::to(async |token: CsrfToken| token.to_string()))
        .route("/messages", web::to(async |messages: FlashMessages| messages.len().to_string()))
        .route("/two", web::to(async |one: Session, _other: Session| read(&one)))
        .route("/optional", web::to(async |session: Option<Session>| session.is_some().to_string()))
        .route("/checked", web::to(async |order: CsrfForm<Order>| order.into_inner().item))
        .route("/body", web::to(async |body: String| body));
}

fn actix_site<F>(layer: &SessionLayer<F>, hooks: Hooks) -> Site
where
    F: CookieSessionFactory<Error = Outage>,
{
    let csrf = CsrfLayer::new(policy()).on_refusal(move |error, head| match hooks.replaces_refusal {
        true => HttpResponse::ImATeapot().body(refusal_text(&error)),
        false => PlainText.response(error, head),
    });
    let layer = layer.clone().on_save_error(move |error: Outage, response: ServiceResponse| {
        match hooks.replaces_save_error {
            true => response.into_response(HttpResponse::InsufficientStorage().body(error.to_string())),
            false => EmptyResponse.response(error, response),
        }
    });
    let app = actix_web::App::new()
        .service(web::scope("/csrf").wrap(csrf).configure(actix_routes))
        .configure(actix_routes)
        .wrap(layer);
    let app = Rc::new(rt::System::new().block_on(init_service(app)));
    let send = move |request: Request<String>| {
        let (parts, body) = request.into_parts();
        let method = actix_web::http::Method::from_bytes(parts.method.as_str().as_bytes()).unwrap();
        let mut request = TestRequest::with_uri(&parts.uri.to_string()).method(method);
        for (name, value) in &parts.headers {
            request = request.insert_header((name.as_str(), value.as_bytes()));
        }
        let (app, request) = (Rc::clone(&app), request.set_payload(body).to_request());
        Task::new(async move {
            let response = app.call(request).await.unwrap();
            let headers = response.headers().iter();
            let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
            let (status, headers) = (response.status().as_u16(), headers.collect());
            let body = actix_web::test::read_body(response).await;
            Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
        })
    };
    Site { send: Box::new(send) }
}
