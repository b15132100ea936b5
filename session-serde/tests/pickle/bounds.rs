//! Small pickles of large values, and values that are nested deeply.

use std::collections::HashMap;

use session_core::json::MAX_DEPTH;

use super::{PROTOCOLS, dump, load, only_value, read, record_of, refusal, rewritten, written};

const MIB: usize = 1 << 20;

/// Bytes of JSON text that a value of a small pickle may have.
const MOST_TEXT: usize = 64 * 1024;

fn binunicode(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
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

/// The record around a value is two levels.
#[test]
fn value_is_read_to_the_depth_of_json() {
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

    // With something in the innermost of them.
    let full = "[".repeat(deepest) + "null" + &"]".repeat(deepest);
    assert_eq!(read(&[b"N".as_slice(), &b"\x85".repeat(deepest)].concat()), full);

    assert!(written(&nested(deepest)).is_ok());
    assert_eq!(only_value(&written(&full).unwrap()), full);
}

/// What is shared counts where it is deepest.
#[test]
fn shared_value_is_read_to_the_depth_of_json() {
    let half = [&tuples(MAX_DEPTH / 2)[..], b"\x94"].concat();
    let on_top = |depth: usize| [&half, b"h\0".as_slice(), &b"\x85".repeat(depth), b"\x86"].concat();
    assert!(read(&on_top(MAX_DEPTH / 2 - 3)).starts_with('['));
    assert!(read(&on_top(MAX_DEPTH / 2 - 2)).contains("levels"));
}

/// Reading, writing, copying and dropping take no stack, whatever the depth.
#[test]
fn value_nested_too_deeply_to_be_read_is_kept() {
    const DEPTH: usize = 20_000;
    let objects = [&b"capp\nA\n)\x81".repeat(DEPTH)[..], b"}", &b"b".repeat(DEPTH)].concat();
    let calls = [&b"capp\nA\n".repeat(DEPTH)[..], b")", &b"\x85R".repeat(DEPTH)].concat();
    for opcodes in [tuples(DEPTH), lists(DEPTH), dicts(DEPTH), objects, calls] {
        let pickle = record_of(&opcodes);
        let mut record = load(&pickle).unwrap();
        record.state.insert("other", 1).unwrap();
        for protocol in PROTOCOLS {
            let copy = record.clone();
            let out = dump(&copy, protocol).unwrap();
            assert_eq!(rewritten(&out, protocol), out);
        }
    }
}

/// Below protocol 4, each is a call.
#[test]
fn classes_are_nested_to_a_bound() {
    let class = |depth: usize| {
        let name = vec!["A"; depth].join(".");
        load(&record_of(&[b"\x8c\x03app", &binunicode(&name)[..], b"\x93"].concat())).unwrap()
    };
    assert!(dump(&class(60), 0).is_ok());
    for depth in [70, 200_000] {
        assert!(dump(&class(depth), 2).unwrap_err().to_string().contains("has no form"));
        assert!(dump(&class(depth), 4).is_ok());
    }
}

/// Each list holds the one before it twice.
fn bomb(levels: u8) -> Vec<u8> {
    let level = |n: u8| [b"(h".as_slice(), &[n], b"h", &[n], b"l\x940"].concat();
    let towers: Vec<u8> = (0..levels).flat_map(level).collect();
    [b"]\x940".as_slice(), &towers, b"h", &[levels]].concat()
}

#[test]
fn shared_lists_that_expand_to_too_much_are_kept_and_not_read() {
    // 2^(n + 1) - 1 lists
    assert_eq!(read(&bomb(3)).matches('[').count(), 15);
    for levels in [16, 30, 60, 70, 100] {
        assert!(read(&bomb(levels)).contains("expand to too much"), "{levels}");
        let pickle = record_of(&bomb(levels));
        assert!(rewritten(&pickle, 5).len() <= pickle.len());
        assert!(rewritten(&pickle, 0).len() <= 10 * pickle.len());
    }
    // Of a string, of a dict's key, and of bytes in each of their forms.
    let text = binunicode(&"x".repeat(10_000));
    let texts = [&text, b"\x940](".as_slice(), &b"h\0".repeat(1_000), b"e"].concat();
    let keys = [&text, b"\x940](".as_slice(), &b"}h\0Ns".repeat(1_000), b"e"].concat();
    let encode = b"c_codecs\nencode\nh\0\x8c\x06latin1\x86R".repeat(1_000);
    let bytes = [&text, b"\x940](".as_slice(), &encode, b"e"].concat();
    for opcodes in [texts, keys, bytes] {
        assert!(read(&opcodes).contains("expand to too much"));
    }
    // An integer, which takes time to convert.
    let integer =
        [b"\x8b\xe8\x03\0\0".as_slice(), &[0x7f; 1000], b"\x940](", &b"h\0".repeat(10_000), b"e"].concat();
    assert!(read(&integer).contains("expand to too much"));
}

/// Fault: 186 bytes of shared lists were loaded as 786 KB.
#[test]
fn cookie_expands_to_64_kib() {
    let shared = "x".repeat(1_000);
    let expanded = |filler: usize| {
        let mut opcodes = [&binunicode(&shared), b"\x940](".as_slice(), &b"h\0".repeat(64)].concat();
        opcodes.extend(binunicode(&"y".repeat(filler)));
        opcodes.push(b'e');
        read(&opcodes)
    };
    let fits = MOST_TEXT - expanded(0).len();
    assert_eq!(expanded(fits).len(), MOST_TEXT);
    assert!(expanded(fits + 1).contains("expand to too much"));
}

/// Sets of objects whose states have all of the sets, depth first as CPython writes them.
#[derive(Default)]
struct SetsOfObjects {
    opcodes: Vec<u8>,
    /// The places in the memo of sets and objects.
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

/// Objects that hold themselves can be written more than once, as CPython does with the elements of a set.
#[test]
fn objects_that_hold_themselves_are_written_in_bounded_room() {
    let mut all = SetsOfObjects::default();
    all.value(true, 0);
    let pickle = record_of(&all.opcodes);
    let record = load(&pickle).unwrap();
    for protocol in PROTOCOLS {
        let out = dump(&record, protocol).unwrap();
        assert!(out.len() < MOST_TEXT + 64 * pickle.len(), "{} bytes in protocol {protocol}", out.len());
    }
}

/// Each entry expands to eight times the pickle at most, and all of them to sixteen times.
#[test]
fn entries_of_a_large_pickle_expand_to_sixteen_times_its_length() {
    let text = binunicode(&"x".repeat(MIB / 4));
    let entry = |key: u8| [b"\x8c\x01", &[key][..], b"(", &b"h\0".repeat(7), b"l"].concat();
    let items = [entry(b'a'), entry(b'b'), entry(b'c')].concat();
    let pickle = [b"K\0K\0", &text[..], b"\x940}(", &items, b"u\x87."].concat();
    let state = load(&pickle).unwrap().state;
    let is_read = |key: &str| state.get_json(key).is_ok();
    assert_eq!((is_read("a"), is_read("b"), is_read("c")), (true, true, false));
}

/// The bound is on what is used more than once: whatever is written is also read.
#[test]
fn large_pickles_are_read() {
    let json = format!("[{}null]", "false, ".repeat(2 * MIB));
    assert!(only_value(&written(&json).unwrap()) == json);
    let json = format!("\"{}\"", r"\u0001".repeat(2 * MIB));
    assert!(only_value(&written(&json).unwrap()) == json);
}

#[test]
fn declared_lengths() {
    for opcode in [b"X".as_slice(), b"T", b"\x8b"] {
        for length in [5_u32, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let opcodes = [opcode, &length.to_le_bytes(), b"a"].concat();
            assert!(refusal(&opcodes).contains("cut short"), "{length}");
        }
    }
    for opcode in [b"\x8d".as_slice(), b"\x95"] {
        for length in [5_u64, u64::from(u32::MAX), 1 << 63, u64::MAX] {
            let opcodes = [opcode, &length.to_le_bytes(), b"a"].concat();
            assert!(refusal(&opcodes).contains("cut short"), "{length}");
        }
    }
    for opcodes in [&b"\x8c\x05a"[..], b"U\x05a", b"\x8a\x05a", b"I1", b"Va", b"J\0", b"G\0"] {
        assert!(refusal(opcodes).contains("cut short"), "{}", opcodes.escape_ascii());
    }
}

#[test]
fn digits() {
    const MOST: usize = 4300;
    let number = |digits: usize| "9".repeat(digits);
    let text = |digits: usize| format!("L{}L\n", number(digits)).into_bytes();
    let binary = |text: String| {
        let bytes = text.parse::<num_bigint::BigInt>().unwrap().to_signed_bytes_le();
        [b"\x8b", &(bytes.len() as u32).to_le_bytes()[..], &bytes].concat()
    };
    let negative = |digits: usize| format!("-{}", number(digits));

    assert_eq!(read(&text(MOST)), number(MOST));
    assert_eq!(read(&binary(number(MOST))), number(MOST));
    assert_eq!(read(&binary(negative(MOST))), negative(MOST));
    assert_eq!(only_value(&written(&negative(MOST)).unwrap()), negative(MOST));
    assert!(refusal(&text(MOST + 1)).contains("too many digits"));
    assert!(written(&number(MOST + 1)).unwrap_err().to_string().contains("too many digits"));

    // Python reads and writes it, but not as text.
    let huge = [b"\x8b\0\0\x10\0".as_slice(), &vec![0x7f; MIB]].concat();
    for opcodes in [binary(number(MOST + 1)), binary(negative(MOST + 1)), huge] {
        assert!(read(&opcodes).contains("an integer of more than 4300 digits"));
        let pickle = record_of(&opcodes);
        for protocol in PROTOCOLS {
            assert!(rewritten(&pickle, protocol).windows(opcodes.len()).any(|window| window == opcodes));
        }
    }

    // Spelled longer than need be.
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

/// A tuple that has the one below it twice, so that 13 levels stand for 8192 of the innermost.
fn tower() -> Vec<u8> {
    let levels = (0..13_u8).map(|level| [b"h", &[level][..], b"\x86\x94"].concat());
    [b"K\x01\x85\x94".as_slice(), &levels.collect::<Vec<_>>().concat()].concat()
}

/// Each entry had a bound of its own, and 3 KB of entries that share a value stood for 14 MB.
#[test]
fn entries_that_share_a_value_expand_to_a_mebibyte_in_all() {
    let key = |n: usize| [b"\x8c\x04", format!("{n:04}").as_bytes()].concat();
    let more = (0..480).map(|n| [&key(n), b"h\x0d\x85".as_slice()].concat());
    let entries = [&b"\x8c\x01a"[..], &tower(), &more.collect::<Vec<_>>().concat()].concat();
    let record = load(&[b"\x80\x04K\0K\0}(", &entries[..], b"u\x87."].concat()).unwrap();
    assert_eq!(record.state.len(), 481);
    let texts: Vec<_> = record.state.entries().map(|entry| entry.value_json().map(str::len)).collect();
    assert!(texts[..10].iter().all(Result::is_ok) && texts[480].is_err());
    let total: usize = texts.iter().filter_map(|len| len.as_ref().ok()).sum();
    assert!((MIB / 2..=MIB).contains(&total), "{total}");
    assert!(record.state.to_json().is_err());
    assert!(dump(&record, 4).unwrap().len() < 8 * 1024, "it is written as it was shared");
}

/// Room for the text of a shared key was made for each place that has it: 31 GB for 1 MB.
#[test]
fn room_for_json_does_not_count_shared_keys_again() {
    let keys = b"h\0\x85N".repeat(1_000);
    let pickle =
        [b"\x80\x04K\0K\0}(\x8c\x01v", &binunicode(&"x".repeat(10_000))[..], b"\x94", &keys, b"u\x87."];
    let record = load(&pickle.concat()).unwrap();
    assert_eq!(record.state.len(), 1_001);
    assert!(record.json_capacity() < 100_000, "{}", record.json_capacity());
}

/// A key that is not text was expanded to 64 KiB, each time, to show its first characters.
#[test]
fn label_of_a_large_key_is_its_class() {
    let record = load(&[b"\x80\x04K\0K\0}(", &tower()[..], b"Nh\0Nu\x87."].concat()).unwrap();
    assert!(record.state.keys().eq(["tuple", "[1]"]));
}

/// The items of a dict were looked through for doubled keys at each reference to it.
#[test]
fn doubled_keys_are_dropped_once() {
    let dict = [b"}\x94(\x8c\x01a\x94K\x01".as_slice(), &b"h\x01N".repeat(2_000), b"u"].concat();
    let pickle = record_of(&dict);
    assert_eq!(super::value(&load(&pickle).unwrap().state), r#"{"a": null}"#);
    assert!(rewritten(&pickle, 5).len() < 100);
}
