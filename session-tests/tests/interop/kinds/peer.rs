//! Both sides of a test: `pyramid/kinds_peer.py` and our sessions.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Hmac;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha512;
use signed_session::{
    CookieSession, ManualClock, PickleSerializer, Serializer, SignedCookieSessionFactory, SignedSerializer,
    Signer, Timestamp,
};

use super::{REFUSED, field};
use crate::DEFAULT;
use crate::python::{Python, Version};

/// The access time of the minted sessions, `ACCESSED` in `case.py`.
pub(super) const ACCESSED: f64 = 1_700_000_000.0;

/// Length of a SHA-512 tag in bytes.
const TAG: usize = 64;

/// A change to a session. Both sides can make it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// No entry changes, but the session is re-issued.
    None,
    /// Sets the entry `hits`.
    Hit,
    Add,
    Remove,
}

impl Change {
    /// All changes except [`Change::None`].
    pub(super) const EACH: [Self; 3] = [Self::Hit, Self::Add, Self::Remove];

    /// Returns the name that `kinds_peer.py` uses.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Hit => "hit",
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }

    fn make<S: Serializer>(self, session: &mut Loaded<S>) -> Result<(), signed_session::EntryError> {
        match self {
            Self::None => session.changed(),
            Self::Hit => session.insert("hits", 2)?,
            Self::Add => session.insert("added", "by the other side")?,
            Self::Remove => drop(session.discard("gone")),
        }
        Ok(())
    }
}

/// The names of the kinds of values, and of their arrangements in a session, that the peer knows.
#[derive(Deserialize)]
pub(super) struct Names {
    pub(super) kinds: Vec<String>,
    pub(super) arrangements: Vec<String>,
}

/// A session to change. Python wrote its cookie, or our factory did after an earlier change.
pub(super) struct Session {
    /// The cookie's value.
    pub(super) cookie: String,
    /// For the name of each [`Change`], the maximum size of our payload after the change. It is the size of the payload
    /// that Python writes after the same change.
    pub(super) limits: BTreeMap<String, usize>,
    protocol: Option<u8>,
}

impl Session {
    /// Returns the session of a cookie, without limits for the size of the payload.
    pub(super) fn of(cookie: String, protocol: u8) -> Self {
        Self { cookie, limits: BTreeMap::new(), protocol: Some(protocol) }
    }
}

pub(super) struct Peer(Python);

impl Peer {
    pub(super) fn start(version: Version) -> Option<Self> {
        Python::start(version, "kinds_peer.py").map(Self)
    }

    fn ask(&mut self, command: &Value) -> Value {
        let line = self.0.ask(command);
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(answer.get("error").is_none(), "{command}: {answer}");
        answer
    }

    pub(super) fn names(&mut self) -> Names {
        Names::deserialize(self.ask(&json!({"op": "names"}))).expect("two lists")
    }

    /// Mints a session. Returns `None` if the session cannot exist, for instance because a list cannot be a key.
    pub(super) fn mint(&mut self, kind: &str, arrangement: &str, protocol: Option<u8>) -> Option<Session> {
        let command = json!({"op": "mint", "kind": kind, "arrangement": arrangement, "protocol": protocol});
        let answer = self.ask(&command);
        let cookie = field(&answer, "cookie").as_str()?.to_owned();
        let limits = BTreeMap::deserialize(field(&answer, "limits")).expect("sizes");
        Some(Session { cookie, limits, protocol })
    }

    /// Returns how the session in our cookie `ours` differs from `session`, apart from the change.
    pub(super) fn difference(&mut self, session: &Session, ours: &str, change: Change) -> Option<String> {
        let (was, protocol) = (&session.cookie, session.protocol);
        let command = json!({"op": "difference", "was": was, "is": ours, "change": change.name(), "protocol": protocol});
        let answer = self.ask(&command);
        field(&answer, "difference").as_str().map(str::to_owned)
    }

    /// Returns how the JSON session in our cookie differs from the one that Python wrote, apart from the change.
    pub(super) fn json_difference(&mut self, was: &str, ours: &str, change: Change) -> Option<String> {
        let command =
            json!({"op": "difference", "was": was, "is": ours, "change": change.name(), "protocol": "json"});
        let answer = self.ask(&command);
        field(&answer, "difference").as_str().map(str::to_owned)
    }

    /// Returns the result that `readings.py` expects when Rust reads the entry `k`.
    pub(super) fn reading(&mut self, kind: &str, arrangement: &str) -> Value {
        self.ask(&json!({"op": "reading", "kind": kind, "arrangement": arrangement}))
    }

    /// Sends the command `op`, and returns the names and cookies of the sessions in the answer.
    pub(super) fn sessions(&mut self, op: &str) -> Vec<(String, String)> {
        let answer = self.ask(&json!({"op": op}));
        Vec::deserialize(field(&answer, "sessions")).expect("pairs of strings")
    }
}

/// A session that our factory has loaded.
pub(super) type Loaded<S = PickleSerializer> = CookieSession<SignedSerializer<Signer<Hmac<Sha512>>, S>>;

/// Our factory, with the clock at the access time of Python's sessions.
pub(super) struct Sessions<S = PickleSerializer> {
    factory: SignedCookieSessionFactory<Hmac<Sha512>, S>,
}

impl<S: Serializer> Sessions<S> {
    pub(super) fn of(serializer: S) -> Self {
        let clock = ManualClock::new(Timestamp::from_secs(ACCESSED).expect("finite"));
        let builder = SignedCookieSessionFactory::builder(DEFAULT.secret).serializer(serializer).clock(clock);
        Self { factory: builder.build().expect("the configuration is valid") }
    }

    pub(super) fn load(&self, cookie: &str) -> Loaded<S> {
        self.factory.load(&*format!("session={cookie}"))
    }

    /// Makes a change to the session of a cookie. Returns the cookie that our factory then sets.
    pub(super) fn changed(&self, cookie: &str, change: Change) -> Result<String, String> {
        let mut session = self.load(cookie);
        if session.is_new() {
            return Err(REFUSED.to_owned());
        }
        change.make(&mut session).map_err(|error| format!("not changed: {error}"))?;
        let saved = self.factory.save(&mut session).map_err(|error| format!("not saved: {error}"))?;
        let set_cookie = saved.into_session_cookie();
        set_cookie.map(|set_cookie| set_cookie.value().to_owned()).ok_or_else(|| "nothing is sent".to_owned())
    }

    pub(super) fn rejects_as_malformed(&self, cookie: &str) -> bool {
        self.load(cookie).rejection().is_some_and(|why| why.is_malformed())
    }
}

/// Returns the payload of a cookie.
pub(super) fn payload(cookie: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(cookie).expect("base64").split_off(TAG)
}

/// Describes the first difference between two payloads.
pub(super) fn first_difference(theirs: &[u8], ours: &[u8]) -> String {
    let at =
        theirs.iter().zip(ours).position(|(one, other)| one != other).unwrap_or(theirs.len().min(ours.len()));
    let around = |bytes: &[u8]| {
        let range = at.saturating_sub(20).min(bytes.len())..(at + 20).min(bytes.len());
        bytes[range].escape_ascii().to_string()
    };
    format!(
        "{} bytes became {}; around byte {at}, \"{}\" became \"{}\"",
        theirs.len(),
        ours.len(),
        around(theirs),
        around(ours)
    )
}
