//! The extractors in axum.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::FromRequestParts;
use axum::response::Response;
use axum::routing::any;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use session_web::axum::{
    CSRF_HEADER, CsrfForm, CsrfLayer, CsrfPolicy, CsrfToken, FlashMessages, Level, Session, SessionError,
    SessionLayer, TypedSession,
};

use crate::data::{Order, Visit};
use crate::memory::{Factory, block_on, send, session_of};

struct CurrentUser(String);

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = SessionError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, SessionError> {
        let session = Session::from_request_parts(parts, state).await?;
        // An extractor has a `&mut Parts`.
        let same = Session::of(&parts).await?;
        assert_eq!(session.get::<String>("user")?, same.get("user")?);
        CsrfPolicy::default().check_origin(&parts)?;
        Ok(Self(session.get("user")?.unwrap_or_default()))
    }
}

fn routes() -> Router {
    Router::new()
        .route("/user", any(async |user: CurrentUser| user.0))
        .route("/typed", any(typed))
        .route("/token", any(async |token: CsrfToken| token.field()))
        .route("/optional", any(async |session: Option<Session>| session.is_some().to_string()))
        .route("/order", any(async |order: CsrfForm<Order>| order.into_inner().item))
        .route("/mismatch", any(mismatch))
        .route("/flash", any(flash))
        .route("/messages", any(async |messages: FlashMessages| format!("{} {:?}", messages.len(), messages)))
}

async fn typed(visit: TypedSession<Visit>) -> Result<String, SessionError> {
    let hits = visit.clone().update(|visit| {
        visit.hits += 1;
        visit.hits
    })?;
    Ok(format!("{hits} of {}, {:?}", visit.session().len(), visit))
}

async fn mismatch(session: Session) -> Result<String, SessionError> {
    session.insert("hits", "many")?;
    Ok(session.get::<u32>("hits")?.unwrap_or_default().to_string())
}

async fn flash(session: Session) -> Result<String, SessionError> {
    session.flash("saved", Level::Success)?;
    let messages = FlashMessages::take(&session);
    Ok(messages.iter().map(|message| format!("{}: {}", message.level, message.text)).collect())
}

/// The CSRF token that the tests' applications write to the session.
const TOKEN: &str = "0123456789abcdef";

fn app() -> Router {
    let prepare = tower::util::MapRequestLayer::new(|request: Request<Body>| {
        let session = session_of(&request);
        session.insert("_csrft_", TOKEN).unwrap();
        session.insert("user", "zoe").unwrap();
        if request.uri().path() == "/messages" {
            session.flash("saved", Level::Success).unwrap();
        }
        request
    });
    routes().layer(prepare).layer(SessionLayer::new(Factory::default()))
}

fn post(path: &str, form: &str) -> Request<Body> {
    let request = Request::post(path).header("host", "shop.test");
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned().into()).unwrap()
}

fn text(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body = block_on(to_bytes(response.into_body(), 10_000)).unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn get(app: Router, path: &str) -> (u16, String) {
    text(send(app, Request::get(path).body(Body::empty()).unwrap()))
}

#[test]
fn extractors_return_session_of_request() {
    assert_eq!(get(app(), "/user"), (200, "zoe".to_owned()));
    assert_eq!(get(app(), "/typed"), (200, "1 of 3, TypedSession { .. }".to_owned()));
    let field = format!(r#"<input type="hidden" name="csrf_token" value="{TOKEN}">"#);
    assert_eq!(get(app(), "/token"), (200, field));
    assert_eq!(get(app(), "/optional"), (200, "true".to_owned()));
    assert_eq!(get(app(), "/flash"), (200, "success: saved".to_owned()));
    assert_eq!(get(app(), "/messages"), (200, "1 [FlashMessage { level: Success, len: 5, .. }]".to_owned()));
}

#[test]
fn extractor_without_layer_returns_500() {
    for path in ["/user", "/typed", "/token", "/order", "/messages"] {
        assert_eq!(
            get(routes(), path),
            (500, "There is no SessionLayer for this route.".to_owned()),
            "{path}"
        );
    }
    assert_eq!(get(routes(), "/optional"), (200, "false".to_owned()));
}

#[test]
fn session_error_returns_500_and_hides_entry_name() {
    assert_eq!(get(app(), "/mismatch"), (500, "The session could not be used.".to_owned()));
}

#[test]
fn csrf_form_checks_token_and_removes_it() {
    let sent = |request| text(send(app(), request));
    let with_token = format!("item=tea&csrf_token={TOKEN}");
    assert_eq!(sent(post("/order", &with_token)), (200, "tea".to_owned()));
    assert_eq!(sent(post("/order", "item=tea")).0, 403);
    assert_eq!(sent(post("/order", &format!("price=1&csrf_token={TOKEN}"))).0, 422);
    let mut request = post("/order", "item=tea");
    request.headers_mut().insert(CSRF_HEADER, TOKEN.parse().unwrap());
    assert_eq!(sent(request), (200, "tea".to_owned()));
    // `CsrfForm` also checks safe methods.
    let mut request = post("/order", "item=tea");
    *request.method_mut() = Method::GET;
    assert_eq!(sent(request).0, 403);
}

#[test]
fn csrf_form_over_axum_body_limit_returns_413() {
    let app = app().layer(axum::extract::DefaultBodyLimit::max(10));
    let response = send(app, post("/order", &format!("item=tea&csrf_token={TOKEN}")));
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(response.headers().contains_key(SET_COOKIE));
    assert_eq!(text(response).1, "The form is too large.");
}

#[test]
fn csrf_form_inside_layer_accepts_checked_token() {
    let prepare = tower::util::MapRequestLayer::new(|request: Request<Body>| {
        session_of(&request).insert("_csrft_", TOKEN).unwrap();
        request
    });
    let app = || {
        let csrf = routes().layer(CsrfLayer::default());
        csrf.layer(prepare.clone()).layer(SessionLayer::new(Factory::default()))
    };
    let with_token = format!("item=tea&csrf_token={TOKEN}");
    assert_eq!(text(send(app(), post("/order", &with_token))), (200, "tea".to_owned()));
    assert_eq!(text(send(app(), post("/order", "item=tea"))).0, 403);
}
