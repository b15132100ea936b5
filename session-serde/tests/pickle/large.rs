//! Small sessions that get a large entry or flash message after they are loaded.

use session_core::{Record, SessionExt};

use super::in_memory::InMemory;
use super::{dump, load};

const PROTOCOLS: [u8; 4] = [0, 2, 4, 5];

/// Returns the pickle of a record with the given JSON entries.
fn pickle_of(entries: &[(&str, &str)], protocol: u8) -> Vec<u8> {
    let mut record = Record::default();
    for (key, json) in entries {
        record.state.insert_json(key, (*json).to_owned()).unwrap();
    }
    dump(&record, protocol).unwrap()
}

/// Regression: new entries counted towards the limit for the values of the loaded pickle. So writing a loaded value
/// after a large new entry failed: "objects that contain each other expand to too many bytes".
#[test]
fn loaded_entry_is_written_after_large_new_entry() {
    for protocol in PROTOCOLS {
        let mut record = load(&pickle_of(&[("a", "1"), ("b", "[2]")], protocol)).unwrap();
        record.state.insert("a", "x".repeat(80_000)).unwrap();
        let again = load(&dump(&record, protocol).unwrap()).unwrap();
        assert_eq!(again.state.get("a").unwrap(), Some("x".repeat(80_000)), "protocol {protocol}");
        assert_eq!(again.state.get_json("b"), Ok(Some("[2]")), "protocol {protocol}");
    }
}

/// Regression: the message could not be read before the session was saved, because the limit on its text depended on
/// the loaded pickle alone. The error was "shared values that expand to too much text".
#[test]
fn large_flash_message_is_read_before_it_is_saved() {
    for protocol in PROTOCOLS {
        let loaded = || InMemory(load(&pickle_of(&[("_f_", r#"["first"]"#)], protocol)).unwrap().state);
        let mut session = loaded();
        session.flash("x".repeat(70_000), "").unwrap();
        let messages = ["first".to_owned(), "x".repeat(70_000)];
        assert_eq!(session.peek_flash::<String>("").unwrap(), messages, "protocol {protocol}");

        // The integers of the second message are not stored as text.
        let mut session = loaded();
        session.flash(vec![1; 30_000], "").unwrap();
        let json = session.0.get_json("_f_").unwrap().unwrap();
        assert_eq!(json.len(), r#"["first", []]"#.len() + "1, ".len() * 30_000 - ", ".len());
    }
}

/// Below protocol 2, the arguments of `A` are written again for each object.
#[test]
fn new_entry_raises_limit_of_loaded_values_by_its_length_only() {
    let integers = [&b"\x8a\xff"[..], &[0x7f; 255]].concat().repeat(8);
    let objects = b"h\0h\x01\x81".repeat(100);
    let pickle = [
        b"\x80\x02K\0K\0}(X\x01\0\0\0aK\x01X\x01\0\0\0b]capp\nA\nq\x000(",
        &integers[..],
        b"tq\x010(",
        &objects,
        b"eu\x87.",
    ];
    let mut record = load(&pickle.concat()).unwrap();
    let exceeds_limit = |record: &Record| {
        let error = dump(record, 0).unwrap_err().to_string();
        error.contains("expand to too many bytes")
    };
    assert!(exceeds_limit(&record));
    record.state.insert("a", 2).unwrap();
    assert!(exceeds_limit(&record));
    assert!(dump(&record, 2).is_ok());
}

/// The text of a changed entry's key is not needed, so it need not fit into the limit on all texts.
#[test]
fn changed_entry_is_written_after_texts_have_reached_their_limit() {
    let key = "x".repeat(60_000);
    let tuples = (0..30_u8).flat_map(|n| [b'K', n, b'h', 0, 0x85]).collect::<Vec<_>>();
    let string = [b"X\x60\xea\0\0", key.as_bytes()].concat();
    let mut record = load(&[b"K\0K\0}(", &string[..], b"q\0K\x01", &tuples, b"u\x87."].concat()).unwrap();
    assert!(record.state.entries().filter(|entry| entry.value_json().is_err()).count() > 1);
    record.state.insert(&key, 2).unwrap();
    let again = load(&dump(&record, 4).unwrap()).unwrap();
    assert_eq!(again.state.get(&key), Ok(Some(2)));
}
