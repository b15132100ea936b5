//! Values that change after a call has used them.

use session_core::SessionExt;

use super::in_memory::InMemory;
use super::{assert_stable, dump, find, load, record_of, rewritten, value};

/// Regression: the call was written with the changed value. A later version refused a pickle that changes a value after
/// its use. CPython writes such a pickle only if an object is contained in its own constructor arguments.
#[test]
fn change_after_use_is_kept() {
    let set = b"cbuiltins\nset\n".as_slice();
    let uuid = b"cuuid\nUUID\n)\x81".as_slice();
    for parts in [
        // s = set(l); l.append(2)
        &[b"]\x94K\x01a0".as_slice(), set, b"h\0\x85Rh\0K\x02a\x86"][..],
        &[b"]\x94K\x01a0", set, b"h\0\x85Rh\0(K\x02e\x86"],
        &[b"]\x94", set, b"h\0\x85R\x940K\x02a0h\x01"],
        &[b"]\x94K\x01a", set, b"h\0\x85R\x940(K\x02h\x01e"],
        &[b"(", set, b"]\x94\x85Rh\0K\x02at"],
        // Other calls and other kinds of changes, some of them to a value within the argument.
        &[b"]\x94]\x94a0capp\nA\nh\0\x85Rh\x01Na\x86"],
        &[b"}\x94N}\x94s0capp\nA\nh\0\x85\x81h\x01NNs\x86"],
        &[b"}\x94K\x01]\x94s0capp\nA\n)h\0\x92h\x01Na\x86"],
        &[b"]\x940(capp\nA\nh\0oh\0Na\x86"],
        &[b"\x8f\x940capp\nA\nh\0\x85Rh\0(N\x90\x86"],
        &[b"capp\nB\n)\x81\x940capp\nA\nh\0\x85Rh\0Nb\x86"],
        &[b"capp\nB\n)\x81\x94]\x94a0capp\nA\nh\0\x85Rh\x01Na\x86"],
        // The argument of the call is an object with the list as its state, or a dict that contains the list.
        &[b"]\x94capp\nA\ncapp\nB\n)\x81h\0b\x85R\x940Nah\x01\x86"],
        &[b"]\x94capp\nA\n}X\x01\0\0\0kh\0s\x85R\x940Nah\x01\x86"],
        // The list is within the state of an object, and changes through a reference.
        &[b"capp\nB\n)\x81}X\x01\0\0\0l]\x94sbh\0Na\x86"],
        // The change is in the state of an object.
        &[uuid, b"}\x94X\x03\0\0\0intK\x01sb(h\0X\x03\0\0\0intK\x02s1"],
        &[uuid, b"}\x94X\x03\0\0\0intK\x01sb0h\0X\x03\0\0\0intK\x02s"],
        &[b"}\x94", uuid, b"h\0b\x940X\x03\0\0\0intK\x02s0h\x01"],
        &[uuid, b"N}\x94\x86bh\0NNs\x86"],
        &[b"}\x94", uuid, b"Nh\0\x86b\x940X\x03\0\0\0intK\x02s0h\x01"],
        // An object whose state is set before and after a call uses it.
        &[uuid, b"\x94}b0capp\nA\nh\0\x85Rh\0}b\x86"],
    ] {
        assert_stable(&record_of(&parts.concat()));
    }
    // The writer creates the values and updates them in the order of the pickle: l = []; l += [1]; s = set(l); l +=
    // [2].
    let pickle = record_of(&[b"]\x94K\x01a0".as_slice(), set, b"h\0\x85Rh\0K\x02a\x86"].concat());
    let steps = b"}q\0]q\x010h\x01K\x01a0cbuiltins\nset\nq\x02h\x01\x85q\x03Rq\x040h\x01K\x02a0\
        h\0X\x01\0\0\0vq\x05h\x04h\x01\x86q\x06s0\x87q\x07.";
    let out = rewritten(&pickle, 3);
    assert!(out.ends_with(steps), "{}", out.escape_ascii());
}

/// The written pickle, too, uses each value before it changes the value. The writer's usual order would be different.
#[test]
fn written_pickle_uses_value_before_later_change() {
    for (opcodes, used, changed) in [
        // l = [1]; l.append(A(l))
        (&b"]q\0K\x01acapp\nA\nh\0\x85Ra"[..], &b"K\x01a0"[..], &b"capp\nA\n"[..]),
        // o = A(); d = {o: None}; o.__setstate__({"x": 1})
        (b"capp\nA\n)\x81q\0}q\x01h\0Nsh\0}X\x01\0\0\0xK\x01sb\x87", b"Ns", b"b"),
        // o = A(); s = {o}; o.__setstate__({"x": 1})
        (b"capp\nA\n)\x81q\0\x8f(h\0\x90h\0}X\x01\0\0\0xK\x01sb\x87", b"\x90", b"b"),
        // The same with the opcodes that create a dict and a frozenset.
        (b"capp\nA\n)\x81q\0(h\0Ndh\0}X\x01\0\0\0xK\x01sb\x87", b"Ns", b"b"),
        (b"capp\nA\n)\x81q\0(h\0\x91h\0}X\x01\0\0\0xK\x01sb\x87", b"\x91", b"b"),
        // o = A(); o[l] = None; l.append(2)
        (b"]q\0capp\nA\n)\x81h\0Nsh\0K\x02a\x87", b"Ns", b"K\x02a"),
        // o = A(); o["k"] = l; l.append(2)
        (b"]q\0capp\nA\n)\x81X\x01\0\0\0kh\0sh\0K\x02a\x87", b"s0", b"K\x02a"),
        // o = A(); o.append(l); l.append(2)
        (b"]q\0capp\nA\n)\x81h\0ah\0K\x02a\x87", b"a0", b"K\x02a"),
    ] {
        let pickle = record_of(opcodes);
        assert_stable(&pickle);
        let out = rewritten(&pickle, 2);
        let first = find(&out, used).unwrap_or(usize::MAX);
        let last = out.len()
            - changed.len()
            - out.windows(changed.len()).rev().position(|part| part == changed).unwrap();
        assert!(first < last, "{}: {}", opcodes.escape_ascii(), out.escape_ascii());
        assert!(
            find(&out, b"0h").is_some(),
            "the steps drop each value and fetch it again: {}",
            out.escape_ascii()
        );
    }
}

/// Nothing has used the object yet, because it was created just before. So an update through a reference is no late
/// change.
#[test]
fn newest_object_may_change_through_a_reference() {
    let [direct, by_reference] = [&b"capp\nB\n)\x81\x94}b"[..], b"capp\nB\n)\x81\x940h\0}b"]
        .map(|opcodes| rewritten(&record_of(opcodes), 5));
    assert_eq!(by_reference.escape_ascii().to_string(), direct.escape_ascii().to_string());
}

/// In these pickles, a value changes after its use, but it contains the call or object that uses it. The writer
/// reproduces the pickles byte for byte. The first two cases are a list that
/// contains a call, with the list as argument. In the next two, the state of an object contains a second object, which
/// has the first one as its argument or state. The last case is a dict that contains itself.
#[test]
fn value_that_contains_the_call_using_it_is_kept() {
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
    // The object gets its state before the state is complete, so it is unknown which items the object received.
    let uuid = b"}q\0(X\x03\0\0\0intq\x01K\x07X\x01\0\0\0uq\x02cuuid\nUUID\nq\x03)\x81q\x04h\0bu";
    let pickle = [before, uuid, b"s\x87."].concat();
    assert_eq!(rewritten(&pickle, 2).escape_ascii().to_string(), pickle.escape_ascii().to_string());
    assert!(value(&load(&pickle).unwrap().state).ends_with("it contains the Python class `uuid.UUID`"));
    // The list changes through a reference, but no call uses it.
    assert!(load(&record_of(b"]\x94h\0Na\x86")).is_ok());
}

/// The beginning of a record in protocol 2.
const BEFORE: &[u8] = b"\x80\x02K\0G\0\0\0\0\0\0\0\0}q\0";

/// The key `"v"`, and the opcodes for `o = Cart(); t = Pair((o,)); t.a = 3; o.owner = t`. Here, CPython calls `Pair` a
/// second time, and drops the result. The tests append the opcodes of this outer call, and the value of the entry.
const RECURSIVE_PAIR: &[u8] =
    b"X\x01\0\0\0vq\x01capp\nPair\nq\x02capp\nCart\nq\x03)\x81q\x04}q\x05X\x05\0\0\0ownerq\x06\
    h\x02h\x04\x85q\x07\x85q\x08\x81q\x09}q\nX\x01\0\0\0aq\x0bK\x03sbsb";

/// If the arguments of a call contain the object that the call creates, CPython writes the call twice. CPython's
/// pure-Python pickler also sets the state of the object twice.
#[test]
fn call_with_its_result_in_its_arguments_is_kept() {
    for end in [&b"\x85q\x0c\x85q\r\x810h\x09s"[..], b"\x85q\x0c\x85q\r\x810h\x09h\nbs"] {
        let pickle = [BEFORE, RECURSIVE_PAIR, end, b"\x87q\x0e."].concat();
        assert_eq!(rewritten(&pickle, 2).escape_ascii().to_string(), pickle.escape_ascii().to_string());
        for protocol in 0..6 {
            let out = rewritten(&pickle, protocol);
            assert_eq!(rewritten(&out, protocol).escape_ascii().to_string(), out.escape_ascii().to_string());
        }
    }
}

/// An object stays readable if its call is written twice. It becomes unreadable if a state is set after the outer call,
/// because the state may change its value.
#[test]
fn object_updated_after_outer_call_is_unreadable() {
    // z = ZoneInfo("UTC"); d = datetime(2024, 2, 29, 1, 2, 3, tzinfo=z); z.__setstate__(d)
    let date = b"X\x01\0\0\0vq\x01cdatetime\ndatetime\nq\x02U\x0a\x07\xe8\x02\x1d\x01\x02\x03\0\0\0q\x03\
        czoneinfo\nZoneInfo\nq\x04X\x03\0\0\0UTCq\x05\x85q\x06Rq\x07h\x02h\x03h\x07\x86q\x08Rq\x09b\
        \x86q\x0aR0h\x09";
    let read = |update: &[u8]| value(&load(&[BEFORE, date, update, b"s\x87q\x0b."].concat()).unwrap().state);
    assert_eq!(read(b""), "\"2024-02-29T01:02:03+00:00\"");
    assert!(read(b"Nb").ends_with("it contains the Python class `datetime.datetime`"), "{}", read(b"Nb"));
}

/// The pickle sets the state of an object with a setter, through a reference to the object. In the first two cases, it
/// repeats the call that creates the object and drops the result before it fetches the reference.
///
/// Regression: the reader took the repeated call for an outer call, and stored the setter with it. The writer omits an
/// outer call if the object is not within its own arguments, so it also lost the state. A later version refused the
/// pickle.
#[test]
fn setter_after_dropped_equal_call_is_kept() {
    let object = b"(X\x01\0\0\0aq\x01capp\nF\nq\x02K\x01\x85q\x03Rq\x04X\x01\0\0\0bq\x05".as_slice();
    let setter = b"capp\nset\nq\x06h\x04N\x86R0".as_slice();
    for reference in [&b"h\x02h\x03R0h\x04"[..], b"h\x02K\x01\x85R0h\x04", b"h\x04"] {
        let pickle = [BEFORE, object, reference, setter, b"u\x87q\x07."].concat();
        assert_stable(&pickle);
        let out = rewritten(&pickle, 3);
        let call = find(&out, b"capp\nset\n").expect("the setter is called");
        let entry = find(&out, b"X\x01\0\0\0a").expect("the entry is written");
        assert!(call < entry, "{}", out.escape_ascii());
        assert!(load(&[BEFORE, object, reference, b"u\x87q\x06."].concat()).is_ok());
    }
}

/// CPython's pure-Python pickler sets the state after the inner call, and again after the outer call.
#[test]
fn setter_after_call_with_its_result_in_its_arguments_is_kept() {
    // o = Cart(); f = F(o); set(f, 1); o.__setstate__(f)
    let pickle = [
        BEFORE,
        b"X\x01\0\0\0vq\x01capp\nF\nq\x02capp\nCart\nq\x03)\x81q\x04h\x02h\x04\x85q\x05Rq\x06\
        capp\nset\nq\x07h\x06K\x01\x86R0b\x85q\x08R0h\x06h\x07h\x06K\x01\x86R0s\x87q\x09.",
    ]
    .concat();
    assert_eq!(rewritten(&pickle, 2).escape_ascii().to_string(), pickle.escape_ascii().to_string());
}

/// Neither the comparison of the two calls nor the writer recurses.
#[test]
fn deep_arguments_that_contain_their_call_are_kept() {
    let tuples = b"\x85".repeat(20_000);
    let object = b"X\x01\0\0\0vq\x01capp\nF\nq\x02capp\nA\nq\x03)\x81q\x04}q\x05X\x01\0\0\0rq\x06h\x02h\x04";
    let pickle = [BEFORE, object, &tuples, b"Rq\x07sb", &tuples, b"R0h\x07s\x87q\x08."].concat();
    assert!(rewritten(&pickle, 2) == pickle);
    for protocol in 0..6 {
        let out = rewritten(&pickle, protocol);
        assert!(rewritten(&out, protocol) == out, "protocol {protocol}");
    }
}

/// After a dropped call, a pickle may fetch an object from the memo. The dropped call is an outer call of this object
/// only if it equals the call that created the object. Other dropped calls are written with the steps of the pickle.
///
/// Regression: these pickles were refused. CPython writes the first one if `__reduce__` returns other arguments each
/// time.
#[test]
fn dropped_call_that_differs_from_object_is_kept() {
    for end in [
        &b"K\x01\x86q\x0c\x85q\r\x810h\x09s"[..],
        b"\x85q\x0c\x85q\r\x85\x810h\x09s",
        b"\x85q\x0c\x85q\rR0h\x09s",
        b"\x85q\x0c\x85q\r\x81q\x0e0h\x09s",
        b"\x85q\x0c\x85q\r\x810Nh\x090s",
    ] {
        assert_stable(&[BEFORE, RECURSIVE_PAIR, end, b"\x87."].concat());
    }
}

/// After the first entry is removed, the writer begins with the `Cart`. The memo then has the `Cart` before `Pair` is
/// called with it, so a single call is enough.
#[test]
fn call_is_written_once_after_removal_of_first_entry() {
    let rest = b"\x85q\x0c\x85q\r\x810h\x09X\x01\0\0\0oq\x0eh\x04u\x87q\x0f.";
    let mut record = load(&[BEFORE, b"(", RECURSIVE_PAIR, rest].concat()).unwrap();
    assert!(record.state.discard("v"));
    let out = dump(&record, 2).unwrap();
    let expected =
        b"X\x01\0\0\0oq\x01capp\nCart\nq\x02)\x81q\x03}q\x04X\x05\0\0\0ownerq\x05capp\nPair\nq\x06\
        h\x03\x85q\x07\x85q\x08\x81q\x09}q\nX\x01\0\0\0aq\x0bK\x03sbsbs\x87q\x0c.";
    assert!(out.ends_with(expected), "{}", out.escape_ascii());
    assert_eq!(rewritten(&out, 2), out);
}

/// Regression: the list was written twice, so the argument of `F` and the attribute `l` became different lists.
#[test]
fn shared_argument_stays_shared_after_removal_of_first_entry() {
    // o = Cart(); l = [o]; o.r = F(l); o.l = l; {"o": o, "r": o.r}
    let object = b"(X\x01\0\0\0oq\x01capp\nCart\nq\x02)\x81q\x03}q\x04(X\x01\0\0\0rq\x05capp\nF\nq\x06]q\x07h\x03a\x85q\x08\
        Rq\x09X\x01\0\0\0lq\nh\x07ubh\x05h\x09u\x87q\x0b.";
    let mut record = load(&[BEFORE, object].concat()).unwrap();
    assert!(record.state.discard("o"));
    for protocol in 1..6 {
        let out = dump(&record, protocol).unwrap();
        let lists = out.iter().filter(|&&byte| byte == b']').count();
        assert_eq!(lists, 1, "{}", out.escape_ascii());
        assert_eq!(rewritten(&out, protocol), out);
    }
}

/// Regression: `get` returned the value from before the dropped call. The last two cases are no calls: they append
/// bytes. In Python, a bool is a byte, too. Regression: a bool was refused.
#[test]
fn value_changed_by_dropped_call_is_unreadable() {
    for value in [
        &b"]q\x000coperator\niadd\nh\0]K\x05a\x86R0h\0"[..],
        b"]q\x000cbuiltins\ngetattr\nh\0X\x06\0\0\0append\x86RK\x05\x85R0h\0",
        b"}q\x000coperator\nior\nh\0}K\x05Ns\x86R0h\0",
        b"]q\x000coperator\niadd\nh\0]K\x05a\x86R0cbuiltins\nset\nh\0\x85R",
        b"\x96\0\0\0\0\0\0\0\0(K\x05e",
        b"\x96\0\0\0\0\0\0\0\0(\x88\x89e\x88a",
    ] {
        let pickle = record_of(value);
        assert!(value_of(&pickle).starts_with("cannot read"), "{}", value_of(&pickle));
        assert_stable(&pickle);
    }
    // The call is dropped after the record is complete.
    let last = b"\x80\x02K\0K\0}X\x01\0\0\0v]q\0s\x87coperator\niadd\nh\0]K\x05a\x86R0.";
    assert!(value_of(last).starts_with("cannot read"), "{}", value_of(last));
    // A message cannot be added to a list with unknown elements.
    let queue = b"\x80\x02K\0K\0}X\x03\0\0\0_f_]q\0s\x87coperator\niadd\nh\0]K\x05a\x86R0.";
    let mut session = InMemory(load(queue).expect("the pickle loads").state);
    assert!(session.flash("a", "").is_err());
}

fn value_of(pickle: &[u8]) -> String {
    value(&load(pickle).expect("the pickle loads").state)
}

/// Regression: the writer created `o` with `b`, by the dropped call.
#[test]
fn dropped_call_with_equal_arguments_is_not_taken_for_outer_call() {
    // a = []; b = []; o = F(a); F(b); (a, b, o)
    let calls = b"(]q\0]q\x01capp\nF\nh\0\x85Rq\x02capp\nF\nh\x01\x85R0h\x02t";
    let out = rewritten(&record_of(calls), 2);
    let object = b"capp\nF\nq\x03h\x01\x85";
    assert!(find(&out, object).is_some(), "{}", out.escape_ascii());
}

/// Regression: the object got its state while the state was still an empty dict, and so lost its attributes.
#[test]
fn object_gets_complete_state_after_removal_of_first_entry() {
    // p.x = p; {"a": p, "b": vars(p)}
    let opcodes =
        b"\x80\x02K\0K\0}(X\x01\0\0\0acapp\nPlain\n)\x81q\0}q\x01X\x01\0\0\0xh\0sbX\x01\0\0\0bh\x01u\x87.";
    let mut record = load(opcodes).expect("the pickle loads");
    assert!(record.state.discard("a"));
    let out = dump(&record, 2).expect("the record can be written");
    let state = b"}q\0X\x01\0\0\0xcapp\nPlain\n)\x81q\x01sh\x01h\0b0";
    assert!(find(&out, state).is_some(), "{}", out.escape_ascii());
}

/// In protocol 0, CPython adds the elements to a list one by one, so the second call finds one element in the list. In
/// later protocols, CPython adds them together, after both calls. The writer does the same.
#[test]
fn incomplete_list_is_filled_as_in_cpython() {
    // l = []; l += [A(l), A(l)]; {"v": l}
    let one_by_one =
        b"(I0\nF0.0\n(dp0\nVv\np1\n(lp2\ncapp\nA\np3\n(g2\ntp4\nRp5\nag3\n(g2\ntp6\nRp7\nastp8\n.".as_slice();
    let together =
        b"\x80\x02K\0G\0\0\0\0\0\0\0\0}q\0X\x01\0\0\0vq\x01]q\x02(capp\nA\nq\x03h\x02\x85q\x04Rq\x05\
        h\x03h\x02\x85q\x06Rq\x07es\x87q\x08."
            .as_slice();
    for pickle in [one_by_one, together] {
        for (protocol, expected) in [(0, one_by_one), (2, together)] {
            let out = rewritten(pickle, protocol);
            assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
        }
    }
}
