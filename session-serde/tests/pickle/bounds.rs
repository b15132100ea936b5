//! Small pickles of large values.

use session_core::json::MAX_DEPTH;

use super::{only_value, read, refusal, written};

const MIB: usize = 1 << 20;

fn binunicode(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

/// The record around a value is two levels.
#[test]
fn depth() {
    let deepest = MAX_DEPTH - 2;
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let tuples = |depth: usize| [b")".as_slice(), &b"\x85".repeat(depth - 1)].concat();
    let lists = |depth: usize| [b"]".repeat(depth), b"a".repeat(depth - 1)].concat();
    let dicts =
        |depth: usize| [&b"}\x8c\x01a".repeat(depth - 1), b"}".as_slice(), &b"s".repeat(depth - 1)].concat();

    assert_eq!(read(&tuples(deepest)), Ok(nested(deepest)));
    assert_eq!(read(&lists(deepest)), Ok(nested(deepest)));
    assert!(read(&dicts(deepest)).is_ok());
    for depth in [deepest + 1, 1_000_000] {
        assert!(refusal(&tuples(depth)).contains("deeply"));
        assert!(refusal(&lists(depth)).contains("deeply"));
        assert!(refusal(&dicts(depth)).contains("deeply"));
    }

    // With something in the innermost of them.
    let full = "[".repeat(deepest) + "null" + &"]".repeat(deepest);
    assert_eq!(read(&[b"N".as_slice(), &b"\x85".repeat(deepest)].concat()), Ok(full.clone()));

    assert!(written(&nested(deepest)).is_ok());
    assert_eq!(only_value(written(&full).unwrap()), full);
}

/// What is shared is looked into once, but counts where it is deepest.
#[test]
fn depth_of_what_is_shared() {
    let tower = |depth: usize| [b")".as_slice(), &b"\x85".repeat(depth - 1)].concat();
    let half = [&tower(MAX_DEPTH / 2)[..], b"\x94"].concat();
    let on_top = |depth: usize| [&half, b"h\0".as_slice(), &b"\x85".repeat(depth), b"\x86"].concat();
    assert!(read(&on_top(MAX_DEPTH / 2 - 3)).is_ok());
    assert!(refusal(&on_top(MAX_DEPTH / 2 - 2)).contains("deeply"));
    // Found before any of it is written, which recurses.
    assert!(refusal(&on_top(MAX_DEPTH / 2 - 1)).contains("within itself"));
}

#[test]
fn memo_bomb() {
    // Each list holds the one before it twice.
    let level = |n: u8| [b"(h".as_slice(), &[n], b"h", &[n], b"l\x940"].concat();
    let bomb = |levels: u8| {
        let towers: Vec<u8> = (0..levels).flat_map(level).collect();
        [b"]\x940".as_slice(), &towers, b"h", &[levels]].concat()
    };
    // 2^(n + 1) - 1 lists
    assert_eq!(read(&bomb(3)).unwrap().matches('[').count(), 15);
    for levels in [30, 60, 70, 100] {
        assert!(refusal(&bomb(levels)).contains("expands"), "{levels}");
    }
    // Of a string, and of a dict's key.
    let text = binunicode(&"x".repeat(10_000));
    let texts = [&text, b"\x940](".as_slice(), &b"h\0".repeat(1_000), b"e"].concat();
    assert!(refusal(&texts).contains("expands"));
    let keys = [&text, b"\x940](".as_slice(), &b"}h\0Ns".repeat(1_000), b"e"].concat();
    assert!(refusal(&keys).contains("expands"));
}

#[test]
fn expands_to_a_mebibyte() {
    let shared = "x".repeat(10_000);
    let expanded = |filler: usize| {
        let mut opcodes = [&binunicode(&shared), b"\x940](".as_slice(), &b"h\0".repeat(104)].concat();
        opcodes.extend(binunicode(&"y".repeat(filler)));
        opcodes.push(b'e');
        read(&opcodes)
    };
    let around = r#"[0, 0, {"v": }]"#.len();
    let fits = MIB - around - expanded(0).unwrap().len();
    assert_eq!(expanded(fits).unwrap().len() + around, MIB);
    assert!(expanded(fits + 1).is_err());
}

/// The bound is on what is used more than once: whatever is written is also read.
#[test]
fn large_pickles_are_read() {
    let json = format!("[{}null]", "false, ".repeat(2 * MIB));
    assert!(only_value(written(&json).unwrap()) == json);
    let json = format!("\"{}\"", r"\u0001".repeat(2 * MIB));
    assert!(only_value(written(&json).unwrap()) == json);
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

    assert_eq!(read(&text(MOST)), Ok(number(MOST)));
    assert_eq!(read(&binary(number(MOST))), Ok(number(MOST)));
    assert_eq!(read(&binary(negative(MOST))), Ok(negative(MOST)));
    assert_eq!(only_value(written(&negative(MOST)).unwrap()), negative(MOST));

    let too_many = "too many digits";
    assert!(refusal(&text(MOST + 1)).contains(too_many));
    assert!(refusal(&binary(number(MOST + 1))).contains(too_many));
    assert!(refusal(&binary(negative(MOST + 1))).contains(too_many));
    assert!(refusal(&[b"\x8b\0\0\x10\0".as_slice(), &vec![0xff; MIB]].concat()).contains(too_many));
    // Spelled longer than need be: to convert it would take time, whatever comes out.
    let padded = |bytes: usize| {
        let mut integer = vec![0; bytes];
        integer[0] = 1;
        [b"\x8b", &(bytes as u32).to_le_bytes()[..], &integer].concat()
    };
    assert_eq!(read(&padded(MOST / 2)).as_deref(), Ok("1"));
    assert!(refusal(&padded(MOST / 2 + 1)).contains(too_many));
    assert!(written(&number(MOST + 1)).unwrap_err().to_string().contains(too_many));
}
