//! JSON serializers, each with a flaw.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use session_core::{Record, State, Timestamp, json};
use session_serde::{DumpError, JsonSerializer, LoadError, Loaded, Serializer};
use session_tests::serializer;

use crate::failure;
use crate::texts;

flaws! {
    Overwrites: "the buffer's previous contents are overwritten";
    DumpsOtherwise: "`dumps_record` and `dumps` write different formats";
    EmptyBeforeRest: "a record with bytes after it loads as an empty session";
    IgnoresZeros: "zeros after the record are ignored";
    EmptyForUnreadable: "unreadable bytes load as an empty session instead of an error";
    RepairsTruncated: "a truncated record is repaired and loaded";
    LoadsTruncated: "`loads` repairs and loads a truncated value";
    LastByteIsOptional: "a record without its last byte loads";
    PanicsOnShort: "very short input causes a panic";
    PanicsOnOther: "JSON that is not a record causes a panic";
    TextIsTime: "a time written as text is read as a number";
    IgnoresFourthElement: "a fourth element of the record is ignored";
    NullIsEmpty: "a null state loads as an empty one";
    PanicsOnDepth: "deeply nested input causes a panic";
    PanicsOnNestedTuples: "deeply nested pickle tuples cause a panic";
    TrustsLengths: "memory is allocated for any length that the input claims";
    WritesDeeperThanItReads: "deeper nesting is allowed on writing than on reading";
    LimitsText: "long strings are truncated to 64 KiB";
    LimitsEntries: "entries after the 255th are lost";
    WholeSeconds: "`created` is truncated to whole seconds";
    SinglePrecision: "`created` is a single-precision float";
    TruncatesAccessed: "`accessed` is truncated to whole seconds";
    CreatedLosesMinusZero: "a `created` of -0.0 becomes 0.0";
    LosesCreated: "`created` is replaced by the time of the last access";
    SwapsTimes: "the two times are swapped on reading";
    SortsEntries: "the entries are sorted by key";
    DropsNulls: "null entries are lost";
    DropsLongKeys: "entries whose keys are longer than three bytes are lost";
    DropsEmptyKey: "an entry under the empty key is lost";
    IntegersAsFloats: "integers become floats";
    BigIntegersAsFloats: "integers beyond 64 bits are rounded to floats";
    WrapsIntegers: "integers beyond 63 bits wrap around";
    WholeFloatsAsIntegers: "floats without a fraction become integers";
    LosesMinusZero: "-0.0 becomes 0.0";
    StructsLoseMinusZero: "`loads` reads -0.0 in a struct as 0.0";
    LossyText: "a lone surrogate becomes a replacement character";
    AsciiText: "non-ASCII characters become question marks";
    PrivateKeyIsNumber: "a map with the key `$serde_json::private::Number` becomes a number";
    EnumsWithoutFields: "`loads` refuses enum variants with fields";
}

struct Json(Flaw);

impl Serializer for Json {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let bytes = JsonSerializer.dumps(value)?;
        match self.0 {
            Flaw::DumpsOtherwise => Ok([b"v2:", &bytes[..]].concat()),
            _ => Ok(bytes),
        }
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        match self.0 {
            Flaw::DumpsOtherwise => {
                JsonSerializer.loads(bytes.strip_prefix(b"v2:").ok_or(LoadError::malformed("v1"))?)
            }
            Flaw::EmptyBeforeRest => {
                let value = serde_json::Deserializer::from_slice(bytes).into_iter().next();
                value.and_then(Result::ok).ok_or(LoadError::malformed("not JSON"))
            }
            Flaw::IgnoresZeros => JsonSerializer.loads(without_zeros(bytes)),
            Flaw::LoadsTruncated => {
                let closed = |end: &[u8]| JsonSerializer.loads(&[bytes, end].concat());
                closed(b"").or_else(|_| closed(b"]")).or_else(|_| closed(b"}]"))
            }
            Flaw::LastByteIsOptional => {
                JsonSerializer.loads(bytes).or_else(|_| JsonSerializer.loads(&[bytes, b"]"].concat()))
            }
            Flaw::StructsLoseMinusZero if bytes.windows(10).any(|part| part == b"\"unsigned\"") => {
                let text = String::from_utf8_lossy(bytes);
                let text = text.replace(": -0.0,", ": 0.0,").replace(": -0.0}", ": 0.0}");
                JsonSerializer.loads(text.as_bytes())
            }
            Flaw::PanicsOnShort => {
                assert!(bytes.len() > 4);
                JsonSerializer.loads(bytes)
            }
            Flaw::EnumsWithoutFields if bytes.windows(9).any(|part| part == b"\"Newtype\"") => {
                Err(LoadError::malformed("an enum"))
            }
            _ => JsonSerializer.loads(bytes),
        }
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        let mut record = record.clone();
        match self.0 {
            Flaw::Overwrites => out.clear(),
            Flaw::WholeSeconds => record.created = record.created.trunc(),
            Flaw::SinglePrecision => {
                let single = f64::from(record.created.as_secs() as f32);
                record.created = Timestamp::from_secs(single).unwrap_or(record.created);
            }
            Flaw::TruncatesAccessed => record.accessed = record.accessed.trunc(),
            Flaw::CreatedLosesMinusZero if record.created == Timestamp::default() => {
                record.created = Timestamp::default();
            }
            Flaw::LosesCreated => record.created = record.accessed,
            _ => {}
        }
        JsonSerializer.dumps_record(&record, out)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        match self.0 {
            Flaw::EmptyBeforeRest => {
                let mut record: Record = self.loads(&bytes)?;
                if JsonSerializer.loads_record(bytes).is_err() {
                    record.state = State::default();
                }
                return Ok(Loaded::new(record));
            }
            Flaw::IgnoresZeros => return JsonSerializer.loads_record(without_zeros(&bytes).into()),
            Flaw::EmptyForUnreadable => {
                let read = JsonSerializer.loads_record(bytes);
                return Ok(read.unwrap_or_else(|_| Loaded::new(Record::default())));
            }
            Flaw::RepairsTruncated => {
                let closed = |end: &[u8]| JsonSerializer.loads_record([&bytes[..], end].concat().into());
                return closed(b"").or_else(|_| closed(b"]")).or_else(|_| closed(b"}]"));
            }
            Flaw::LastByteIsOptional => {
                let closed = [&bytes[..], b"]"].concat();
                return JsonSerializer
                    .loads_record(bytes)
                    .or_else(|_| JsonSerializer.loads_record(closed.into()));
            }
            Flaw::PanicsOnShort => assert!(bytes.len() > 4),
            Flaw::PanicsOnOther => {
                let value: Value =
                    serde_json::from_slice(&bytes).unwrap_or_else(|_| Vec::<Value>::from([0.into()]).into());
                assert!(value[0].is_number());
            }
            Flaw::TextIsTime | Flaw::IgnoresFourthElement | Flaw::NullIsEmpty => {
                if let Ok(Value::Array(mut parts)) = serde_json::from_slice(&bytes) {
                    let numbers =
                        parts.iter().map(|part| part.as_str()?.parse::<f64>().ok()).collect::<Vec<_>>();
                    match &mut parts[..] {
                        [time @ Value::String(_), ..] if self.0 == Flaw::TextIsTime => {
                            *time = numbers[0].into()
                        }
                        [_, _, state @ Value::Null] if self.0 == Flaw::NullIsEmpty => {
                            *state = serde_json::json!({})
                        }
                        [_, _, _, _] if self.0 == Flaw::IgnoresFourthElement => drop(parts.pop()),
                        _ => return JsonSerializer.loads_record(bytes),
                    }
                    return JsonSerializer.loads_record(Value::from(parts).to_string().into_bytes().into());
                }
            }
            Flaw::PanicsOnDepth => {
                assert!(bytes.iter().filter(|byte| **byte == b'[').count() < 5000);
            }
            Flaw::PanicsOnNestedTuples => {
                assert!(!bytes.windows(5000).any(|part| part == [b'\x85'; 5000]));
            }
            Flaw::TrustsLengths => {
                if let [.., 0x8d | 0x8e, a, b, c, d, e, f, g, h] = bytes[..] {
                    let len = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
                    // An allocation of `usize::MAX` bytes panics. A smaller allocation that does not fit into the
                    // memory would abort the process.
                    drop(Vec::<u8>::with_capacity(if len > 1 << 63 { usize::MAX } else { 0 }));
                }
            }
            Flaw::WritesDeeperThanItReads if bytes.windows(100).any(|part| part == [b'['; 100]) => {
                return Err(LoadError::malformed("too deep"));
            }
            _ => {}
        }
        let mut loaded = JsonSerializer.loads_record(bytes)?;
        if self.0 == Flaw::SwapsTimes {
            std::mem::swap(&mut loaded.record.accessed, &mut loaded.record.created);
        }
        if loaded.record.state.entries().any(|entry| entry.value_json().is_err()) {
            // The suite has damaged the bytes, so a value is not valid JSON. The flaws below need valid JSON.
            return Ok(loaded);
        }
        let mut entries: Vec<_> = texts(&loaded.record.state);
        match self.0 {
            Flaw::SortsEntries => entries = BTreeMap::from_iter(entries).into_iter().collect(),
            Flaw::DropsNulls => entries.retain(|entry| entry.1 != "null"),
            Flaw::DropsLongKeys => entries.retain(|entry| entry.0.len() < 4),
            Flaw::DropsEmptyKey => entries.retain(|entry| !entry.0.is_empty()),
            Flaw::LimitsEntries => entries.truncate(255),
            _ => {}
        }
        let mut state = State::default();
        for (key, text) in entries {
            state.insert_json(&key, respelled(self.0, &text).unwrap_or(text)).unwrap();
        }
        loaded.record.state = state;
        Ok(loaded)
    }
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &bytes[..len]
}

/// Returns the JSON text that the flaw makes of a value's text, or `None` if the flaw does not concern this text.
fn respelled(flaw: Flaw, text: &str) -> Option<String> {
    let is_integer = !text.contains(['.', 'e', 'E']);
    let float = text.parse::<f64>().ok().filter(|float| float.is_finite());
    let spelled = |float: f64| json::to_string(&float).ok();
    match flaw {
        Flaw::IntegersAsFloats => spelled(float?),
        Flaw::BigIntegersAsFloats if is_integer && text.len() > 20 => spelled(float?),
        Flaw::WrapsIntegers => text.parse::<u64>().ok().map(|integer| (integer as i64).to_string()),
        Flaw::WholeFloatsAsIntegers if float?.fract() == 0.0 => Some(format!("{:.0}", float?)),
        Flaw::LosesMinusZero if float? == 0.0 && !is_integer => Some("0.0".to_owned()),
        Flaw::LossyText if text.starts_with('"') && json::unquote(text).is_none() => {
            replaced_surrogates(text)
        }
        Flaw::AsciiText => {
            let text: String = serde_json::from_str(text).ok()?;
            let ascii: String = text.chars().map(|char| if char.is_ascii() { char } else { '?' }).collect();
            json::to_string(&ascii).ok()
        }
        Flaw::PrivateKeyIsNumber => {
            let number = text.strip_prefix("{\"$serde_json::private::Number\": \"")?.split('"').next()?;
            json::Json::parse(number)
                .is_ok_and(|value| matches!(value, json::Json::Number(_)))
                .then(|| number.to_owned())
        }
        Flaw::LimitsText => {
            let text: String =
                serde_json::from_str(text).ok().filter(|text: &String| text.len() > 1 << 16)?;
            let end = (0..=1 << 16).rev().find(|end| text.is_char_boundary(*end))?;
            json::to_string(&text[..end]).ok()
        }
        _ => None,
    }
}

/// Returns a JSON string in which lone surrogates are replaced. Other escapes and characters stay.
fn replaced_surrogates(quoted: &str) -> Option<String> {
    let mut parts = quoted.split("\\u");
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let is_surrogate = part.get(..4).is_some_and(|hex| {
            matches!(hex.as_bytes(), [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..])
        });
        text.push_str(if is_surrogate { "\\ufffd" } else { "\\u" });
        text.push_str(if is_surrogate { &part[4..] } else { part });
    }
    Some(text)
}

fn check(flaw: Flaw) {
    serializer::check(&Json(flaw));
}

#[test]
fn failing_case_is_minimal_and_readable() {
    let message = failure("a flaw", || serializer::records_round_trip(&Json(Flaw::DropsNulls)));
    let (what, case) = message.split_once("\n\nminimal case:\n").unwrap();
    let (times, state) = case.trim_end().split_at(case.find('{').unwrap());
    assert_eq!(state, "{\"\": null}]");
    assert_eq!(what, format!("a record through dumps_record and loads_record: it came back as {times}{{}}]"));
}
