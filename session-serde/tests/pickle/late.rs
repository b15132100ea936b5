//! Values that change after a call has used them.

use super::{load, load_error, record_of, rewritten, value};

const LATE_CHANGE: &str = "changes a value after a call used it";

/// Fault: such a call was written, or read, with the changed value. CPython's pickler never writes one.
#[test]
fn change_after_use_is_malformed() {
    let set = b"cbuiltins\nset\n".as_slice();
    let uuid = b"cuuid\nUUID\n)\x81".as_slice();
    for parts in [
        // s = set(l); l.append(2)
        &[b"]\x94K\x01a0".as_slice(), set, b"h\0\x85Rh\0K\x02a\x86"][..],
        &[b"]\x94K\x01a0", set, b"h\0\x85Rh\0(K\x02e\x86"],
        &[b"]\x94", set, b"h\0\x85R\x940K\x02a0h\x01"],
        &[b"]\x94K\x01a", set, b"h\0\x85R\x940(K\x02h\x01e"],
        &[b"(", set, b"]\x94\x85Rh\0K\x02at"],
        // The change is within the argument.
        &[b"]\x94]\x94a0capp\nA\nh\0\x85Rh\x01Na\x86"],
        &[b"}\x94N}\x94s0capp\nA\nh\0\x85\x81h\x01NNs\x86"],
        &[b"}\x94K\x01]\x94s0capp\nA\n)h\0\x92h\x01Na\x86"],
        &[b"]\x940(capp\nA\nh\0oh\0Na\x86"],
        &[b"\x8f\x940capp\nA\nh\0\x85Rh\0(N\x90\x86"],
        &[b"capp\nB\n)\x81\x940capp\nA\nh\0\x85Rh\0Nb\x86"],
        &[b"capp\nB\n)\x81\x94]\x94a0capp\nA\nh\0\x85Rh\x01Na\x86"],
        // The change is in the state of an object.
        &[uuid, b"}\x94X\x03\0\0\0intK\x01sb(h\0X\x03\0\0\0intK\x02s1"],
        &[uuid, b"}\x94X\x03\0\0\0intK\x01sb0h\0X\x03\0\0\0intK\x02s"],
        &[b"}\x94", uuid, b"h\0b\x940X\x03\0\0\0intK\x02s0h\x01"],
        &[uuid, b"N}\x94\x86bh\0NNs\x86"],
        // An object whose state is set twice.
        &[uuid, b"\x94}b0capp\nA\nh\0\x85Rh\0}b\x86"],
    ] {
        let opcodes = parts.concat();
        let error = load_error(&opcodes);
        assert!(error.contains(LATE_CHANGE), "{}: {error}", opcodes.escape_ascii());
    }
}

/// A list is the argument of a call within the list, or an object is the parent of an object within it.
#[test]
fn change_around_use_is_kept() {
    let before = b"\x80\x02K\0G\0\0\0\0\0\0\0\0}X\x01\0\0\0v".as_slice();
    for opcodes in [
        &b"]q\0capp\nA\nq\x01h\0\x85q\x02Rq\x03a"[..],
        b"]q\0(capp\nA\nq\x01h\0\x85q\x02Rq\x03h\x03e",
        b"capp\nA\nq\0)\x81q\x01]q\x02h\0)\x81q\x03h\x01bab",
        b"capp\nA\nq\0)\x81q\x01]q\x02h\0h\x01\x85Rq\x03ab",
        b"}q\0K\x01h\0s",
    ] {
        let pickle = [before, opcodes, b"s\x87."].concat();
        assert_eq!(rewritten(&pickle, 2).escape_ascii().to_string(), pickle.escape_ascii().to_string());
    }
    // How much of the state the object received is unknown.
    let uuid = b"}q\0(X\x03\0\0\0intq\x01K\x07X\x01\0\0\0uq\x02cuuid\nUUID\nq\x03)\x81q\x04h\0bu";
    let pickle = [before, uuid, b"s\x87."].concat();
    assert_eq!(rewritten(&pickle, 2).escape_ascii().to_string(), pickle.escape_ascii().to_string());
    assert!(value(&load(&pickle).unwrap().state).ends_with("it contains the Python class `uuid.UUID`"));
    // A change through a reference, but before any call.
    assert!(load(&record_of(b"]\x94h\0Na\x86")).is_ok());
}
