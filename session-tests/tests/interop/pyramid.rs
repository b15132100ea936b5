//! The real Pyramid application, `pyramid/peer.py`. It runs as a child process that communicates through pipes.

use serde_json::{Value, json};
use session_core::State;
use session_core::json::{Json, unquote};

use crate::python::{Python, Version};
use crate::script::Op;
use crate::{Answer, Config, Site};

pub(crate) struct Pyramid(Python);

impl Pyramid {
    /// Starts a new application. Returns `None` if Python is missing.
    pub(crate) fn start(config: &Config) -> Option<Self> {
        let mut pyramid = Self(Python::start(Version::Current, "peer.py")?);
        pyramid.configure(config);
        Some(pyramid)
    }

    /// Replaces the application by one with this configuration.
    pub(crate) fn configure(&mut self, config: &Config) {
        let answer = self.ask(&json!({
            "op": "configure",
            "secret": config.secret,
            "salt": config.salt,
            "hashalg": config.hashalg,
            "serializer": config.serializer,
            "protocol": config.protocol,
            "timeout": config.timeout,
            "reissue_time": config.reissue_time,
        }));
        assert_eq!(answer.to_json().unwrap_or_default(), r#"{"ok": true}"#);
    }

    /// Describes the entries with Python-only values: their types, their contents, and the objects that they share.
    pub(crate) fn describe(&mut self, cookie: &str) -> String {
        let answer = self.ask(&json!({"op": "describe", "cookie": cookie}));
        unquote(field(&answer, "python")).expect("a string").into_owned()
    }

    /// Sends a command and returns the answer. A `State` keeps the JSON text of each field as Python wrote it.
    fn ask(&mut self, command: &Value) -> State {
        State::from_json(self.0.ask(command)).expect("the Pyramid peer answers with a JSON object")
    }
}

impl Site for Pyramid {
    fn request(&mut self, now: f64, cookie: Option<&str>, ops: &[Op]) -> Answer {
        let ops: Vec<Value> = ops.iter().map(Op::to_json).collect();
        let answer = self.ask(&json!({"op": "request", "now": now, "cookie": cookie, "do": ops}));
        let field = |name| field(&answer, name);
        let texts = |name| match Json::parse(field(name)) {
            Ok(Json::Array(elements)) => elements.map(str::to_owned).collect::<Vec<_>>(),
            _ => panic!("{name} is not a list: {}", field(name)),
        };
        let text = |text: &str| unquote(text).expect("a string").into_owned();
        let time = |name| field(name).parse().unwrap_or_else(|_| panic!("no {name}: {}", field(name)));
        Answer {
            set_cookie: texts("set_cookie").first().map(|set_cookie| text(set_cookie)),
            state: text(field("state_json")),
            created: time("created"),
            accessed: time("accessed"),
            is_new: field("new") == "true",
            results: texts("results"),
            error: (field("error") != "null").then(|| text(field("error"))),
        }
    }
}

/// Returns the JSON text of a field of an answer.
fn field<'a>(answer: &'a State, name: &str) -> &'a str {
    let text = answer.get_json(name).expect("the field is JSON");
    text.unwrap_or_else(|| panic!("no {name}: {}", answer.to_json().unwrap_or_default()))
}
