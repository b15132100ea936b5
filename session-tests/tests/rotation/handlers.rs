//! The handlers of the test site. Servers on axum and on actix-web use them.

use signed_session::axum::{Session, SessionError};

pub(crate) async fn sign_in(session: Session, user: String) -> Result<&'static str, SessionError> {
    session.renew();
    session.insert("user", user)?;
    session.flash("signed in", "")?;
    Ok("")
}

pub(crate) async fn sign_out(session: Session) -> &'static str {
    session.invalidate();
    ""
}

/// Counts the request if the visitor is signed in, and returns the new count. Returns 0 to visitors who are not signed
/// in.
pub(crate) async fn hit(session: Session) -> Result<String, SessionError> {
    if !session.contains("user") {
        return Ok("0".to_owned());
    }
    let hits = session.get::<u32>("hits")?.unwrap_or(0) + 1;
    session.insert("hits", hits)?;
    Ok(hits.to_string())
}

/// Returns the user, the flash messages, and the CSRF token. The first call in a session creates the token.
pub(crate) async fn home(session: Session) -> Result<String, SessionError> {
    let (user, messages): (Option<String>, Vec<String>) = (session.get("user")?, session.pop_flash("")?);
    Ok(serde_json::json!([user, messages, session.csrf_token()?]).to_string())
}

/// Returns the label of the key that authenticated the session's cookie, or `none` for a new session.
pub(crate) async fn key(session: Session) -> String {
    session.cookie_key().map_or_else(|| "none".to_owned(), |key| key.to_string())
}
