//! The opcodes that are not followed.

use session_serde::{PickleSerializer, Serializer};

use super::refusal;

/// Every opcode of `pickletools` that stands for something else than data.
const REFUSED: &[(&[u8], &str)] = &[
    (b"cos\nsystem\n", "GLOBAL"),
    (b"\x8c\x02os\x8c\x06system\x93", "STACK_GLOBAL"),
    (b"(ios\nsystem\n", "INST"),
    (b"(No", "OBJ"),
    (b"N)\x81", "NEWOBJ"),
    (b"N)}\x92", "NEWOBJ_EX"),
    (b"N)R", "REDUCE"),
    (b"NNb", "BUILD"),
    (b"Pid\n", "PERSID"),
    (b"NQ", "BINPERSID"),
    (b"\x82\x01", "EXT1"),
    (b"\x83\x01\0", "EXT2"),
    (b"\x84\x01\0\0\0", "EXT4"),
    (b"B\x01\0\0\0a", "BINBYTES"),
    (b"C\x01a", "SHORT_BINBYTES"),
    (b"\x8e\x01\0\0\0\0\0\0\0a", "BINBYTES8"),
    (b"\x96\x01\0\0\0\0\0\0\0a", "BYTEARRAY8"),
    (b"\x8f", "EMPTY_SET"),
    (b"](N\x90", "ADDITEMS"),
    (b"(N\x91", "FROZENSET"),
    (b"\x97", "NEXT_BUFFER"),
    (b"N\x98", "READONLY_BUFFER"),
];

/// The same, and every opcode that stands for data or moves it about.
const KNOWN: &[u8] = b"c\x93io\x81\x92RbPQ\x82\x83\x84BC\x8e\x96\x8f\x90\x91\x97\x98\
    (.012\x80\x95pqr\x94ghjN\x88\x89IJKML\x8a\x8bFGVX\x8c\x8dSTU]lae)t\x85\x86\x87}dsu";

#[test]
fn by_name() {
    for (opcodes, name) in REFUSED {
        assert!(refusal(opcodes).contains(&format!("opcode {name}:")), "{name}");
    }
}

#[test]
fn any_other_byte() {
    assert_eq!(KNOWN.len(), 68);
    for byte in 0..=u8::MAX {
        let error = PickleSerializer.loads::<()>(&[byte]).unwrap_err().to_string();
        let unknown = error.contains("not a pickle opcode");
        assert_eq!(unknown, !KNOWN.contains(&byte), "{byte:#x}");
    }
}

/// A reason goes to the log; what is in the session must not.
#[test]
fn reasons_do_not_quote() {
    for opcodes in [
        &b"cos_secret\nsystem\n"[..],
        b"Isecret\n",
        b"Lsecret\n",
        b"Fsecret\n",
        b"S'secret\\q'\n",
        b"Vsecret\\u\n",
        b"Npsecret\n",
        b"}C\x06secretNs",
        b"\x8c\x07secret\xff",
    ] {
        let refusal = refusal(opcodes);
        assert!(!refusal.contains("secret"), "{refusal}");
    }
    assert!(!format!("{:?}", super::read(b"\x8c\x06secret)a")).contains("secret"));
}
