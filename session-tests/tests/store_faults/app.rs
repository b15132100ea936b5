//! The application, which each test starts in separate processes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use signed_session::axum::{CookieSessionFactory, Session, SessionError, SessionLayer, TypedSession};
use signed_session::{EncryptedCookieSessionFactory, StoredSessionFactory};
use tokio::sync::Barrier;

use crate::PATIENCE;
use crate::settings::{SECRET, Sessions, Settings};

/// The response header with the id of the process.
pub(crate) const PROCESS: &str = "x-process";

/// The request header that makes requests wait for each other after their handlers. The header lists meetings in order.
/// Each meeting has a name and the number of requests that take part: `loaded 2, save 2`.
pub(crate) const MEET: &str = "x-meet";

/// The content of a session, as `GET /` shows it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) user: Option<String>,
    pub(crate) entries: Vec<String>,
    pub(crate) hits: u64,
    pub(crate) messages: Vec<String>,
    pub(crate) rejection: Option<String>,
}

/// The typed session of `POST /count`, which increments `hits`.
#[derive(Default, Serialize, Deserialize)]
struct Visits {
    #[serde(default)]
    hits: u64,
}

type Meetings = Arc<Mutex<HashMap<String, Arc<Barrier>>>>;

/// Returns the application with sessions as `settings` configures them.
pub(crate) async fn router(settings: &Settings) -> Router {
    let store = settings.store.open(settings.store_timeout).await;
    match settings.sessions {
        Sessions::Stored => {
            let sessions = StoredSessionFactory::builder(SECRET, store);
            let sessions = sessions.store_timeout(settings.store_timeout);
            router_with(sessions.on_store_error(settings.on_store_error()).build().unwrap())
        }
        Sessions::Revocable { max_stale } => {
            let sessions = EncryptedCookieSessionFactory::builder(SECRET).revocable(store);
            let sessions = sessions.max_stale(max_stale).store_timeout(settings.store_timeout);
            router_with(sessions.on_store_error(settings.on_store_error()).build().unwrap())
        }
    }
}

fn router_with(sessions: impl CookieSessionFactory) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/plain", get(async || "plain"))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/entry/{key}", post(entry))
        .route("/message/{key}", post(entry_and_message))
        .route("/count", post(count))
        .route("/visit", post(visit))
        .layer(from_fn_with_state(Meetings::default(), meet))
        .layer(SessionLayer::new(sessions))
}

async fn sign_in(session: Session, user: String) -> Result<(), SessionError> {
    session.renew();
    session.insert("user", &user)?;
    session.set_owner(&user)
}

async fn sign_out(session: Session) -> StatusCode {
    if !session.contains("user") {
        return StatusCode::UNAUTHORIZED;
    }
    session.invalidate();
    StatusCode::OK
}

/// Adds an entry with the key in the request's path.
async fn entry(session: Session, Path(key): Path<String>) -> Result<StatusCode, SessionError> {
    if !session.contains("user") {
        return Ok(StatusCode::UNAUTHORIZED);
    }
    session.insert(&key, true)?;
    Ok(StatusCode::OK)
}

async fn entry_and_message(session: Session, Path(key): Path<String>) -> Result<StatusCode, SessionError> {
    if session.contains("user") {
        session.flash(&key, "")?;
    }
    entry(session, Path(key)).await
}

async fn count(visits: TypedSession<Visits>) -> Result<StatusCode, SessionError> {
    if !visits.session().contains("user") {
        return Ok(StatusCode::UNAUTHORIZED);
    }
    visits.update(|visits| visits.hits += 1)?;
    Ok(StatusCode::OK)
}

/// Changes the session, even if the visitor is not signed in.
async fn visit(session: Session) -> Result<(), SessionError> {
    session.insert("visited", true)
}

async fn page(session: Session) -> Result<String, SessionError> {
    let entries = session.keys().into_iter().filter(|key| key.starts_with("entry-"));
    let page = Page {
        user: session.get("user")?,
        entries: entries.collect(),
        hits: session.get("hits")?.unwrap_or(0),
        messages: session.peek_flash("")?,
        rejection: session.rejection().map(|rejection| rejection.to_string()),
    };
    Ok(serde_json::to_string(&page).unwrap())
}

/// Makes requests with the header [`MEET`] wait for each other. They wait after their handlers, and before their
/// sessions are saved.
async fn meet(State(meetings): State<Meetings>, request: Request, next: Next) -> Response {
    let names = request.headers().get(MEET).map(|value| value.to_str().unwrap().to_owned());
    let mut response = next.run(request).await;
    for meeting in names.iter().flat_map(|names| names.split(", ")) {
        let barrier = {
            let (_, parties) = meeting.split_once(' ').unwrap();
            let barrier = || Arc::new(Barrier::new(parties.parse().unwrap()));
            Arc::clone(meetings.lock().unwrap().entry(meeting.to_owned()).or_insert_with(barrier))
        };
        if tokio::time::timeout(PATIENCE, barrier.wait()).await.is_err() {
            return (StatusCode::IM_A_TEAPOT, "the other requests did not come").into_response();
        }
    }
    response.headers_mut().insert(PROCESS, HeaderValue::from(std::process::id()));
    response
}
