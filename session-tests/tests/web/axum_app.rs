//! The application on axum.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Form, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use signed_session::axum::{
    CookieSessionFactory, CsrfForm, CsrfLayer, CsrfToken, FlashMessages, Session, SessionError, SessionLayer,
    TypedSession,
};
use signed_session::{ManualClock, SaveError};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::{self, Admin, Failure, Order, RESPONSE_PREFIX, STATUS, Shop, Visit};
use crate::serving;
use crate::sessions::Sessions;
use crate::site::{Site, Start};

pub(crate) fn start<F: CookieSessionFactory<Error = SaveError>>(
    sessions: fn(&ManualClock) -> Sessions<F>,
) -> Site {
    Site::start(sessions, |start: Start<F>| {
        let _log = start.log.collect();
        serving::axum(start.listener, app(&start.sessions), start.stop);
    })
}

#[derive(Clone)]
struct Greeting(&'static str);

fn app<F: CookieSessionFactory<Error = SaveError>>(sessions: &Sessions<F>) -> Router {
    let main = SessionLayer::new(sessions.main.clone());
    let custom_error = |error: SaveError, _: Response| {
        (StatusCode::INSUFFICIENT_STORAGE, app::save_error_text(&error)).into_response()
    };
    let keep_response = |_: SaveError, response: Response| response;
    let custom_refusal = CsrfLayer::new(app::strict()).on_refusal(|error, head| {
        (StatusCode::IM_A_TEAPOT, app::refusal_text(&error, head.path())).into_response()
    });
    Router::new()
        .merge(routes("").layer(main.clone()))
        .merge(routes("/bare"))
        .merge(routes("/skip-on-exception").layer(SessionLayer::new(sessions.skip_on_exception.clone())))
        .merge(routes("/all-attributes").layer(SessionLayer::new(sessions.all_attributes.clone())))
        .merge(routes("/small-limit").layer(SessionLayer::new(sessions.small_limit.clone())))
        .merge(routes("/custom-error").layer(main.clone().on_save_error(custom_error)))
        .merge(routes("/keep-response").layer(main.clone().on_save_error(keep_response)))
        .merge(routes("/rejection-hook").layer(main.clone().on_rejection(app::log_rejection)))
        .merge(routes("/middleware").layer(from_fn(watch)).layer(main.clone()))
        .merge(routes("/two-layers").layer(main.clone()).layer(from_fn(watch)).layer(main.clone()))
        .merge(routes("/csrf").layer(CsrfLayer::default()).layer(main.clone()))
        .merge(routes("/strict").layer(CsrfLayer::new(app::strict())).layer(main.clone()))
        .merge(routes("/lax").layer(CsrfLayer::new(app::lax())).layer(main.clone()))
        .merge(routes("/https").layer(Extension(app::https())).layer(main.clone()))
        .merge(routes("/shop-csrf").layer(CsrfLayer::default().named::<Shop>()).layer(main.clone()))
        .merge(routes("/custom-refusal").layer(custom_refusal).layer(main.clone()))
        .merge(routes("/bare-csrf").layer(CsrfLayer::default()))
        // Only for axum: a layer inside or outside the session layer catches the panics of the handlers.
        .merge(routes("/caught").layer(CatchPanicLayer::new()).layer(main.clone()))
        .merge(
            routes("/caught-skip")
                .layer(CatchPanicLayer::new())
                .layer(SessionLayer::new(sessions.skip_on_exception.clone())),
        )
        .merge(routes("/caught-outside").layer(main).layer(CatchPanicLayer::new()))
        .layer(SessionLayer::new(sessions.shop.clone()).named::<Shop>())
        .layer(SessionLayer::new(sessions.admin.clone()).named::<Admin>())
        .with_state(Greeting("Hello"))
}

fn routes(prefix: &str) -> Router<Greeting> {
    let at = |path: &str| format!("{prefix}{path}");
    let inner = Router::new().nest("/inner", Router::new().route("/{what}", get(perform::<()>)));
    Router::new()
        .route(&at("/plain"), get(async || ""))
        .route(&at("/do/{what}"), any(perform::<()>))
        .route(&at("/shop/{what}"), any(perform::<Shop>))
        .route(&at("/admin/{what}"), any(perform::<Admin>))
        .route(&at("/both"), get(both))
        .route(&at("/fill-shop"), get(fill_shop))
        .nest(&at("/outer"), inner)
        .route(&at("/clones"), get(async |one: Session, other: Session| app::clones(one, other)))
        .route(&at("/greet"), get(greet))
        .route(&at("/found/{key}"), get(found))
        .route(&at("/number/{key}"), get(number))
        .route(&at("/optional"), get(optional))
        .route(&at("/typed/{what}"), get(typed))
        .route(&at("/messages"), get(async |messages: FlashMessages| app::messages(&messages)))
        .route(&at("/peek-late"), get(async |session: Session| Body::from_stream(app::peek_late(session))))
        .route(&at("/reentrant"), get(async |session: Session| app::reentrant(&session)))
        .route(&at("/stream"), get(async |session: Session| Body::from_stream(app::chunks(session))))
        .route(&at("/socket"), get(socket))
        .route(&at("/token"), get(async |token: CsrfToken| format!("{token}\n{}", token.field())))
        .route(&at("/form"), post(async |Form(form): Form<BTreeMap<String, String>>| format!("{form:?}")))
        .route(&at("/checked"), any(checked))
        .route(&at("/body"), post(async |body: Bytes| body))
        .route(&at("/hooks/checked"), post(checked))
        .route(&at("/hooks/{*rest}"), any(async || "hook"))
}

async fn perform<N: 'static>(
    session: Session<N>,
    Path(what): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let mut response = app::perform(&what, &session)?.into_response();
    for (name, value) in &headers {
        match name.as_str().strip_prefix(RESPONSE_PREFIX) {
            Some(STATUS) => *response.status_mut() = value.to_str().unwrap().parse().unwrap(),
            Some(name) => {
                response.headers_mut().append(HeaderName::try_from(name).unwrap(), value.clone());
            }
            None => {}
        }
    }
    Ok(response)
}

async fn both(shop: Session<Shop>, admin: Session<Admin>, main: Session) -> Result<String, Failure> {
    Ok([app::perform("count", &shop)?, app::perform("count", &admin)?, app::perform("read", &main)?]
        .join(" "))
}

async fn fill_shop(shop: Session<Shop>, main: Session) -> Result<String, Failure> {
    app::perform("fill", &shop)?;
    app::perform("count", &main)
}

async fn watch(session: Session, request: Request, next: Next) -> Response {
    app::before(&session);
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-after", HeaderValue::try_from(app::after(&session)).unwrap());
    response
}

async fn greet(State(greeting): State<Greeting>, session: Session) -> Result<String, Failure> {
    Ok(format!("{} {}", greeting.0, app::perform("count", &session)?))
}

async fn found(session: Session, Path(key): Path<String>) -> Result<String, StatusCode> {
    session.get(&key).ok().flatten().ok_or(StatusCode::NOT_FOUND)
}

async fn number(session: Session, Path(key): Path<String>) -> Result<String, SessionError> {
    app::number(&session, &key)
}

async fn optional(session: Option<Session>) -> &'static str {
    if session.is_some() { "a session" } else { "no session" }
}

async fn typed(visit: TypedSession<Visit>, Path(what): Path<String>) -> Result<String, Failure> {
    app::typed(&what, &visit)
}

async fn checked(order: CsrfForm<Order>) -> String {
    app::order(&order)
}

/// Writes to the session before the response. After the first message, writes to the session again and sends "done".
async fn socket(session: Session, upgrade: WebSocketUpgrade) -> Response {
    session.insert("early", true).unwrap();
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        socket.recv().await.unwrap().unwrap();
        session.insert("late", true).unwrap();
        socket.send(Message::text("done")).await.unwrap();
    })
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::from_u16(self.status()).unwrap(), self.to_string()).into_response()
    }
}
