//! The interface between the session suite and the tested sessions.

use std::time::Duration;

use session_core::{ManualClock, Session};

/// A browser and a site. The suite runs requests through the harness, one after the other.
///
/// The browser keeps a *value* from one request to the next, such as a cookie or a session ID. The site finds the
/// session by this value.
///
/// [`Browser`](crate::session::Browser) implements this trait for any factory whose sessions travel in cookies. The
/// following example implements it for a single factory:
///
/// ```
/// use session_tests::session::{Harness, Sent, Settings};
/// use signed_session::{CookieSession, Secret, SignedCookieSessionFactory};
///
/// struct Visitor {
///     site: SignedCookieSessionFactory,
///     cookie: Option<String>,
/// }
///
/// impl Harness for Visitor {
///     type Session = CookieSession;
///
///     fn request(&mut self) -> CookieSession {
///         self.site.load(self.cookie.as_deref())
///     }
///
///     fn respond(&mut self, mut session: CookieSession) -> Sent {
///         let saved = self.site.save(&mut session).unwrap();
///         let Some(set_cookie) = saved.into_session_cookie() else { return Sent::Nothing };
///         let is_removal = set_cookie.value().is_empty();
///         self.cookie = (!is_removal).then(|| format!("session={}", set_cookie.value()));
///         if is_removal { Sent::Removal } else { Sent::Session }
///     }
///
///     fn tamper(&mut self) {
///         self.cookie = self.cookie.take().map(|cookie| cookie.replacen('=', "=A", 1));
///     }
/// }
///
/// let visitor = |settings: &Settings| {
///     let builder = SignedCookieSessionFactory::builder(Secret::generate().unwrap()).clock(settings.clock.clone());
///     let builder = builder.timeout(settings.timeout).reissue_time(settings.reissue_time);
///     Visitor { site: builder.build().unwrap(), cookie: None }
/// };
/// session_tests::session::with_the_defaults(visitor);
/// ```
pub trait Harness {
    /// The tested session.
    type Session: Session;

    /// Starts a request that carries the browser's value. Returns the session of the request.
    fn request(&mut self) -> Self::Session;

    /// Ends the request: saves the session, and updates the browser's value from the response.
    fn respond(&mut self, session: Self::Session) -> Sent;

    /// Replaces the browser's value with one that the site never sent, such as a changed cookie or an unknown session
    /// ID.
    ///
    /// Does nothing if the browser has no value.
    fn tamper(&mut self);
}

/// What a response sends to the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing: the browser keeps its value.
    Nothing,
    /// A session: the browser keeps the value from the response.
    Session,
    /// A removal: the browser forgets the session.
    Removal,
}

/// The settings of a site.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The only source of time. The suite advances it and sets it back.
    pub clock: ManualClock,
    /// Maximum time between two accesses, or `None` if sessions never time out.
    pub timeout: Option<Duration>,
    /// Reading a session re-issues it if the browser's value is older than this duration. With `None`, reading never
    /// re-issues a session.
    pub reissue_time: Option<Duration>,
}
