//! The labels of keys that are not text.

use session_core::Record;
use session_serde::{JsonSerializer, Serializer};

use super::{PROTOCOLS, dump, load};

/// Returns the pickle of a record whose only key is the one that `opcodes` leave on the stack.
fn with_key(protocol: u8, opcodes: &[u8]) -> Vec<u8> {
    let declaration: &[u8] = if protocol < 2 { &[] } else { &[0x80, protocol] };
    [declaration, b"(K\0K\0}", opcodes, b"Nst."].concat()
}

fn label(record: &Record) -> &str {
    record.state.keys().next().expect("the record has an entry")
}

#[test]
fn non_text_key_is_kept_and_labelled() {
    for (key, shown) in [
        (&b"K\x07"[..], "7"),
        (b"J\xfb\xff\xff\xff", "-5"),
        (b"N", "null"),
        (b"\x88", "true"),
        (b"G?\xf8\0\0\0\0\0\0", "1.5"),
        (b"K\x01K\x02\x86", "[1, 2]"),
        (b"C\x01k", "[107]"),
        (b"\x8c\x03\xed\xa0\x80", "\\ud800"),
        (b"\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xe8\x02\x1d\x85R", "\"2024-02-29\""),
        (b"\x8c\x03app\x8c\x04Cart\x93)\x81", "app.Cart"),
        (b"\x8c\x03app\x8c\x09Cart.Item\x93", "app.Cart.Item"),
    ] {
        let pickle = [b"\x80\x04K\0G\0\0\0\0\0\0\0\0}(", key, b"K\x01\x8c\x01aK\x02u\x87."].concat();
        let mut record = load(&pickle).unwrap();
        assert!(record.state.keys().eq([shown, "a"]));
        assert!(!record.state.contains_key(shown));
        assert!(dump(&record, 4).unwrap().ends_with(&pickle[2..]), "{shown}");
        assert!(record.state.discard("a"));
        let alone = [b"}".as_slice(), key, b"K\x01s\x87."].concat();
        assert!(dump(&record, 4).unwrap().ends_with(&alone));
    }
    // The label of a long integer is truncated.
    let pickle = [b"K\0K\0}\x8a\xff".as_slice(), &[0x7f; 255], b"Ns\x87."].concat();
    assert_eq!(load(&pickle).unwrap().state.keys().next().unwrap().len(), 60);
}

/// Regression: the label of a string that is not Unicode was cut after 60 characters, or was `str` if its JSON text was
/// longer than 1 KiB. In a session read from JSON, the label of the same key is its whole spelling.
#[test]
fn label_of_string_that_is_not_unicode_is_its_spelling_in_json() {
    let long = [b"V".as_slice(), &[0xe9; 400], b"\\uDaaa\n"].concat();
    let quoted = b"\x8c\x05\"\xed\xa0\x80\"".to_vec();
    for (key, shown) in [(long, "\\u00e9".repeat(400) + "\\udaaa"), (quoted, r#"\"\ud800\""#.to_owned())] {
        let record = load(&with_key(0, &key)).unwrap();
        assert_eq!(label(&record), shown);
        let mut json = Vec::new();
        JsonSerializer.dumps_record(&record, &mut json).unwrap();
        assert_eq!(label(&JsonSerializer.loads_record(json.into()).unwrap().record), shown);
        for protocol in PROTOCOLS {
            assert_eq!(label(&load(&dump(&record, protocol).unwrap()).unwrap()), shown, "{protocol}");
        }
    }
}

/// Regression: large bytes were labelled `bytes` from protocol 3 on, but `_codecs.encode` or `str` below. A class with
/// a long nested name was labelled `getattr` below protocol 4.
#[test]
fn label_stays_the_same_in_every_protocol() {
    let name = "A.".to_owned() + &"B".repeat(150);
    let class = [b"\x8c\x03app\x8c\x98".as_slice(), name.as_bytes(), b"\x93"].concat();
    let ones = [b"(".as_slice(), &b"K\x01".repeat(400), b"\x91"].concat();
    for (protocol, key, shown) in [
        (4, [b"B\x2c\x01\0\0".as_slice(), &[0xe9; 300]].concat(), "bytes".to_owned()),
        (2, [b"T\x2c\x01\0\0".as_slice(), &[0xe9; 300]].concat(), "bytes".to_owned()),
        (
            2,
            [b"c_codecs\nencode\n(V".as_slice(), &[0xe9; 300], b"\nVlatin1\ntR"].concat(),
            "bytes".to_owned(),
        ),
        (4, ones, "frozenset".to_owned()),
        (4, class.clone(), format!("app.{name}")[..60].to_owned()),
        (4, [&class[..], b")\x81"].concat(), format!("app.{name}")[..60].to_owned()),
        (4, b"\x8c\x03app\x8c\x04Cart\x93)}\x8c\x01aK\x01s\x92".to_vec(), "app.Cart".to_owned()),
    ] {
        let record = load(&with_key(protocol, &key)).unwrap();
        assert_eq!(label(&record), shown);
        for protocol in PROTOCOLS {
            assert_eq!(label(&load(&dump(&record, protocol).unwrap()).unwrap()), shown, "{protocol}");
        }
    }
}
