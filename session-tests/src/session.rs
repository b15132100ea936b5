//! Checks a [`Session`] from one request to the next.
//!
//! The suite runs the requests of one browser against your sessions and against a plain model. It compares all observable
//! results: what is read, what a response sends, when a session times out, and when it is re-issued. Time comes from a
//! [`ManualClock`]. Between requests, the suite tampers with the browser's value.
//!
//! For sessions that travel in cookies, use a [`Browser`]:
//!
//! ```
//! use session_tests::session::{Browser, Settings};
//! use signed_session::{Secret, SignedCookieSessionFactory};
//!
//! fn site(settings: &Settings) -> SignedCookieSessionFactory {
//!     let builder = SignedCookieSessionFactory::builder(Secret::generate().unwrap()).clock(settings.clock.clone());
//!     builder.timeout(settings.timeout).reissue_time(settings.reissue_time).build().unwrap()
//! }
//!
//! session_tests::session_suite!(signed_cookies, |settings| Browser::new(site(settings)));
//! # session_tests::session::with_the_defaults(|settings| Browser::new(site(settings)));
//! ```
//!
//! For other sessions, write a [`Harness`]: it loads the session of a request and saves it.

use std::time::Duration;

use session_core::{ManualClock, Session, Timestamp};

pub use crate::browser::Browser;
use crate::fixed_scripts::fixed_scripts;
use crate::replay::replay;
use crate::run::{property, sequence};
use crate::script::{Script, Step, script};

/// A browser and a site. The suite runs requests through it, one after the other.
///
/// [`Browser`] implements it for any factory whose sessions travel in cookies. This is an implementation for one factory:
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
///         let Some(set_cookie) = self.site.save(&mut session).unwrap() else { return Sent::Nothing };
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

    /// Starts a request, to which the browser adds its value, and returns the session.
    fn request(&mut self) -> Self::Session;

    /// Ends the request: saves the session, and stores in the browser what the response sends.
    fn respond(&mut self, session: Self::Session) -> Sent;

    /// Replaces the browser's value by one that the site never sent, such as a changed cookie or an unknown session ID.
    ///
    /// Does nothing if the browser has no value.
    fn tamper(&mut self);
}

/// What a response sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing: the browser keeps its value.
    Nothing,
    /// The session.
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
    /// Minimum age at which reading a session re-issues it, or `None` if reading never does.
    pub reissue_time: Option<Duration>,
}

/// Checks sessions with each of the settings below. `make` creates a site and a browser without a session.
///
/// # Panics
/// Panics if a session differs from the model. The message has the shortest failing script.
pub fn check<H: Harness>(make: impl Fn(&Settings) -> H) {
    crate::__session_properties!(__all, session, &make);
}

/// Checks sessions with Pyramid's defaults: a timeout of 20 minutes, and a re-issue at most once a second.
pub fn with_the_defaults<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session with the defaults", Some(1200.0), Some(0.0), make);
}

/// Checks sessions with a timeout of 60 s and a re-issue time of 10 s.
pub fn with_a_reissue_time<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session with a re-issue time", Some(60.0), Some(10.0), make);
}

/// Checks sessions with a timeout of 5.5 s and a re-issue time of 1.25 s.
pub fn with_fractions_of_seconds<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session with a timeout of 5.5 s", Some(5.5), Some(1.25), make);
}

/// Checks sessions that never time out.
pub fn without_a_timeout<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session without a timeout", None, Some(3.0), make);
}

/// Checks sessions that only a write re-issues.
pub fn without_a_reissue_time<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session without a re-issue time", Some(30.0), None, make);
}

/// Checks sessions that never time out, and that only a write re-issues.
pub fn without_timeout_and_reissue_time<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session without a timeout and a re-issue time", None, None, make);
}

fn run_scripts<H: Harness>(
    name: &str,
    timeout: Option<f64>,
    reissue_time: Option<f64>,
    make: impl Fn(&Settings) -> H,
) {
    let secs = |secs: Option<f64>| secs.map(Duration::from_secs_f64);
    let run = |steps: &[Step]| {
        // Not a whole second, so that `accessed` differs from the current time.
        let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.75).unwrap_or_default());
        let settings = Settings { clock, timeout: secs(timeout), reissue_time: secs(reissue_time) };
        replay(steps, &settings, make(&settings))
    };
    for script in fixed_scripts() {
        sequence(name, script.0, |steps| format!("{:?}", Script(steps.to_vec())), run);
    }
    property(name, 1.0, script(), |Script(steps)| run(&steps));
}
