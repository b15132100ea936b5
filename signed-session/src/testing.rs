//! Helpers for the tests of an application with sessions in cookies: they mint the cookie of a request, and read the
//! session that a response sets. A [`ManualClock`](crate::ManualClock) sets the time.
//!
//! With sessions in a store, or with [`revocable`](crate::Builder::revocable), a test loads and saves a session itself,
//! because both are asynchronous: load one from `None::<&str>`, save it, and take the cookie from the result.
//!
//! ```
//! use std::time::Duration;
//!
//! use signed_session::testing::{mint_cookie, read_set_cookie};
//! use signed_session::{ManualClock, Secret, SignedCookieSessionFactory, Timestamp};
//!
//! let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
//! let sessions =
//!     SignedCookieSessionFactory::builder(Secret::generate()?).clock(clock.clone()).build()?;
//!
//! // Mint the cookie of a signed-in user, and send a request with it.
//! let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
//! # let response_to = |cookie: &str| -> Result<Vec<String>, Box<dyn std::error::Error>> {
//! #     let mut session = sessions.load(cookie);
//! #     session.insert("seen", true)?;
//! #     Ok(sessions.save(&mut session)?.iter().map(ToString::to_string).collect())
//! # };
//! let set_cookie_lines = response_to(&cookie)?; // calls your application
//!
//! // Read the session that the response sets.
//! let session = read_set_cookie(&sessions, set_cookie_lines).expect("a cookie is set");
//! assert_eq!(session.get("seen")?, Some(true));
//!
//! clock.advance(Duration::from_secs(1201)); // the timeout is 1200 s
//! assert!(sessions.load(&*cookie).rejection().is_some_and(|why| why.is_expired()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use session_cookie::SetCookies;
use session_core::EntryError;
use session_serde::Serializer;

use crate::factory::BaseCookieSessionFactory;
use crate::session::CookieSession;

/// Returns the `Cookie` header of a request, `name=value`, with a new session that `fill` has filled.
///
/// # Panics
/// Panics if `fill` fails, or if the session is empty or cannot be saved.
#[track_caller]
pub fn mint_cookie<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    fill: impl FnOnce(&mut CookieSession<S>) -> Result<(), EntryError>,
) -> String {
    let mut session = sessions.load(None::<&str>);
    if let Err(error) = fill(&mut session) {
        panic!("mint_cookie: the closure failed: {error}");
    }
    match session.save().map(SetCookies::into_session_cookie) {
        Ok(Some(set_cookie)) => format!("{}={}", set_cookie.name(), set_cookie.value()),
        Ok(None) => panic!(
            "mint_cookie: the session is empty, and an empty session has no cookie; \
             insert an entry in the closure, or send the request without a cookie"
        ),
        Err(error) => panic!("mint_cookie: {error}"),
    }
}

/// Returns the `Cookie` header as [`mint_cookie`] does, and the session's CSRF token. A request that posts a form needs
/// both.
///
/// ```
/// use signed_session::testing::mint_cookie_and_csrf_token;
/// use signed_session::{Secret, SignedCookieSessionFactory};
///
/// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?).build()?;
/// let (cookie, csrf_token) =
///     mint_cookie_and_csrf_token(&sessions, |session| session.insert("user", "zoe"));
///
/// let form = format!("csrf_token={csrf_token}&text=hello"); // or the header X-CSRF-Token
/// # assert_eq!(sessions.load(cookie).csrf_token()?, csrf_token);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// Panics if `fill` fails, if the system provides no random bytes, or if the session cannot be saved. The session is
/// never empty, since it has the token.
#[track_caller]
pub fn mint_cookie_and_csrf_token<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    fill: impl FnOnce(&mut CookieSession<S>) -> Result<(), EntryError>,
) -> (String, String) {
    let mut token = String::new();
    let cookie = mint_cookie(sessions, |session| {
        fill(session)?;
        token = session.csrf_token()?;
        Ok(())
    });
    (cookie, token)
}

/// Returns the session in a response, from the values of its `Set-Cookie` headers; `None` if none of them sets or
/// removes the session's cookie.
///
/// If the response removes the cookie, the session is new, and its [`rejection`](CookieSession::rejection) says that
/// the cookie is missing.
pub fn read_set_cookie<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    lines: impl IntoIterator<Item: AsRef<[u8]>>,
) -> Option<CookieSession<S>> {
    let mut found = None;
    for line in lines {
        let mut parts = line.as_ref().split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let pair = parts.next().unwrap_or_default();
        let is_session =
            pair.strip_prefix(sessions.cookie_name().as_bytes()).is_some_and(|rest| rest.starts_with(b"="));
        if is_session {
            let removed = parts.any(|attribute| attribute.eq_ignore_ascii_case(b"max-age=0"));
            found = Some(sessions.load((!removed).then_some(pair)));
        }
    }
    found
}
