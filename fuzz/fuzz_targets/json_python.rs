//! JSON as we read and write it against Python's json.
//!
//! Input: a document; after a first byte 0xff, bytes that a valid document is made of. What may differ is said in
//! docs/fuzzing.md, section "json_python".

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use session_core::State;
use session_core::json::{self, Json, MAX_DEPTH};
use session_fuzz::document::{self, nesting};
use session_fuzz::python::{self, Answer};

/// Why we do not write a value that we take.
#[derive(Debug, PartialEq)]
enum Unwritten {
    /// A float over the largest finite one.
    Float,
    /// A string that is not Unicode.
    Surrogate,
    /// An object one level deeper than one in a session may be.
    Depth,
}

/// The bytes that Python would write: each part by what the library has for it.
fn rewrite(text: &str, out: &mut Vec<u8>) -> Result<(), Unwritten> {
    match Json::parse(text).expect("a part of what was valid") {
        Json::Null => out.extend(b"null"),
        Json::Bool(value) => out.extend(value.to_string().bytes()),
        Json::Number(text) if text.contains(['.', 'e', 'E']) => {
            let float: f64 = serde_json::from_str(text).map_err(|_| Unwritten::Float)?;
            assert_eq!(
                float.to_bits(),
                text.parse::<f64>().expect("a float").to_bits(),
                "the float next to {text}"
            );
            json::write(out, &float).expect("a finite float");
        }
        // Allowed: -0 without a fraction is kept; in Python it is 0.
        Json::Number("-0") => out.push(b'0'),
        Json::Number(text) => out.extend(text.bytes()),
        Json::String(quoted) => string(quoted, out)?,
        Json::Array(elements) => list(*b"[]", elements, out, rewrite)?,
        Json::Object(_) => {
            // It knows which of two equal keys counts.
            let state = State::from_json(text.to_owned()).map_err(|_| Unwritten::Depth)?.to_json();
            let Ok(Json::Object(members)) = Json::parse(&state) else { panic!("a state is an object") };
            list(*b"{}", members, out, |(key, value), out| {
                string(key, out)?;
                out.extend(b": ");
                rewrite(value, out)
            })?;
        }
    }
    Ok(())
}

fn list<T>(
    [open, close]: [u8; 2],
    parts: impl Iterator<Item = T>,
    out: &mut Vec<u8>,
    write: impl Fn(T, &mut Vec<u8>) -> Result<(), Unwritten>,
) -> Result<(), Unwritten> {
    out.push(open);
    for (i, part) in parts.enumerate() {
        out.extend(if i > 0 { ", " } else { "" }.bytes());
        write(part, out)?;
    }
    out.push(close);
    Ok(())
}

fn string(quoted: &str, out: &mut Vec<u8>) -> Result<(), Unwritten> {
    json::write(out, &*json::unquote(quoted).ok_or(Unwritten::Surrogate)?).expect("a string");
    Ok(())
}

/// Whether there is half of a character in what `json.dumps` wrote, which escapes all that is not ASCII.
fn has_lone_surrogate(written: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(written).is_err()
}

fn check(document: &[u8]) {
    let ours = str::from_utf8(document).ok().filter(|text| Json::parse(text).is_ok());
    let theirs = python::json(document);

    let Some(text) = ours else {
        let may_differ = theirs == Answer::Constant || nesting(document) > MAX_DEPTH;
        assert!(theirs == Answer::Refused || may_differ, "taken by Python alone: {theirs:?}");
        return;
    };
    assert!(nesting(document) <= MAX_DEPTH);
    let mut written = Vec::new();
    match (rewrite(text, &mut written), theirs) {
        (Ok(()), Answer::Text(theirs)) => assert_eq!(String::from_utf8(written).expect("ASCII"), theirs),
        (Err(Unwritten::Float), Answer::Unwritable) => {}
        // Of several reasons, we meet one first.
        (Err(Unwritten::Surrogate | Unwritten::Depth), Answer::Unwritable) => {}
        (Err(Unwritten::Surrogate), Answer::Text(theirs)) => assert!(has_lone_surrogate(&theirs), "{theirs}"),
        (Err(Unwritten::Depth), Answer::Text(_)) => assert_eq!(nesting(document), MAX_DEPTH),
        (ours, theirs) => panic!("ours is {ours:?}, Python's {theirs:?}"),
    }
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let [0xff, seed @ ..] = data else {
        check(data);
        return Corpus::Keep;
    };
    let Ok(document) = document::make(seed) else { return Corpus::Reject };
    let may_be_refused = nesting(document.as_bytes()) > MAX_DEPTH;
    assert_eq!(Json::parse(&document).is_err(), may_be_refused, "{document}");
    check(document.as_bytes());
    Corpus::Keep
});
