//! Objects, classes, shared values, cycles and Python 2 strings, written in the protocol of the loaded pickle and in
//! other protocols.

use super::table;
use super::{PROTOCOLS, assert_stable, dump, find, load, record_of, rewritten};

/// Asserts that the value of `opcodes` is written as `expected` in protocol 5, which [`record_of`] declares.
fn assert_writes(opcodes: &[u8], expected: &[u8]) {
    let pickle = record_of(expected);
    let around = b"\x80\x05".len();
    let frame = ((pickle.len() - around + b"G\0\0\0\0\0\0\0\0".len() - b"K\0".len()) as u64).to_le_bytes();
    let value = &pickle[around + b"K\0K\0".len()..];
    let framed = [b"\x80\x05\x95".as_slice(), &frame, b"K\0G\0\0\0\0\0\0\0\0", value].concat();
    let written = rewritten(&record_of(opcodes), 5);
    assert_eq!(written.escape_ascii().to_string(), framed.escape_ascii().to_string());
}

/// Asserts that the value of `opcodes` is written as `expected` in the given protocol. The memo has two entries before
/// this value, so the first index in `expected` is 2.
fn assert_writes_in(protocol: u8, opcodes: &[u8], expected: &[u8]) {
    let written = rewritten(&record_of(opcodes), protocol);
    let has = written.windows(expected.len()).any(|window| window == expected);
    assert!(has, "{} must be part of {}", expected.escape_ascii(), written.escape_ascii());
    assert_eq!(rewritten(&written, protocol), written);
}

#[test]
fn object_survives_change_of_other_entry() {
    for row in table::objects() {
        for (protocol, pickle) in PROTOCOLS.zip(&row.pickles) {
            let mut record = load(pickle).unwrap();
            record.state.insert("added", 1).unwrap();
            let mut both = load(&dump(&record, protocol).unwrap()).unwrap();
            assert!(both.state.keys().eq(["v", "added"]), "{}", row.label);
            assert_eq!(both.state.get("added").unwrap(), Some(1));

            assert!(both.state.discard("added"));
            assert_eq!(dump(&both, protocol).unwrap(), *pickle, "{}, protocol {protocol}", row.label);
        }
    }
}

#[test]
fn object_keeps_its_updates() {
    for opcodes in [
        // An object without updates: Cart.__new__(Cart)
        &b"\x8c\x03app\x8c\x04Cart\x93)\x81"[..],
        // An element: o = Cart.__new__(Cart); o.append(1)
        b"\x8c\x03app\x94\x8c\x04Cart\x94\x93\x94)\x81\x94K\x01a",
        // Elements, items and a state.
        b"\x8c\x03app\x8c\x04Cart\x93)\x81(K\x01K\x02e(K\x03K\x04K\x05K\x06uN}\x86b",
        // Cart.__new__(Cart, 1, **{})
        b"\x8c\x03app\x8c\x04Cart\x93K\x01\x85}\x92",
        // Cart(1)
        b"\x8c\x03app\x8c\x04Cart\x93K\x01\x85R",
        // An element of an object that behaves like a set: o = Cart(); o.add(1)
        b"\x8c\x03app\x8c\x04Cart\x93)R(K\x01\x90",
        // An object whose state is set twice.
        b"\x8c\x03app\x8c\x04Cart\x93)\x81K\x01bK\x02b",
        // A function that sets the state.
        b"\x8c\x03app\x94\x8c\x04Cart\x93)\x81\x94h\0\x8c\x01f\x93h\x01K\x01\x86R0",
        // An instance of an old-style class of Python 2.
        b"(\x8c\x03app\x8c\x04Cart\x93K\x01K\x02o}b",
    ] {
        assert_writes(opcodes, opcodes);
    }
    // A dropped call is kept only if it uses a value of an entry.
    assert_writes(b"Ncos\nsystem\n)R0", b"N");
    let object = b"\x8c\x03app\x8c\x01A\x93)\x81".as_slice();
    for arguments in [&b"K\x01K\x02\x86"[..], b"K\x01\x85"] {
        assert_writes(&[object, b"\x8c\x02os\x8c\x06system\x93", arguments, b"R0"].concat(), object);
    }
}

/// Regression: a call that changes an object was lost if the call had a state, or if the call or its arguments were in
/// the memo.
#[test]
fn dropped_call_with_object_as_argument_is_kept() {
    let object = b"\x8c\x03app\x8c\x01A\x93)\x81q\0".as_slice();
    for call in [&b"h\0N\x86RNb0"[..], b"h\0N\x86R\x940", b"h\0N\x86\x94R0", b"h\0\x85R0", b"Nh\0\x86R0"] {
        let pickle = record_of(&[object, b"\x8c\x03app\x8c\x04bump\x93", call].concat());
        let out = rewritten(&pickle, 5);
        assert!(out.windows(4).any(|text| text == b"bump"), "{}", out.escape_ascii());
        assert_eq!(rewritten(&out, 5).escape_ascii().to_string(), out.escape_ascii().to_string());
    }
}

/// The arguments that `__reduce__` returns may be an instance of a subclass of `tuple`, such as a namedtuple.
#[test]
fn arguments_of_call_may_be_an_instance() {
    for opcodes in [
        &b"\x8c\x03app\x8c\x04Cart\x93\x8c\x03app\x8c\x04Args\x93K\x01\x85\x81R"[..],
        b"\x8c\x03app\x8c\x04Cart\x93\x8c\x03app\x8c\x04args\x93K\x01\x85RR",
        b"\x8c\x03app\x8c\x04Cart\x93\x8c\x03app\x8c\x04Args\x93K\x01\x85\x81\x81",
    ] {
        assert_writes(opcodes, opcodes);
    }
}

#[test]
fn shared_value_is_written_once() {
    for opcodes in [
        &b"]\x94h\0h\0\x87"[..],
        b"\x8c\x01a\x94}h\0h\0s\x86",
        b"C\x01a\x94h\0\x86",
        b"\x8c\x03app\x94h\0\x93\x94h\x01\x86",
        b"(\x8a\x05\x7f\x7f\x7f\x7f\x7f)N\x88K\x01G\0\0\0\0\0\0\0\0t",
    ] {
        assert_writes(opcodes, opcodes);
    }
    assert_writes(b"]2\x86", b"]\x94h\0\x86");
    // The loaded pickle contains DUP, which CPython never writes. CPython would write the long integer twice.
    let long = [b"\x8a\x09".as_slice(), &[0x7f; 9]].concat();
    assert_writes(&[&long[..], b"2\x86"].concat(), &[&long[..], b"\x94h\0\x86"].concat());
    // A small value is written twice, because the writer, like CPython, never stores it in the memo.
    assert_writes(b"(N2\x88\x94h\0)2K\x072t", b"(NN\x88\x88))K\x07K\x07t");
}

#[test]
fn shared_value_survives_removal_of_first_entry() {
    // x = datetime.date(2024, 2, 29); {"a": x, "b": [x], "c": x}
    let date = b"\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xe8\x02\x1d\x85R\x94".as_slice();
    let rest = b"\x8c\x01b]h\0a\x8c\x01ch\0u\x87.".as_slice();
    let mut record = load(&[b"\x80\x04K\0K\0}(\x8c\x01a", date, rest].concat()).unwrap();
    assert!(record.state.discard("a"));
    let out = dump(&record, 4).unwrap();
    let expected = [b"}(\x8c\x01b]", date, b"a\x8c\x01ch\0u\x87."].concat();
    assert!(out.ends_with(&expected), "{}", out.escape_ascii());
}

/// If the arguments of a call contain the object that the call creates, CPython calls the object's `__reduce__` again
/// there, and writes the arguments that it returns.
#[test]
fn recursive_call_repeats_its_arguments() {
    // l = []; o = Cart((1, 2), l); l.append(o); {"a": l, "b": o}
    let pickle = b"\x80\x05\x95:\x00\x00\x00\x00\x00\x00\x00K\x00G\x00\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94\x8c\x03app\x94\x8c\x04Cart\x94\x93\x94K\x01K\x02\x86\x94h\x02\x86\x94R\x94a\x8c\x01b\x94h\x08u\x87\x94.";
    let mut record = load(pickle).unwrap();
    assert!(record.state.discard("a"));
    let out = dump(&record, 5).unwrap();
    let expected = b"\x80\x05\x95A\x00\x00\x00\x00\x00\x00\x00K\x00G\x00\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01b\x94\x8c\x03app\x94\x8c\x04Cart\x94\x93\x94K\x01K\x02\x86\x94]\x94h\x04K\x01K\x02\x86\x94h\x06\x86\x94R\x94a\x86\x94R0h\x09s\x87\x94.";
    assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[test]
fn value_containing_the_state_is_kept() {
    // s = {}; s["a"] = [s, (s, ())]; s
    let pickle = b"\x80\x05\x95\x1c\0\0\0\0\0\0\0K\0G\0\0\0\0\0\0\0\0}\x94\x8c\x01a](h\0h\0)\x86es\x87.";
    assert_eq!(rewritten(pickle, 5).escape_ascii().to_string(), pickle.escape_ascii().to_string());
    let mut record = load(pickle).unwrap();
    assert!(record.state.get_json("a").unwrap_err().to_string().contains("contains itself"));
    record.state.insert("b", 1).unwrap();
    let out = dump(&record, 5).unwrap();
    assert!(
        out.ends_with(b"}\x94(\x8c\x01a](h\0h\0)\x86e\x8c\x01b\x94K\x01u\x87."),
        "{}",
        out.escape_ascii()
    );
}

/// Below protocol 4, a set is written as a call with a list of its elements. If an element refers to the set, the call
/// is written again within that element, also with the complete list.
#[test]
fn cyclic_set_is_written_with_complete_list() {
    // o = Cart(); s = {o}; o.s = s
    let set = b"c__builtin__\nset\nq\0".as_slice();
    let object = b"capp\nCart\n)\x81q\x01}X\x01\0\0\0s".as_slice();
    let inner = b"]h\x01a\x85Rq\x02sb".as_slice();
    let begins_with_set = [set, b"]", object, b"h\0", inner, b"a\x85R0h\x02"].concat();
    let before = b"\x80\x02K\0G\0\0\0\0\0\0\0\0}X\x01\0\0\0v".as_slice();
    let pickle = [before, &begins_with_set, b"s\x87."].concat();
    assert_eq!(rewritten(&pickle, 2).escape_ascii().to_string(), pickle.escape_ascii().to_string());
    for protocol in 0..4 {
        let out = rewritten(&pickle, protocol);
        assert_eq!(rewritten(&out, protocol).escape_ascii().to_string(), out.escape_ascii().to_string());
    }
    let from_4_on =
        b"\x8f\x94(\x8c\x03app\x94\x8c\x04Cart\x94\x93\x94)\x81\x94}\x94\x8c\x01s\x94h\x02sb\x90s";
    for protocol in [4, 5] {
        let out = rewritten(&pickle, protocol);
        assert!(out.windows(from_4_on.len()).any(|window| window == from_4_on), "{}", out.escape_ascii());
        // Converted back to protocol 2, the bytes are those of CPython.
        let back = rewritten(&out, 2);
        let expected =
            b"c__builtin__\nset\nq\x02]q\x03capp\nCart\nq\x04)\x81q\x05}q\x06X\x01\0\0\0sq\x07h\x02\
            ]q\x08h\x05a\x85q\x09Rq\x0asba\x85q\x0bR0h\x0as\x87q\x0c.";
        assert!(back.ends_with(expected), "{}", back.escape_ascii());
    }
}

/// When CPython writes a set again within one of its elements, it repeats the list of the elements, but writes each
/// element only once.
#[test]
fn elements_of_repeated_set_are_written_once() {
    let empty = rewritten(&record_of(b"N"), 2);
    let head = empty.strip_suffix(b"Ns\x87q\x02.").unwrap();
    for opcodes in [
        // o = Cart(); s = {o}; d = []; c = [s, d]; d.append(K(c)); o.__setstate__(c); s
        &b"c__builtin__\nset\nq\x02]q\x03capp\nCart\nq\x04)\x81q\x05]q\x06(h\x02]q\x07h\x05a\x85q\x08Rq\t\
        ]q\ncapp\nK\nq\x0bh\x06\x85q\x0cRq\raeba\x85q\x0eR0h\ts\x87q\x0f."[..],
        // c = []; o = Cart(); k = K(c); s = {o, k}; o.__setstate__((c, s)); s
        b"c__builtin__\nset\nq\x02]q\x03(capp\nCart\nq\x04)\x81q\x05]q\x06h\x02]q\x07(h\x05\
        capp\nK\nq\x08h\x06\x85q\tRq\ne\x85q\x0bRq\x0c\x86q\rbh\ne\x85q\x0eR0h\x0cs\x87q\x0f.",
        // o = Cart(); p = Cart(); s = {o, p}; c = [s]; p.__setstate__(K(c)); o.__setstate__(s); c
        b"]q\x02c__builtin__\nset\nq\x03]q\x04(capp\nCart\nq\x05)\x81q\x06h\x03]q\x07(h\x06h\x05)\x81q\x08\
        capp\nK\nq\th\x02\x85q\nRq\x0bbe\x85q\x0cRq\rbh\x08e\x85q\x0eR0h\ras\x87q\x0f.",
    ] {
        let pickle = [head, opcodes].concat();
        let out = rewritten(&pickle, 2);
        assert!(out == pickle, "{}", out.escape_ascii());
    }
}

/// Regression: below protocol 4, where a set is written as a call, the list was written again in each call. So the set
/// could not be written: "objects that contain each other expand to too many bytes". CPython can write the set if
/// `R.__reduce__` returns the same list each time.
#[test]
fn list_between_set_and_its_element_is_written_twice() {
    // s = set(); s.add(R([s])); {"v": s}
    let pickle = b"\x80\x04\x95.\0\0\0\0\0\0\0K\0G\0\0\0\0\0\0\0\0}\x94\x8c\x01v\x94\
        \x8f\x94(\x8c\x03app\x94\x8c\x01R\x94\x93\x94]\x94h\x02a\x85\x94R\x94\x90s\x87\x94.";
    let calls = b"c__builtin__\nset\nq\x02]q\x03capp\nR\nq\x04]q\x05h\x02]q\x06h\x04]q\x07h\x02]q\x08\
        h\x04h\x07\x85q\tRq\na\x85q\x0bRq\x0ca\x85q\rRq\x0ea\x85q\x0fR0h\x0ca\x85q\x10Rq\x11a\x85q\x12R0h\x0cs";
    let out = rewritten(pickle, 2);
    assert!(find(&out, calls).is_some(), "{}", out.escape_ascii());
    assert_stable(pickle);
}

/// The call of `R` is written twice, the second time with new arguments. So the second call contains another `Q`, which
/// has its own list.
#[test]
fn arguments_of_object_in_repeated_call_are_repeated() {
    // s = set(); s.add(R([Q([1]), s])); {"v": s}
    let body = b"K\0G\0\0\0\0\0\0\0\0}\x94\x8c\x01v\x94\x8f\x94(\x8c\x03app\x94\x8c\x01R\x94\x93\x94]\x94(h\x03\x8c\x01Q\x94\x93\x94\
        ]\x94K\x01a\x85\x94R\x94h\x02e\x85\x94R\x94\x90s\x87\x94.";
    let pickle = [b"\x80\x04\x95", &(body.len() as u64).to_le_bytes()[..], body].concat();
    let out = rewritten(&pickle, 2);
    let first = b"capp\nQ\nq\x06]q\x07K\x01a\x85q\x08Rq\x09";
    let second = b"h\x06]q\x0cK\x01a\x85q\rRq\x0e";
    assert!(find(&out, first) < find(&out, second) && find(&out, first).is_some(), "{}", out.escape_ascii());
    assert_stable(&pickle);
}

#[test]
fn new_object_is_call_in_older_protocols() {
    let new = b"capp\nA\nK\x01\x85\x81";
    assert_writes_in(2, new, b"capp\nA\nq\x02K\x01\x85q\x03\x81q\x04");
    assert_writes_in(1, new, b"ccopy_reg\n__newobj__\nq\x02(capp\nA\nq\x03K\x01tq\x04Rq\x05");
    assert_writes_in(0, new, b"ccopy_reg\n__newobj__\np2\n(capp\nA\np3\nI1\ntp4\nRp5\n");
    let new_ex = b"capp\nA\n)}\x8c\x01kNs\x92";
    assert_writes_in(4, new_ex, b"\x8c\x03app\x94\x8c\x01A\x94\x93\x94)}\x94\x8c\x01k\x94Ns\x92\x94");
    assert_writes_in(
        3,
        new_ex,
        b"ccopyreg\n__newobj_ex__\nq\x02capp\nA\nq\x03)}q\x04X\x01\0\0\0kq\x05Ns\x87q\x06Rq\x07",
    );
    assert_writes_in(0, new_ex, b"ccopy_reg\n__newobj_ex__\np2\n(capp\nA\np3\n(t(dp4\nVk\np5\nNstp6\nRp7\n");
}

/// Regression: below protocol 2, the arguments were written again for each object, and the pickle exceeded the limit.
/// The writer may keep `NEWOBJ` there, because every Python since 2.3 reads this opcode in any protocol.
#[test]
fn objects_that_share_many_arguments_keep_newobj_in_older_protocols() {
    let arguments = b"K\x01".repeat(1000);
    let objects = b"h\0h\x01\x81".repeat(2000);
    let pickle = record_of(&[b"capp\nA\nq\x000(", &arguments[..], b"tq\x010(", &objects, b"l"].concat());
    for protocol in 0..2 {
        let out = rewritten(&pickle, protocol);
        assert!(out.len() < 65_536, "{} bytes", out.len());
    }
}

/// Regression: the module and name that belong to `INST` came after the opcode that stores the object in the memo.
#[test]
fn old_style_instance_names_follow_opcode() {
    let instance = b"(K\x01iapp\nA\n}b";
    assert_writes_in(0, instance, b"(I1\niapp\nA\np2\n(dp3\nb");
    assert_writes_in(1, instance, b"(capp\nA\nq\x02K\x01oq\x03}q\x04b");
    assert_writes_in(2, instance, b"(capp\nA\nq\x02K\x01oq\x03}q\x04b");
    assert_writes_in(4, instance, b"(\x8c\x03app\x94\x8c\x01A\x94\x93\x94K\x01o\x94}\x94b");
}

#[test]
fn python2_str_is_kept_below_protocol_3() {
    let record = |strings: &[u8]| [b"\x80\x02K\0G\0\0\0\0\0\0\0\0}", strings, b"s\x87."].concat();
    let long = [b"T\0\x01\0\0".as_slice(), &[b'x'; 256]].concat();
    let pickle = record(&[b"U\x01a", &long[..]].concat());
    assert_eq!(rewritten(&pickle, 2), pickle);
    assert!(rewritten(&pickle, 3).ends_with(b"xq\x02s\x87q\x03."));

    let pickle = record(b"U\x01aU\x0d'\"\\\n\r\t\0\x7f it's");
    assert!(
        rewritten(&pickle, 0).ends_with(b"S'a'\np1\nS'\\'\"\\\\\\n\\r\\t\\x00\\x7f it\\'s'\np2\nstp3\n.")
    );
    assert!(rewritten(&record(b"U\x01aU\x04it's"), 0).ends_with(b"S\"it's\"\np2\nstp3\n."));
    assert!(
        rewritten(&record(b"U\x01aU\x04it's"), 3)
            .ends_with(b"X\x01\0\0\0aq\x01X\x04\0\0\0it'sq\x02s\x87q\x03.")
    );
}

#[test]
fn nested_class_is_attribute_below_protocol_4() {
    let class = b"\x8c\x03app\x8c\x05A.B.C\x93";
    assert_writes_in(4, class, b"\x8c\x03app\x94\x8c\x05A.B.C\x94\x93\x94");
    assert_writes_in(
        2,
        class,
        b"c__builtin__\ngetattr\nq\x02h\x02capp\nA\nq\x03X\x01\0\0\0Bq\x04\x86q\x05Rq\x06X\x01\0\0\0Cq\x07\x86q\x08Rq\x09",
    );
    assert_writes_in(
        1,
        class,
        b"c__builtin__\ngetattr\nq\x02(h\x02(capp\nA\nq\x03X\x01\0\0\0Bq\x04tq\x05Rq\x06X\x01\0\0\0Cq\x07tq\x08Rq\x09",
    );
    // The outer class is already in the memo, so the call of `getattr` refers to it there.
    let both = b"\x8c\x03app\x94\x8c\x01A\x93h\0\x8c\x03A.B\x93\x86";
    assert_writes_in(
        3,
        both,
        b"capp\nA\nq\x02cbuiltins\ngetattr\nq\x03h\x02X\x01\0\0\0Bq\x04\x86q\x05Rq\x06\x86q\x07",
    );
}

/// Below protocol 3, classes have the names of Python 2. CPython translates the names in the same way.
#[test]
fn renamed_class_is_translated_below_protocol_3() {
    let global = |protocol: u8, module: &str, name: &str| {
        let names = format!("c{module}\n{name}\n");
        [&[0x80, protocol][..], b"K\0K\0}X\x01\0\0\0v", names.as_bytes(), b"s\x87."].concat()
    };
    let assert_translated = |from: u8, to: u8, (module, name): (&str, &str), expected: (&str, &str)| {
        let out = rewritten(&global(from, module, name), to);
        let lines = format!("c{}\n{}\n", expected.0, expected.1);
        let has = out.windows(lines.len()).any(|window| window == lines.as_bytes());
        assert!(has, "{module}.{name} from {from} to {to}: {}", out.escape_ascii());
    };
    for (python2, python3) in [
        (("__builtin__", "set"), ("builtins", "set")),
        (("__builtin__", "xrange"), ("builtins", "range")),
        (("__builtin__", "long"), ("builtins", "int")),
        (("copy_reg", "_reconstructor"), ("copyreg", "_reconstructor")),
        (("exceptions", "ValueError"), ("builtins", "ValueError")),
        (("UserDict", "IterableUserDict"), ("collections", "UserDict")),
        (("itertools", "izip"), ("builtins", "zip")),
        (("urllib2", "HTTPError"), ("urllib.error", "HTTPError")),
        (("app", "Cart"), ("app", "Cart")),
    ] {
        assert_translated(2, 3, python2, python3);
        assert_translated(3, 2, python3, python2);
        assert_translated(3, 0, python3, python2);
        assert_translated(2, 2, python2, python2);
        assert_translated(3, 3, python3, python3);
        // A name from the other Python version is not translated: it counts as a name of the application.
        assert_translated(2, 2, python3, python3);
        assert_translated(3, 3, python2, python2);
    }
    // These names are translated in one direction only.
    assert_translated(2, 3, ("cPickle", "loads"), ("pickle", "loads"));
    assert_translated(2, 3, ("exceptions", "StandardError"), ("builtins", "Exception"));
    assert_translated(3, 2, ("builtins", "FileNotFoundError"), ("exceptions", "OSError"));
    assert_translated(3, 2, ("_functools", "partial"), ("functools", "partial"));
}

#[test]
fn unencodable_class_error_names_entry() {
    let record = load(&record_of(b"\x8c\x03app\x8c\x05na\xc3\xafv\x93")).unwrap();
    for protocol in [0, 1, 2] {
        let error = dump(&record, protocol).unwrap_err().to_string();
        let why = format!("pickle protocol {protocol} cannot encode the name of a class");
        assert_eq!(error, format!("cannot write the session entry \"v\": {why}"));
    }
    assert!(dump(&record, 3).is_ok());
    // Protocol 3 ends a name with a line feed, so the rest of this name would be read as opcodes.
    let record = load(&record_of(b"\x8c\x03app\x8c\x08A\ncos\nsy\x93")).unwrap();
    assert!(dump(&record, 3).is_err());
    assert!(dump(&record, 4).is_ok());
}

/// Regression: a list as a key or an element was refused as not hashable. The methods of the object decide which keys
/// and elements it accepts.
#[test]
fn object_gets_items_and_elements_of_any_type() {
    assert_writes(
        b"\x8c\x03app\x8c\x05Multi\x93)R(]K\x01K\x02K\x03u",
        b"\x8c\x03app\x8c\x05Multi\x93)R(]K\x01K\x02K\x03u",
    );
    assert_writes(b"\x8c\x03app\x8c\x05Multi\x93)R(]\x90", b"\x8c\x03app\x8c\x05Multi\x93)R(]\x90");
}

/// Regression: protocol 0 wrote the opcode `INST` with the name `Cart.Item`, which Python cannot import that way.
#[test]
fn instance_of_nested_class_is_written_with_getattr_in_protocol_0() {
    let out = rewritten(&record_of(b"(\x8c\x03app\x8c\x09Cart.Item\x93o"), 0);
    assert!(!out.windows(9).any(|text| text == b"Cart.Item"), "{}", out.escape_ascii());
    assert!(out.windows(7).any(|text| text == b"getattr"), "{}", out.escape_ascii());
}
