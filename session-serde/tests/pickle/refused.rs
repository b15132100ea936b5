//! Opcodes and objects that the reader refuses.

use session_serde::{PickleSerializer, Serializer};

use super::{assert_stable, load_error, read};

/// Every opcode of `pickletools` that needs a persistent id, the extension registry or an out-of-band buffer.
const UNSUPPORTED: &[(&[u8], &str)] = &[
    (b"Pid\n", "PERSID"),
    (b"NQ", "BINPERSID"),
    (b"\x82\x01", "EXT1"),
    (b"\x83\x01\0", "EXT2"),
    (b"\x84\x01\0\0\0", "EXT4"),
    (b"\x97", "NEXT_BUFFER"),
    (b"\x96\x01\0\0\0\0\0\0\0a\x98", "READONLY_BUFFER"),
];

/// Opcodes that create a class or an object from unsuitable values.
const NOT_OBJECTS: &[(&[u8], &str)] = &[
    // For the first three, CPython reports a truncated pickle.
    (b"capp\n\n", "is empty"),
    (b"c\nCart\n", "is empty"),
    (b"(iapp\n\n", "is empty"),
    (b"N)R", "a value that is not a class"),
    (b"\x8c\x01a)\x81", "a value that is not a class"),
    (b"N)}\x92", "a value that is not a class"),
    (b"(No", "a value that is not a class"),
    (b"(o", "a value that is not a class"),
    (b"cos\nsystem\n]R", "not a tuple"),
    (b"cos\nsystem\nN\x81", "not a tuple"),
    (b"cos\nsystem\nN}\x92", "not a tuple"),
    (b"\x8c\x02osN\x93", "not a string"),
    (b"C\x02os\x8c\x06system\x93", "not a string"),
    (b"\x8c\x02os\x8c\x03\xed\xa0\x80\x93", "not a string"),
    (b"cos\n\xff\n", "not Unicode"),
];

/// Every opcode of `pickletools`, including the unsupported ones.
const KNOWN: &[u8] = b"c\x93io\x81\x92RbPQ\x82\x83\x84BC\x8e\x96\x8f\x90\x91\x97\x98\
    (.012\x80\x95pqr\x94ghjN\x88\x89IJKML\x8a\x8bFGVX\x8c\x8dSTU]lae)t\x85\x86\x87}dsu";

#[test]
fn unsupported_opcode_is_named() {
    for (opcodes, name) in UNSUPPORTED {
        assert!(load_error(opcodes).contains(&format!("opcode {name}:")), "{name}");
    }
}

#[test]
fn unknown_opcode_is_malformed() {
    assert_eq!(KNOWN.len(), 68);
    for byte in 0..=u8::MAX {
        let error = PickleSerializer::default().loads::<()>(&[byte]).unwrap_err().to_string();
        let unknown = error.contains("unknown pickle opcode");
        assert_eq!(unknown, !KNOWN.contains(&byte), "{byte:#x}");
    }
}

#[test]
fn object_from_unsuitable_values_is_malformed() {
    for (opcodes, why) in NOT_OBJECTS {
        let error = load_error(opcodes);
        assert!(error.contains(why), "{}: {error}", opcodes.escape_ascii());
    }
}

/// A `set`, `frozenset`, `bytes` or `bytearray` cannot be a class or the arguments of a call. A `set` or `bytearray`
/// cannot be a dict key.
///
/// Regression: the reader accepted a pickle that misused such a value if a call had created the value. In a protocol
/// with an opcode for the value, the writer writes the opcode in place of the call. So the reader refused the session
/// after it was written in such a protocol.
#[test]
fn misused_builtin_is_malformed_if_created_by_call() {
    let set = b"c__builtin__\nset\n]\x85R".as_slice();
    let frozenset = b"c__builtin__\nfrozenset\n]\x85R".as_slice();
    let bytes = b"c_codecs\nencode\nX\x01\0\0\0zX\x06\0\0\0latin1\x86R".as_slice();
    let bytearray = b"c__builtin__\nbytearray\nX\x01\0\0\0zX\x07\0\0\0latin-1\x86R".as_slice();
    let load = |opcodes: &[&[u8]]| {
        super::load(&[b"\x80\x02K\0K\0}X\x01\0\0\0v", &opcodes.concat()[..], b"s\x87."].concat())
    };
    for builtin in [set, frozenset, bytes, bytearray] {
        for (opcodes, why) in
            [([builtin, b")R"], "not a class"), ([b"capp\nA\n", &[builtin, b"R"].concat()], "not a tuple")]
        {
            let error = load(&opcodes).expect_err("Python cannot load it").to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(load(&[builtin]).is_ok());
    }
    let as_key = |key: &[u8]| load(&[b"}", key, b"Ns"]);
    for key in [set, bytearray] {
        assert!(as_key(key).expect_err("Python cannot load it").to_string().contains("not hashable"));
    }
    assert!(as_key(frozenset).is_ok() && as_key(bytes).is_ok());
}

/// The error is logged, so it must not contain the contents of the session.
#[test]
fn error_does_not_quote_contents() {
    for opcodes in [
        &b"cos_secret\nsystem\nNR"[..],
        b"Isecret\n",
        b"Lsecret\n",
        b"Fsecret\n",
        b"S'secret\\x'\n",
        b"Vsecret\\u\n",
        b"Npsecret\n",
        b"}C\x06secret(Ns",
        b"\x8c\x07secret\xff",
    ] {
        let error = load_error(opcodes);
        assert!(!error.contains("secret"), "{error}");
    }
    assert!(!format!("{:?}", super::load(&super::record_of(b"\x8c\x06secret)"))).contains("secret"));
    assert!(!read(b"(\x8c\x06secretcos\nsystem\nt").contains("secret"));
}

#[test]
fn empty_class_name_is_error_below_protocol_4() {
    let record = super::load(&super::record_of(b"\x8c\x03app\x8c\x00\x93")).unwrap();
    assert!(super::dump(&record, 4).is_ok());
    assert!(super::dump(&record, 2).unwrap_err().to_string().contains("cannot encode the name of a class"));
}

/// Regression: the set was written with an opcode of protocol 4, and the reader then refused the pickle.
#[test]
fn set_call_with_unhashable_element_stays_call() {
    // {"v": set([[]])}
    let pickle = b"\x80\x02K\0K\0}X\x01\0\0\0vc__builtin__\nset\n]]a\x85Rs\x87.";
    assert_stable(pickle);
}
