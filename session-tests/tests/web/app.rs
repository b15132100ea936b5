//! The part of the test application that is the same with axum and with actix-web.
//!
//! Each framework mounts the same routes below each of these prefixes, with different layers:
//!
//! | prefix | layers, outermost first |
//! |---|---|
//! | none | the main session |
//! | `/bare` | none |
//! | `/skip-on-exception` | the main session with `set_on_exception(false)` |
//! | `/all-attributes` | a session whose cookie has all attributes |
//! | `/small-limit` | the main session with a small size limit |
//! | `/custom-error` | the main session with an `on_save_error` that replaces the response |
//! | `/keep-response` | the main session with an `on_save_error` that keeps the response |
//! | `/rejection-hook` | the main session with an `on_rejection` that logs its calls |
//! | `/middleware` | the main session, a middleware that uses it |
//! | `/two-layers` | the main session, a middleware that uses it, the main session again |
//! | `/csrf` | the main session, a `CsrfLayer` with the defaults |
//! | `/strict`, `/lax` | the main session, a `CsrfLayer` with the policy of this name |
//! | `/https` | the main session; no `CsrfLayer`, but the policy `https` where `CsrfForm` finds it: in a request extension, or in actix-web's `app_data` |
//! | `/shop-csrf` | the main session, a `CsrfLayer` for the shop's session |
//! | `/custom-refusal` | the main session, a `CsrfLayer` with the policy `strict` and an `on_refusal` |
//! | `/bare-csrf` | a `CsrfLayer` with the defaults and no session |
//!
//! The layers of the sessions `Shop` and `Admin` are around all of these routes. Prefixes for one framework are in that
//! framework's file.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::ser::{Serialize, Serializer};
use signed_session::axum::{
    CsrfPolicy, FlashMessages, Level, RequestHead, Session, SessionError, TypedSession,
};
use signed_session::{Rejection, SaveError};

pub(crate) struct Shop;
pub(crate) struct Admin;

pub(crate) fn strict() -> CsrfPolicy {
    CsrfPolicy::builder()
        .trusted_origin(".example.com")
        .trusted_origin("pay.test:8443")
        .exempt("/strict/hooks/")
        .max_form_len(100)
        .build()
        .unwrap()
}

pub(crate) fn lax() -> CsrfPolicy {
    CsrfPolicy::builder().trusted_origin("null").allow_no_origin(true).assume_https(true).build().unwrap()
}

pub(crate) fn https() -> CsrfPolicy {
    CsrfPolicy::builder().trusted_origin(".example.com").assume_https(true).build().unwrap()
}

/// The error of a handler.
#[derive(Debug)]
pub(crate) enum Failure {
    NotFound,
    Unavailable,
    Session(SessionError),
}

impl Failure {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Unavailable => 503,
            Self::Session(_) => 500,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::Unavailable => f.write_str("unavailable"),
            Self::Session(error) => error.fmt(f),
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// Prefix of the request headers that set response headers. The handler removes the prefix, and adds the header to the
/// response.
pub(crate) const RESPONSE_PREFIX: &str = "response-";

/// The rest of the header name `response-status`, after the prefix. The handler sets the status of the response to the
/// value of this request header, and does not copy the header.
pub(crate) const STATUS: &str = "status";

/// `/do/{what}`, and `/shop/{what}` and `/admin/{what}` for the sessions of these names: performs an action and returns
/// the text of the response.
pub(crate) fn perform<N>(what: &str, session: &Session<N>) -> Result<String, Failure> {
    let hits = || Ok::<u32, Failure>(session.get("hits")?.unwrap_or(0));
    Ok(match what {
        "ignore" => String::new(),
        "read" => hits()?.to_string(),
        "count" => {
            session.insert("hits", hits()? + 1)?;
            hits()?.to_string()
        }
        "describe" => {
            let rejection =
                session.rejection().map_or("accepted".to_owned(), |rejection| rejection.to_string());
            let is_new = if session.is_new() { "new" } else { "old" };
            format!("{is_new} since {}, {} entries, {rejection}", session.created(), session.len())
        }
        "keys" => session.keys().join(" "),
        "invalidate" => {
            session.invalidate();
            String::new()
        }
        "sign-in" => {
            session.invalidate();
            session.insert("user", "Анна")?;
            String::new()
        }
        "user" => session.get::<String>("user")?.unwrap_or_default(),
        "fill" => {
            session.insert("small", 1)?;
            session.insert("large", "x".repeat(5000))?;
            "filled".to_owned()
        }
        "mismatch" => {
            session.insert("hits", "many")?;
            hits()?.to_string()
        }
        "count-then-404" => {
            session.insert("hits", hits()? + 1)?;
            return Err(Failure::NotFound);
        }
        "count-then-503" => {
            session.insert("hits", hits()? + 1)?;
            return Err(Failure::Unavailable);
        }
        "count-then-panic" => {
            session.insert("hits", hits()? + 1)?;
            panic!("requested by the test");
        }
        "panic-in-serialize" => {
            session.insert("hits", hits()? + 1)?;
            session.insert("panic", Panics)?;
            String::new()
        }
        "csrf-token" => session.csrf_token()?,
        "empty-csrf-token" => {
            session.insert("_csrft_", "")?;
            String::new()
        }
        "flash" => {
            session.flash("for developers", Level::Debug.queue())?;
            session.flash("saved", Level::Success.queue())?;
            session.flash("failed", Level::Error.queue())?;
            session.flash("almost failed", Level::Warning.queue())?;
            session.flash("saved again", Level::Success.queue())?;
            String::new()
        }
        "flash-as-in-python" => {
            session.flash("the queue with the name of the level", "info")?;
            session.flash("the default queue", "")?;
            session.flash(vec![1, 2], "")?;
            session.flash("for Python only", "python")?;
            String::new()
        }
        "break-flash" => {
            session.flash("kept", Level::Error.queue())?;
            session.insert("_f_", 1)?;
            String::new()
        }
        _ => return Err(Failure::NotFound),
    })
}

/// A value whose `Serialize` panics, so the panic happens inside `insert`.
struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("requested by the test");
    }
}

/// `/number/{key}`
pub(crate) fn number(session: &Session, key: &str) -> Result<String, SessionError> {
    Ok(session.get::<u32>(key)?.unwrap_or(0).to_string())
}

/// `/clones`: uses two extractors in one handler, and a clone.
pub(crate) fn clones(one: Session, other: Session) -> Result<String, Failure> {
    one.insert("one", 1)?;
    let clone = other.clone();
    clone.insert("clone", 1)?;
    other.discard("one");
    Ok(one.keys().join(" "))
}

/// Writes to the session before the handler runs, in the middleware of `/middleware` and `/two-layers`.
pub(crate) fn before(session: &Session) {
    session.insert("before", true).unwrap();
}

/// Returns the value of the header `x-after`, which the middleware of `/middleware` and `/two-layers` sets after the
/// handler.
pub(crate) fn after(session: &Session) -> String {
    session.keys().join(" ")
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Visit {
    hits: u32,
    user: Option<String>,
}

/// `/typed/{what}`
pub(crate) fn typed(what: &str, visit: &TypedSession<Visit>) -> Result<String, Failure> {
    match what {
        "get" => {}
        "count" => visit.update(|visit| visit.hits += 1)?,
        "touch" => visit.update(|visit| visit.hits += 0)?,
        "set" => visit.set(&Visit { hits: 7, user: Some("Анна".to_owned()) })?,
        "flash" => visit.session().flash("saved", "")?,
        _ => return Err(Failure::NotFound),
    }
    let Visit { hits, user } = visit.get()?;
    Ok(format!("{hits} {}", user.as_deref().unwrap_or("nobody")))
}

/// `/messages`
pub(crate) fn messages(messages: &FlashMessages) -> String {
    messages.iter().map(|message| format!("{}: {}\n", message.level, message.text)).collect()
}

/// The form of `/checked`. Unknown fields are an error.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    item: String,
    #[serde(default)]
    tag: Vec<String>,
}

/// `/checked`
pub(crate) fn order(order: &Order) -> String {
    format!("{} {:?}", order.item, order.tag)
}

/// `/stream`: a body that writes to the session after the head of the response was sent.
pub(crate) fn chunks(session: Session) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    session.insert("early", true).unwrap();
    let token = session.csrf_token().unwrap();
    stream::iter(["early ", "late"]).map(move |chunk| {
        if chunk == "late" {
            session.insert("late", true).unwrap();
        } else {
            // The body can still read the session.
            assert!(session.contains("early") && session.csrf_token().unwrap() == token);
        }
        Ok(Bytes::from_static(chunk.as_bytes()))
    })
}

/// `/rejection-hook`
pub(crate) fn log_rejection(rejection: &Rejection, head: RequestHead<'_>) {
    tracing::warn!(kind = rejection.kind(), path = head.path(), "hook called");
}

/// `/custom-refusal`
pub(crate) fn refusal_text(error: &SessionError, path: &str) -> String {
    format!("{} at {path}", error.status())
}

/// `/custom-error`
pub(crate) fn save_error_text(error: &SaveError) -> String {
    let Some((largest, bytes)) = error.largest_entries().first() else { return error.to_string() };
    format!("{:?} of {:?}: {largest} has {bytes}", error.size(), error.limit())
}

/// `/peek-late`: a body that makes the first access to the session.
pub(crate) fn peek_late(session: Session) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
    stream::iter([()]).map(move |()| Ok(Bytes::from(session.contains("hits").to_string())))
}

/// A number whose `Serialize` reads it from the session and writes it to another entry.
struct FromSession(Session);

impl serde::Serialize for FromSession {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number: u32 = self.0.get("number").unwrap().unwrap();
        self.0.insert("seen", number).unwrap();
        number.serialize(serializer)
    }
}

thread_local! {
    static CURRENT: std::cell::RefCell<Option<Session>> = const { std::cell::RefCell::new(None) };
}

/// A number whose `Deserialize` reads the session.
struct ReadsSession(u32);

impl<'de> serde::Deserialize<'de> for ReadsSession {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seen = CURRENT.with_borrow(|session| session.as_ref().unwrap().get("seen"));
        assert_eq!(seen.unwrap(), Some(1_u32));
        u32::deserialize(deserializer).map(Self)
    }
}

/// `/reentrant`
pub(crate) fn reentrant(session: &Session) -> Result<String, SessionError> {
    session.insert("number", 1)?;
    session.insert("known", FromSession(session.clone()))?;
    session.flash(FromSession(session.clone()), "")?;
    CURRENT.set(Some(session.clone()));
    let known: Option<ReadsSession> = session.get("known")?;
    let queued: Vec<ReadsSession> = session.peek_flash("")?;
    CURRENT.set(None);
    Ok(format!("{} {}", known.map_or(0, |known| known.0), queued.first().map_or(0, |queued| queued.0)))
}
