//! The entries of a state loaded from a pickle.

use session_core::{Record, SessionExt, State, Timestamp};
use session_serde::{JsonSerializer, Serializer};

use super::in_memory::InMemory;
use super::{dump, load, read, record_of, rewritten};

#[test]
fn opaque_entry_is_counted_found_and_removed() {
    let pickle = b"K\0K\0}(\x8c\x01acapp\nCart\n)\x81\x8c\x01bK\x02\x8c\x01c}K\x01Nsu\x87.";
    let mut record = load(pickle).unwrap();
    assert_eq!(record.state.len(), 3);
    assert!(record.state.keys().eq(["a", "b", "c"]));
    assert!(record.state.contains_key("a") && !record.state.contains_key("d"));
    let error = record.state.get::<String>("a").unwrap_err();
    assert!(error.is_read());
    assert_eq!(error.key(), Some("a"));
    assert!(error.to_string().ends_with("it contains the Python class `app.Cart`"));
    assert!(record.state.discard("a") && record.state.discard("c") && !record.state.discard("a"));
    assert!(dump(&record, 1).unwrap().ends_with(b"}X\x01\0\0\0bK\x02st."));
}

/// The new key has a JSON text, but the value has none.
#[test]
fn value_without_json_is_written_under_new_key() {
    let mut record = load(&record_of(b"capp\nCart\n)\x81")).unwrap();
    let value = record.state.get_encoded("v").unwrap();
    record.state.insert_encoded("w", value).unwrap();
    assert!(record.state.discard("v"));
    let out = dump(&record, 2).unwrap();
    assert!(out.ends_with(b"wq\x01capp\nCart\nq\x02)\x81q\x03s\x87q\x04."), "{}", out.escape_ascii());
}

#[test]
fn bytes_are_read_as_u8_sequence() {
    let record = load(&record_of(b"C\x03\0\x7f\xff")).unwrap();
    assert_eq!(record.state.get::<Vec<u8>>("v").unwrap(), Some(vec![0, 0x7f, 0xff]));
    assert_eq!(record.state.get::<[u8; 3]>("v").unwrap(), Some([0, 0x7f, 0xff]));
}

#[test]
fn duplicate_state_key_keeps_position_and_last_value() {
    let pickle = b"\x80\x04K\0K\0}(\x8c\x01aK\x01\x8c\x01bK\x02U\x01aK\x03u\x87.";
    let record = load(pickle).unwrap();
    assert_eq!(record.state.to_json().unwrap(), r#"{"a": 3, "b": 2}"#);
    assert!(rewritten(pickle, 4).ends_with(b"}(\x8c\x01aK\x03\x8c\x01bK\x02u\x87."));
}

#[test]
fn flash_message_is_added_to_opaque_queue() {
    // queue = [app.Markup(), "a"]; {"_f_": queue, "same": queue}
    let queue = b"](capp\nMarkup\n)\x81\x8c\x01ae\x94\x8c\x04sameh\0";
    let pickle = [b"\x80\x04K\0G\0\0\0\0\0\0\0\0}(\x8c\x03_f_".as_slice(), queue, b"u\x87."].concat();
    let mut session = InMemory(load(&pickle).unwrap().state);
    session.flash("b", "").unwrap();
    session.flash(("c", 1.5, None::<u8>, 1_u64 << 40), "").unwrap();
    let mut record = load(&pickle).unwrap();
    record.state = session.0;
    let out = dump(&record, 4).unwrap();
    let old = b"\x8c\x03app\x94\x8c\x06Markup\x94\x93)\x81\x94\x8c\x01a\x94".as_slice();
    let new =
        b"\x8c\x01b\x94]\x94(\x8c\x01c\x94G?\xf8\0\0\0\0\0\0N\x8a\x06\0\0\0\0\0\x01ee\x8c\x04same]\x94(h\x03h\x04e".as_slice();
    let expected = [b"\x8c\x03_f_]\x94(", old, new].concat();
    assert!(out.windows(expected.len()).any(|window| window == expected), "{}", out.escape_ascii());
    // The entry `same` keeps the original list, without the new messages.
    assert!(load(&out).unwrap().state.get_json("same").unwrap_err().to_string().contains("app.Markup"));
}

fn record(state: State) -> Record {
    Record::new(Timestamp::default(), Timestamp::default(), state)
}

/// Regression: a queue that was a tuple was read as a single message, and no message could be added to it.
#[test]
fn tuple_flash_queue_is_read_and_extended_as_list() {
    // {"_f_": ("a", app.Markup()), "_f_q": ()}
    let pickle =
        b"\x80\x04K\0G\0\0\0\0\0\0\0\0}(\x8c\x03_f_\x8c\x01acapp\nMarkup\n)\x81\x86\x8c\x04_f_q)u\x87.";
    let mut session = InMemory(load(pickle).unwrap().state);
    session.flash_unless_queued("a", "").unwrap();
    assert_eq!(dump(&record(session.0.clone()), 4).unwrap(), dump(&load(pickle).unwrap(), 4).unwrap());
    let messages = |session: &InMemory, queue| InMemory(session.0.clone()).pop_flash_each::<String>(queue);
    assert_eq!(messages(&session, ""), [Ok("a".to_owned()), Err("the Python class `app.Markup`".to_owned())]);
    assert!(messages(&session, "q").is_empty());
    session.flash("b", "").unwrap();
    session.flash("c", "q").unwrap();
    assert_eq!(messages(&session, "").last(), Some(&Ok("b".to_owned())));
    assert_eq!(session.peek_flash::<String>("q").unwrap(), ["c"]);
    // The queue is now a list, so that Python can append to it.
    let out = dump(&record(session.0), 4).unwrap();
    assert!(out.windows(9).any(|window| window == b"_f_]\x94(\x8c\x01a"), "{}", out.escape_ascii());
}

#[test]
fn entry_size_is_pickle_size_and_separator() {
    // {"a": ["xxx…", [None]], "b": None}
    let value = [b"](X\xc8\0\0\0".as_slice(), &[b'x'; 200], b"]Nae"].concat();
    let pickle = [b"K\0K\0}(\x8c\x01a", &value[..], b"\x8c\x01bNu\x87."].concat();
    let record = load(&pickle).unwrap();
    let sizes: Vec<usize> = record.state.entries().map(|entry| entry.size()).collect();
    // A pickle has no separator between key and value, but the size includes the two bytes that JSON's `: ` would take.
    assert_eq!(sizes, [3 + 2 + value.len(), 3 + 2 + 1]);
}

#[test]
fn json_serializer_refuses_values_that_json_would_change() {
    let json = |opcodes: &[u8]| {
        let record = load(&record_of(opcodes)).unwrap();
        let mut out = Vec::new();
        JsonSerializer.dumps_record(&record, &mut out).map(|()| String::from_utf8(out).unwrap())
    };
    for (opcodes, expected) in [
        (&b"K\x01N\x86"[..], "[1, null]"),
        (b"}U\x01a\x8c\x03\xed\xa0\x80s", r#"{"a": "\ud800"}"#),
        (b"\x8c\x06\xed\xb0\x80\xed\xa0\x80", r#""\udc00\ud800""#),
        (b"G\x7f\xf8\0\0\0\0\0\0", "NaN"),
    ] {
        assert_eq!(json(opcodes).unwrap(), format!(r#"[0, 0.0, {{"v": {expected}}}]"#));
    }
    for opcodes in [
        &b"C\x01a"[..],
        b"\x8f",
        b"](NN(N\x91e",
        b"cdatetime\ntimedelta\n(K\x01K\0K\0tR",
        b"capp\nCart\n)\x81",
        b"}K\x01Ns",
        // In Python, these are two surrogates. As JSON text, they would become one character.
        b"\x8c\x06\xed\xa0\xbc\xed\xbd\xaa",
    ] {
        assert!(json(opcodes).unwrap_err().to_string().contains("\"v\""), "{}", opcodes.escape_ascii());
    }
    assert_eq!(read(b"\x8c\x06\xed\xa0\xbc\xed\xbd\xaa"), r#""\ud83c\udf6a""#);
}

#[cfg(feature = "messagepack")]
#[test]
fn messagepack_value_is_written_as_pickle_if_json_compatible() {
    use session_core::EntryPart;
    use session_serde::MessagePackSerializer;

    let load = |value: &[u8]| {
        let record = [b"\x93\0\0\x81\xa1v", value].concat();
        MessagePackSerializer.loads_record(record.into()).unwrap().record
    };
    let list = load(b"\x92\x01\xa1a");
    let bytes = load(b"\xc4\x01a");
    assert!(bytes.state.entries().all(|entry| matches!(entry.value(), EntryPart::Foreign(_))));
    assert!(dump(&list, 1).unwrap().ends_with(b"X\x01\0\0\0vq\x01]q\x02(K\x01X\x01\0\0\0aq\x03estq\x04."));
    assert!(dump(&bytes, 1).unwrap_err().to_string().contains("\"v\""));
}
