//! Pickles in which values that occur once are not in the memo, as `pickletools.optimize` writes them.

use super::{dump, find, load, rewritten};

/// Regression: the writer gives `p` its attributes only after their dict is complete, so it must get `p` from the memo.
/// If `p` was not in the memo, it was written a second time, and `BUILD` was applied to a dict. Neither Python nor this
/// crate could read the pickle.
#[test]
fn object_outside_memo_gets_complete_state_after_removal_of_first_entry() {
    // p.a = l = [p]; {"k": l, "c": vars(p)}
    let optimized: [(u8, &[u8], &[u8]); 3] = [
        (
            1,
            b"(K\0G\0\0\0\0\0\0\0\0}(X\x01\0\0\0k]q\0ccopy_reg\n_reconstructor\n(capp\nPlain\nc__builtin__\nobject\n\
            NtR}q\x01X\x01\0\0\0ah\0sbaX\x01\0\0\0ch\x01ut.",
            b"}q\0X\x01\0\0\0a]q\x01ccopy_reg\n_reconstructor\n(capp\nPlain\nc__builtin__\nobject\nNtRq\x02ash\x02h\0b0",
        ),
        (
            2,
            b"\x80\x02K\0G\0\0\0\0\0\0\0\0}(X\x01\0\0\0k]q\0capp\nPlain\n)\x81}q\x01X\x01\0\0\0ah\0sba\
            X\x01\0\0\0ch\x01u\x87.",
            b"}q\0X\x01\0\0\0a]q\x01capp\nPlain\n)\x81q\x02ash\x02h\0b0",
        ),
        (
            4,
            b"\x80\x04\x953\0\0\0\0\0\0\0K\0G\0\0\0\0\0\0\0\0}(\x8c\x01k]\x94\x8c\x03app\x8c\x05Plain\x93)\x81}\x94\
            \x8c\x01ah\0sba\x8c\x01ch\x01u\x87.",
            b"}\x94\x8c\x01a]\x94\x8c\x03app\x8c\x05Plain\x93)\x81\x94ash\x02h\0b0",
        ),
    ];
    for (protocol, pickle, state) in optimized {
        let mut record = load(pickle).unwrap();
        assert!(dump(&record, protocol).unwrap() == pickle, "protocol {protocol}");
        assert!(record.state.discard("k"));
        let out = dump(&record, protocol).unwrap();
        assert!(find(&out, state).is_some(), "{}", out.escape_ascii());
        assert_eq!(rewritten(&out, protocol).escape_ascii().to_string(), out.escape_ascii().to_string());
    }
}
