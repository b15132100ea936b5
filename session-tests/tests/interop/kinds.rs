//! Sessions with each kind of value that `pyramid/kinds.py` defines: we change one entry, and Python finds the others
//! unchanged.
//!
//! `kinds.py` also defines the arrangements, which are the places of a value in a session, such as "in a list".
//! `pyramid/kinds_peer.py` mints and compares sessions.

mod odd_json;
mod peer;
mod reading;

use serde_json::Value;

use crate::ours::{self, DEFAULT_PROTOCOL};
use crate::python::Version;
use peer::{Change, Peer, Session, Sessions};

/// The maximum number of failures that a test shows.
const SHOWN: usize = 40;

/// Collects the failures of one test, so that the test continues after a failure.
#[derive(Default)]
struct Failures {
    tried: usize,
    failures: Vec<String>,
}

impl Failures {
    fn note(&mut self, what: &str, result: Result<(), String>) {
        self.tried += 1;
        self.failures.extend(result.err().map(|why| format!("{what}: {why}\n")));
    }

    /// # Panics
    /// Panics if there was a failure, or if fewer than `at_least` cases were tried.
    fn end(self, at_least: usize) {
        let shown = self.failures.iter().take(SHOWN).map(String::as_str).collect::<String>();
        let (failed, tried) = (self.failures.len(), self.tried);
        assert!(self.failures.is_empty(), "{failed} of {tried} failed:\n{shown}");
        assert!(tried >= at_least, "only {tried} cases were tried, need {at_least}");
    }
}

/// Calls `test` with one session for each kind of value and each arrangement that `arrangements` selects. Skips
/// sessions that cannot exist. Python writes the sessions with the pickle protocol `protocol`, or with Pyramid's
/// default serializer if `protocol` is `None`. `test` returns the name and the result of each case. Returns the
/// failures, or `None` if Python is missing.
fn each_session(
    version: Version,
    protocol: Option<u8>,
    arrangements: impl Fn(&str) -> bool,
    mut test: impl FnMut(&mut Peer, &Session) -> Vec<(String, Result<(), String>)>,
) -> Option<Failures> {
    let mut peer = Peer::start(version)?;
    let names = peer.names();
    assert!(names.kinds.len() >= 40, "{:?}", names.kinds);
    let mut failures = Failures::default();
    for kind in &names.kinds {
        for arrangement in names.arrangements.iter().filter(|name| arrangements(name)) {
            let Some(session) = peer.mint(kind, arrangement, protocol) else { continue };
            for (what, result) in test(&mut peer, &session) {
                failures.note(&format!("{kind}, {arrangement}, {what}"), result);
            }
        }
    }
    Some(failures)
}

/// The error of [`Sessions::changed`] for a cookie that our factory rejects.
const REFUSED: &str = "we start a new session";

/// Makes a change on our side, and returns our cookie. Returns an error if the change fails, or if Python finds a
/// difference besides the change.
fn change_and_compare(
    peer: &mut Peer,
    session: &Session,
    sessions: &Sessions,
    change: Change,
) -> Result<String, String> {
    let ours = sessions.changed(&session.cookie, change)?;
    match peer.difference(session, &ours, change) {
        None => Ok(ours),
        Some(difference) => Err(difference),
    }
}

/// Makes each kind of change to each session, and writes the session with the protocol that Python used. Asserts that
/// Python finds all other entries unchanged. Also asserts that our payload is not larger than Python's payload after
/// the same change. If that protocol is not our default, also makes one change with our default protocol.
fn assert_other_entries_survive(version: Version, protocol: Option<u8>) {
    let written_with = protocol.unwrap_or(5);
    let same = Sessions::of(ours::pickle(written_with));
    let default = Sessions::of(ours::pickle(DEFAULT_PROTOCOL));
    let failures = each_session(
        version,
        protocol,
        |_| true,
        |peer, session| {
            let mut results = Vec::new();
            for change in Change::EACH {
                let result = change_and_compare(peer, session, &same, change).and_then(|ours| {
                    let (size, limit) = (peer::payload(&ours).len(), session.limits[change.name()]);
                    if size <= limit {
                        Ok(())
                    } else {
                        Err(format!("{size} bytes, but Python writes only {limit}"))
                    }
                });
                results.push((format!("{change:?}"), result));
            }
            if written_with != DEFAULT_PROTOCOL {
                let result = change_and_compare(peer, session, &default, Change::Hit).map(drop);
                results.push(("Hit, our default protocol".to_owned(), result));
            }
            results
        },
    );
    if let Some(failures) = failures {
        failures.end(3000);
    }
}

#[test]
fn other_entries_survive_change_pyramid_1_10() {
    assert_other_entries_survive(Version::Pyramid1_10, None);
}

#[test]
fn other_entries_survive_change_protocol_0() {
    assert_other_entries_survive(Version::Current, Some(0));
}

#[test]
fn other_entries_survive_change_protocol_1() {
    assert_other_entries_survive(Version::Current, Some(1));
}

#[test]
fn other_entries_survive_change_protocol_2() {
    assert_other_entries_survive(Version::Current, Some(2));
}

#[test]
fn other_entries_survive_change_protocol_3() {
    assert_other_entries_survive(Version::Current, Some(3));
}

#[test]
fn other_entries_survive_change_protocol_4() {
    assert_other_entries_survive(Version::Current, Some(4));
}

#[test]
fn other_entries_survive_change_protocol_5() {
    assert_other_entries_survive(Version::Current, Some(5));
}

/// Our clock shows the access time in Python's cookie, so the re-issued cookie has the same times. Every other byte of
/// the payload must be the same as well.
#[test]
fn untouched_session_is_written_as_python_wrote_it() {
    for protocol in 0..=5 {
        let sessions = Sessions::of(ours::pickle(protocol));
        let failures = each_session(
            Version::Current,
            Some(protocol),
            |_| true,
            |_, session| {
                let result = sessions.changed(&session.cookie, Change::None).and_then(|ours| {
                    let (theirs, ours) = (peer::payload(&session.cookie), peer::payload(&ours));
                    if ours == theirs { Ok(()) } else { Err(peer::first_difference(&theirs, &ours)) }
                });
                vec![(format!("protocol {protocol}"), result)]
            },
        );
        if let Some(failures) = failures {
            failures.end(1000);
        }
    }
}

/// Regression: a re-issue made the session longer if the constructor arguments of an object in the session differed
/// each time Python pickled the object.
#[test]
fn untouched_session_is_written_as_python_wrote_it_if_its_pickle_varies() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let cookies = peer.sessions("varying");
    assert_eq!(cookies.len(), 6);
    for (protocol, theirs) in cookies {
        let sessions = Sessions::of(ours::pickle(protocol.parse().expect("a protocol")));
        let ours = sessions.changed(&theirs, Change::None).expect("the session is saved");
        let (theirs, ours) = (peer::payload(&theirs), peer::payload(&ours));
        assert!(ours == theirs, "protocol {protocol}: {}", peer::first_difference(&theirs, &ours));
    }
}

#[test]
fn session_moves_between_any_two_protocols() {
    for read in 0..=5 {
        let sessions: Vec<_> = (0..=5).map(|write| (write, Sessions::of(ours::pickle(write)))).collect();
        let failures = each_session(
            Version::Current,
            Some(read),
            |arrangement| arrangement == "in two entries",
            |peer, session| {
                let others = sessions.iter().filter(|(write, _)| *write != read);
                let mut rewritten = |(write, sessions): &(u8, Sessions)| {
                    let result = change_and_compare(peer, session, sessions, Change::Hit).map(drop);
                    (format!("from {read} to {write}"), result)
                };
                others.map(&mut rewritten).collect()
            },
        );
        if let Some(failures) = failures {
            failures.end(600);
        }
    }
}

#[test]
fn pickle_with_persistent_id_or_extension_code_starts_new_session() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let sessions = Sessions::of(ours::pickle(DEFAULT_PROTOCOL));
    let refused = peer.sessions("refused");
    assert!(refused.len() >= 20, "{}", refused.len());
    for (name, cookie) in refused {
        assert_eq!(sessions.changed(&cookie, Change::Hit), Err(REFUSED.to_owned()), "{name}");
        assert!(sessions.rejects_as_malformed(&cookie), "{name}");
    }
}

/// The pickles come from `pyramid/ordered.py`. Their values depend on the order of the opcodes. Regression: sessions in
/// such pickles were rejected as malformed.
#[test]
fn pickle_that_depends_on_opcode_order_survives_change() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let mut failures = Failures::default();
    for (name, cookie) in peer.sessions("ordered") {
        let session = Session::of(cookie, DEFAULT_PROTOCOL);
        for protocol in 0..6 {
            let sessions = Sessions::of(ours::pickle(protocol));
            for change in Change::EACH {
                let result = change_and_compare(&mut peer, &session, &sessions, change);
                // Our factory also has to read its own pickle and save the session again.
                let again = result.and_then(|ours| {
                    let ours = Session::of(ours, protocol);
                    change_and_compare(&mut peer, &ours, &sessions, Change::Hit).map(drop)
                });
                failures.note(&format!("{name}, protocol {protocol}, {change:?}"), again);
            }
        }
    }
    failures.end(200);
}

/// Returns a field of the peer's answer.
fn field<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer.get(name).unwrap_or_else(|| panic!("no {name} in {answer}"))
}
