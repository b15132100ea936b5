//! Compares how our library and Python's `json` read and write JSON.
//!
//! Input: a document. If the first byte is 0xff, a valid document is generated from the other bytes. docs/fuzzing.md,
//! section "json_python", lists the allowed differences.

#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::{Corpus, fuzz_target};
use session_core::State;
use session_core::json::{self, Json, MAX_DEPTH, Members};
use session_fuzz::document::{self, nesting};
use session_fuzz::python::{self, Answer};

/// Why `rewrite` cannot write a value of a document that our parser accepts.
#[derive(Debug, PartialEq)]
enum Unwritten {
    /// A number beyond the largest finite float, such as `1e400`.
    Float,
    /// A string with a lone surrogate, which a Rust string cannot hold.
    Surrogate,
}

/// Writes a value as Python would write it. Our library writes the floats and strings in it.
fn rewrite(value: Json<'_>, out: &mut Vec<u8>) -> Result<(), Unwritten> {
    match value {
        Json::Null => out.extend(b"null"),
        Json::Bool(value) => out.extend(value.to_string().bytes()),
        Json::Number(text) if text.contains(['.', 'e', 'E']) => {
            let float: f64 = serde_json::from_str(text).map_err(|_| Unwritten::Float)?;
            assert_eq!(
                float.to_bits(),
                text.parse::<f64>().expect("Rust parses the floats of JSON").to_bits(),
                "{text}"
            );
            json::write(out, &float).expect("JSON can hold a finite float");
        }
        // Allowed: our library keeps the text `-0`, but Python reads it as the integer 0 and writes `0`.
        Json::Number("-0") => out.push(b'0'),
        Json::Number(text) => out.extend(text.bytes()),
        Json::String(quoted) => json::write(out, &unquote(quoted)?).expect("JSON can hold a string"),
        Json::Array(elements) => list(*b"[]", elements.values(), out, rewrite)?,
        Json::Object(members) => list(*b"{}", unique(members)?.into_iter(), out, |(key, value), out| {
            json::write(out, &key).expect("JSON can hold a string");
            out.extend(b": ");
            rewrite(value, out)
        })?,
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

fn unquote(quoted: &str) -> Result<Cow<'_, str>, Unwritten> {
    json::unquote(quoted).ok_or(Unwritten::Surrogate)
}

/// Merges members with equal keys as Python does, at the position of the first member and with the value of the last.
fn unique(members: Members<'_>) -> Result<Vec<(Cow<'_, str>, Json<'_>)>, Unwritten> {
    let mut unique: Vec<(Cow<'_, str>, Json<'_>)> = Vec::new();
    for (key, value) in members.values() {
        let key = unquote(key)?;
        match unique.iter_mut().find(|(earlier, _)| *earlier == key) {
            Some(earlier) => earlier.1 = value,
            None => unique.push((key, value)),
        }
    }
    Ok(unique)
}

fn rewritten(text: &str) -> Result<String, Unwritten> {
    let mut out = Vec::new();
    rewrite(Json::parse(text).expect("the caller passes valid JSON"), &mut out)?;
    Ok(String::from_utf8(out).expect("the output is ASCII"))
}

/// Loads a document as a session's state, and returns the text of that state. Returns `None` if the document is not an
/// object, or is nested too deeply for a state.
fn as_state(document: &str) -> Option<String> {
    let Ok(Json::Object(_)) = Json::parse(document) else { return None };
    let state = State::from_json(document.to_owned());
    // A record holds the state inside a list, so the maximum depth of a state is one less than that of a document.
    assert_eq!(state.is_err(), nesting(document.as_bytes()) == MAX_DEPTH);
    state.ok()?.to_json().ok()
}

/// Returns whether text that `json.dumps` wrote may have a lone surrogate, which `json.dumps` writes as an escape.
/// serde_json refuses this escape.
fn has_lone_surrogate(written: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(written).is_err()
}

/// Takes a document that our parser refuses, and loads it as a state. An object with `NaN`, `Infinity` or `-Infinity`
/// has to load, although it is not valid JSON. Python has to find such a constant in the state's text, too.
fn check_loading(document: &[u8], theirs: &Answer) {
    let Ok(text) = str::from_utf8(document) else { return };
    let state = State::from_json(text.to_owned());
    let is_object = text.trim_ascii_start().starts_with('{');
    if *theirs == Answer::Constant && is_object && nesting(document) < MAX_DEPTH {
        let state = state.expect("an object that Python reads should load as a state");
        assert_eq!(
            python::json(state.to_json().expect("the state was loaded from JSON").as_bytes()),
            Answer::Constant
        );
    }
}

fn check(document: &[u8]) {
    let ours = str::from_utf8(document).ok().filter(|text| Json::parse(text).is_ok());
    let theirs = python::json(document);

    let Some(text) = ours else {
        let may_differ = theirs == Answer::Constant || nesting(document) > MAX_DEPTH;
        assert!(
            theirs == Answer::Refused || may_differ,
            "Python must refuse a document that we refuse: {theirs:?}"
        );
        check_loading(document, &theirs);
        return;
    };
    assert!(nesting(document) <= MAX_DEPTH);
    let ours = rewritten(text);
    if let Some(state) = as_state(text) {
        assert!(
            ours.is_err() || rewritten(&state) == ours,
            "the state must be written like its document: {state}"
        );
    }
    match (ours, theirs) {
        (Ok(ours), Answer::Text(theirs)) => assert_eq!(ours, theirs),
        // With `allow_nan=False`, Python does not write an infinite float. Our `rewrite` may have stopped at a lone
        // surrogate before that float.
        (Err(Unwritten::Float | Unwritten::Surrogate), Answer::Unwritable) => {}
        (Err(Unwritten::Surrogate), Answer::Text(theirs)) => assert!(has_lone_surrogate(&theirs), "{theirs}"),
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
