//! The opcodes of the stack machine. CPython does not write most of these pickles.

use session_serde::{PickleSerializer, Serializer};

use super::{load, load_error, read, record_of, rewritten};

fn assert_reads(cases: &[(&[u8], &str)]) {
    for (opcodes, json) in cases {
        assert_eq!(read(opcodes), *json, "{}", opcodes.escape_ascii());
    }
}

/// Asserts that each value loads, but that reading it fails with an error that contains the given text.
fn assert_unreadable(cases: &[(&[u8], &str)]) {
    for (opcodes, why) in cases {
        let state = load(&record_of(opcodes)).unwrap().state;
        let error = state.get_json("v").expect_err("the value has no JSON text").to_string();
        assert!(error.contains(why), "{}: {error}", opcodes.escape_ascii());
    }
}

fn assert_malformed(cases: &[(&[u8], &str)]) {
    for (opcodes, why) in cases {
        let error = load_error(opcodes);
        assert!(error.contains(why), "{}: {error}", opcodes.escape_ascii());
    }
}

#[test]
fn integer_opcodes_are_read() {
    assert_reads(&[
        (b"I0\n", "0"),
        (b"I-12\n", "-12"),
        (b"I123456789012345678901234567890\n", "123456789012345678901234567890"),
        (b"L7L\n", "7"),
        (b"L-7\n", "-7"),
        (b"K\xff", "255"),
        (b"M\x01\xff", "65281"),
        (b"J\xfe\xff\xff\xff", "-2"),
        (b"\x8a\0", "0"),
        (b"\x8a\x01\x80", "-128"),
        (b"\x8a\x02\xff\0", "255"),
        (b"\x8a\x03\xff\xff\xff", "-1"),
        (b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", "9223372036854775807"),
        (b"\x8a\x08\0\0\0\0\0\0\0\x80", "-9223372036854775808"),
        (b"\x8a\x09\0\0\0\0\0\0\0\x80\0", "9223372036854775808"),
        (b"\x8b\0\0\0\0", "0"),
        (b"\x8b\x01\0\0\0\xff", "-1"),
    ]);
    // Other spellings are tested in `src/pickle/numbers.rs`.
    assert_reads(&[(b"I 0x_1F\n", "31"), (b"L-1_0 L\n", "-10"), (b"I010\n", "8")]);
    for text in ["", "-", "--1", "1__0", "0x", "009", "1.0", "\u{661}"] {
        load_error(format!("I{text}\n").as_bytes());
        load_error(format!("L{text}L\n").as_bytes());
    }
}

#[test]
fn boolean_and_float_opcodes_are_read() {
    assert_reads(&[
        (b"I00\n", "false"),
        (b"I01\n", "true"),
        (b"\x88", "true"),
        (b"\x89", "false"),
        (b"F1e-05\n", "1e-05"),
        (b"F-0.0\n", "-0.0"),
        (b"F1\n", "1.0"),
        (b"G\0\0\0\0\0\0\0\x01", "5e-324"),
    ]);
    let odd = "not a number";
    assert_malformed(&[(b"I0a\n", odd), (b"F\n", odd), (b"F1_0.0\n", odd), (b"F1.5 \n", odd)]);
    // CPython's C unpickler also refuses a number that is too large for a float.
    assert_malformed(&[(b"F1e309\n", odd), (b"F-1e309\n", odd)]);
    let float = "only be read as a float";
    assert_unreadable(&[
        (b"Fnan\n", float),
        (b"F-inf\n", float),
        (b"G\x7f\xf0\0\0\0\0\0\0", float),
        (b"G\x7f\xf8\0\0\0\0\0\0", float),
    ]);
    let record = load(&record_of(b"Fnan\nG\xff\xf0\0\0\0\0\0\0\x86")).unwrap();
    assert!(record.state.get::<(f64, f64)>("v").is_err());
    let record = load(&record_of(b"G\xff\xf0\0\0\0\0\0\0")).unwrap();
    assert_eq!(record.state.get("v").unwrap(), Some(f64::NEG_INFINITY));
}

#[test]
fn raw_unicode_escape_is_decoded() {
    assert_reads(&[
        (b"V\n", r#""""#),
        (b"VZo\xeb\n", r#""Zo\u00eb""#),
        (b"V\\u20ac\\U0001f36a\n", r#""\u20ac\ud83c\udf6a""#),
        (b"V\\u005cu0041\n", r#""\\u0041""#),
        // A backslash that escapes nothing stands for itself, and so does the character after it.
        (b"V\\n\\x41\\\n", r#""\\n\\x41\\""#),
        (b"V\\\\u0041\n", r#""\\\\u0041""#),
        (b"V\\\\\\u0041\n", r#""\\\\A""#),
        // Lone surrogates.
        (b"V\\ud83c\n", r#""\ud83c""#),
        (b"V\\udf6a\\ud83c\n", r#""\udf6a\ud83c""#),
        (b"X\x04\0\0\0\xed\xa0\x80\"", r#""\ud800\"""#),
        // Regression: in a string with a lone surrogate, a line feed was written as `\u000a`. Python's `json` writes
        // `\n` there, as in any other string.
        (b"X\x09\0\0\0\xed\xa0\x80\n\r\t\x08\x0c\x01", r#""\ud800\n\r\t\b\f\u0001""#),
    ]);
    let wrong = "not Unicode";
    assert_malformed(&[
        (b"V\\u12\n", wrong),
        (b"V\\u00e\xff\n", wrong),
        (b"V\\U00110000\n", wrong),
        (b"X\x02\0\0\0\xed\xa0", wrong),
        (b"X\x03\0\0\0\xed\xa0a", wrong),
        (b"\x8c\x01\xff", wrong),
        (b"\x8d\x01\0\0\0\0\0\0\0\x80", wrong),
    ]);
    assert_reads(&[(b"\x8d\x02\0\0\0\0\0\0\0\xc3\xab", r#""\u00eb""#)]);
}

#[test]
fn python2_strings_are_read() {
    assert_reads(&[
        (b"U\x02ab", r#""ab""#),
        (b"T\x02\0\0\0ab", r#""ab""#),
        (b"S'ab'\n", r#""ab""#),
        (b"S\"it's\"\n", r#""it's""#),
        (
            br#"S'\\ \' \" \n\r\t\x00\x7f'
"#,
            r#""\\ ' \" \n\r\t\u0000\u007f""#,
        ),
        // CPython reads all escapes of a `bytes` literal.
        (b"S'\\a\\b\\f\\v\\101\\0\\18\\501\\q'\n", r#""\u0007\b\f\u000bA\u0000\u00018A\\q""#),
        // pickle.dumps({'a': ['b']}, protocol) in Python 2, for protocols 0 and 2, without PROTO and STOP
        (b"(dp0\nS'a'\np1\n(lp2\nS'b'\np3\nas", r#"{"a": ["b"]}"#),
        (b"}q\0U\x01aq\x01]q\x02U\x01bq\x03as", r#"{"a": ["b"]}"#),
    ]);
    let ascii = "not ASCII";
    assert_malformed(&[(b"S'\xeb'\n", ascii)]);
    // The encoding of a string with a byte above 127 is unknown, so the string is read as bytes. The opcode S spells
    // such a byte with an escape.
    assert_reads(&[
        (b"U\x02\xc3\xab", "[195, 171]"),
        (b"T\x01\0\0\0\x80", "[128]"),
        (b"S'\\xeb'\n", "[235]"),
    ]);
    for line in ["", "'", "a", "'a", "'a\"", r"'\'", r"'\x4'", r"'\x4g'", "'a' "] {
        let error = load_error(format!("S{line}\n").as_bytes());
        assert!(error.contains("repr"), "{line}: {error}");
    }
}

#[test]
fn containers_are_read() {
    assert_reads(&[
        (b"]", "[]"),
        (b")", "[]"),
        (b"}", "{}"),
        (b"(l", "[]"),
        (b"(t", "[]"),
        (b"(d", "{}"),
        (b"](e", "[]"),
        (b"](K\x01K\x02e(K\x03eNa", "[1, 2, 3, null]"),
        (b"N\x85", "[null]"),
        (b"K\x01K\x02\x86", "[1, 2]"),
        (b"K\x01K\x02K\x03\x87", "[1, 2, 3]"),
        (b"(\x8c\x01aNd", r#"{"a": null}"#),
        (b"}\x8c\x01bNs(\x8c\x01aNu", r#"{"b": null, "a": null}"#),
        // With SETITEM and SETITEMS, Python also sets elements of a list, by their indices. `True` is 1.
        (b"](K\x01K\x02K\x03eK\0Ns(J\xff\xff\xff\xffK\x04u", "[null, 2, 4]"),
        (b"](K\x01K\x02e\x88Ns", "[1, null]"),
    ]);
    let keys = "a Python dict whose keys are not strings";
    assert_unreadable(&[
        (b"}K\x01Ns", keys),
        (b"}NNs", keys),
        (b"})Ns", keys),
        (b"(\x88Nd", keys),
        (b"}(\x8c\x01aNC\x01aNu", keys),
    ]);
    let hash = "not hashable";
    assert_malformed(&[
        (b"}(\x8c\x01aN\x8c\x01bu", "a dict key has no value"),
        (b"}]Ns", hash),
        (b"(}Nd", hash),
        (b"}\x8fNs", hash),
        (b"\x8f(]\x90", hash),
        (b"(}\x91", hash),
        // Regression: a tuple that contains a list was accepted as a dict key or set element.
        (b"}]\x85Ns", hash),
        (b"\x8f(N]\x85\x86\x90", hash),
        (b")Na", "appends to a value that is not a list"),
        (b"}(Ne", "appends to a value that is not a list"),
        (b"]\x8c\x01aNs", "item of a value that is not a dict"),
        (b"]NaK\x01Ns", "item of a value that is not a dict"),
        (b"]NaJ\xfe\xff\xff\xffNs", "item of a value that is not a dict"),
        (b"\x96\0\0\0\0\0\0\0\0M\0\x01a", "appends to a value that is not a list"),
        (b"](N\x90", "adds to a value that is not a set"),
        (b"}}b", "state of a value that is not an object"),
        (b"}NN\x86b", "state of a value that is not an object"),
        (b"}N]\x86b", "state of a value that is not an object"),
        (b"}N}\x8c\x01aNs\x86b", "state of a value that is not an object"),
    ]);
}

/// The opcode `READONLY_BUFFER` does not change `bytes`, which are always read-only. For a bytearray, Python creates a
/// memoryview, which it cannot pickle.
#[test]
fn readonly_buffer_of_bytes_is_ignored() {
    for bytes in [&b"C\x01a"[..], b"c_codecs\nencode\n\x8c\x01a\x8c\x06latin1\x86R"] {
        assert_eq!(read(&[bytes, b"\x98"].concat()), "[97]");
    }
}

/// These updates add no items and set no attributes. CPython ignores them, so a pickle of another library may contain
/// them.
#[test]
fn update_without_parts_is_ignored() {
    assert_reads(&[
        (b"K\x07(e", "7"),
        (b"K\x07(u", "7"),
        (b"K\x07(\x90", "7"),
        (b"K\x07Nb", "7"),
        (b"K\x07N}\x86b", "7"),
        (b"]N}\x86b", "[]"),
    ]);
    let class = b"cos\nPathLike\n".as_slice();
    for state in [&b"}b"[..], b"}}\x86b", b"N}\x86b", b"Nb"] {
        let [plain, updated] =
            [class.to_vec(), [class, state].concat()].map(|value| rewritten(&record_of(&value), 2));
        assert_eq!(updated, plain, "{}", state.escape_ascii());
    }
}

#[test]
fn duplicate_key_keeps_position_and_last_value() {
    assert_reads(&[(b"}(\x8c\x01aK\x01\x8c\x01bK\x02Va\nK\x03uU\x01bK\x04s", r#"{"a": 3, "b": 4}"#)]);
}

#[test]
fn memo_entries_are_shared() {
    assert_reads(&[
        (b"K\x07\x940h\0", "7"),
        (b"K\x07p12\n0g12\n", "7"),
        (b"K\x07r\0\0\0\xff0j\0\0\0\xff", "7"),
        // MEMOIZE uses the number of entries in the memo as the key.
        (b"K\x05q\0K\x06\x9400h\x01", "6"),
        // Reusing a memo key does not change the value that was stored under it before.
        (b"Nq\x01K\x05q\x01h\x01\x87", "[null, 5, 5]"),
        // Containers that are filled after they were stored in the memo, or after they were fetched from it.
        (b"]\x94(K\x01eh\0\x86", "[[1], [1]]"),
        (b"]\x94h\0\x86\x94h\0K\x02a0", "[[2], [2]]"),
        (b"}\x94h\0\x86h\0\x8c\x01aNs0", r#"[{"a": null}, {"a": null}]"#),
        (b"\x8c\x01a\x94}h\0h\0s\x86", r#"["a", {"a": "a"}]"#),
    ]);
    let missing = "does not exist";
    assert_malformed(&[
        (b"h\0", missing),
        (b"N\x94h\x01", missing),
        (b"g1\n", missing),
        (b"j\0\0\0\0", missing),
    ]);
    assert_malformed(&[(b"Np-1\n", "not a number"), (b"g\n", "not a number"), (b"Npx\n", "not a number")]);
}

#[test]
fn cyclic_value_is_unreadable() {
    let itself = "a value that contains itself";
    assert_unreadable(&[
        (b"]\x94h\0a", itself),
        (b"]\x94(h\0h\0h\0e", itself),
        (b"}\x94\x8c\x01ah\0s", itself),
        (b"]\x94}\x8c\x01ah\0sa", itself),
        (b"]\x94h\0\x85\x94a0h\x01", itself),
    ]);
}

/// If an element of the list `l` has a `__reduce__` that returns `(set, (l,))`, CPython writes the call `set(l)`
/// between the opcodes that build `l`. When Python loads the pickle, it calls `set` while `l` is still incomplete.
#[test]
fn set_made_from_incomplete_list_is_unreadable() {
    let set = b"cbuiltins\nset\nh\0\x85R";
    assert_eq!(read(&[b"]\x94K\x01a0".as_slice(), set, b"h\0\x86"].concat()), "[[1], [1]]");
    let itself = b"\x80\x02K\0K\0}X\x01\0\0\0v]q\0c__builtin__\nset\nh\0\x85Ras\x87.";
    let read = super::value(&load(itself).expect("the pickle loads").state);
    assert!(read.ends_with("it contains the Python class `set`"), "{read}");
}

#[test]
fn stack_opcodes_respect_marks() {
    assert_reads(&[
        (b"K\x01K\x020", "1"),
        (b"K\x01(K\x02K\x031", "1"),
        (b"K\x01(0", "1"),
        (b"]2\x86", "[[], []]"),
        (b"]2Na\x86", "[[null], [null]]"),
    ]);
    let nothing = "too few values";
    let no_mark = "the stack has no mark";
    assert_malformed(&[
        (b"0000", nothing),
        // An opcode cannot use the values below a mark, even if a later opcode pops the mark.
        (b"N(\x940", nothing),
        (b"N(21", nothing),
        (b"](Na0", nothing),
        (b"}(\x8c\x01aNs0", nothing),
        (b"N(N\x86", nothing),
        (b"N(\x85", nothing),
        (b"1", no_mark),
        (b"Nt", no_mark),
        (b"]Ne", no_mark),
        (b"(((NtNtNtNt", no_mark),
    ]);
    for short in
        [&b""[..], b".", b"(.", b"0.", b"a.", b"e.", b"s.", b"u.", b"\x87.", b"l.", b"d.", b"\x94.", b"2."]
    {
        assert!(PickleSerializer::default().loads::<()>(short).unwrap_err().is_malformed());
    }
}

#[test]
fn pickle_is_value_on_top_of_stack() {
    for pickle in [&b"K\x01."[..], b"K\x02K\x01.", b"(K\x01.", b"K\x02(K\x01."] {
        // Regression: bytes after the pickle were refused. Python ignores them.
        for rest in [&b""[..], b".", b"\n", b"K\x02.", b"\x80\x06"] {
            let pickle = [pickle, rest].concat();
            assert_eq!(PickleSerializer::default().loads::<u8>(&pickle), Ok(1), "{}", pickle.escape_ascii());
        }
    }
    for (pickle, why) in [
        (&b"K\x01"[..], "truncated"),
        (b"\x80\x06K\x01.", "protocol"),
        (b"\x80", "truncated"),
        (b"\x95\x04\0\0\0\0\0\0\0K\x01.", "truncated"),
    ] {
        let error = PickleSerializer::default().loads::<u8>(pickle).unwrap_err().to_string();
        assert!(error.contains(why), "{}: {error}", pickle.escape_ascii());
    }
}
