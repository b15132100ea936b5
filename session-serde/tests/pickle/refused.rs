//! The opcodes that are not followed.

use session_serde::{PickleSerializer, Serializer};

use super::{read, refusal};

/// Every opcode of `pickletools` that stands for something outside the pickle.
const REFUSED: &[(&[u8], &str)] = &[
    (b"Pid\n", "PERSID"),
    (b"NQ", "BINPERSID"),
    (b"\x82\x01", "EXT1"),
    (b"\x83\x01\0", "EXT2"),
    (b"\x84\x01\0\0\0", "EXT4"),
    (b"\x97", "NEXT_BUFFER"),
    (b"C\x01a\x98", "READONLY_BUFFER"),
];

/// What Python cannot make an object of.
const NO_OBJECTS: &[(&[u8], &str)] = &[
    (b"N)R", "other than a class"),
    (b"\x8c\x01a)\x81", "other than a class"),
    (b"N)}\x92", "other than a class"),
    (b"(No", "other than a class"),
    (b"(o", "other than a class"),
    (b"cos\nsystem\n]R", "not a tuple"),
    (b"cos\nsystem\nN\x81", "not a tuple"),
    (b"cos\nsystem\nN}\x92", "not a tuple"),
    (b"\x8c\x02osN\x93", "not a string"),
    (b"C\x02os\x8c\x06system\x93", "not a string"),
    (b"\x8c\x02os\x8c\x03\xed\xa0\x80\x93", "not a string"),
    (b"cos\n\xff\n", "not Unicode"),
];

/// The same, and every other opcode.
const KNOWN: &[u8] = b"c\x93io\x81\x92RbPQ\x82\x83\x84BC\x8e\x96\x8f\x90\x91\x97\x98\
    (.012\x80\x95pqr\x94ghjN\x88\x89IJKML\x8a\x8bFGVX\x8c\x8dSTU]lae)t\x85\x86\x87}dsu";

#[test]
fn refused_opcode_is_named() {
    for (opcodes, name) in REFUSED {
        assert!(refusal(opcodes).contains(&format!("opcode {name}:")), "{name}");
    }
}

#[test]
fn unknown_opcode_is_malformed() {
    assert_eq!(KNOWN.len(), 68);
    for byte in 0..=u8::MAX {
        let error = PickleSerializer::default().loads::<()>(&[byte]).unwrap_err().to_string();
        let unknown = error.contains("not a pickle opcode");
        assert_eq!(unknown, !KNOWN.contains(&byte), "{byte:#x}");
    }
}

#[test]
fn object_of_something_other_than_a_class_is_malformed() {
    for (opcodes, why) in NO_OBJECTS {
        let refusal = refusal(opcodes);
        assert!(refusal.contains(why), "{}: {refusal}", opcodes.escape_ascii());
    }
}

/// A reason goes to the log; what is in the session must not.
#[test]
fn reasons_do_not_quote() {
    for opcodes in [
        &b"cos_secret\nsystem\nNR"[..],
        b"Isecret\n",
        b"Lsecret\n",
        b"Fsecret\n",
        b"S'secret\\q'\n",
        b"Vsecret\\u\n",
        b"Npsecret\n",
        b"}C\x06secret(Ns",
        b"\x8c\x07secret\xff",
    ] {
        let refusal = refusal(opcodes);
        assert!(!refusal.contains("secret"), "{refusal}");
    }
    assert!(!format!("{:?}", super::load(&super::record_of(b"\x8c\x06secret)"))).contains("secret"));
    assert!(!read(b"(\x8c\x06secretcos\nsystem\nt").contains("secret"));
}
