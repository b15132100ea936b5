//! What a [`Session`] has to do, from one request to the next.
//!
//! The suite plays requests of one browser against your sessions and against a plain model, and compares all that can
//! be seen: what is read, what is sent at the end of a request, when a session times out and when it is sent anew. The
//! time is that of a [`ManualClock`]. You bring a [`Harness`]: where the session of a request comes from, and where it
//! goes.
//!
//! ```
//! use session_tests::session::{Harness, Sent, Settings};
//! use signed_session::{SessionFactory, SignedCookieSessionFactory};
//!
//! /// A site, and a browser that has its cookie or not.
//! struct Browser {
//!     site: SignedCookieSessionFactory,
//!     cookie: Option<String>,
//! }
//!
//! impl Browser {
//!     fn new(settings: &Settings) -> Self {
//!         let builder = SignedCookieSessionFactory::builder([7; 32]).clock(settings.clock.clone());
//!         let builder = builder.timeout(settings.timeout).reissue_time(settings.reissue_time);
//!         Self { site: builder.build().unwrap(), cookie: None }
//!     }
//! }
//!
//! impl Harness for Browser {
//!     type Session = <SignedCookieSessionFactory as SessionFactory>::Session;
//!
//!     fn request(&mut self) -> Self::Session {
//!         self.site.load(self.cookie.as_deref())
//!     }
//!
//!     fn respond(&mut self, mut session: Self::Session) -> Sent {
//!         let Some(set_cookie) = self.site.save(&mut session).unwrap() else { return Sent::Nothing };
//!         if set_cookie.value().is_empty() {
//!             self.cookie = None;
//!             return Sent::Removal;
//!         }
//!         self.cookie = Some(format!("{}={}", set_cookie.name(), set_cookie.value()));
//!         Sent::Session
//!     }
//! }
//!
//! session_tests::session_suite!(signed_cookies, Browser::new);
//! # session_tests::session::with_the_defaults(Browser::new);
//! ```

use std::fmt::Debug;
use std::time::Duration;

use serde_json::Value;
use session_core::{CSRF_KEY, Clock, ManualClock, Session, SessionExt, Timestamp};

use crate::model::Model;
use crate::run::{Outcome, at, fail, property};
use crate::script::{Script, Step, script};

/// A browser and a site: what the suite needs of an implementation. It plays one request after the other.
pub trait Harness {
    /// The session that is tested.
    type Session: Session;

    /// The session of the next request, which brings what the browser has.
    fn request(&mut self) -> Self::Session;

    /// The request ends: the session is saved, and the browser takes what is sent.
    fn respond(&mut self, session: Self::Session) -> Sent;
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
    property(name, 1.0, script(), |Script(steps)| {
        // Three quarters into a second, where `accessed` is not now.
        let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.75).unwrap_or_default());
        let secs = |secs: Option<f64>| secs.map(Duration::from_secs_f64);
        let settings = Settings { clock, timeout: secs(timeout), reissue_time: secs(reissue_time) };
        let model = Model::new(&settings);
        let mut play = Play { clock: settings.clock.clone(), model, harness: make(&settings), session: None };
        for (step, number) in steps.iter().zip(1..) {
            play.step(step).map_err(at(format_args!("step {number}, `{step}`")))?;
        }
        play.step(&Step::End).map_err(at("the end of the last request"))
    });
}

struct Play<H: Harness> {
    clock: ManualClock,
    model: Model,
    harness: H,
    /// That of the request that is going on.
    session: Option<H::Session>,
}

impl<H: Harness> Play<H> {
    fn step(&mut self, step: &Step) -> Outcome {
        let now = self.clock.now().as_secs();
        match step {
            Step::Wait(wait) => {
                let end = Timestamp::from_secs(self.model.end_of(*wait, now));
                self.clock.set(end.unwrap_or_default());
                Ok(())
            }
            Step::End => {
                let session = self.session.take().unwrap_or_else(|| self.harness.request());
                same(" has sent", self.harness.respond(session), self.model.end(now))
            }
            _ => {
                let session = self.session.get_or_insert_with(|| self.harness.request());
                within(session, &mut self.model, step, now)
            }
        }
    }
}

/// A step within a request. `S::…` rather than a method call, which would find `&mut S`: a session, too, but one that
/// does not have what `S` does in its own way.
fn within<S: Session>(session: &mut S, model: &mut Model, step: &Step, now: f64) -> Outcome {
    match *step {
        Step::Look => {
            let seen = (S::created(session).as_secs(), S::is_new(session));
            same(": created and is_new are", seen, model.look(now))
        }
        Step::Get(key) => same(" is", ok(session.get::<Value>(key))?, model.get(key, now)),
        Step::Contains(key) => same(" is", S::contains(session, key), model.get(key, now).is_some()),
        Step::Keys => {
            let expected: Vec<_> = model.read(now).iter().map(|entry| entry.0.as_str()).collect();
            same(" are", S::keys(session).collect::<Vec<_>>(), expected)
        }
        Step::Len => {
            let expected = model.read(now).len();
            same(" and is_empty() are", (S::len(session), S::is_empty(session)), (expected, expected == 0))
        }
        Step::Insert(key, ref value) => {
            model.insert(key, value.clone(), now);
            ok(session.insert(key, value))
        }
        Step::Remove(key) => same(" is", session.remove(key), model.remove(key, now).is_some()),
        Step::Clear => {
            model.write(now).clear();
            session.clear();
            Ok(())
        }
        Step::Flash { message, queue, allow_duplicate } => {
            model.flash(message, queue, allow_duplicate, now);
            ok(session.flash(message, queue, allow_duplicate))
        }
        Step::PeekFlash(queue) => {
            same(" are", ok(session.peek_flash::<Value>(queue))?, model.peek_flash(queue, now))
        }
        Step::PopFlash(queue) => {
            // As in `SessionExt`, where it is a read and a write.
            model.read(now);
            same(" are", ok(session.pop_flash::<Value>(queue))?, model.pop_flash(queue, now))
        }
        Step::CsrfToken => match model.csrf_token(now) {
            Some(token) => same(" is", ok(session.csrf_token())?, token),
            None => take_token(session.csrf_token(), model, now),
        },
        Step::NewCsrfToken => {
            let old = model.csrf_token(now);
            let new = session.new_csrf_token();
            if old.is_some() && new.as_ref().ok() == old.as_ref() {
                return Err(fail(" is the old token"));
            }
            take_token(new, model, now)
        }
        Step::CheckCsrfToken => {
            let token = model.csrf_token(now);
            let expected = [token.is_some(), false, false];
            let token = token.unwrap_or_default();
            let seen = [&token, "", "0123456789012345678901234567890123456789"]
                .map(|t| S::check_csrf_token(session, t));
            same(": for the right token, an empty one and another one it is", seen, expected)
        }
        Step::Changed => {
            model.write(now);
            session.changed();
            Ok(())
        }
        Step::Invalidate => {
            model.invalidate(now);
            session.invalidate();
            let seen = (S::created(session).as_secs(), S::is_new(session));
            same(": created and is_new are", seen, model.look(now))
        }
        Step::End | Step::Wait(_) => Ok(()),
    }
}

/// A new CSRF token, which only the session knows before.
fn take_token(token: Result<String, session_core::Error>, model: &mut Model, now: f64) -> Outcome {
    let token = ok(token)?;
    if token.len() != 40 || !token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(fail(format!(" is {token:?}, expected 40 lowercase hex characters")));
    }
    model.insert(CSRF_KEY, Value::from(token), now);
    Ok(())
}

fn same<T: PartialEq + Debug>(what: &str, seen: T, expected: T) -> Outcome {
    if seen == expected { Ok(()) } else { Err(fail(format!("{what} {seen:?}, expected {expected:?}"))) }
}

fn ok<T>(result: Result<T, session_core::Error>) -> Result<T, proptest::test_runner::TestCaseError> {
    result.map_err(|error| fail(format!(" failed: {error}")))
}
