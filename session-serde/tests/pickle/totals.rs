//! The limits on the JSON texts of all values together, and on those of keys.

use super::bounds::bomb;
use super::{dump, load};

const MIB: usize = 1 << 20;

/// Returns the opcodes for nested tuples. Each of 13 levels contains the next tuple twice, so the innermost tuple,
/// `(1,)`, occurs 8192 times.
fn tower() -> Vec<u8> {
    let levels = (0..13_u8).map(|level| [b"h", &[level][..], b"\x86\x94"].concat());
    [b"K\x01\x85\x94".as_slice(), &levels.collect::<Vec<_>>().concat()].concat()
}

/// Regression: each entry had its own limit, and 3 KB of entries that share a value expanded to 14 MB.
#[test]
fn total_text_is_limited_to_1_mib() {
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
    assert!(dump(&record, 4).unwrap().len() < 8 * 1024, "the shared value should be written once");
}

/// Regression: texts that became too long were not counted. So each of 1000 entries that share a value was expanded to
/// its limit, which took seconds.
#[test]
fn failed_texts_count_towards_total() {
    let key = |n: u8| [b"\x8c\x02k", &[b'a' + n][..]].concat();
    let bombs = (0..16).map(|n| [&key(n), b"h\x1e\x85".as_slice()].concat());
    let entries =
        [&b"\x8c\x01a"[..], &bomb(30), &bombs.collect::<Vec<_>>().concat(), b"\x8c\x01vK\x07"].concat();
    let record = load(&[b"\x80\x04K\0K\0}(", &entries[..], b"u\x87."].concat()).unwrap();
    assert_eq!(record.state.get("v").unwrap(), Some(7));
    let record = load(&dump(&record, 4).unwrap()).unwrap();
    let is_readable: Vec<_> = record.state.entries().map(|entry| entry.value_json().is_ok()).collect();
    assert_eq!(is_readable, [false; 18]);
    assert_eq!(load(&dump(&record, 4).unwrap()).unwrap().state.get("v").unwrap(), Some(7));
}

/// Regression: a merge created the JSON texts of the values that it replaced. They counted towards the total, so other
/// values could no longer be read.
#[test]
fn replaced_values_take_no_texts_in_merge() {
    let key = |n: usize| [b"\x8c\x04", format!("{n:04}").as_bytes()].concat();
    let more = (0..20).map(|n| [&key(n), b"h\x0d\x85".as_slice()].concat());
    let entries = [&b"\x8c\x01a"[..], &tower(), &more.collect::<Vec<_>>().concat()].concat();
    let pickle = [b"\x80\x04K\0K\0}(", &entries[..], b"u\x87."].concat();
    let (before, mut fresh) = (load(&pickle).unwrap().state, load(&pickle).unwrap().state);
    let mut after = before.clone();
    (4..20).for_each(|n| after.insert(&format!("{n:04}"), n).unwrap());
    fresh.apply_changes(&before, &after).unwrap();
    assert!(fresh.entries().all(|entry| entry.value_json().is_ok()));
}

/// Regression: each key that is not text was expanded to up to 64 KiB of JSON. A label has at most 60 characters, and a
/// key with more than 1 KiB of JSON is labelled with its class.
#[test]
fn large_key_is_labelled_with_its_class() {
    let record = load(&[b"\x80\x04K\0K\0}(", &tower()[..], b"Nh\0Nu\x87."].concat()).unwrap();
    assert!(record.state.keys().eq(["tuple", "[1]"]));
}
