//! Random scripts of requests.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use session_core::json as core_json;
use session_tests::strategies;

/// An operation that a handler (in Pyramid, a view) performs on the session.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Get(&'static str),
    Contains(&'static str),
    Keys,
    Len,
    /// Sets an entry. The value is JSON text in the form that Python's `json` writes.
    Set(&'static str, String),
    Delete(&'static str),
    /// Sets a Python-only value, by the name of its kind in `kinds.py`.
    SetPython(&'static str, &'static str),
    /// Sets an entry to a list with the value of another entry, so that both entries share one object. Does nothing if
    /// the session does not have the other entry.
    Share(&'static str, &'static str),
    /// Removes an entry that may have a Python-only value. Unlike `Delete`, returns whether the session had the entry,
    /// and not the value.
    Forget(&'static str),
    Flash(&'static str, &'static str, bool),
    PeekFlash(&'static str),
    PopFlash(&'static str),
    Csrf,
    NewCsrf,
    Changed,
    Clear,
    Invalidate,
}

impl Op {
    pub(crate) fn flashes(&self, to: &str) -> bool {
        matches!(self, Self::Flash(_, queue, _) if *queue == to)
    }

    /// Returns the command for `peer.py`.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Get(key) => json!(["get", key]),
            Self::Contains(key) => json!(["contains", key]),
            Self::Keys => json!(["keys"]),
            Self::Len => json!(["len"]),
            Self::Set(key, text) => json!(["set", key, text]),
            Self::Delete(key) => json!(["delete", key]),
            Self::SetPython(key, kind) => json!(["set_python", key, kind]),
            Self::Share(key, source) => json!(["share", key, source]),
            Self::Forget(key) => json!(["forget", key]),
            Self::Flash(message, queue, allow_duplicate) => json!(["flash", message, queue, allow_duplicate]),
            Self::PeekFlash(queue) => json!(["peek_flash", queue]),
            Self::PopFlash(queue) => json!(["pop_flash", queue]),
            Self::Csrf => json!(["csrf"]),
            Self::NewCsrf => json!(["new_csrf"]),
            Self::Changed => json!(["changed"]),
            Self::Clear => json!(["clear"]),
            Self::Invalidate => json!(["invalidate"]),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait {
    Secs(f64),
    /// Until the re-issue time and this many seconds have passed since the last access. The number can be negative.
    Reissue(f64),
    /// Until the timeout and this many seconds have passed since the last access. The number can be negative.
    Timeout(f64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    None,
    /// One character of the cookie's value is replaced. The number, from 0 to 1, is its relative position.
    Tampered(f64),
    /// The cookie comes from a site with another secret.
    Foreign,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Writer {
    Ours,
    Pyramid,
}

/// One request. Both sides answer it, and the browser keeps the cookie of one of them.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) wait: Wait,
    /// Operations that only Pyramid runs, before the request.
    pub(crate) python: Vec<Op>,
    pub(crate) trouble: Trouble,
    pub(crate) ops: Vec<Op>,
    pub(crate) writer: Writer,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = |ops: &[Op]| ops.iter().map(|op| op.to_json().to_string()).collect::<Vec<_>>().join(" ");
        let (python, ops) = (texts(&self.python), texts(&self.ops));
        let Self { wait, trouble, writer, .. } = self;
        write!(f, "{wait:?}, Pyramid: [{python}], {trouble:?}, the cookie of {writer:?}: {ops}")
    }
}

impl Step {
    /// Returns two steps that end a script. The first one stores a session, and the second one is a request after that
    /// session has expired, if the configuration has a timeout. Without these steps, some random scripts would have no
    /// request with an expired session.
    pub(crate) fn that_expire() -> [Self; 2] {
        let step = |wait, ops| Self {
            wait,
            python: Vec::new(),
            trouble: Trouble::None,
            ops,
            writer: Writer::Pyramid,
        };
        [
            step(Wait::Secs(0.0), vec![Op::Invalidate, Op::Set("a", "1".to_owned())]),
            step(Wait::Timeout(5000.0), vec![Op::Get("a")]),
        ]
    }
}

/// Generates a step in which Pyramid may set values of these kinds.
pub(crate) fn step(kinds: &'static [&'static str]) -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        30 => select(vec![0.0, 0.1, 0.25, 0.5, 0.9, 1.0, 1.5, 2.75, 7.0]).prop_map(Wait::Secs),
        6 => select(vec![-1.0, -0.1, 0.0, 0.1, 1.0, 1.1]).prop_map(Wait::Reissue),
        2 => select(vec![-1.0, -0.001, 0.0, 0.001, 1.0, 5000.0]).prop_map(Wait::Timeout),
    ];
    let trouble = prop_oneof![
        60 => Just(Trouble::None),
        1 => (0.0..1.0).prop_map(Trouble::Tampered),
        1 => Just(Trouble::Foreign),
    ];
    let writer = select(vec![Writer::Ours, Writer::Pyramid]);
    (wait, python_ops(kinds), trouble, vec(op(), 0..5), writer)
        .prop_map(|(wait, python, trouble, ops, writer)| Step { wait, python, trouble, ops, writer })
}

/// Prefix of the keys of entries with Python-only values.
pub(crate) const PYTHON: &str = "py";

fn python_key() -> impl Strategy<Value = &'static str> {
    select(vec!["py1", "py2", "py €"])
}

/// The kinds of Python-only values in pickled sessions, by their names in `kinds.py`.
pub(crate) const PICKLED_KINDS: &[&str] = &[
    "bytes binary",
    "bytearray",
    "tuple nested",
    "dict with keys of many types",
    "set",
    "frozenset nested",
    "float nan",
    "complex",
    "str lone surrogate",
    "datetime with offset",
    "timedelta",
    "Decimal",
    "UUID",
    "OrderedDict",
    "defaultdict",
    "deque",
    "object",
    "__slots__ and __dict__",
    "__reduce__ to a function",
    "__reduce__ with items",
    "__getnewargs_ex__",
    "Enum",
    "namedtuple",
    "dict subclass",
    "class within a class",
    "shared object",
    "shared str",
    "recursive object",
    "recursive tuple",
    "recursive tuple subclass with two peers",
    "recursive __reduce__ with new arguments",
    "TranslationString",
];

/// The kinds of Python-only values in JSON sessions: Python's `json` writes them, although JSON does not have them.
pub(crate) const JSON_KINDS: &[&str] = &["float nan", "float inf", "float -inf"];

fn python_ops(kinds: &'static [&'static str]) -> BoxedStrategy<Vec<Op>> {
    if kinds.is_empty() {
        return Just(Vec::new()).boxed();
    }
    let op = prop_oneof![
        3 => (python_key(), select(kinds)).prop_map(|(key, kind)| Op::SetPython(key, kind)),
        1 => (python_key(), python_key()).prop_map(|(key, source)| Op::Share(key, source)),
    ];
    vec(op, 0..=2).boxed()
}

fn op() -> impl Strategy<Value = Op> {
    let key = || select(vec!["a", "b", "z", "Ключ \"é\" 🎉", ""]);
    let queue = || select(vec!["", "errors", "é"]);
    let flash = (select(vec!["saved", "denied", "café €"]), queue(), any::<bool>());
    prop_oneof![
        6 => key().prop_map(Op::Get),
        2 => key().prop_map(Op::Contains),
        2 => Just(Op::Keys),
        2 => Just(Op::Len),
        6 => (key(), json_text()).prop_map(|(key, text)| Op::Set(key, text)),
        2 => key().prop_map(Op::Delete),
        1 => python_key().prop_map(Op::Contains),
        1 => python_key().prop_map(Op::Forget),
        4 => flash.prop_map(|(message, queue, allow_duplicate)| Op::Flash(message, queue, allow_duplicate)),
        2 => queue().prop_map(Op::PeekFlash),
        3 => queue().prop_map(Op::PopFlash),
        3 => Just(Op::Csrf),
        1 => Just(Op::NewCsrf),
        2 => Just(Op::Changed),
        1 => Just(Op::Clear),
        1 => Just(Op::Invalidate),
    ]
}

/// Generates JSON values of any kind, including integers of more than 64 bits.
fn json_text() -> impl Strategy<Value = String> {
    let odd = [
        "123456789012345678901234567890",
        "[1e-05, 1e+16, -0.0, 5e-324, 1.7976931348623157e+308]",
        r#"{"z": 1, "a": {"M": [], "0": {}}, "": -18446744073709551617}"#,
        r#""\u00e9 \u20ac \ud83c\udf89 \u007f \u0000 \" \\ / \b\f\n\r\t""#,
    ];
    let text = |value: Value| core_json::to_string(&value).unwrap_or_default();
    prop_oneof![select(odd.to_vec()).prop_map(str::to_owned), strategies::value().prop_map(text)]
}
