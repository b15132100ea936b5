//! actix-session with its cookie store.

use actix_session::config::CookieContentSecurity;
use actix_session::storage::{CookieSessionStore, SessionStore};
use actix_session::{Session, SessionGetError, SessionInsertError, SessionMiddleware};
use actix_web::body::BoxBody;
use actix_web::cookie::Key;
use actix_web::rt::SystemRunner;
use actix_web::{App, Error, HttpRequest, web};

use super::actix::{Actix, Routes, nothing};
use crate::data::{entries, size_of};
use crate::subject::{Job, SETUP};

async fn read(session: Session) -> Result<String, SessionGetError> {
    let hits: u32 = session.get("hits")?.unwrap_or(0);
    Ok(hits.to_string())
}

async fn write(session: Session) -> Result<String, Error> {
    let hits: u32 = session.get("hits")?.unwrap_or(0);
    session.insert("hits", hits + 1)?;
    Ok(hits.to_string())
}

async fn setup(session: Session, request: HttpRequest) -> Result<&'static str, SessionInsertError> {
    entries(size_of(request.uri().query()))
        .into_iter()
        .try_for_each(|(key, value)| session.insert(key, value))?;
    Ok("ok")
}

pub(super) fn signed(system: &SystemRunner) -> Actix<'_> {
    let what = "HMAC-SHA-256 over data";
    app(system, CookieContentSecurity::Signed, "actix-session, cookie store", what)
}

pub(super) fn private(system: &SystemRunner) -> Actix<'_> {
    let what = "AES-256-GCM over data, cookie name as associated data";
    app(system, CookieContentSecurity::Private, "actix-session, private", what)
}

pub(super) fn routes<S: SessionStore + 'static>(
    sessions: SessionMiddleware<S>,
) -> App<impl Routes<BoxBody> + use<S>> {
    App::new()
        .route(SETUP, web::get().to(setup))
        .route(Job::Untouched.path(), web::get().to(nothing))
        .route(Job::Read.path(), web::get().to(read))
        .route(Job::Write.path(), web::get().to(write))
        .wrap(sessions)
}

fn app<'s>(
    system: &'s SystemRunner,
    security: CookieContentSecurity,
    name: &'static str,
    what: &'static str,
) -> Actix<'s> {
    let key = Key::generate();
    let app = move || {
        let sessions = SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
            .cookie_content_security(security)
            .cookie_secure(false)
            .build();
        routes(sessions)
    };
    Actix::new(system, name, Some(what), app)
}
