//! JSON that Python reads and a strict parser reads differently or refuses. It is written back unchanged.

use serde_json::Value;
use signed_session::JsonSerializer;

use super::Failures;
use super::peer::{self, Change, Peer, Sessions};
use crate::python::Version;

/// All entries except the changed one keep their bytes.
#[test]
fn odd_json_is_kept_byte_for_byte() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let sessions = Sessions::of(JsonSerializer);
    let mut failures = Failures::default();
    for (text, cookie) in peer.sessions("odd_json") {
        let before = String::from_utf8(peer::payload(&cookie)).expect("JSON is text");
        for (change, from, to) in [
            (Change::None, "", ""),
            (Change::Hit, r#"{"hits": 1, "#, r#"{"hits": 2, "#),
            (Change::Add, r#""z": 1}]"#, r#""z": 1, "added": "by the other side"}]"#),
        ] {
            let expected = before.replace(from, to);
            let result = sessions.changed(&cookie, change).and_then(|ours| {
                let after = String::from_utf8(peer::payload(&ours)).expect("JSON is text");
                if after == expected { Ok(()) } else { Err(format!("{after}, expected {expected}")) }
            });
            failures.note(&format!("{text}, {change:?}"), result);
        }
    }
    failures.end(60);
}

#[test]
fn float_that_json_lacks_is_read_as_f64_only() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let sessions = Sessions::of(JsonSerializer);
    let odd = peer.sessions("odd_json");
    for (text, expected) in [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)]
    {
        let (_, cookie) = odd.iter().find(|(odd, _)| odd == text).expect("the peer has this text");
        let session = sessions.load(cookie);
        let read: f64 = session.get("odd").expect("a float").expect("an entry");
        assert!(read.is_nan() && expected.is_nan() || read == expected, "{text} is read as {read}");
        for error in [
            session.get::<i64>("odd").unwrap_err(),
            session.get::<String>("odd").unwrap_err(),
            session.get::<Value>("odd").unwrap_err(),
            session.get::<Vec<f64>>("odd").unwrap_err(),
        ] {
            assert!(error.is_read() && error.key() == Some("odd"), "{text}: {error}");
        }
    }
}
