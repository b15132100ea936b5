//! Sessions that are loaded in one format and written in another.
#![cfg(all(feature = "messagepack", feature = "pickle"))]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use session_core::Record;
use session_serde::{
    CompactJsonSerializer, DumpError, JsonSerializer, MessagePackSerializer, PickleSerializer, Serializer,
};

type Dump = Box<dyn Fn(&Record) -> Result<Vec<u8>, DumpError>>;
type Load = Box<dyn Fn(Vec<u8>) -> Record>;

fn format(serializer: impl Serializer + Copy + 'static) -> (Dump, Load) {
    let dump = move |record: &Record| {
        let mut out = Vec::new();
        serializer.dumps_record(record, &mut out).map(|()| out)
    };
    let load = move |bytes: Vec<u8>| serializer.loads_record(bytes.into()).expect("a session").record;
    (Box::new(dump), Box::new(load))
}

fn formats() -> Vec<(Dump, Load)> {
    let mut formats =
        vec![format(JsonSerializer), format(CompactJsonSerializer), format(MessagePackSerializer)];
    formats.extend((0..6).map(|protocol| format(PickleSerializer::new(protocol).expect("a protocol"))));
    formats
}

/// Returns the JSON of a session, as Python writes it.
fn session(value: &str) -> String {
    format!(r#"[1700000000, 1699999000.5, {{"v": {value}, "n": 1}}]"#)
}

/// Generates JSON as Python writes it, with NaN and the infinities.
fn python_json() -> impl Strategy<Value = String> {
    let leaves = ["NaN", "Infinity", "-Infinity", "null", "true", "-1", "0.5", r#""NaN""#, r#""Infinity""#];
    select(leaves.to_vec()).prop_map(str::to_owned).prop_recursive(4, 20, 4, |inner| {
        let values = vec(inner, 0..4);
        (values, any::<bool>()).prop_map(|(values, is_list)| {
            if is_list {
                return format!("[{}]", values.join(", "));
            }
            let members: Vec<_> =
                (0..).zip(values).map(|(key, value)| format!("\"{key}\": {value}")).collect();
            format!("{{{}}}", members.join(", "))
        })
    })
}

/// Converts a session from each format to every format, and asserts that its JSON text stays the same, apart from
/// spaces.
///
/// Regression: NaN and the infinities could not be written in MessagePack and pickle, although both formats can
/// represent them.
fn assert_text_survives_every_conversion(value: &str) {
    let json = session(value);
    let written = JsonSerializer.loads_record(json.as_bytes().into()).expect("a session").record;
    let json_of =
        |record: &Record| String::from_utf8(format(JsonSerializer).0(record).expect("JSON")).expect("text");
    for (dump, load) in formats() {
        let first = load(dump(&written).expect("the format can represent the value"));
        for (dump, load) in formats() {
            let second = load(dump(&first).expect("the format can represent the value"));
            assert_eq!(json_of(&second).replace(' ', ""), json.replace(' ', ""));
        }
    }
}

#[test]
fn nan_and_infinity_are_written_in_every_format() {
    for constant in ["NaN", "Infinity", "-Infinity"] {
        assert_text_survives_every_conversion(constant);
        for (dump, load) in formats() {
            let record =
                JsonSerializer.loads_record(session(constant).into_bytes().into()).expect("a session").record;
            let read: f64 =
                load(dump(&record).expect("written")).state.get("v").expect("a float").expect("an entry");
            assert_eq!(read.to_string(), constant.replace("Infinity", "inf"));
        }
    }
}

proptest! {
    #[test]
    fn value_of_python_is_written_in_every_format(value in python_json()) {
        assert_text_survives_every_conversion(&value);
    }
}

#[test]
fn error_for_invalid_json_names_entry() {
    for invalid in
        ["[1,]", "nan", "+Infinity", "-NaN", "NaN1", "[Infinity NaN]", "InfinityInfinity", "--Infinity"]
    {
        let record =
            JsonSerializer.loads_record(session(invalid).into_bytes().into()).expect("a session").record;
        // The first two serializers write JSON. They copy the value without reading it.
        for (dump, _) in formats().into_iter().skip(2) {
            let error = dump(&record).expect_err(invalid).to_string();
            assert!(error.starts_with(r#"cannot write the session entry "v": "#), "{error}");
        }
    }
}
