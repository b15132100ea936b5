//! The session inspector, for `--store cookie`: the contents of the cookie, and the space left in it.
//!
//! A real site must not have such a page. `HttpOnly` hides the session's cookie from scripts, but this page shows it.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::extract::rejection::ExtensionRejection;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use serde::Deserialize;
use signed_session::parts::session_core::{CSRF_KEY, FLASH_PREFIX};
use signed_session::{
    Clock, CompactJsonSerializer, CookieHeader, EncryptedCookieSessionFactory, Record, SaveError, Serializer,
    State, SystemClock, Timestamp,
};

use crate::cookie::{Cookie, OVERHEAD, bytes_in};
use crate::error::{self, AppError};
use crate::layout::{Frame, page};
use crate::options::LIFETIME;
use crate::pages::Field;
use crate::state::App;
use crate::time;
use crate::visit::Visit;

/// The key of the entry that fills the session.
const PADDING: &str = "padding";
/// Maximum number of bytes that the form can add. This is more than fits into a cookie, so that visitors can see the
/// error page.
const MAX_PADDING: usize = 8000;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/session", get(inspect))
        .route("/session/fill", post(fill))
        .route("/session/remove-padding", post(remove_padding))
}

#[derive(Template)]
#[template(path = "inspector.html")]
struct Inspector {
    frame: Frame,
    cookie_name: String,
    attributes: String,
    cookie: Option<Cookie>,
    record: Option<Record>,
    now: Timestamp,
    /// The time at which the session expires without further requests.
    expires_at: Option<Timestamp>,
    /// The time at which the session ends, even with further requests.
    lifetime_ends_at: Timestamp,
    /// How old a cookie must be before a request that only reads the session re-issues it.
    reissue_time: String,
    /// The length, in characters, of the cookie value that this session was read from, or 0.
    used: usize,
    limit: usize,
    /// The number of bytes by which the padding can still grow.
    free: usize,
    has_padding: bool,
    bytes: Field,
}

/// The cookies of the request, and the factory that reads them.
struct Cookies {
    sessions: EncryptedCookieSessionFactory,
    header: CookieHeader,
}

impl<S: Send + Sync> FromRequestParts<S> for Cookies {
    type Rejection = ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ExtensionRejection> {
        let Extension(sessions) = Extension::from_request_parts(parts, state).await?;
        Ok(Self { sessions, header: CookieHeader::from(&parts.headers) })
    }
}

/// An entry of the session, as the inspector shows it.
struct Row<'r> {
    key: &'r str,
    json: String,
    bytes: usize,
    note: &'static str,
}

impl Inspector {
    fn respond(visit: &Visit, cookies: &Cookies, bytes: Option<Field>) -> Result<Response, AppError> {
        let frame = visit.frame()?.with_token(&visit.session)?;
        let Cookies { sessions, header } = cookies;
        let cookie = Cookie::of(header, sessions);
        let record = cookie.as_ref().and_then(Cookie::record);
        let free = free(visit, sessions, record.as_ref())?;
        let bytes = bytes.unwrap_or_else(|| Field { value: free.max(1).to_string(), error: None });
        let inspector = Self {
            frame,
            cookie_name: sessions.cookie_name().to_owned(),
            attributes: attributes(sessions)?,
            now: SystemClock.now(),
            expires_at: visit.session.expires_at(),
            lifetime_ends_at: visit.session.created() + LIFETIME,
            reissue_time: time::span(reissue_time(visit.app.timeout).max(Duration::from_secs(1))),
            used: cookie.as_ref().map_or(0, Cookie::accepted_len),
            limit: sessions.max_len(),
            free,
            has_padding: visit.session.contains(PADDING),
            cookie,
            record,
            bytes,
        };
        Ok(page(inspector.bytes.status(), &inspector)?)
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let state = self.record.as_ref().map(|record| &record.state);
        let entries = state.into_iter().flat_map(State::entries);
        entries
            .map(|entry| Row {
                key: entry.name(),
                json: shortened(entry.value_json().unwrap_or_default()),
                bytes: entry.size(),
                note: note(entry.name()),
            })
            .collect()
    }

    /// Returns the time at which the session in the cookie expires without further requests.
    fn cookie_expires_at(&self) -> Option<Timestamp> {
        self.cookie.as_ref()?.expires_at
    }

    /// Returns whether this request extends the session.
    fn is_extended(&self) -> bool {
        self.expires_at > self.cookie_expires_at()
    }
}

/// Returns the number of bytes by which the padding can grow until the next cookie is full.
///
/// The next cookie always has a CSRF token, even if the current one has none. It does not have the flash messages that
/// this page shows. If there is no padding entry yet, the key and the JSON syntax of this entry also take space.
fn free(
    visit: &Visit,
    sessions: &EncryptedCookieSessionFactory,
    current: Option<&Record>,
) -> Result<usize, AppError> {
    let session = &visit.session;
    let mut state = match current {
        Some(record) if !session.is_new() => record.state.clone(),
        _ => State::default(),
    };
    let shown: Vec<_> = state.keys().filter(|key| key.starts_with(FLASH_PREFIX)).map(str::to_owned).collect();
    for key in shown {
        state.discard(&key);
    }
    state.insert(CSRF_KEY, session.csrf_token()?)?;
    state.insert(PADDING, session.get::<String>(PADDING)?.unwrap_or_default())?;
    let record = Record::new(SystemClock.now().trunc(), session.created(), state);
    let payload = CompactJsonSerializer.dumps(&record)?;
    Ok(bytes_in(sessions.max_len()).saturating_sub(OVERHEAD + payload.len()))
}

/// Returns the factory's default re-issue time: how old a cookie must be before a request that only reads the session
/// re-issues the cookie.
fn reissue_time(timeout: Duration) -> Duration {
    timeout / 10
}

/// Returns the attributes that the factory gives its cookies, read from the cookie of a temporary session.
fn attributes(sessions: &EncryptedCookieSessionFactory) -> Result<String, AppError> {
    let mut session = sessions.load(None::<&str>);
    session.insert("any", "value")?;
    let set_cookie = sessions.save(&mut session)?.into_session_cookie();
    let attributes = set_cookie.as_ref().and_then(|set_cookie| set_cookie.as_str().split_once("; "));
    Ok(attributes.map_or_else(String::new, |(_, attributes)| attributes.to_owned()))
}

/// Shortens a long JSON text to its beginning and end.
fn shortened(json: &str) -> String {
    let len = json.chars().count();
    if len <= 120 {
        return json.to_owned();
    }
    let (start, end): (String, String) =
        (json.chars().take(40).collect(), json.chars().skip(len - 12).collect());
    format!("{start} … {end}")
}

fn note(key: &str) -> &'static str {
    match key {
        "name" => "the signed-in user",
        "written" => "guestbook entries written since the sign-in",
        PADDING => "fills the cookie",
        CSRF_KEY => "the token in every form",
        _ if key.starts_with(FLASH_PREFIX) => {
            "flash messages; this page shows them, so the next cookie does not have them"
        }
        _ => "",
    }
}

/// `GET /session`
async fn inspect(visit: Visit, cookies: Cookies) -> Result<Response, AppError> {
    Inspector::respond(&visit, &cookies, None)
}

#[derive(Deserialize)]
struct Fill {
    #[serde(default)]
    bytes: String,
}

/// `POST /session/fill`. It adds no flash message, because the message would need space in the cookie.
async fn fill(visit: Visit, cookies: Cookies, Form(form): Form<Fill>) -> Result<Response, AppError> {
    let Some(bytes) = form.bytes.trim().parse().ok().filter(|bytes| (1..=MAX_PADDING).contains(bytes)) else {
        let error = format!("Enter a whole number from 1 to {MAX_PADDING}.");
        return Inspector::respond(&visit, &cookies, Some(Field::invalid(form.bytes, error)));
    };
    let padding: String = visit.session.get(PADDING)?.unwrap_or_default();
    visit.session.insert(PADDING, padding + &"x".repeat(bytes))?;
    Ok(Redirect::to("/session").into_response())
}

/// `POST /session/remove-padding`
async fn remove_padding(visit: Visit) -> Redirect {
    visit.session.discard(PADDING);
    Redirect::to("/session")
}

#[derive(Template)]
#[template(path = "too-large.html")]
struct TooLarge<'e> {
    frame: Frame,
    size: usize,
    limit: usize,
    largest: &'e [(String, usize)],
}

/// Returns the page for a session that is too large to be saved.
pub(crate) fn too_large(error: &SaveError) -> Response {
    let (Some(size), Some(limit)) = (error.size(), error.limit()) else {
        return error::internal();
    };
    let template = TooLarge { frame: Frame::default(), size, limit, largest: error.largest_entries() };
    page(StatusCode::INTERNAL_SERVER_ERROR, &template)
        .unwrap_or_else(|error| AppError::from(error).into_response())
}
