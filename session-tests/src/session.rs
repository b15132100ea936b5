//! What a [`Session`] has to do, from one request to the next.
//!
//! The suite plays requests of one browser against your sessions and against a plain model, and compares all that can
//! be seen: what is read, what is sent at the end of a request, when a session times out and when it is sent anew. The
//! time is that of a [`ManualClock`]. In between, what the browser has is tampered with.
//!
//! Sessions that travel in cookies are played with by a [`Browser`]:
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
//! For any others you bring a [`Harness`]: where the session of a request comes from, and where it goes.

use std::time::Duration;

use session_core::{ManualClock, Session, Timestamp};

pub use crate::browser::Browser;
use crate::drill::drills;
use crate::play::play;
use crate::run::{property, sequence};
use crate::script::{Script, Step, script};

/// A browser and a site: what the suite needs of an implementation. It plays one request after the other.
///
/// [`Browser`] is one for any factory of sessions that travel in cookies. Written for one factory alone it is:
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
    /// The session that is tested.
    type Session: Session;

    /// The session of the next request, which brings what the browser has.
    fn request(&mut self) -> Self::Session;

    /// The request ends: the session is saved, and the browser takes what is sent.
    fn respond(&mut self, session: Self::Session) -> Sent;

    /// What the browser has becomes something that the site has never sent: a changed cookie, the number of no session. If
    /// it has nothing, nothing happens.
    fn tamper(&mut self);
}

/// What is sent at the end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing: the browser keeps what it has.
    Nothing,
    /// The session.
    Session,
    /// That the browser is to forget the session.
    Removal,
}

/// What a site is to be set up with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The only source of time; the suite moves it.
    pub clock: ManualClock,
    /// How long a session lives without being used; `None` for ever.
    pub timeout: Option<Duration>,
    /// How much time has to pass until reading a session sends it anew; `None` if it never does.
    pub reissue_time: Option<Duration>,
}

/// Checks sessions with each of the settings below. `make` sets up a site and a new browser.
///
/// # Panics
/// If a session does something else than the model, with the shortest script that was found.
pub fn check<H: Harness>(make: impl Fn(&Settings) -> H) {
    crate::__session_properties!(__all, session, &make);
}

/// 20 minutes, and sent anew at most once a second: Pyramid's defaults.
pub fn with_the_defaults<H: Harness>(make: impl Fn(&Settings) -> H) {
    play_all("a session with the defaults", Some(1200.0), Some(0.0), make);
}

/// A timeout of 60 s, and 10 s until a session is sent anew.
pub fn with_a_reissue_time<H: Harness>(make: impl Fn(&Settings) -> H) {
    play_all("a session with a re-issue time", Some(60.0), Some(10.0), make);
}

/// A timeout of 5.5 s, and 1.25 s until a session is sent anew.
pub fn with_fractions_of_seconds<H: Harness>(make: impl Fn(&Settings) -> H) {
    play_all("a session with a timeout of 5.5 s", Some(5.5), Some(1.25), make);
}

/// A session that never times out.
pub fn without_a_timeout<H: Harness>(make: impl Fn(&Settings) -> H) {
    play_all("a session without a timeout", None, Some(3.0), make);
}

/// A session that only writing sends anew.
pub fn without_a_reissue_time<H: Harness>(make: impl Fn(&Settings) -> H) {
    play_all("a session without a re-issue time", Some(30.0), None, make);
}

/// A session that neither times out nor is sent anew by reading.
pub fn without_either<H: Harness>(make: impl Fn(&Settings) -> H) {
    play_all("a session without a timeout and a re-issue time", None, None, make);
}

fn play_all<H: Harness>(
    name: &str,
    timeout: Option<f64>,
    reissue_time: Option<f64>,
    make: impl Fn(&Settings) -> H,
) {
    let secs = |secs: Option<f64>| secs.map(Duration::from_secs_f64);
    let play = |steps: &[Step]| {
        // Three quarters into a second, where `accessed` is not now.
        let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.75).unwrap_or_default());
        let settings = Settings { clock, timeout: secs(timeout), reissue_time: secs(reissue_time) };
        play(steps, &settings, make(&settings))
    };
    for script in drills() {
        sequence(name, script.0, |steps| format!("{:?}", Script(steps.to_vec())), play);
    }
    property(name, 1.0, script(), |Script(steps)| play(&steps));
}
