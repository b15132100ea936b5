//! tower-sessions with a cookie store and with its memory store.

use actix_web::rt::SystemRunner;
use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use tower_sessions::cookie::Key;
use tower_sessions::{MemoryStore, SessionManagerLayer};
use tower_sessions_cookie_store::{CookieSessionConfig, CookieSessionManagerLayer, Key as StoreKey};

use super::axum::{Axum, nothing};
use crate::data::{entries, size_of};
use crate::subject::{Job, SETUP};

/// Returns the routes, with handlers for the given `Session` type. The crates that are compared have different
/// `Session` types, because they use different versions of tower-sessions.
macro_rules! routes {
    ($session:ty) => {{
        async fn read(session: $session) -> String {
            let hits: u32 = session.get("hits").await.expect("the entry can be read").unwrap_or(0);
            hits.to_string()
        }

        async fn write(session: $session) -> String {
            let hits: u32 = session.get("hits").await.expect("the entry can be read").unwrap_or(0);
            session.insert("hits", hits + 1).await.expect("the entry can be written");
            hits.to_string()
        }

        async fn setup(session: $session, request: Request) {
            for (key, value) in entries(size_of(request.uri().query())) {
                session.insert(key, value).await.expect("the entry can be written");
            }
        }

        Router::new()
            .route(SETUP, get(setup))
            .route(Job::Untouched.path(), get(nothing))
            .route(Job::Read.path(), get(read))
            .route(Job::Write.path(), get(write))
    }};
}

/// Returns the routes for tower-sessions 0.14, the version that its stores for Redis and sqlx use.
pub(super) fn routes_of_published_stores() -> Router {
    routes!(tower_sessions_014::Session)
}

fn config() -> CookieSessionConfig {
    CookieSessionConfig::default().with_secure(false)
}

pub(super) fn cookie_store(system: &SystemRunner) -> Axum<'_> {
    let layer = CookieSessionManagerLayer::signed(StoreKey::generate()).with_config(config());
    let router = routes!(tower_sessions_cookie_store::Session).layer(layer);
    let (name, what) = ("tower-sessions-cookie-store", "HMAC-SHA-256 over the value");
    Axum { system, name, what: Some(what), in_cookie: true, router }
}

pub(super) fn private_cookie_store(system: &SystemRunner) -> Axum<'_> {
    let layer = CookieSessionManagerLayer::private(StoreKey::generate()).with_config(config());
    let router = routes!(tower_sessions_cookie_store::Session).layer(layer);
    let name = "tower-sessions-cookie-store, private";
    Axum {
        system,
        name,
        what: Some("AES-256-GCM over the value, cookie name as associated data"),
        in_cookie: true,
        router,
    }
}

pub(super) fn memory(system: &SystemRunner) -> Axum<'_> {
    let layer =
        SessionManagerLayer::new(MemoryStore::default()).with_secure(false).with_signed(Key::generate());
    let router = routes!(tower_sessions::Session).layer(layer);
    let (name, what) = ("tower-sessions, memory store", "HMAC-SHA-256 over the session ID; data in memory");
    Axum { system, name, what: Some(what), in_cookie: false, router }
}
