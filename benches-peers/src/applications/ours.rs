//! signed-session in axum and in actix-web: signed under SHA-512 (the default) and SHA-256, and encrypted.

use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody};
use actix_web::rt::SystemRunner;
use actix_web::{App, HttpRequest, web};
use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodRouter, get};
use hmac::Hmac;
use sha2::Sha256;
use signed_session::axum::{CookieSessionFactory, Session, SessionError, SessionLayer};
use signed_session::{
    EncryptedCookieSessionFactory, Secret, SignedCookieSessionFactory, actix as ours_actix,
};

use super::actix::{self, Actix, Routes};
use super::axum::{Axum, nothing};
use crate::data::{entries, size_of};
use crate::subject::{Job, SETUP, Subject};

async fn read(session: Session) -> Result<String, SessionError> {
    let hits: u32 = session.get("hits")?.unwrap_or(0);
    Ok(hits.to_string())
}

async fn write(session: Session) -> Result<String, SessionError> {
    let hits: u32 = session.get("hits")?.unwrap_or(0);
    session.insert("hits", hits + 1)?;
    Ok(hits.to_string())
}

pub(super) fn fill(session: &Session, size: usize) -> Result<(), SessionError> {
    entries(size).into_iter().try_for_each(|(key, value)| session.insert(key, value))?;
    Ok(())
}

pub(super) async fn setup(session: Session, request: Request) -> Result<(), SessionError> {
    fill(&session, size_of(request.uri().query()))
}

async fn actix_setup(session: Session, request: HttpRequest) -> Result<&'static str, SessionError> {
    fill(&session, size_of(request.uri().query()))?;
    Ok("ok")
}

/// Returns the application in axum. `setup` is the handler for [`SETUP`].
pub(super) fn router(sessions: impl CookieSessionFactory, setup: MethodRouter) -> Router {
    Router::new()
        .route(SETUP, setup)
        .route(Job::Untouched.path(), get(nothing))
        .route(Job::Read.path(), get(read))
        .route(Job::Write.path(), get(write))
        .layer(SessionLayer::new(sessions))
}

/// Returns the application in actix-web.
pub(super) fn actix_app<F: CookieSessionFactory>(
    sessions: F,
) -> App<impl Routes<EitherBody<BoxBody>> + use<F>> {
    App::new()
        .route(SETUP, web::get().to(actix_setup))
        .route(Job::Untouched.path(), web::get().to(actix::nothing))
        .route(Job::Read.path(), web::get().to(read))
        .route(Job::Write.path(), web::get().to(write))
        .wrap(ours_actix::SessionLayer::new(sessions))
}

fn in_axum<'s>(
    system: &'s SystemRunner,
    sessions: impl CookieSessionFactory,
    name: &'static str,
    what: &'static str,
) -> Axum<'s> {
    let router = router(sessions, get(setup));
    Axum { system, name, what: Some(what), in_cookie: true, router }
}

fn in_actix<'s>(
    system: &'s SystemRunner,
    sessions: impl CookieSessionFactory,
    name: &'static str,
    what: &'static str,
) -> Actix<'s> {
    Actix::new(system, name, Some(what), move || actix_app(sessions.clone()))
}

pub(super) fn all(system: &SystemRunner) -> Vec<Box<dyn Subject + '_>> {
    let secret = Secret::generate().expect("the operating system has random bytes");
    // The peers send no cookie when a session is only read. All measured requests have the cookie that was set at the
    // sign-in. With zero, the default re-issue time of signed sessions, our layer would re-issue this cookie at every
    // read from the next second on.
    let builder =
        || SignedCookieSessionFactory::builder(secret.clone()).reissue_time(Duration::from_secs(120));
    let sha512 = builder().build().expect("the options are valid");
    let sha256 = builder().mac::<Hmac<Sha256>>().build().expect("the options are valid");
    let encrypted = EncryptedCookieSessionFactory::builder(secret.clone()).development();
    let encrypted = encrypted.reissue_time(Duration::from_secs(120)).build().expect("the options are valid");
    let what_encrypted = "AES-256-GCM-SIV over times and data";
    let (what512, what256) = ("HMAC-SHA-512 over times and data", "HMAC-SHA-256 over times and data");
    vec![
        Box::new(in_axum(system, sha256.clone(), "signed-session, axum, SHA-256", what256)),
        Box::new(in_axum(system, sha512.clone(), "signed-session, axum, SHA-512", what512)),
        Box::new(in_axum(system, encrypted.clone(), "signed-session, axum, encrypted", what_encrypted)),
        Box::new(in_actix(system, sha256, "signed-session, actix-web, SHA-256", what256)),
        Box::new(in_actix(system, sha512, "signed-session, actix-web, SHA-512", what512)),
        Box::new(in_actix(system, encrypted, "signed-session, actix-web, encrypted", what_encrypted)),
    ]
}
