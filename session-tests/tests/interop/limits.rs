//! A session that our application shares with Pyramid, and that has its own timeout and lifetime. Pyramid keeps both as
//! entries that it does not interpret.

use std::time::Duration;

use signed_session::testing::mint_cookie;
use signed_session::{
    HmacSha512, JsonSerializer, ManualClock, PickleSerializer, Rejection, Serializer,
    SignedCookieSessionFactory, Timestamp,
};

use crate::pyramid::Pyramid;
use crate::script::Op;
use crate::{Config, DEFAULT, Site, cookie_of};

const START: f64 = 1_700_000_000.0;

/// Shorter than the timeout of Pyramid, which is 20 minutes.
const TIMEOUT: Duration = Duration::from_secs(600);
const LIFETIME: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(START + secs).expect("the time is finite")
}

/// One session, in a browser that visits our application and Pyramid.
struct Visit<S> {
    pyramid: Pyramid,
    sessions: SignedCookieSessionFactory<HmacSha512, S>,
    clock: ManualClock,
    cookie: String,
}

impl<S: Serializer> Visit<S> {
    /// Begins a session in our application. Sets the session's timeout to `timeout`, and its lifetime to [`LIFETIME`].
    /// Returns `None` if Python is missing.
    fn start(serializer: S, config: &Config, timeout: Duration) -> Option<Self> {
        let pyramid = Pyramid::start(config)?;
        let clock = ManualClock::new(at(0.0));
        let builder = SignedCookieSessionFactory::builder(config.secret).serializer(serializer);
        let sessions = builder.max_lifetime(DAY).clock(clock.clone()).build().expect("valid options");
        let cookie = mint_cookie(&sessions, |session| {
            session.insert("user", "zoe")?;
            session.set_timeout(timeout)?;
            session.set_lifetime(LIFETIME)
        });
        Some(Self { pyramid, sessions, clock, cookie })
    }

    /// Lets Pyramid set the entry `hits` to 2 when `secs` seconds have passed since the start. Returns the session's
    /// state as JSON.
    fn change_in_pyramid(&mut self, secs: f64) -> String {
        let answer =
            self.pyramid.request(START + secs, Some(&self.cookie), &[Op::Set("hits", "2".to_owned())]);
        self.cookie = cookie_of(&answer);
        answer.state
    }

    /// Returns why our application rejects the session `secs` seconds after the start.
    fn rejection(&self, secs: f64) -> Option<&'static str> {
        self.clock.set(at(secs));
        self.sessions.load(&*self.cookie).rejection().map(Rejection::kind)
    }
}

fn limits_survive_changes_by_pyramid<S: Serializer>(serializer: S, config: &Config) {
    let Some(mut visit) = Visit::start(serializer, config, TIMEOUT) else { return };
    let state = visit.change_in_pyramid(10.0);
    assert_eq!(state, r#"{"user": "zoe", "_timeout_": 600, "_lifetime_": 3600, "hits": 2}"#);

    visit.clock.set(at(10.0));
    let session = visit.sessions.load(&*visit.cookie);
    assert_eq!(session.get("hits").expect("a number"), Some(2));
    assert_eq!(session.expires_at(), Some(at(610.0)));
    assert_eq!((visit.rejection(610.0), visit.rejection(611.0)), (None, Some("expired")));

    // Each change by Pyramid restarts the timeout, but not the lifetime.
    for secs in (500..=3500).step_by(500) {
        visit.change_in_pyramid(f64::from(secs));
    }
    assert_eq!((visit.rejection(3600.0), visit.rejection(3601.0)), (None, Some("lifetime_exceeded")));
}

#[test]
fn limits_of_json_session_survive_changes_by_pyramid() {
    limits_survive_changes_by_pyramid(JsonSerializer, &DEFAULT);
}

#[test]
fn limits_of_pickle_session_survive_changes_by_pyramid() {
    let config = Config { serializer: "pickle", ..DEFAULT };
    limits_survive_changes_by_pyramid(PickleSerializer::default(), &config);
}

#[test]
fn pyramid_applies_only_its_configured_timeout() {
    let Some(mut visit) = Visit::start(JsonSerializer, &DEFAULT, LIFETIME) else { return };
    let mut state = |secs| visit.pyramid.request(START + secs, Some(&visit.cookie), &[]).state;
    assert!(state(1200.0).contains("zoe"));
    assert_eq!(state(1201.0), "{}");
    assert_eq!(visit.rejection(1201.0), None);
}

/// Why docs/from-pyramid.md advises against `lifetime` for shared sessions: Pyramid's `invalidate` keeps `created`.
#[test]
fn lifetime_rejects_session_after_new_sign_in_at_pyramid() {
    let Some(mut pyramid) = Pyramid::start(&DEFAULT) else { return };
    let sessions = |lifetime: Option<Duration>| {
        let builder = SignedCookieSessionFactory::builder(DEFAULT.secret).clock(ManualClock::new(at(3601.0)));
        builder.lifetime(lifetime).build().expect("valid options")
    };
    let user = || Op::Set("user", r#""zoe""#.to_owned());
    let first = cookie_of(&pyramid.request(START, None, &[user()]));
    let second = pyramid.request(START + 3601.0, Some(&first), &[Op::Invalidate, user()]);
    let cookie = cookie_of(&second);

    let session = sessions(None).load(&*cookie);
    assert_eq!((session.get("user").expect("a string"), session.created()), (Some("zoe"), at(0.0)));
    let session = sessions(Some(LIFETIME)).load(&*cookie);
    assert_eq!(session.rejection().map(Rejection::kind), Some("lifetime_exceeded"));
}
