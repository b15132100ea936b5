//! An application with our factory, the counterpart of `pyramid/peer.py`.

use std::time::Duration;

use serde::Serialize;
use session_core::json;
use signed_session::{
    BaseCookieSessionFactory, CookieSession, JsonSerializer, ManualClock, PickleSerializer, Serializer,
    SignedCookieSessionFactory, State, Timestamp,
};

use crate::script::{Op, PYTHON};
use crate::{Answer, Config, Site};

pub(crate) struct Ours(Box<dyn Site>);

struct Application<S> {
    factory: BaseCookieSessionFactory<S>,
    clock: ManualClock,
}

/// The default protocol of [`PickleSerializer`].
pub(crate) const DEFAULT_PROTOCOL: u8 = 4;

/// Returns a serializer that writes pickles of this protocol.
pub(crate) fn pickle(protocol: u8) -> PickleSerializer {
    PickleSerializer::new(protocol).expect("the protocol is valid")
}

impl Ours {
    pub(crate) fn new(config: &Config) -> Self {
        match config.serializer {
            "json" => Self(application(config, JsonSerializer)),
            "pickle" => Self(application(config, pickle(config.protocol))),
            other => panic!("no serializer {other}"),
        }
    }
}

impl Site for Ours {
    fn request(&mut self, now: f64, cookie: Option<&str>, ops: &[Op]) -> Answer {
        self.0.request(now, cookie, ops)
    }
}

fn application<S: Serializer + 'static>(config: &Config, serializer: S) -> Box<dyn Site> {
    let clock = ManualClock::new(Timestamp::default());
    let secs = |secs: Option<u32>| secs.map(|secs| Duration::from_secs(secs.into()));
    let builder = SignedCookieSessionFactory::builder(config.secret).salt(config.salt).serializer(serializer);
    let builder =
        builder.timeout(secs(config.timeout)).reissue_time(secs(config.reissue_time)).clock(clock.clone());
    let factory = builder.hashalg(config.hashalg).and_then(|builder| builder.build());
    Box::new(Application { factory: factory.unwrap_or_else(|error| panic!("{error}")), clock })
}

impl<S: Serializer> Site for Application<S> {
    fn request(&mut self, now: f64, cookie: Option<&str>, ops: &[Op]) -> Answer {
        self.clock.set(Timestamp::from_secs(now).unwrap_or_default());
        let mut session = self.factory.load(cookie);
        let results = ops.iter().map(|op| apply(&mut session, op)).collect();
        let (created, accessed) = (session.created().as_secs(), session.accessed().as_secs());
        let is_new = session.is_new();
        let (set_cookie, error) = match self.factory.save(&mut session) {
            Ok(set_cookies) => (set_cookies.into_session_cookie().map(String::from), None),
            Err(error) => (None, Some(error.to_string())),
        };
        // `state()` counts as an access and could change the answers above, so it is called last.
        let state = state_json(session.state());
        Answer { set_cookie, state, created, accessed, is_new, results, error }
    }
}

/// Returns the state as `peer.py` writes it: with `null` for each entry whose key begins with [`PYTHON`].
fn state_json(state: &State) -> String {
    let value = |key: &str| {
        if key.starts_with(PYTHON) { "null" } else { state.get_json(key).expect("JSON").unwrap_or("null") }
    };
    let members: Vec<_> = state.keys().map(|key| format!("{}: {}", text(key), value(key))).collect();
    format!("{{{}}}", members.join(", "))
}

/// Runs an operation. Returns its result as the JSON text that Python would write.
fn apply<S: Serializer>(session: &mut CookieSession<S>, op: &Op) -> String {
    const NOTHING: &str = "null";
    let done = |result: Result<(), signed_session::EntryError>| result.map(|()| NOTHING.to_owned());
    let messages = |messages: Vec<String>| text(&messages);
    let result = match *op {
        Op::Get(key) => Ok(session.state().get_json(key).expect("JSON").unwrap_or(NOTHING).to_owned()),
        Op::Contains(key) => Ok(text(&session.contains(key))),
        Op::Keys => Ok(text(&session.keys().collect::<Vec<_>>())),
        Op::Len => Ok(text(&session.len())),
        Op::Set(key, ref value) => done(session.state_mut().insert_json(key, value.clone())),
        // Python returns the removed value, or None.
        Op::Delete(key) => {
            let old = session.state().get_json(key).expect("JSON").unwrap_or(NOTHING).to_owned();
            session.discard(key);
            Ok(old)
        }
        Op::Forget(key) => Ok(text(&session.discard(key))),
        Op::SetPython(..) | Op::Share(..) => unreachable!("only Pyramid runs this operation"),
        Op::Flash(message, queue, true) => done(session.flash(message, queue)),
        Op::Flash(message, queue, false) => done(session.flash_unless_queued(message, queue)),
        Op::PeekFlash(queue) => session.peek_flash(queue).map(messages),
        Op::PopFlash(queue) => session.pop_flash(queue).map(messages),
        Op::Csrf => session.csrf_token().map(|token| text(&token)),
        Op::NewCsrf => session.new_csrf_token().map(|token| text(&token)),
        Op::Changed => {
            session.changed();
            Ok(NOTHING.to_owned())
        }
        Op::Clear => {
            session.clear();
            Ok(NOTHING.to_owned())
        }
        Op::Invalidate => {
            session.invalidate();
            Ok(NOTHING.to_owned())
        }
    };
    result.unwrap_or_else(|error| panic!("{error}"))
}

fn text(value: &(impl Serialize + ?Sized)) -> String {
    json::to_string(value).unwrap_or_default()
}
