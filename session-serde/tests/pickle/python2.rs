//! Pickles of Python 2. By default, Python 3 does not load those that contain a `str` with bytes above 127.

use super::{dump, find, load, rewritten, value};

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

/// Regression: a small `long` was written as `int`, and an `int` of more than 32 bits as `long`. Python 2 prints a
/// `long` with an `L`.
#[test]
fn python2_int_and_long_keep_their_types() {
    // Written by Python 2.7: pickle.dumps((0, 0.0, {'v': value}), protocol), where `value` is
    // [5L, 0L, -1L, 255L, 2 ** 31 - 1L, -2L ** 31, 2 ** 31, -2 ** 40, 2L ** 40, 2 ** 70, 5, 70000]
    let lines = b"(I0\nF0.0\n(dp0\nS'v'\np1\n(lp2\nL5L\naL0L\naL-1L\naL255L\naL2147483647L\naL-2147483648L\naI2147483648\n\
        aI-1099511627776\naL1099511627776L\naL1180591620717411303424L\naI5\naI70000\nastp3\n.";
    let mixed = b"(K\0G\0\0\0\0\0\0\0\0}q\0U\x01vq\x01]q\x02(L5L\nL0L\nL-1L\nL255L\nL2147483647L\nL-2147483648L\nI2147483648\n\
        I-1099511627776\nL1099511627776L\nL1180591620717411303424L\nK\x05Jp\x11\x01\0estq\x03.";
    let binary =
        b"\x80\x02K\0G\0\0\0\0\0\0\0\0}q\0U\x01vq\x01]q\x02(\x8a\x01\x05\x8a\0\x8a\x01\xff\x8a\x02\xff\0\
        \x8a\x04\xff\xff\xff\x7f\x8a\x04\0\0\0\x80I2147483648\nI-1099511627776\n\x8a\x06\0\0\0\0\0\x01\
        \x8a\x09\0\0\0\0\0\0\0\0@K\x05Jp\x11\x01\0es\x87q\x03.";
    let pickles = [&lines[..], mixed, binary];
    for pickle in pickles {
        for (protocol, expected) in pickles.into_iter().enumerate() {
            let out = rewritten(pickle, protocol as u8);
            assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
        }
        let values = "[5, 0, -1, 255, 2147483647, -2147483648, 2147483648, -1099511627776, 1099511627776, \
            1180591620717411303424, 5, 70000]";
        assert_eq!(value(&load(pickle).unwrap().state), values);
        // Python 3 has only one integer type, and writes these opcodes.
        let out = rewritten(pickle, 3);
        assert!(
            find(&out, b"K\x05K\0J\xff\xff\xff\xffK\xffJ\xff\xff\xff\x7fJ\0\0\0\x80\x8a\x05\0\0\0\x80\0")
                .is_some()
        );
    }
}
