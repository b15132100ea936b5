//! Sessions that are written with the steps of their pickles: the writer creates and updates the values in the order of
//! the pickle that was read.

use session_core::{Record, SessionExt, Timestamp};

use super::in_memory::InMemory;
use super::{PROTOCOLS, assert_stable, dump, find, load, record_of, rewritten};

/// If a value of a session changes after its use, all values are written with the steps, even those that do not change.
#[test]
fn sets_and_dicts_keep_their_parts_with_steps() {
    // d = {"a": 1}; {"s": set([1]), "f": frozenset([5]), "d": d, "c": A(d), "z": d}; d["b"] = 2
    let opcodes = b"\x80\x02K\0K\0}(X\x01\0\0\0sc__builtin__\nset\n]K\x01a\x85RX\x01\0\0\0f(K\x05\x91X\x01\0\0\0d}q\x01X\x01\0\0\0aK\x01s\
        X\x01\0\0\0ccapp\nA\nh\x01\x85RX\x01\0\0\0zh\x01X\x01\0\0\0bK\x02su\x87.";
    assert_stable(opcodes);
    for protocol in PROTOCOLS {
        let again = load(&rewritten(opcodes, protocol)).expect("the record loads again");
        let json = |key| again.state.get_json(key).map(|text| text.expect("the entry exists"));
        let expected = [Ok("[1]"), Ok("[5]"), Ok(r#"{"a": 1, "b": 2}"#), Ok(r#"{"a": 1, "b": 2}"#)];
        assert_eq!(["s", "f", "d", "z"].map(json), expected, "protocol {protocol}");
    }
}

/// A removed entry leaves no trace, except for values that another entry needs.
#[test]
fn removed_entry_is_not_written_with_steps() {
    // l = ["x"]; s = A(l); l += ["y"]; {"a": s, "b": l, "c": "z"}
    let opcodes = b"\x80\x02K\0K\0}(X\x01\0\0\0acapp\nA\n]q\0X\x01\0\0\0xa\x85RX\x01\0\0\0bh\0X\x01\0\0\0ya\
        X\x01\0\0\0cX\x01\0\0\0zu\x87.";
    let has = |removed: &str| {
        let mut record = load(opcodes).expect("the pickle loads");
        assert!(record.state.discard(removed));
        let out = dump(&record, 2).expect("the record can be written");
        assert_eq!(rewritten(&out, 2).escape_ascii().to_string(), out.escape_ascii().to_string());
        ["X\x01\0\0\0x", "X\x01\0\0\0y", "X\x01\0\0\0z", "capp\nA\n"]
            .map(|text| find(&out, text.as_bytes()).is_some())
    };
    assert_eq!(has("c"), [true, true, false, true]);
    assert_eq!(has("a"), [true, true, true, false]);
    // Python's `A` may keep a reference to the list, so the object needs the list and its later change.
    assert_eq!(has("b"), [true, true, true, true]);
}

/// An entry that was replaced or has a new flash message keeps its place among the keys.
#[test]
fn changed_entries_are_written_with_steps() {
    // l = ["a"]; s = set(l); l += ["b"]; {"s": s, "_f_": l, "n": None}
    let opcodes = b"\x80\x02K\0K\0}(X\x01\0\0\0s]q\0X\x01\0\0\0aa0c__builtin__\nset\nh\0\x85RX\x03\0\0\0_f_h\0X\x01\0\0\0ba\
        X\x01\0\0\0nNu\x87.";
    let mut record = load(opcodes).expect("the pickle loads");
    let mut session = InMemory(record.state);
    session.insert("n", 7).expect("the value is JSON");
    session.insert("new", 8).expect("the value is JSON");
    session.flash("c", "").expect("the value is JSON");
    record.state = session.0;
    for protocol in PROTOCOLS {
        let out = dump(&record, protocol).expect("the record can be written");
        let again = load(&out).expect("the record loads again");
        let json = |key| again.state.get_json(key).map(|text| text.expect("the entry exists"));
        assert!(again.state.keys().eq(["s", "_f_", "n", "new"]), "protocol {protocol}");
        assert_eq!(
            ["_f_", "n", "new"].map(json),
            [Ok(r#"["a", "b", "c"]"#), Ok("7"), Ok("8")],
            "protocol {protocol}"
        );
        // The list that the set was made from has changed since, so the set cannot be read.
        assert!(json("s").is_err(), "protocol {protocol}");
        // From the second write on, the bytes stay the same.
        assert_stable(&out);
    }
}

/// Regression: each write of a changed entry added three bytes.
#[test]
fn repeated_changes_do_not_grow_session_with_steps() {
    let opcodes = b"\x80\x02K\0K\0}(X\x04\0\0\0hitsK\x01X\x01\0\0\0v]q\0K\x01a0c__builtin__\nset\nh\0\x85Rh\0K\x02a\x86u\x87.";
    let mut pickle = opcodes.to_vec();
    let mut sizes = Vec::new();
    for hits in 2..8 {
        let mut record = load(&pickle).expect("the pickle loads");
        record.state.insert("hits", hits).expect("the value is JSON");
        pickle = dump(&record, 2).expect("the record can be written");
        sizes.push(pickle.len());
    }
    assert!(sizes[1..].iter().all(|size| *size == sizes[1]), "{sizes:?}");
}

/// Regression: an unchanged session with steps could become longer when its cookie was re-issued.
#[test]
fn unchanged_session_with_steps_is_written_as_python_wrote_it() {
    // CPython's pickles of l = []; l.append(A(l)); {"a": l[0], "b": 1}. `A.__reduce__` returns another number each
    // time.
    for (protocol, pickle) in [
        (
            0,
            &b"(I1700000000\nF1699999000.5\n(dp0\nVa\np1\ncapp\nA\np2\n((lp3\ng2\n(g3\nI2\ntp4\nRp5\naI1\ntp6\nR0g5\ns\
            Vb\np7\nI1\nstp8\n."[..],
        ),
        (
            1,
            b"(J\0\xf1SeGA\xd9T\xfbF \0\0}q\0(X\x01\0\0\0aq\x01capp\nA\nq\x02(]q\x03h\x02(h\x03K\x02tq\x04Rq\x05aK\x01tq\x06R0h\x05\
            X\x01\0\0\0bq\x07K\x01utq\x08.",
        ),
        (
            2,
            b"\x80\x02J\0\xf1SeGA\xd9T\xfbF \0\0}q\0(X\x01\0\0\0aq\x01capp\nA\nq\x02]q\x03h\x02h\x03K\x02\x86q\x04Rq\x05aK\x01\x86\
            q\x06R0h\x05X\x01\0\0\0bq\x07K\x01u\x87q\x08.",
        ),
        (
            3,
            b"\x80\x03J\0\xf1SeGA\xd9T\xfbF \0\0}q\0(X\x01\0\0\0aq\x01capp\nA\nq\x02]q\x03h\x02h\x03K\x02\x86q\x04Rq\x05aK\x01\x86\
            q\x06R0h\x05X\x01\0\0\0bq\x07K\x01u\x87q\x08.",
        ),
        (
            4,
            b"\x80\x04\x95@\0\0\0\0\0\0\0J\0\xf1SeGA\xd9T\xfbF \0\0}\x94(\x8c\x01a\x94\x8c\x03app\x94\x8c\x01A\x94\x93\x94]\x94h\x04h\x05\
            K\x02\x86\x94R\x94aK\x01\x86\x94R0h\x07\x8c\x01b\x94K\x01u\x87\x94.",
        ),
    ] {
        let mut record = load(pickle).expect("the pickle loads");
        let later = Timestamp::from_secs(1_700_000_001.0).expect("finite");
        record.accessed = later;
        let out = dump(&record, protocol).expect("the record can be written");
        let (old, new) = if protocol == 0 { (&b"0\nF"[..], &b"1\nF"[..]) } else { (&b"J\0"[..], &b"J\x01"[..]) };
        let time = find(pickle, old).expect("the time is in the pickle");
        let expected = [&pickle[..time], new, &pickle[time + old.len()..]].concat();
        assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string(), "protocol {protocol}");

        for other in PROTOCOLS.filter(|other| *other != protocol) {
            let again = load(&dump(&record, other).expect("the record can be written"));
            assert_eq!(again.expect("the record loads again").accessed, later, "from {protocol} to {other}");
        }
        record.state.insert("b", 2).expect("the value is JSON");
        let again = load(&dump(&record, protocol).expect("the record can be written")).expect("it loads again");
        assert_eq!(again.state.get("b"), Ok(Some(2)), "protocol {protocol}");
        assert!(record.state.discard("a"));
        let again = load(&dump(&record, protocol).expect("the record can be written")).expect("it loads again");
        assert!(again.state.keys().eq(["b"]), "protocol {protocol}");
    }
}

/// Python ignores bytes after `STOP`, but it refuses a frame that ends after the last byte. So the copy of an unchanged
/// session ends where its last frame ends.
#[test]
fn bytes_after_pickle_with_steps_are_dropped() {
    // l = [1]; s = set(l); l += [2]; {"a": s, "b": l}
    let opcodes = b"K\0G\0\0\0\0\0\0\0\0}(\x8c\x01a]\x94K\x01a0\x8c\x08builtins\x8c\x03set\x93h\0\x85R\x8c\x01bh\0K\x02a\
        u\x87.";
    for (in_frame, after_frame) in [(&b""[..], &b""[..]), (b"", b"rest"), (b"rest", b""), (b"re", b"st")] {
        let framed = [&opcodes[..], in_frame].concat();
        let pickle = [b"\x80\x04\x95", &(framed.len() as u64).to_le_bytes()[..], &framed].concat();
        let loaded = load(&[&pickle, after_frame].concat()).expect("the pickle loads");
        let out = dump(&loaded, 4).expect("the record can be written");
        assert_eq!(out.escape_ascii().to_string(), pickle.escape_ascii().to_string());
        assert!(loaded.state.keys().eq(["a", "b"]));
        assert_eq!(loaded.state.get_json("b"), Ok(Some("[1, 2]")));
    }
}

/// Regression: the writer replaced the times at the beginning of the pickle, even if the record had other times, or if
/// the state referred to one of them. So the record kept its old times, or an entry changed with the times.
#[test]
fn only_times_of_record_change_with_steps() {
    // l = [1]; s = set(l); l += [2]; {"s": s, "l": l, "t": ...}
    let entries = b"}(X\x01\0\0\0s]q\0K\x01a0c__builtin__\nset\nh\0\x85RX\x01\0\0\0lh\0K\x02aX\x01\0\0\0t";
    let time = |secs| Timestamp::from_secs(secs).expect("finite");
    let times = b"K\x05G@\0\0\0\0\0\0\0";
    for (before, after) in [
        (&b""[..], &b"N"[..]),
        (b"00K\x05G@\0\0\0\0\0\0\0", b"N"),
        (b"q\x01", b"h\x01"),
        (b"2q\x010", b"h\x01"),
        // The tuple of the time of creation is dropped, so the time of access is on top of the stack.
        (b"q\x01\x850q\x02h\x01", b"h\x02"),
    ] {
        let pickle = [b"\x80\x02", &times[..], before, entries, after, b"u\x87."].concat();
        let mut record = load(&pickle).expect("the pickle loads");
        let entry = |record: &Record| record.state.get_json("t").map(|text| text.expect("JSON").to_owned());
        let old = entry(&record);
        (record.accessed, record.created) = (time(9.0), time(8.0));
        let again =
            load(&dump(&record, 2).expect("the record can be written")).expect("the record loads again");
        let what = pickle.escape_ascii();
        assert_eq!((again.accessed, again.created), (record.accessed, record.created), "{what}");
        assert_eq!(entry(&again), old, "{what}");
    }
}

/// The pickle that was read is copied only if the session is unchanged.
#[test]
fn changed_session_with_steps_is_not_copied() {
    // l = []; l.append(A(l)); {"a": l[0], "b": 1}
    let pickle = b"\x80\x04\x95@\0\0\0\0\0\0\0J\0\xf1SeGA\xd9T\xfbF \0\0}\x94(\x8c\x01a\x94\x8c\x03app\x94\x8c\x01A\x94\x93\x94]\x94h\x04h\x05\
        K\x02\x86\x94R\x94aK\x01\x86\x94R0h\x07\x8c\x01b\x94K\x01u\x87\x94.";
    let written = |change: &dyn Fn(&mut Record)| {
        let mut record = load(pickle).expect("the pickle loads");
        change(&mut record);
        dump(&record, 4).expect("the record can be written")
    };
    let changed = |change: &dyn Fn(&mut Record)| load(&written(change)).expect("the record loads again");

    let again = changed(&|record| assert!(record.state.discard("b")));
    assert!(again.state.keys().eq(["a"]));
    let again = changed(&|record| record.state.insert("c", 2).expect("the value is JSON"));
    assert!(again.state.keys().eq(["a", "b", "c"]));
    let again = changed(&|record| {
        let object = record.state.get_encoded("a").expect("the entry exists");
        record.state.insert_encoded("b", object).expect("the value is of this pickle");
    });
    assert!(again.state.get::<u8>("b").is_err(), "it is the object");
    let created = Timestamp::from_secs(1_699_999_001.5).expect("finite");
    assert_eq!(changed(&|record| record.created = created).created, created);

    // A time of another length changes the length of the frame.
    let accessed = Timestamp::from_secs(1_700_000_001.5).expect("finite");
    let out = written(&|record| record.accessed = accessed);
    assert_eq!(out[3..11], (out.len() as u64 - 11).to_le_bytes());
    assert_eq!(load(&out).expect("the record loads again").accessed, accessed);
}

/// Regression: the writer wrote `k` with its value, and then again with `None` for the second item with this key.
#[test]
fn entry_with_repeated_key_keeps_its_last_value_with_steps() {
    // k = []; l = [1]; s = set(l); l += [2]; {"k": k, "k": 5, "k": k, "z": s}; the third key is another string object.
    let opcodes =
        b"\x80\x02K\0K\0}(X\x01\0\0\0kq\x01]q\x02h\x01K\x05X\x01\0\0\0kh\x02X\x01\0\0\0z]q\x03K\x01a0\
        c__builtin__\nset\nh\x03\x85Rq\x040h\x03K\x02a0h\x04u\x87.";
    for protocol in PROTOCOLS {
        let again = load(&rewritten(opcodes, protocol)).expect("the record loads again");
        assert_eq!(again.state.get_json("k"), Ok(Some("[]")), "protocol {protocol}");
    }
    // Regression: a second write gave other bytes.
    assert_stable(opcodes);
    // l = [1]; s = set(l); l += [2]; {"k": 1, "k": l, "z": s}; the second key is another string object.
    assert_stable(
        b"\x80\x02K\0K\0}(X\x01\0\0\0kK\x01X\x01\0\0\0k]q\x03K\x01aX\x01\0\0\0z\
        c__builtin__\nset\nh\x03\x85Rq\x04h\x03K\x02a0u\x87.",
    );
}

/// Regression: the pickle was refused. Python sets the attributes of the function, or changes the object that the name
/// stands for.
#[test]
fn update_of_value_that_is_stored_by_name_is_kept() {
    for update in [
        &b"}X\x07\0\0\0elementK\x01sb"[..],
        b"N}X\x07\0\0\0elementK\x01s\x86b",
        b"X\x07\0\0\0elementa",
        b"X\x07\0\0\0elementK\x01s",
        b"(X\x07\0\0\0element\x90",
    ] {
        let pickle = record_of(&[b"capp\nf\n", update].concat());
        for protocol in PROTOCOLS {
            let out = rewritten(&pickle, protocol);
            assert!(find(&out, b"element").is_some(), "protocol {protocol}: {}", out.escape_ascii());
            assert_stable(&out);
        }
    }
}

/// Regression: each opcode that names a class created a node of its own. A later update through another opcode was
/// lost, and a second write produced other bytes.
#[test]
fn values_with_one_name_are_one_value_with_steps() {
    for name in [&b"capp\nCart\n"[..], b"\x8c\x03app\x8c\x04Cart\x93", b"\x8c\x03app\x8c\x06Cart.I\x93"] {
        let update = [name, b"\x8c\x07element", b"a"].concat();
        let after = record_of(&[name, &update, b"0"].concat());
        let both = record_of(&[&update, &update[..], b"\x86"].concat());
        let own = record_of(&[name, name, b"a"].concat());
        for protocol in PROTOCOLS {
            let out = rewritten(&after, protocol);
            assert!(find(&out, b"element").is_some(), "protocol {protocol}: {}", out.escape_ascii());
            [out, rewritten(&both, protocol), rewritten(&own, protocol)]
                .iter()
                .for_each(|out| assert_stable(out));
        }
    }
}

/// The key of an entry can be a nested class. Regression: if the pickle also updated the class, the label of the key
/// changed below protocol 4. The label is the text that `keys` shows for a key that is not a string.
#[test]
fn updated_nested_class_keeps_its_label() {
    let class = b"\x8c\x03app\x8c\x06Cart.I\x93\x940h\0h\0h\0s";
    let pickle = record_of(&[b"0", &class[..], b"h\0"].concat());
    let keys = |pickle: &[u8]| load(pickle).unwrap().state.keys().map(str::to_owned).collect::<Vec<_>>();
    for protocol in PROTOCOLS {
        assert_eq!(keys(&rewritten(&pickle, protocol)), keys(&pickle), "protocol {protocol}");
    }
}

/// Regression: a dropped call counted as able to change `bytes`, or a tuple of immutable values. So the call was
/// written with the steps. But some protocols do not store these values in the memo, or write them as a call. A second
/// write then produced other bytes, or the key got another label.
#[test]
fn dropped_call_cannot_change_immutable_values() {
    let keys = |pickle: &[u8]| load(pickle).unwrap().state.keys().map(str::to_owned).collect::<Vec<_>>();
    for opcodes in [
        // o = Cart(); o.a = (); {"v": ()}
        &b")\x94capp\nCart\n)\x81\x94}\x8c\x01ah\0sb0"[..],
        // t = ("y", "z"); Cart(*t); {t: None}
        b"0capp\nCart\n\x8c\x01y\x8c\x01z\x86\x94\x810h\0N",
        // t = ("v", b"a"); o = Cart(); o.a = t; Cart.__setstate__(o); {t: Cart}
        b"C\x01a\x86\x94capp\nCart\ncapp\nCart\n)\x81\x94}\x8c\x01ah\0sbb",
    ] {
        let pickle = record_of(opcodes);
        assert_stable(&pickle);
        for protocol in PROTOCOLS {
            assert_eq!(keys(&rewritten(&pickle, protocol)), keys(&pickle), "protocol {protocol}");
        }
    }
}

/// Below protocol 3, `bytes` are written as a call. A dropped call that uses these `bytes` cannot change them.
#[test]
fn bytes_stay_readable_after_dropped_call_uses_them() {
    // b = b"a"; l = []; Cart(b, l); {"v": b, "w": l}
    let opcodes =
        b"c_codecs\nencode\nX\x01\0\0\0aX\x06\0\0\0latin1\x86Rq\x000]q\x010capp\nCart\nh\0h\x01\x86R0";
    let pickle = [b"\x80\x02K\0K\0}", &opcodes[..], b"(X\x01\0\0\0vh\0X\x01\0\0\0wh\x01u\x87."].concat();
    for protocol in PROTOCOLS {
        let state = load(&rewritten(&pickle, protocol)).expect("the record loads again").state;
        assert_eq!(state.get_json("v"), Ok(Some("[97]")), "protocol {protocol}");
        assert!(state.get_json("w").is_err(), "protocol {protocol}");
    }
}

/// The dropped object has the list as an attribute, so it may change the list. Regression: after the entry `k` was
/// removed, the first write kept the object, and the second write lost it.
#[test]
fn dropped_call_that_uses_list_of_function_is_kept() {
    // l = []; Cart().a = l; f.append(l); {"k": l, "v": f}
    let opcodes = b"\x80\x02K\0K\0}(X\x01\0\0\0k]q\0capp\nCart\n)\x81}X\x01\0\0\0ah\0sb0X\x01\0\0\0vcapp\nf\nh\0au\x87.";
    let mut record = load(opcodes).expect("the pickle loads");
    assert!(record.state.discard("k"));
    for protocol in PROTOCOLS {
        let out = dump(&record, protocol).expect("the record can be written");
        assert!(find(&out, b"Cart").is_some(), "protocol {protocol}: {}", out.escape_ascii());
        assert_stable(&out);
        assert_eq!(rewritten(&out, protocol).escape_ascii().to_string(), out.escape_ascii().to_string());
    }
}
