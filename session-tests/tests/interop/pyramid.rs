//! The real Pyramid application, behind a pipe: `pyramid/peer.py`.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Once;

use serde_json::{Value, json};
use session_core::State;
use session_core::json::{Json, unquote};

use crate::script::Op;
use crate::{Answer, Config, Site};

const INTERPRETER: &str = "SIGNED_SESSION_PYTHON";

pub(crate) struct Pyramid {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Pyramid {
    /// A new application; `None` where there is no Python for it.
    ///
    /// # Panics
    /// If there is none and this is CI, or if it does not start.
    pub(crate) fn start(config: &Config) -> Option<Self> {
        let Some(python) = env::var_os(INTERPRETER) else {
            let ci = env::var_os("CI").is_some_and(|ci| ci == "true");
            assert!(
                !ci,
                "{INTERPRETER} is not set: live interop must not be skipped in CI; run `cargo xtask test`"
            );
            static WARNING: Once = Once::new();
            WARNING.call_once(|| {
                // Not by a macro, whose output is shown only if the test fails.
                let warning =
                    "\nSKIPPED: live interop with Pyramid. `cargo xtask test` sets it up and runs it.\n\n";
                let _ = std::io::stderr().write_all(warning.as_bytes());
            });
            return None;
        };
        let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("pyramid/peer.py");
        let mut command = Command::new(&python);
        command.arg(peer).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {python:?}: {error}"));
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().expect("stdout is a pipe"));
        let mut pyramid = Self { child, stdin, stdout: BufReader::new(stdout) };
        pyramid.configure(config);
        Some(pyramid)
    }

    /// The application anew.
    pub(crate) fn configure(&mut self, config: &Config) {
        let answer = self.ask(&json!({
            "op": "configure",
            "secret": config.secret,
            "salt": config.salt,
            "hashalg": config.hashalg,
            "serializer": config.serializer,
            "timeout": config.timeout,
            "reissue_time": config.reissue_time,
        }));
        assert_eq!(answer.to_json().unwrap_or_default(), r#"{"ok": true}"#);
    }

    /// The answer, in the spelling of Python: a `State` keeps it.
    fn ask(&mut self, command: &Value) -> State {
        let stdin = self.stdin.as_mut().expect("it is open until the end");
        writeln!(stdin, "{command}").expect("the Pyramid peer reads");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the Pyramid peer writes");
        State::from_json(line).expect("the Pyramid peer answers with a JSON object")
    }
}

impl Site for Pyramid {
    fn request(&mut self, now: f64, cookie: Option<&str>, ops: &[Op]) -> Answer {
        let ops: Vec<Value> = ops.iter().map(Op::to_json).collect();
        let answer = self.ask(&json!({"op": "request", "now": now, "cookie": cookie, "do": ops}));
        let field = |name| {
            answer
                .get_json(name)
                .ok()
                .flatten()
                .unwrap_or_else(|| panic!("no {name}: {}", answer.to_json().unwrap_or_default()))
        };
        let texts = |name| match Json::parse(field(name)) {
            Ok(Json::Array(elements)) => elements.map(str::to_owned).collect::<Vec<_>>(),
            _ => panic!("{name} is no list: {}", answer.to_json().unwrap_or_default()),
        };
        let text = |text: &str| unquote(text).expect("a string").into_owned();
        let time = |name| {
            field(name)
                .parse()
                .unwrap_or_else(|_| panic!("no {name}: {}", answer.to_json().unwrap_or_default()))
        };
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

impl Drop for Pyramid {
    fn drop(&mut self) {
        // The end of its input is the end of it.
        self.stdin = None;
        let _ = self.child.wait();
    }
}
