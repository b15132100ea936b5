//! JSON that Python reads, but that a strict parser refuses or reads differently. Our serializer writes it back
//! unchanged.

use serde_json::Value;
use signed_session::JsonSerializer;

use super::Failures;
use super::peer::{self, Change, Peer, Sessions};
use crate::python::Version;

/// Changes at most one entry in each session. The other entries keep their bytes, and Python reads them as before.
#[test]
fn odd_json_is_kept_byte_for_byte() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let sessions = Sessions::of(JsonSerializer);
    let mut failures = Failures::default();
    for (name, cookie) in peer.sessions("odd_json") {
        let before = text_of(&cookie);
        for (change, from, to) in [
            (Change::None, "", ""),
            (Change::Hit, r#""hits": 1"#, r#""hits": 2"#),
            (Change::Add, "}]", r#", "added": "by the other side"}]"#),
            (Change::Remove, r#", "gone": 7"#, ""),
        ] {
            // In two of the peer's arrangements, `gone` comes first and is not 7, so `, "gone": 7` does not occur. In
            // these arrangements, there is no expected text, and only `json_difference` checks the removal.
            let expected = before.contains(from).then(|| replace_last(&before, from, to));
            let result = sessions.changed(&cookie, change).and_then(|ours| {
                let after = text_of(&ours);
                match peer.json_difference(&cookie, &ours, change) {
                    Some(difference) => Err(difference),
                    None if expected.as_ref().is_none_or(|expected| *expected == after) => Ok(()),
                    None => Err(format!("{after}, expected {expected:?}")),
                }
            });
            failures.note(&format!("{name}, {change:?}"), result);
        }
    }
    failures.end(800);
}

fn text_of(cookie: &str) -> String {
    String::from_utf8(peer::payload(cookie)).expect("JSON is text")
}

fn replace_last(text: &str, from: &str, to: &str) -> String {
    let at = text.rfind(from).expect("the text contains `from`");
    [&text[..at], to, &text[at + from.len()..]].concat()
}

#[test]
fn nan_and_infinity_are_read_only_as_floats() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let sessions = Sessions::of(JsonSerializer);
    let odd = peer.sessions("odd_json");
    for (text, expected) in [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)]
    {
        let (_, cookie) =
            odd.iter().find(|(odd, _)| *odd == format!("{text}, alone")).expect("the peer has this text");
        let session = sessions.load(cookie);
        let read: f64 = session.get("k").expect("a float").expect("an entry");
        assert!(read.is_nan() && expected.is_nan() || read == expected, "{text} is read as {read}");
        for error in [
            session.get::<i64>("k").unwrap_err(),
            session.get::<String>("k").unwrap_err(),
            session.get::<Value>("k").unwrap_err(),
            session.get::<Vec<f64>>("k").unwrap_err(),
        ] {
            assert!(error.is_read() && error.key() == Some("k"), "{text}: {error}");
        }
    }
}
