//! The limits on nesting, on lengths, and on shared values, whose JSON text can be much longer than the pickle.

use std::collections::HashMap;

use session_core::Session;
use session_core::json::MAX_DEPTH;

use super::in_memory::InMemory;
use super::{PROTOCOLS, dump, load, load_error, only_value, read, record_of, rewritten, written};

const MIB: usize = 1 << 20;

/// The maximum size of the JSON text of a value in a small pickle.
const MAX_TEXT: usize = 64 * 1024;

fn binunicode(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

fn count(pickle: &[u8], opcode: u8) -> usize {
    pickle.iter().filter(|byte| **byte == opcode).count()
}

fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

fn tuples(depth: usize) -> Vec<u8> {
    [b")".as_slice(), &b"\x85".repeat(depth - 1)].concat()
}

fn lists(depth: usize) -> Vec<u8> {
    [b"]".repeat(depth), b"a".repeat(depth - 1)].concat()
}

fn dicts(depth: usize) -> Vec<u8> {
    [&b"}\x8c\x01a".repeat(depth - 1), b"}".as_slice(), &b"s".repeat(depth - 1)].concat()
}

/// The record and the state are two levels around a value.
#[test]
fn value_is_read_up_to_max_depth() {
    let deepest = MAX_DEPTH - 2;
    let too_deep = format!("more than {deepest} levels");
    assert_eq!(read(&tuples(deepest)), nested(deepest));
    assert_eq!(read(&lists(deepest)), nested(deepest));
    assert!(read(&dicts(deepest)).starts_with('{'));
    for depth in [deepest + 1, 1_000_000] {
        assert!(read(&tuples(depth)).contains(&too_deep));
        assert!(read(&lists(depth)).contains(&too_deep));
        assert!(read(&dicts(depth)).contains(&too_deep));
    }

    // The value in the innermost tuple does not count as a level.
    let full = "[".repeat(deepest) + "null" + &"]".repeat(deepest);
    assert_eq!(read(&[b"N".as_slice(), &b"\x85".repeat(deepest)].concat()), full);

    assert!(written(&nested(deepest)).is_ok());
    assert_eq!(only_value(&written(&full).unwrap()), full);
}

/// The depth of a shared value is measured at its deepest reference.
#[test]
fn shared_value_depth_is_that_of_deepest_reference() {
    let half = [&tuples(MAX_DEPTH / 2)[..], b"\x94"].concat();
    let on_top = |depth: usize| [&half, b"h\0".as_slice(), &b"\x85".repeat(depth), b"\x86"].concat();
    assert!(read(&on_top(MAX_DEPTH / 2 - 3)).starts_with('['));
    assert!(read(&on_top(MAX_DEPTH / 2 - 2)).contains("levels"));
}

/// Loading, writing, copying and dropping do not recurse.
#[test]
fn value_beyond_max_depth_is_kept() {
    const DEPTH: usize = 20_000;
    let objects = [&b"capp\nA\n)\x81".repeat(DEPTH)[..], b"}", &b"b".repeat(DEPTH)].concat();
    let calls = [&b"capp\nA\n".repeat(DEPTH)[..], b")", &b"\x85R".repeat(DEPTH)].concat();
    // In protocol 5, each level of these values has the opcode TUPLE1, EMPTY_LIST, EMPTY_DICT, BUILD or REDUCE.
    let values =
        [(tuples(DEPTH), 0x85), (lists(DEPTH), b']'), (dicts(DEPTH), b'}'), (objects, b'b'), (calls, b'R')];
    for (opcodes, level) in values {
        let pickle = record_of(&opcodes);
        let mut record = load(&pickle).unwrap();
        record.state.insert("other", 1).unwrap();
        for protocol in PROTOCOLS {
            let copy = record.clone();
            let out = dump(&copy, protocol).unwrap();
            assert_eq!(rewritten(&out, protocol), out);
            assert!(count(&rewritten(&out, 5), level) >= DEPTH - 1, "protocol {protocol}, {level}");
        }
    }
}

/// Below protocol 4, each level of a nested class is written as a call of `getattr`.
#[test]
fn nested_class_depth_is_limited_below_protocol_4() {
    let class = |depth: usize| {
        let name = vec!["A"; depth].join(".");
        load(&record_of(&[b"\x8c\x03app", &binunicode(&name)[..], b"\x93"].concat())).unwrap()
    };
    assert!(dump(&class(65), 0).is_ok());
    for depth in [66, 500] {
        assert!(
            dump(&class(depth), 2).unwrap_err().to_string().contains("cannot encode the name of a class")
        );
        assert!(dump(&class(depth), 4).is_ok());
    }
}

/// Regression: a long name that many classes share was copied for each of them.
#[test]
fn name_of_class_is_limited_to_1_kib() {
    let name = |length: usize| "a".repeat(length);
    for (module, class) in [(1024, 1024), (1025, 1), (1, 1025)] {
        let lines = format!("c{}\n{}\n", name(module), name(class)).into_bytes();
        let stack = [&binunicode(&name(module))[..], &binunicode(&name(class)), b"\x93"].concat();
        for opcodes in [lines, stack] {
            let loaded = load(&record_of(&opcodes));
            if module.max(class) > 1024 {
                assert!(
                    loaded.unwrap_err().to_string().ends_with("the name of a class is longer than 1 KiB")
                );
            } else {
                assert!(loaded.is_ok());
            }
        }
    }
}

/// Returns the opcodes for nested lists. A list of each level contains the list of the next level twice.
pub(crate) fn bomb(levels: u8) -> Vec<u8> {
    let level = |n: u8| [b"(h".as_slice(), &[n], b"h", &[n], b"l\x940"].concat();
    let towers: Vec<u8> = (0..levels).flat_map(level).collect();
    [b"]\x940".as_slice(), &towers, b"h", &[levels]].concat()
}

#[test]
fn value_expanding_beyond_limit_is_kept() {
    // The JSON text of `bomb(n)` has 2^(n + 1) - 1 lists.
    assert_eq!(read(&bomb(3)).matches('[').count(), 15);
    for levels in [16, 30, 60, 70, 100] {
        assert!(read(&bomb(levels)).contains("expand to too much"), "{levels}");
        let pickle = record_of(&bomb(levels));
        let (newest, oldest) = (rewritten(&pickle, 5), rewritten(&pickle, 0));
        assert!(newest.len() <= pickle.len());
        assert!(oldest.len() <= 10 * pickle.len());
        assert!(count(&newest, b']') > levels.into(), "{levels}");
        assert!(count(&rewritten(&oldest, 5), b']') > levels.into(), "{levels}");
    }
    // A shared string, a shared key of dicts, and bytes made of a shared string.
    let text = binunicode(&"x".repeat(10_000));
    let texts = [&text, b"\x940](".as_slice(), &b"h\0".repeat(1_000), b"e"].concat();
    let keys = [&text, b"\x940](".as_slice(), &b"}h\0Ns".repeat(1_000), b"e"].concat();
    let encode = b"c_codecs\nencode\nh\0\x8c\x06latin1\x86R".repeat(1_000);
    let bytes = [&text, b"\x940](".as_slice(), &encode, b"e"].concat();
    for opcodes in [texts, keys, bytes] {
        assert!(read(&opcodes).contains("expand to too much"));
    }
    // A shared integer of 1000 bytes, whose conversion to decimal text takes time.
    let integer =
        [b"\x8b\xe8\x03\0\0".as_slice(), &[0x7f; 1000], b"\x940](", &b"h\0".repeat(10_000), b"e"].concat();
    assert!(read(&integer).contains("expand to too much"));
}

/// Regression: a pickle of 186 bytes, with shared lists, was read as 786 KB of JSON text.
#[test]
fn value_text_is_limited_to_64_kib() {
    let shared = "x".repeat(1_000);
    let expanded = |filler: usize| {
        let mut opcodes = [&binunicode(&shared), b"\x940](".as_slice(), &b"h\0".repeat(64)].concat();
        opcodes.extend(binunicode(&"y".repeat(filler)));
        opcodes.push(b'e');
        read(&opcodes)
    };
    let fits = MAX_TEXT - expanded(0).len();
    assert_eq!(expanded(fits).len(), MAX_TEXT);
    assert!(expanded(fits + 1).contains("expand to too much"));
}

/// Opcodes for 40 sets and 40 objects, depth first as CPython writes them. Each set contains all the objects, and the
/// state of each object contains all the sets.
#[derive(Default)]
struct SetsOfObjects {
    opcodes: Vec<u8>,
    /// The memo indices of the sets (`true`) and objects (`false`), by the number of the set or object.
    memo: HashMap<(bool, usize), u8>,
}

impl SetsOfObjects {
    const COUNT: usize = 40;

    fn value(&mut self, is_set: bool, at: usize) {
        let place = self.memo.len() as u8;
        if let Some(&known) = self.memo.get(&(is_set, at)) {
            return self.opcodes.extend([b'h', known]);
        }
        self.memo.insert((is_set, at), place);
        let begin = if is_set { &b"\x8f\x94("[..] } else { b"\x8c\x03app\x8c\x01A\x93)\x81\x94(" };
        self.opcodes.extend(begin);
        (0..Self::COUNT).for_each(|part| self.value(!is_set, part));
        self.opcodes.extend(if is_set { &b"\x90"[..] } else { b"tb" });
    }
}

/// Below protocol 4, a set is written as a call with a list as its argument. As in CPython, a set that contains itself
/// can therefore be written more than once.
#[test]
fn cyclic_objects_are_written_within_limit() {
    let mut all = SetsOfObjects::default();
    all.value(true, 0);
    let pickle = record_of(&all.opcodes);
    let record = load(&pickle).unwrap();
    for protocol in PROTOCOLS {
        let out = dump(&record, protocol).unwrap();
        assert!(out.len() < MAX_TEXT + 64 * pickle.len(), "{} bytes in protocol {protocol}", out.len());
    }
}

/// The JSON text of an entry may take eight times the size of the pickle. The texts of all entries together may take
/// sixteen times the size.
#[test]
fn large_pickle_may_expand_to_sixteen_times_its_size() {
    let text = binunicode(&"x".repeat(MIB / 4));
    let entry = |key: u8| [b"\x8c\x01", &[key][..], b"(", &b"h\0".repeat(7), b"l"].concat();
    let items = [entry(b'a'), entry(b'b'), entry(b'c')].concat();
    let pickle = [b"K\0K\0", &text[..], b"\x940}(", &items, b"u\x87."].concat();
    let state = load(&pickle).unwrap().state;
    let is_read = |key: &str| state.get_json(key).is_ok();
    assert_eq!((is_read("a"), is_read("b"), is_read("c")), (true, true, false));
}

/// Only shared values can exceed the limit. A JSON text that the application writes shares nothing, so it can always be
/// read again.
#[test]
fn large_pickle_is_read() {
    let json = format!("[{}null]", "false, ".repeat(2 * MIB));
    assert!(only_value(&written(&json).unwrap()) == json);
    let json = format!("\"{}\"", r"\u0001".repeat(2 * MIB));
    assert!(only_value(&written(&json).unwrap()) == json);
}

#[test]
fn declared_length_beyond_end_is_malformed() {
    for opcode in [b"X".as_slice(), b"T", b"\x8b"] {
        for length in [5_u32, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let opcodes = [opcode, &length.to_le_bytes(), b"a"].concat();
            assert!(load_error(&opcodes).contains("truncated"), "{length}");
        }
    }
    for opcode in [b"\x8d".as_slice(), b"\x95"] {
        for length in [5_u64, u64::from(u32::MAX), 1 << 63, u64::MAX] {
            let opcodes = [opcode, &length.to_le_bytes(), b"a"].concat();
            assert!(load_error(&opcodes).contains("truncated"), "{length}");
        }
    }
    for opcodes in [&b"\x8c\x05a"[..], b"U\x05a", b"\x8a\x05a", b"I1", b"Va", b"J\0", b"G\0"] {
        assert!(load_error(opcodes).contains("truncated"), "{}", opcodes.escape_ascii());
    }
}

#[test]
fn integer_is_limited_to_4300_digits() {
    const MAX: usize = 4300;
    let number = |digits: usize| "9".repeat(digits);
    let text = |digits: usize| format!("L{}L\n", number(digits)).into_bytes();
    let binary = |text: String| {
        let bytes = text.parse::<num_bigint::BigInt>().unwrap().to_signed_bytes_le();
        [b"\x8b", &(bytes.len() as u32).to_le_bytes()[..], &bytes].concat()
    };
    let negative = |digits: usize| format!("-{}", number(digits));

    assert_eq!(read(&text(MAX)), number(MAX));
    assert_eq!(read(&binary(number(MAX))), number(MAX));
    assert_eq!(read(&binary(negative(MAX))), negative(MAX));
    assert_eq!(only_value(&written(&negative(MAX)).unwrap()), negative(MAX));
    // Regression: if a negative integer was added as a flash message to a queue from a pickle, its sign counted as a
    // digit.
    let mut session = InMemory(load(b"K\0K\0}\x8c\x03_f_](NK\x01es\x87.").unwrap().state);
    session.0.insert_json("v", negative(MAX)).unwrap();
    let message = session.0.get_encoded("v").expect("the entry is JSON");
    session.flash_encoded(message, "", true).unwrap();
    assert!(load_error(&text(MAX + 1)).contains("an integer of more than 4300 digits"));
    assert!(
        written(&number(MAX + 1)).unwrap_err().to_string().contains("an integer of more than 4300 digits")
    );

    // Python does not convert these integers to decimal text. It pickles them only from protocol 2 on, in binary form.
    // The serializer writes the binary form in every protocol.
    let huge = [b"\x8b\0\0\x10\0".as_slice(), &vec![0x7f; MIB]].concat();
    for opcodes in [binary(number(MAX + 1)), binary(negative(MAX + 1)), huge] {
        assert!(read(&opcodes).contains("an integer of more than 4300 digits"));
        let pickle = record_of(&opcodes);
        for protocol in PROTOCOLS {
            assert!(rewritten(&pickle, protocol).windows(opcodes.len()).any(|window| window == opcodes));
        }
    }

    // Integers with redundant sign bytes.
    let padded = |first: u8, sign: u8| {
        let mut integer = vec![sign; MIB];
        integer[0] = first;
        [b"\x8b\0\0\x10\0", &integer[..]].concat()
    };
    assert_eq!(read(&padded(1, 0)), "1");
    assert_eq!(read(&padded(0x80, 0)), "128");
    assert_eq!(read(&padded(0x80, 0xff)), "-128");
    assert_eq!(read(&padded(0xff, 0xff)), "-1");
}

/// Regression: a memo key could have any number of digits, and a key of a million digits took seconds.
#[test]
fn memo_key_is_limited_to_4300_digits() {
    for start in ["]p", "]p7\n0g"] {
        let opcodes = |zeros: usize| format!("{start}{}7\n", "0".repeat(zeros)).into_bytes();
        assert_eq!(read(&opcodes(4299)), "[]");
        assert!(load_error(&opcodes(4300)).contains("more than 4300 digits"));
    }
}

/// Regression: `json_capacity` counted the text of a shared key once for each reference to it. For a pickle of 1 MB, it
/// returned 31 GB.
#[test]
fn json_capacity_counts_shared_key_once() {
    let keys = b"h\0\x85N".repeat(1_000);
    let pickle =
        [b"\x80\x04K\0K\0}(\x8c\x01v", &binunicode(&"x".repeat(10_000))[..], b"\x94", &keys, b"u\x87."];
    let record = load(&pickle.concat()).unwrap();
    assert_eq!(record.state.len(), 1_001);
    assert!(record.json_capacity() < 100_000, "{}", record.json_capacity());
}

/// Regression: the JSON texts of all keys together had no limit. After a first fix, the limit was the length of the
/// pickle, which depends on the protocol.
#[test]
fn keys_beyond_1_mib_are_labelled_with_their_class() {
    let text = [&binunicode(&"x".repeat(1_000))[..], b"\x94\x85\x940"].concat();
    let items: Vec<u8> =
        (0..2_000_u16).flat_map(|n| [&b"h\x01M"[..], &n.to_le_bytes(), b"\x86N"].concat()).collect();
    let large = [b"\x8c\x01v".as_slice(), &binunicode(&"\u{e9}".repeat(MIB))].concat();
    let pickle = [b"\x80\x04K\0K\0", &text[..], b"}(", &items, &large, b"u\x87."].concat();
    let record = load(&pickle).unwrap();
    assert!(record.state.keys().eq(load(&dump(&record, 0).unwrap()).unwrap().state.keys()));
    let labels: Vec<_> = record.state.keys().filter(|&key| key != "v").collect();
    let expanded = labels.iter().take_while(|label| label.starts_with("[[\"xxx")).count();
    assert!((1_000..=1_048).contains(&expanded), "{expanded}");
    assert!(labels.len() == 2_000 && labels[expanded..].iter().all(|&label| label == "tuple"));
}

/// Regression: the items of a dict were searched for duplicate keys at each reference to the dict. With this fault, the
/// test takes too long to finish, because the dict has 200 000 items and as many references.
#[test]
fn duplicate_keys_are_removed_once() {
    const COUNT: usize = 200_000;
    let dict = [b"}\x94(\x8c\x01a\x94K\x01".as_slice(), &b"h\x01N".repeat(COUNT), b"u"].concat();
    let pickle = record_of(&[b"](", &dict[..], &b"h\0".repeat(COUNT), b"e"].concat());
    let texts = vec![r#"{"a": null}"#; COUNT + 1].join(", ");
    assert!(super::value(&load(&pickle).unwrap().state) == format!("[{texts}]"));
    assert!(rewritten(&pickle, 5).len() < 3 * COUNT, "each reference needs two bytes");
}

/// Regression: the text of the key was hashed again for each item, 12 GB in this test.
#[test]
fn items_that_share_a_long_key_are_read() {
    let key = binunicode(&"k".repeat(200_000));
    let items = b"h\x01N".repeat(60_000);
    let pickle = record_of(&[b"}(", &key[..], b"q\x01N", &items, b"u"].concat());
    let record = load(&pickle).unwrap();
    assert_eq!(only_value(&pickle).len(), 200_000 + "{\"\": null}".len());
    assert!(dump(&record, 2).unwrap().len() < 200_100);
}
