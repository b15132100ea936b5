//! A Python process behind pipes. One process serves many runs of a target; an answer takes about 20 µs.

use std::cell::RefCell;
use std::env;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Python's result for a JSON document.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The text that `json.dumps` writes for the document's value.
    Text(String),
    /// The document is not JSON, or nested too deeply for Python.
    Refused,
    /// The document is JSON except for the constants `NaN`, `Infinity` and `-Infinity`.
    Constant,
    /// JSON cannot hold the document's value, such as the infinity that Python reads from `1e400`.
    Unwritable,
}

/// Python's result for a pickle.
#[derive(Debug, PartialEq)]
pub enum Loaded {
    Value(Value),
    /// The pickle does not load.
    Refused,
    /// The pickle does not load, but our reader may accept it: the pickle names a class, or has a `str` of Python 2
    /// that is not ASCII.
    RefusedClass,
    /// The value is not a session, or Python fails in another way: it takes more than 256 MiB or two seconds, or the
    /// pickle changes a class or a function.
    GaveUp,
}

/// The state that Python loads from a pickle.
#[derive(Debug, PartialEq)]
pub struct Value {
    /// Number of nested levels. An object counts as two or three.
    pub depth: u32,
    /// Approximate size in bytes. A shared part counts each time it occurs.
    pub expanded: u32,
    /// The output of `json.dumps`, or `None` if the state is too large or JSON cannot hold it.
    pub json: Option<String>,
    /// CPython's pickle of a session with this state, or `None` if CPython cannot write one.
    pub pickle: Option<Vec<u8>>,
}

/// Reads a document with Python's `json.loads`, and returns the text that `json.dumps` writes for the value.
pub fn json(document: &[u8]) -> Answer {
    let (verdict, text) = ask(b'J', document).expect("Python should answer every JSON request");
    match verdict {
        b'+' => Answer::Text(String::from_utf8(text).expect("json.dumps writes ASCII")),
        b'-' => Answer::Refused,
        b'N' => Answer::Constant,
        b'F' => Answer::Unwritable,
        other => panic!("unknown verdict {other:#x} of Python"),
    }
}

/// Loads a pickled session in Python, with harmless classes only, and returns its state.
pub fn pickle(protocol: u8, pickle: &[u8]) -> Loaded {
    let Some((verdict, body)) = ask(b'P', &[&[protocol], pickle].concat()) else { return Loaded::GaveUp };
    match verdict {
        b'+' => Loaded::Value(Value::of(&body)),
        b'-' => Loaded::Refused,
        b'C' => Loaded::RefusedClass,
        b'M' => Loaded::GaveUp,
        other => panic!("unknown verdict {other:#x} of Python"),
    }
}

/// Returns how the second pickle differs from the first after loading in Python: in a value, in a type, or in sharing.
/// Returns `None` if there is no difference, or if Python fails to compare them.
pub fn difference(was: &[u8], now: &[u8]) -> Option<String> {
    let length = (was.len() as u32).to_le_bytes();
    let (verdict, text) = ask(b'D', &[&length, was, now].concat())?;
    (verdict == b'+' && !text.is_empty()).then(|| String::from_utf8_lossy(&text).into_owned())
}

impl Value {
    fn of(body: &[u8]) -> Self {
        let (numbers, rest) = body.split_at(12);
        let number =
            |at: usize| u32::from_le_bytes(numbers[at..at + 4].try_into().expect("the slice has four bytes"));
        let (json, pickle) = rest.split_at(number(8) as usize);
        let json = String::from_utf8(json.to_vec()).expect("json.dumps writes ASCII");
        Self {
            depth: number(0),
            expanded: number(4),
            json: Some(json).filter(|json| !json.is_empty()),
            pickle: Some(pickle.to_vec()).filter(|pickle| !pickle.is_empty()),
        }
    }
}

/// Sends a request to Python. Returns the verdict and the bytes of the answer, or `None` if the process ended. The next
/// call then starts a new process.
fn ask(kind: u8, data: &[u8]) -> Option<(u8, Vec<u8>)> {
    thread_local!(static PYTHON: RefCell<Option<Python>> = const { RefCell::new(None) });
    PYTHON.with_borrow_mut(|python| {
        let answer = python.get_or_insert_with(Python::start).ask(kind, data);
        if answer.is_err() {
            *python = None;
        }
        answer.ok()
    })
}

struct Python {
    requests: ChildStdin,
    answers: ChildStdout,
    child: Child,
}

impl Python {
    fn start() -> Self {
        let interpreter = env::var_os("SIGNED_SESSION_PYTHON").unwrap_or_else(|| "python3".into());
        let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/peer.py");
        let mut child = Command::new(interpreter)
            .arg(peer)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 should be in PATH, or SIGNED_SESSION_PYTHON should name an interpreter");
        let requests = child.stdin.take().expect("the stream is piped");
        let answers = child.stdout.take().expect("the stream is piped");
        Self { requests, answers, child }
    }

    fn ask(&mut self, kind: u8, data: &[u8]) -> io::Result<(u8, Vec<u8>)> {
        let mut request = vec![kind];
        request.extend((data.len() as u32).to_le_bytes());
        request.extend(data);
        self.requests.write_all(&request)?;

        let mut head = [0; 5];
        self.answers.read_exact(&mut head)?;
        let [verdict, length @ ..] = head;
        let mut body = vec![0; u32::from_le_bytes(length) as usize];
        self.answers.read_exact(&mut body)?;
        Ok((verdict, body))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // The process may be stuck in a request that it never answers.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
