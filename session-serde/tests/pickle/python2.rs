//! Pickles of Python 2. By default, Python 3 does not load those that contain a `str` with bytes above 127.

use super::{dump, load, rewritten, value};

/// Returns Python 2's `pickle.dumps((0, 0.0, {'v': value}), 2)`, where `opcodes` leave `value` on the stack. The last
/// memo index is 6, as in Python 2 if `opcodes` store four values in the memo.
fn record(opcodes: &[u8]) -> Vec<u8> {
    [b"\x80\x02K\0G\0\0\0\0\0\0\0\0}q\0U\x01vq\x01".as_slice(), opcodes, b"s\x87q\x06."].concat()
}

const DATETIME: &[u8] =
    b"cdatetime\ndatetime\nq\x02U\n\x07\xe8\x02\x1d\x0c\x1e-\0\x02\xa6q\x03\x85q\x04Rq\x05";

/// Regression: a session with a date from Python 2 was refused as malformed, or the date could not be read.
#[test]
fn python2_date_is_read() {
    for (opcodes, text) in [
        (DATETIME, "\"2024-02-29T12:30:45.000678\""),
        (b"cdatetime\ndate\nq\x02U\x04\x07\xe8\x02\x1dq\x03\x85q\x04Rq\x05", "\"2024-02-29\""),
        // All bytes of this date's state are ASCII.
        (b"cdatetime\ndate\nq\x02U\x04\x07p\x01\x02q\x03\x85q\x04Rq\x05", "\"1904-01-02\""),
        (b"cdatetime\ntime\nq\x02U\x06\n\x1e\0\0\0\0q\x03\x85q\x04Rq\x05", "\"10:30:00\""),
        // Python 3 has decoded the state as Latin-1 text.
        (b"cdatetime\ndate\nq\x02X\x05\0\0\0\x07\xc3\xa8\x02\x1dq\x03\x85q\x04Rq\x05", "\"2024-02-29\""),
    ] {
        let pickle = record(opcodes);
        assert_eq!(value(&load(&pickle).unwrap().state), text);
        assert_eq!(rewritten(&pickle, 2).escape_ascii().to_string(), pickle.escape_ascii().to_string());
        for protocol in 0..6 {
            let other = rewritten(&pickle, protocol);
            assert_eq!(value(&load(&other).unwrap().state), text, "protocol {protocol}");
        }
    }
    let line = b"(I0\nF0.0\n(dp0\nS'v'\np1\ncdatetime\ndatetime\np2\n(S'\\x07\\xe8\\x02\\x1d\\x0c\\x1e-\\x00\\x02\\xa6'\np3\ntp4\nRp5\nstp6\n.";
    assert_eq!(value(&load(line).unwrap().state), "\"2024-02-29T12:30:45.000678\"");
    assert_eq!(rewritten(line, 0).escape_ascii().to_string(), line.escape_ascii().to_string());
}

/// Python 3's `datetime` expects bytes where Python 2 pickles a `str`.
#[test]
fn python2_non_ascii_str_is_bytes_from_protocol_3() {
    let state = b"C\n\x07\xe8\x02\x1d\x0c\x1e-\0\x02\xa6".as_slice();
    for protocol in 3..6 {
        let out = rewritten(&record(DATETIME), protocol);
        assert!(out.windows(state.len()).any(|window| window == state), "{}", out.escape_ascii());
    }
    let pickle = record(b"U\x04Zo\xc3\xabq\x02");
    let mut record = load(&pickle).unwrap();
    assert_eq!(record.state.get::<Vec<u8>>("v").unwrap().as_deref(), Some("Zoë".as_bytes()));
    assert!(record.state.get::<String>("v").is_err());
    assert!(dump(&record, 2).unwrap().ends_with(b"U\x04Zo\xc3\xabq\x02s\x87q\x03."));
    assert!(dump(&record, 0).unwrap().ends_with(b"S'Zo\\xc3\\xab'\np2\nstp3\n."));
    assert!(dump(&record, 3).unwrap().ends_with(b"C\x04Zo\xc3\xabq\x02s\x87q\x03."));
    record.state.insert("n", 1).unwrap();
    let out = dump(&record, 2).unwrap();
    assert!(out.windows(6).any(|window| window == b"U\x04Zo\xc3\xab"), "{}", out.escape_ascii());
}
