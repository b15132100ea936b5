//! What the log shows of sessions, at every level.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use signed_session::StoredSessionFactory;
use signed_session::tower::{CookieSessionFactory, Session, SessionError, SessionLayer};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tracing::level_filters::LevelFilter;

use crate::log::Log;
use crate::*;

const SECRET: &str = "a secret that must not be in the log, 1";
/// The value of the entries.
const CARD: &str = "4929-1234-5678-0000";

/// Sends a request through the layer. Returns the response's cookie, and the session, which outlives its request.
async fn send<F: CookieSessionFactory>(
    sessions: &F,
    cookie: &str,
    handler: fn(&Session) -> Result<(), SessionError>,
) -> (Option<String>, Option<Session>) {
    let kept = Arc::new(Mutex::new(None));
    let service = service_fn(|request: Request<()>| {
        let kept = Arc::clone(&kept);
        async move {
            let handled = Session::of(&request.into_parts().0).await.and_then(|session| {
                handler(&session)?;
                *kept.lock().unwrap() = Some(session);
                Ok(())
            });
            Ok::<_, Infallible>(handled.map_or_else(Response::from, |()| Response::default()))
        }
    });
    let service = ServiceBuilder::new().layer(SessionLayer::new(sessions.clone())).service(service);
    let request = Request::get("/").header("cookie", cookie).body(()).unwrap();
    let response: Response<String> = service.oneshot(request).await.unwrap();
    let set_cookie = response.headers().get("set-cookie").map(|line| line.to_str().unwrap());
    let sent = set_cookie.map(|line| line.split(';').next().unwrap().to_owned());
    (sent, kept.lock().unwrap().take())
}

/// Makes the layer and the factory log as much as possible, and checks the lines.
async fn check_log<F: CookieSessionFactory>(store: &Watched, sessions: F) {
    let (log, _guard) = Log::capture_level(LevelFilter::TRACE);
    let (cookie, session) = send(&sessions, "", |session| {
        session.insert("card", CARD)?;
        session.set_owner("zoe")
    })
    .await;
    let (cookie, session) = (cookie.unwrap(), session.unwrap());
    session.insert("card", CARD).unwrap(); // after the response
    send(&sessions, &cookie, |session| session.get::<u32>("card").map(drop)).await;
    send(&sessions, &cookie, |session| session.insert("note", CARD.repeat(1000))).await;
    let (name, value) = cookie.split_once('=').unwrap();
    let forged: String = value.chars().rev().collect();
    send(&sessions, &format!("{name}={forged}"), |session| session.get::<String>("card").map(drop)).await;
    store.set_down(true);
    send(&sessions, &cookie, |session| session.get::<String>("card").map(drop)).await;

    let lines = log.take();
    for event in [
        "session change lost",
        "session cookie accepted",
        "session error",
        "session not saved",
        "session cookie rejected",
        "session store failed",
    ] {
        assert!(lines.iter().any(|line| line.contains(event)), "{event}: {lines:#?}");
    }
    for line in lines {
        assert!([SECRET, CARD, value, &forged].iter().all(|private| !line.contains(private)), "{line}");
    }
}

#[tokio::test]
async fn log_shows_no_secret_cookie_or_entry() {
    let store = || Watched::new(MemoryStore::new());
    let encrypted = store();
    let builder = EncryptedCookieSessionFactory::builder(SECRET).revocable(encrypted.clone());
    check_log(&encrypted, builder.max_stale(Duration::ZERO).build().unwrap()).await;
    let signed = store();
    let builder = SignedCookieSessionFactory::builder(SECRET).revocable(signed.clone());
    check_log(&signed, builder.max_stale(Duration::ZERO).build().unwrap()).await;
    let stored = store();
    let builder = StoredSessionFactory::builder(SECRET, stored.clone());
    check_log(&stored, builder.max_bytes(10_000).build().unwrap()).await;
}
