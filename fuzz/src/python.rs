//! Python, asked by way of pipes: one process for all runs of a target, some 20 µs for an answer.

use std::cell::RefCell;
use std::env;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const PEER: &str = include_str!("peer.py");

/// What Python made of the bytes.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The bytes that `json.dumps` writes for the value.
    Text(String),
    /// It is no value.
    Refused,
    /// JSON with `NaN` or an infinity; what follows it was not read.
    Constant,
    /// A value that JSON cannot hold.
    Unwritable,
    /// It would have taken more than 256 MiB, or than can be numbered.
    OutOfMemory,
}

/// What `json.loads` makes of a document, written by `json.dumps`.
pub fn json(document: &[u8]) -> Answer {
    ask(b'J', document)
}

/// What `pickle.loads`, without any classes, makes of a pickle, written by `json.dumps`.
pub fn pickle(pickle: &[u8]) -> Answer {
    ask(b'P', pickle)
}

fn ask(kind: u8, data: &[u8]) -> Answer {
    thread_local!(static PYTHON: RefCell<Python> = RefCell::new(Python::start()));
    PYTHON.with_borrow_mut(|python| python.ask(kind, data))
}

struct Python {
    requests: ChildStdin,
    answers: ChildStdout,
    // Ends with its standard input.
    _child: Child,
}

impl Python {
    fn start() -> Self {
        let interpreter = env::var_os("SIGNED_SESSION_PYTHON").unwrap_or_else(|| "python3".into());
        let mut child = Command::new(interpreter)
            .args(["-c", PEER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is in PATH, or in SIGNED_SESSION_PYTHON");
        let requests = child.stdin.take().expect("piped");
        let answers = child.stdout.take().expect("piped");
        Self { requests, answers, _child: child }
    }

    fn ask(&mut self, kind: u8, data: &[u8]) -> Answer {
        let mut request = vec![kind];
        request.extend((data.len() as u32).to_le_bytes());
        request.extend(data);
        self.requests.write_all(&request).expect("Python reads");

        let [verdict, length @ ..] = self.read::<5>();
        let mut text = vec![0; u32::from_le_bytes(length) as usize];
        self.answers.read_exact(&mut text).expect("Python answers");
        match verdict {
            b'+' => Answer::Text(String::from_utf8(text).expect("json.dumps writes ASCII")),
            b'-' => Answer::Refused,
            b'N' => Answer::Constant,
            b'F' => Answer::Unwritable,
            b'M' => Answer::OutOfMemory,
            other => panic!("Python answers {other:#x}"),
        }
    }

    fn read<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.answers.read_exact(&mut bytes).expect("Python answers");
        bytes
    }
}
