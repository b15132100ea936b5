//! Checks that a [`Session`](session_core::Session) behaves correctly over a series of requests.
//!
//! The suite runs the requests of one browser against your sessions and against a plain model. It compares all
//! observable results: what a request reads, what a response sends, when a session times out, and when it is re-issued.
//! Time comes from a [`ManualClock`]. Between requests, the suite tampers with the value that the browser keeps, such
//! as a cookie.
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

mod browser;
mod fixed_scripts;
mod harness;
mod model;
mod replay;
mod script;

use std::time::Duration;

use session_core::{ManualClock, Timestamp};

pub use self::browser::Browser;
use self::fixed_scripts::fixed_scripts;
pub use self::harness::{Harness, Sent, Settings};
use self::replay::replay;
use self::script::{Step, script};
use crate::run::{Script, property, sequence};

/// Calls all other check functions of this module. `make` creates a site and a browser without a session.
///
/// # Panics
/// Panics if a session differs from the model. The message has the shortest failing script.
pub fn check<H: Harness>(make: impl Fn(&Settings) -> H) {
    crate::__session_properties!(__all, session, &make);
}

/// Checks sessions with Pyramid's defaults: a timeout of 20 minutes, and a re-issue time of 0. Access times are whole
/// seconds, so a read re-issues a session that was last accessed in an earlier second.
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

/// Checks sessions without a timeout, and with a re-issue time of 3 s.
pub fn without_a_timeout<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session without a timeout", None, Some(3.0), make);
}

/// Checks sessions with a timeout of 30 s and no re-issue time: only a write re-issues them.
pub fn without_a_reissue_time<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session without a re-issue time", Some(30.0), None, make);
}

/// Checks sessions with neither a timeout nor a re-issue time.
pub fn without_timeout_and_reissue_time<H: Harness>(make: impl Fn(&Settings) -> H) {
    run_scripts("a session with neither a timeout nor a re-issue time", None, None, make);
}

fn run_scripts<H: Harness>(
    name: &str,
    timeout: Option<f64>,
    reissue_time: Option<f64>,
    make: impl Fn(&Settings) -> H,
) {
    let secs = |secs: Option<f64>| secs.map(Duration::from_secs_f64);
    let run = |steps: &[Step]| {
        // The clock starts at a fraction of a second. `accessed` is truncated to whole seconds, so it differs from the
        // current time.
        let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.75).unwrap_or_default());
        let settings = Settings { clock, timeout: secs(timeout), reissue_time: secs(reissue_time) };
        replay(steps, &settings, make(&settings))
    };
    for script in fixed_scripts() {
        sequence(name, script, run);
    }
    property(name, 1.0, script(), |Script(steps)| run(&steps));
}
