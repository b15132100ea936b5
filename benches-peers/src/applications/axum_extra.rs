//! axum-extra's `SignedCookieJar` and `PrivateCookieJar`.

use actix_web::rt::SystemRunner;
use axum::Router;
use axum::extract::{FromRef, Request};
use axum::routing::get;
use axum_extra::extract::cookie::{Cookie, Key, PrivateCookieJar, SignedCookieJar};
use serde_json::{Map, Value};

use super::axum::{Axum, nothing};
use crate::data::{entries, size_of};
use crate::subject::{Job, SETUP};

/// The state from which a jar takes its key.
#[derive(Clone)]
struct App {
    key: Key,
}

impl FromRef<App> for Key {
    fn from_ref(app: &App) -> Self {
        app.key.clone()
    }
}

fn hits(session: &Map<String, Value>) -> u64 {
    session.get("hits").and_then(Value::as_u64).unwrap_or(0)
}

/// Creates the application with the given type of jar. A jar holds text, so the application encodes its data as JSON.
macro_rules! router {
    ($jar:ty) => {{
        fn session(jar: &$jar) -> Map<String, Value> {
            let cookie = jar.get("session");
            cookie.and_then(|cookie| serde_json::from_str(cookie.value()).ok()).unwrap_or_default()
        }

        async fn read(jar: $jar) -> String {
            hits(&session(&jar)).to_string()
        }

        async fn write(jar: $jar) -> ($jar, String) {
            let mut session = session(&jar);
            let hits = hits(&session);
            session.insert("hits".to_owned(), (hits + 1).into());
            (jar.add(Cookie::new("session", Value::Object(session).to_string())), hits.to_string())
        }

        async fn setup(jar: $jar, request: Request) -> $jar {
            let entries = entries(size_of(request.uri().query())).into_iter();
            let session: Map<_, _> = entries.map(|(key, value)| (key.to_owned(), value)).collect();
            jar.add(Cookie::new("session", Value::Object(session).to_string()))
        }

        Router::new()
            .route(SETUP, get(setup))
            .route(Job::Untouched.path(), get(nothing))
            .route(Job::Read.path(), get(read))
            .route(Job::Write.path(), get(write))
            .with_state(App { key: Key::generate() })
    }};
}

pub(super) fn signed(system: &SystemRunner) -> Axum<'_> {
    let (name, what) = ("axum-extra, SignedCookieJar", "HMAC-SHA-256 over the value");
    Axum { system, name, what: Some(what), in_cookie: true, router: router!(SignedCookieJar) }
}

pub(super) fn private(system: &SystemRunner) -> Axum<'_> {
    let (name, what) =
        ("axum-extra, PrivateCookieJar", "AES-256-GCM over the value, cookie name as associated data");
    Axum { system, name, what: Some(what), in_cookie: true, router: router!(PrivateCookieJar) }
}
