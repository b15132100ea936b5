//! Pointers to a session, which forward every method.

use std::time::Duration;

use session_core::{
    CookieKey, Encoded, EntryError, Keys, Redo, Rejection, Session, SessionHandle, State, Timestamp,
};

/// A session that overrides all methods. The getters, `discard` and the methods for the CSRF token return results that
/// no provided method would return. The other methods record their calls.
struct Overriding {
    state: State,
    /// The state whose keys [`Session::keys`] returns.
    listed: State,
    rejection: Rejection,
    calls: Vec<String>,
}

impl Overriding {
    fn new() -> Self {
        let state = |json: &str| State::from_json(json.into()).unwrap();
        Self {
            state: state(r#"{"own": 1}"#),
            listed: state(r#"{"listed": 1}"#),
            rejection: Rejection::revoked(),
            calls: Vec::new(),
        }
    }

    fn record(&mut self, call: impl Into<String>) {
        self.calls.push(call.into());
    }
}

const HANDLE: SessionHandle = SessionHandle::from_bytes([7; 32]);

fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

impl Session for Overriding {
    fn created(&self) -> Timestamp {
        at(16.0)
    }

    fn is_new(&self) -> bool {
        true
    }

    fn rejection(&self) -> Option<&Rejection> {
        Some(&self.rejection)
    }

    fn cookie_key(&self) -> Option<CookieKey> {
        Some(CookieKey::new(1, 2))
    }

    fn now(&self) -> Timestamp {
        at(17.0)
    }

    fn age(&self) -> Duration {
        Duration::from_secs(18)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(at(19.0))
    }

    fn changed(&mut self) {
        self.record("changed");
    }

    fn invalidate(&mut self) {
        self.record("invalidate");
    }

    fn renew(&mut self) {
        self.record("renew");
    }

    fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError> {
        self.record(format!("set_timeout {timeout:?}"));
        Ok(())
    }

    fn set_lifetime(&mut self, lifetime: Duration) -> Result<(), EntryError> {
        self.record(format!("set_lifetime {lifetime:?}"));
        Ok(())
    }

    fn handle(&self) -> Option<SessionHandle> {
        Some(HANDLE)
    }

    fn set_owner(&mut self, owner: &str) -> Result<(), EntryError> {
        self.record(format!("set_owner {owner}"));
        Ok(())
    }

    fn set_label(&mut self, label: &str) -> Result<(), EntryError> {
        self.record(format!("set_label {label}"));
        Ok(())
    }

    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State {
        self.record("state_mut");
        &mut self.state
    }

    fn replace_state(&mut self, state: State, mut redo: Redo) {
        let redone = redo(&mut State::default()).is_ok();
        self.record(format!("replace_state {} {redone}", state.to_json().unwrap()));
    }

    fn flash_encoded(
        &mut self,
        message: Encoded,
        queue: &str,
        allow_duplicate: bool,
    ) -> Result<(), EntryError> {
        let mut state = State::default();
        state.flash(&message, queue, allow_duplicate)?;
        self.record(format!("flash_encoded {} {allow_duplicate}", state.to_json()?));
        Ok(())
    }

    fn contains(&self, key: &str) -> bool {
        key == "missing"
    }

    fn keys(&self) -> Keys<'_> {
        self.listed.keys()
    }

    fn len(&self) -> usize {
        20
    }

    fn is_empty(&self) -> bool {
        true
    }

    fn discard(&mut self, key: &str) -> bool {
        key == "missing"
    }

    fn clear(&mut self) {
        self.record("clear");
    }

    fn csrf_token(&mut self) -> Result<String, EntryError> {
        Ok("token".into())
    }

    fn new_csrf_token(&mut self) -> Result<String, EntryError> {
        Ok("new token".into())
    }

    fn check_csrf_token(&self, supplied: &str) -> bool {
        supplied == "wrong"
    }
}

/// Calls every method, and checks the results.
fn call_all(mut session: impl Session) {
    assert_eq!(session.created(), at(16.0));
    assert!(session.is_new());
    assert_eq!(session.rejection(), Some(&Rejection::revoked()));
    assert_eq!(session.cookie_key(), Some(CookieKey::new(1, 2)));
    assert_eq!(session.now(), at(17.0));
    assert_eq!(session.age(), Duration::from_secs(18));
    assert_eq!(session.expires_at(), Some(at(19.0)));
    assert_eq!(session.handle(), Some(HANDLE));
    assert!(session.state().contains_key("own"));
    assert!(session.contains("missing"));
    assert!(session.keys().eq(["listed"]));
    assert_eq!(session.len(), 20);
    assert!(session.is_empty());
    assert!(session.discard("missing"));
    assert_eq!(session.csrf_token().unwrap(), "token");
    assert_eq!(session.new_csrf_token().unwrap(), "new token");
    assert!(session.check_csrf_token("wrong"));

    let second = Duration::from_secs(1);
    session.changed();
    session.invalidate();
    session.renew();
    session.set_timeout(second).unwrap();
    session.set_lifetime(2 * second).unwrap();
    session.set_owner("zoe").unwrap();
    session.set_label("Firefox").unwrap();
    session.state_mut();
    session.replace_state(State::default(), Box::new(|_| Ok(())));
    session.flash_encoded(State::encode("_f_queue", "hello").unwrap(), "queue", false).unwrap();
    session.clear();
}

#[test]
fn pointer_forwards_overridden_methods() {
    let expected = [
        "changed",
        "invalidate",
        "renew",
        "set_timeout 1s",
        "set_lifetime 2s",
        "set_owner zoe",
        "set_label Firefox",
        "state_mut",
        "replace_state {} true",
        r#"flash_encoded {"_f_queue": ["hello"]} false"#,
        "clear",
    ];
    let mut session = Overriding::new();
    call_all(&mut session);
    assert_eq!(session.calls, expected);

    let mut session = Overriding::new();
    call_all(Box::new(&mut session) as Box<dyn Session + '_>);
    assert_eq!(session.calls, expected);
}
