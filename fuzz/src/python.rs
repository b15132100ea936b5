//! Python, asked by way of pipes: one process for many runs of a target, some 20 µs for an answer.

use std::cell::RefCell;
use std::env;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What Python made of a JSON document.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The bytes that `json.dumps` writes for the value.
    Text(String),
    /// It is not JSON.
    Refused,
    /// A value with `NaN` or an infinity in it.
    Constant,
    /// A value that JSON cannot hold.
    Unwritable,
}

/// What Python made of a pickle.
#[derive(Debug, PartialEq)]
pub enum Loaded {
    Value(Value),
    /// It does not load.
    Refused,
    /// It does not load, and it names a class, which may be why.
    RefusedClass,
    /// It would have taken more than 256 MiB, or than two seconds, or it changed a class.
    GaveUp,
}

/// The state that Python loads from a pickle.
#[derive(Debug, PartialEq)]
pub struct Value {
    /// How many levels it has; an object is three.
    pub depth: u32,
    /// How many bytes it would have without sharing, more or less.
    pub expanded: u32,
    /// What `json.dumps` writes for it; `None` if JSON cannot hold it, or it is too large.
    pub json: Option<String>,
    /// The pickle of a session with this state, as CPython writes it; `None` if there is none.
    pub pickle: Option<Vec<u8>>,
}

/// What `json.loads` makes of a document, written by `json.dumps`.
pub fn json(document: &[u8]) -> Answer {
    let (verdict, text) = ask(b'J', document).expect("JSON takes no time");
    match verdict {
        b'+' => Answer::Text(String::from_utf8(text).expect("json.dumps writes ASCII")),
        b'-' => Answer::Refused,
        b'N' => Answer::Constant,
        b'F' => Answer::Unwritable,
        other => panic!("Python answers {other:#x}"),
    }
}

/// The state of a pickled session, of which Python loads only harmless classes.
pub fn pickle(protocol: u8, pickle: &[u8]) -> Loaded {
    let Some((verdict, body)) = ask(b'P', &[&[protocol], pickle].concat()) else { return Loaded::GaveUp };
    match verdict {
        b'+' => Loaded::Value(Value::of(&body)),
        b'-' => Loaded::Refused,
        b'C' => Loaded::RefusedClass,
        b'M' => Loaded::GaveUp,
        other => panic!("Python answers {other:#x}"),
    }
}

/// How what Python loads from the second pickle differs from what it loads from the first: in a value, in a type, or in
/// what is shared. `None` also if Python cannot say.
pub fn difference(was: &[u8], now: &[u8]) -> Option<String> {
    let length = (was.len() as u32).to_le_bytes();
    let (verdict, text) = ask(b'D', &[&length, was, now].concat())?;
    (verdict == b'+' && !text.is_empty()).then(|| String::from_utf8_lossy(&text).into_owned())
}

impl Value {
    fn of(body: &[u8]) -> Self {
        let (numbers, rest) = body.split_at(12);
        let number = |at: usize| u32::from_le_bytes(numbers[at..at + 4].try_into().expect("four bytes"));
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

/// Returns Python's verdict and the bytes that come with it, or `None` if Python ended. The next call starts it again.
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
            .expect("python3 is in PATH, or in SIGNED_SESSION_PYTHON");
        let requests = child.stdin.take().expect("piped");
        let answers = child.stdout.take().expect("piped");
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
        // It may be busy for ever with the question that it does not answer.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
