//! The age and the renewal of a session, and the timeout and lifetime that are set for a single session.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use session_core::{
    Clock, EntryError, LIFETIME_KEY, ManualClock, Session, SessionExt, State, TIMEOUT_KEY, Timestamp,
};

use crate::in_memory::session;

/// A session with a clock.
struct Timed {
    clock: ManualClock,
    created: Timestamp,
    state: State,
}

impl Timed {
    fn new(json: &str) -> Self {
        let now = Timestamp::from_secs(1_700_000_000.5).unwrap();
        Self { clock: ManualClock::new(now), created: now, state: State::from_json(json.into()).unwrap() }
    }
}

impl Session for Timed {
    fn created(&self) -> Timestamp {
        self.created
    }

    fn is_new(&self) -> bool {
        true
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn changed(&mut self) {}

    fn invalidate(&mut self) {
        self.created = self.now();
        self.state.clear();
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

#[test]
fn age_is_time_since_created_and_never_negative() {
    let session = Timed::new("{}");
    assert_eq!(session.age(), Duration::ZERO);
    session.clock.advance(Duration::from_millis(1_250));
    assert_eq!(session.age(), Duration::from_millis(1_250));
    session.clock.set(Timestamp::from_secs(1_600_000_000.0).unwrap());
    assert_eq!(session.age(), Duration::ZERO);
    assert_eq!(session.expires_at(), None, "by default, a session never expires");
}

#[test]
fn now_is_system_time_by_default() {
    let session = session("{}");
    // `created` is the Unix epoch, so the age is the time since 1970.
    assert!(session.age() > Duration::from_secs(1_700_000_000));
    assert!(session.now().as_secs() > 1_700_000_000.0);
}

#[test]
fn renew_removes_token_and_lifetimes_but_keeps_data() {
    let mut session = Timed::new(
        r#"{"_csrft_": "token", "cart": [1e-05], "_timeout_": 60, "_f_": ["hello"], "_lifetime_": 90, "x": NaN}"#,
    );
    session.clock.advance(Duration::from_secs(5));
    session.renew();
    assert_eq!(session.state.to_json().unwrap(), r#"{"cart": [1e-05], "_f_": ["hello"], "x": NaN}"#);
    assert_eq!(session.created(), session.now());
    assert_ne!(session.csrf_token().unwrap(), "token");
}

#[test]
fn renewed_session_without_data_is_empty() {
    let mut session = Timed::new(r#"{"_csrft_": "token"}"#);
    session.renew();
    assert!(session.is_empty());
    assert!(!session.check_csrf_token("token"));
}

#[test]
fn lifetime_of_a_session_is_unsupported_by_default() {
    let mut session = session("{}");
    let hour = Duration::from_secs(3600);
    for error in [session.set_timeout(hour).unwrap_err(), session.set_lifetime(hour).unwrap_err()] {
        assert!(error.is_unsupported_lifetime() && !error.is_write() && !error.is_read());
        assert!(!error.is_conflict() && !error.is_random());
        assert_eq!(error.key(), None);
        assert_eq!(
            error.to_string(),
            "the factory does not allow this timeout or lifetime for a single session; \
             set the factory's option that allows it, such as `max_lifetime`"
        );
    }
    assert_eq!(session.writes, 0, "the session is unchanged");
    assert!(!EntryError::conflict().is_unsupported_lifetime());
}

#[test]
fn lifetimes_are_stored_in_whole_seconds() {
    let mut state = State::default();
    assert_eq!((state.timeout(), state.lifetime()), (None, None));
    state.set_timeout(Duration::from_millis(60_999)).unwrap();
    state.set_lifetime(Duration::from_secs(1)).unwrap();
    assert_eq!(state.to_json().unwrap(), r#"{"_timeout_": 60, "_lifetime_": 1}"#);
    assert_eq!(state.timeout(), Some(Duration::from_secs(60)));
    assert_eq!(state.lifetime(), Some(Duration::from_secs(1)));
}

#[test]
fn lifetime_below_one_second_is_an_error() {
    let mut state = State::default();
    let short = Duration::from_millis(999);
    let errors = [state.set_timeout(short).unwrap_err(), state.set_lifetime(short).unwrap_err()];
    for (error, key) in errors.iter().zip([TIMEOUT_KEY, LIFETIME_KEY]) {
        assert!(error.is_write() && !error.is_unsupported_lifetime());
        assert_eq!(error.key(), Some(key));
        assert!(error.to_string().contains("less than one second; to end the session, call"), "{error}");
    }
    assert!(state.is_empty());
}

#[test]
fn invalid_stored_lifetime_is_ignored() {
    let read = |value: &str| {
        let json = format!(r#"{{"_timeout_": {value}, "_lifetime_": {value}}}"#);
        let state = State::from_json(json).unwrap();
        assert_eq!(state.timeout(), state.lifetime());
        state.timeout()
    };
    for ignored in
        ["0", "-5", "-0.0", "0.5", "NaN", "Infinity", "-Infinity", "\"60\"", "true", "null", "[60]", "{}"]
    {
        assert_eq!(read(ignored), None, "{ignored}");
    }
    for (value, seconds) in [("60", 60.0), ("60.0", 60.0), ("1.5", 1.5), ("1e3", 1000.0)] {
        assert_eq!(read(value), Some(Duration::from_secs_f64(seconds)), "{value}");
    }
    assert_eq!(read("1e300"), Some(Duration::MAX));
    assert_eq!(read(&u64::MAX.to_string()), Some(Duration::MAX));
}

#[test]
fn typed_view_neither_reads_nor_writes_lifetimes() {
    #[derive(Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Meddling {
        hits: u32,
        #[serde(rename = "_timeout_", skip_serializing_if = "Option::is_none")]
        timeout: Option<u32>,
        #[serde(rename = "_lifetime_", skip_serializing_if = "Option::is_none")]
        lifetime: Option<u32>,
    }

    let text = r#"{"hits": 1, "_timeout_": 60, "_lifetime_": 90}"#;
    let mut session = session(text);
    let mut view = session.read::<Meddling>().unwrap();
    assert_eq!((view.hits, view.timeout, view.lifetime), (1, None, None));
    session.write(&view).unwrap();
    assert_eq!(session.state.to_json().unwrap(), text);

    view.timeout = Some(1);
    assert_eq!(session.write(&view).unwrap_err().key(), Some(TIMEOUT_KEY));
    (view.timeout, view.lifetime) = (None, Some(1));
    assert_eq!(session.write(&view).unwrap_err().key(), Some(LIFETIME_KEY));
    assert_eq!(session.state.to_json().unwrap(), text);
}
