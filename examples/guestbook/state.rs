//! The state of the application.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signed_session::EncryptedCookieSessionFactory;

use crate::book::Book;

/// Returns how old a cookie must be before a request that only reads the session extends it, by the factory's default.
pub(crate) fn reissue_time(timeout: Duration) -> Duration {
    timeout / 10
}

/// The state that all requests share.
pub(crate) struct App {
    pub(crate) sessions: EncryptedCookieSessionFactory,
    pub(crate) timeout: Duration,
    /// The attributes of the session's cookie, as in `Set-Cookie`.
    pub(crate) attributes: String,
    book: Mutex<Book>,
}

impl App {
    pub(crate) fn new(
        sessions: EncryptedCookieSessionFactory,
        timeout: Duration,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let attributes = attributes(&sessions)?;
        Ok(Self { sessions, timeout, attributes, book: Mutex::default() })
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the attributes of the factory's cookies, from the cookie of a new session.
fn attributes(sessions: &EncryptedCookieSessionFactory) -> Result<String, Box<dyn std::error::Error>> {
    let mut session = sessions.load(None::<&str>);
    session.insert("any", "value")?;
    let set_cookie = sessions.save(&mut session)?.into_session_cookie();
    let attributes = set_cookie.as_ref().and_then(|set_cookie| set_cookie.as_str().split_once("; "));
    Ok(attributes.map_or_else(String::new, |(_, attributes)| attributes.to_owned()))
}
