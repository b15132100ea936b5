//! Checks for reading a correctly signed payload in any format.

use peak_alloc::PeakAlloc;
use serde_json::Value;
use session_core::Record;
use session_core::json::{self, Json};
use session_serde::{PickleSerializer, Serializer};

use crate::document::nesting;
use crate::signed::{sign, signed};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The part of the memory limit that does not depend on the payload's length, in bytes. A pickle may expand to 1 MiB of
/// text.
const MEMORY: usize = 4 << 20;

/// The part of the memory limit that each byte of the payload adds, in bytes. An opcode of one byte creates a
/// value, and a full buffer doubles its capacity.
const MEMORY_PER_BYTE: usize = 512;

/// Signs `payload` and reads it with `serializer` as a session's record. A record that is read has to round-trip.
pub fn check(serializer: impl Serializer + Copy, payload: &[u8]) {
    let text = sign(payload);
    let signed = signed(serializer);

    let loaded = within_memory(payload.len(), || signed.loads_record(text.as_bytes().into()));

    // Read the payload as another type as well.
    let value = signed.loads::<Value>(text.as_bytes());
    match loaded {
        Ok(loaded) => {
            check_record(serializer, &loaded.record);
            if let Ok(value) = value {
                assert_equals_value(&loaded.record, &value);
            }
        }
        Err(error) => {
            assert!(error.is_malformed() && error.is_verified(), "{error}");
            assert!(value.is_ok() || value.is_err_and(|error| error.is_verified()));
        }
    }
}

/// Calls `read`, and checks that it stays within the memory limit for a payload of this many bytes.
pub fn within_memory<T>(bytes: usize, read: impl FnOnce() -> T) -> T {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let done = read();
    let taken = HEAP.peak_usage().saturating_sub(before);
    assert!(taken <= MEMORY + MEMORY_PER_BYTE * bytes, "reading {bytes} bytes took {taken} bytes of memory");
    done
}

/// Returns a serializer that writes pickles with this protocol.
pub fn pickle(protocol: u8) -> PickleSerializer {
    PickleSerializer::new(protocol).expect("the protocol is valid")
}

/// Checks that a record is equal to the serde_json value of the same payload.
///
/// Some records have no such value: serde_json cannot hold lone surrogates and some large integers, and its depth limit
/// is lower.
fn assert_equals_value(record: &Record, value: &Value) {
    assert_eq!(value[0].as_f64(), Some(record.accessed.as_secs()));
    assert_eq!(value[1].as_f64(), Some(record.created.as_secs()));
    // Skip a state that JSON cannot hold without loss, for example because of a set. Also skip a state whose text is
    // not valid JSON, for example because of NaN.
    if let Ok(text) = record.state.to_json()
        && Json::parse(&text).is_ok()
    {
        let state: Value = serde_json::from_str(&text).expect("the JSON text is no deeper than the value");
        assert_eq!(state, value[2]);
    }
}

fn check_record(serializer: impl Serializer, record: &Record) {
    assert!(record.accessed.as_secs().is_finite() && record.created.as_secs().is_finite());
    for entry in record.state.entries() {
        // Reading may fail but must not panic.
        let key = entry.name();
        let _ =
            (record.state.get::<Value>(key), record.state.get::<f64>(key), record.state.get::<Vec<u8>>(key));
    }

    let mut written = Vec::new();
    serializer.dumps_record(record, &mut written).expect("a loaded record can be written");
    let again =
        serializer.loads_record(written.as_slice().into()).expect("a written record can be read").record;
    assert_same(&again, record);
    let mut rewritten = Vec::new();
    serializer.dumps_record(&again, &mut rewritten).expect("a loaded record can be written");
    assert_eq!(rewritten, written, "the second writing must give the same bytes");

    // If JSON can hold the session, it also round-trips as JSON.
    let mut text = Vec::new();
    if record.write_json(&mut text).is_ok() {
        assert!(nesting(&text) <= json::MAX_DEPTH);
        assert_same(&Record::from_json(text).expect("a written JSON text can be read"), record);
    }
}

fn assert_same(one: &Record, other: &Record) {
    assert_eq!((one.accessed, one.created), (other.accessed, other.created));
    let texts = |record: &Record| -> Vec<_> {
        let text = |name: &str| record.state.get_json(name).ok().flatten().map(str::to_owned);
        record.state.keys().map(|name| (name.to_owned(), text(name))).collect()
    };
    assert_eq!(texts(one), texts(other));
}
