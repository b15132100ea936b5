//! Dates, times and UUIDs as the texts that Python's own methods return, and `timedelta`s as seconds.

use std::borrow::Cow;

use num_bigint::BigInt;
use session_core::json;

use super::graph::Graph;
use super::kind::{Id, Kind, Make};

// These are `i128`, because a `timedelta` can have more microseconds than 64 bits can count.
const MICROS: i128 = 1_000_000;
const DAY: i128 = 86_400 * MICROS;

/// The length of the longest state, in bytes. A state is the byte string that Python pickles for a date or time. The
/// state of a `datetime` is the longest.
const MAX_STATE: usize = 10;

/// The maximum number of items in the state of a `UUID`: its `int` and its `is_safe`.
const MAX_UUID_ITEMS: usize = 2;

/// The maximum length of the integer in a `UUID`, in bytes: 128 bits and the sign.
const MAX_UUID_LEN: usize = 17;

impl Graph {
    /// Returns the text of `isoformat()` for a `datetime`, `date` or `time`. Returns `None` for other values, and for a
    /// time zone of unknown offset.
    pub(super) fn iso8601(&self, id: Id) -> Option<String> {
        let (("datetime", class), &[state, ref zone @ ..]) = self.call(id)? else { return None };
        // Python 2 pickles the state as a `str`, which the reader stores as text if it is ASCII.
        let state = self
            .bytes_of(state, MAX_STATE)
            .or_else(|| self.latin1_bytes(state, MAX_STATE).map(Cow::Owned))?;
        let text = match (class, &*state) {
            ("date", date @ &[_, _, _, _]) if zone.is_empty() => return iso_date(date),
            ("datetime", &[ref date @ .., h, m, s, a, b, c]) => {
                format!("{}T{}", iso_date(date)?, iso_time([h, m, s, a, b, c])?)
            }
            // The high bit of the first byte is the `fold`.
            ("time", &[h, m, s, a, b, c]) => iso_time([h & 0x7f, m, s, a, b, c])?,
            _ => return None,
        };
        match *zone {
            [] => Some(text),
            [zone] if matches!(self.kind(zone), Kind::None) => Some(text),
            [zone] => {
                let offset = self.utc_offset(zone)?;
                // A `time` has no date on which such an offset could depend, so Python gives no offset.
                let is_unknown = class == "time" && self.pytz_offset(zone).is_some();
                Some(if is_unknown { text } else { text + &iso_offset(offset) })
            }
            _ => None,
        }
    }

    /// Returns the time zone of a `datetime` or `time` if its offset from UTC is unknown.
    pub(super) fn unknown_zone(&self, id: Id) -> Option<Id> {
        let (("datetime", "datetime" | "time"), &[_, zone]) = self.call(id)? else { return None };
        let is_known = matches!(self.kind(zone), Kind::None) || self.utc_offset(zone).is_some();
        (!is_known).then_some(zone)
    }

    /// Returns the offset of a time zone from UTC, in microseconds, or `None` if the offset is unknown.
    fn utc_offset(&self, zone: Id) -> Option<i128> {
        let offset = match self.call(zone) {
            Some((("datetime", "timezone"), &[offset, ..])) => self.timedelta_micros(offset)?,
            Some((("pytz", "_UTC"), [])) => 0,
            _ if self.zone_key(zone) == Some(b"UTC") => 0,
            _ => self.pytz_offset(zone)?,
        };
        (offset.abs() < DAY).then_some(offset)
    }

    /// Returns the offset that pytz has chosen for a `datetime`, in microseconds, if the zone is one of pytz's zones
    /// whose offset varies.
    fn pytz_offset(&self, zone: Id) -> Option<i128> {
        match self.call(zone) {
            Some((("pytz", "_p"), &[_, offset, _, _])) => Some(self.int(offset)? * MICROS),
            _ => None,
        }
    }

    /// Returns the key of a `zoneinfo.ZoneInfo`.
    fn zone_key(&self, zone: Id) -> Option<&[u8]> {
        let Kind::Object(object) = self.kind(zone) else { return None };
        let Make::Reduce { callable, args } = object.make else { return None };
        let key = *self.tuple(args)?.first()?;
        if self.global_name(callable)? == "zoneinfo.ZoneInfo" { self.str_bytes(key) } else { None }
    }

    /// Returns the length of a `timedelta` in seconds, without a fraction if the seconds are whole.
    pub(super) fn timedelta(&self, id: Id) -> Option<String> {
        let micros = self.timedelta_micros(id)?;
        if micros % MICROS == 0 {
            return Some((micros / MICROS).to_string());
        }
        let mut text = Vec::new();
        json::write_f64(&mut text, format!("{micros}e-6").parse().ok()?);
        String::from_utf8(text).ok()
    }

    fn timedelta_micros(&self, id: Id) -> Option<i128> {
        let (("datetime", "timedelta"), &[days, secs, micros]) = self.call(id)? else { return None };
        let (days, secs, micros) = (self.int(days)?, self.int(secs)?, self.int(micros)?);
        Some(days * DAY + secs * MICROS + micros)
    }

    /// Returns the hyphenated text of a `uuid.UUID`.
    pub(super) fn uuid(&self, id: Id) -> Option<String> {
        let (("uuid", "UUID"), state) = self.instance(id)? else { return None };
        let Kind::Dict(items) = self.kind(state) else { return None };
        let &(_, number) =
            items.iter().take(MAX_UUID_ITEMS).find(|(key, _)| self.str_bytes(*key) == Some(b"int"))?;
        let number = match *self.kind(number) {
            Kind::Int(number) => u128::try_from(number).ok()?,
            Kind::Long(span) if span.len() <= MAX_UUID_LEN => {
                BigInt::from_signed_bytes_le(self.slice(span)).try_into().ok()?
            }
            _ => return None,
        };
        let hex = format!("{number:032x}");
        Some([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
    }

    fn int(&self, id: Id) -> Option<i128> {
        match *self.kind(id) {
            Kind::Int(value) => Some(value.into()),
            _ => None,
        }
    }
}

fn iso_date(state: &[u8]) -> Option<String> {
    let &[high, low, month, day] = state else { return None };
    let year = u16::from_be_bytes([high, low]);
    // The high bit of the month is the `fold` of a datetime.
    let month = month & 0x7f;
    let is_date = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn iso_time([hour, minute, second, a, b, c]: [u8; 6]) -> Option<String> {
    let micros = u32::from_be_bytes([0, a, b, c]);
    let is_time = hour < 24 && minute < 60 && second < 60 && i128::from(micros) < MICROS;
    is_time.then(|| {
        let fraction = if micros > 0 { format!(".{micros:06}") } else { String::new() };
        format!("{hour:02}:{minute:02}:{second:02}{fraction}")
    })
}

fn iso_offset(micros: i128) -> String {
    let sign = if micros < 0 { '-' } else { '+' };
    let (secs, rest) = (micros.abs() / MICROS, micros.abs() % MICROS);
    let mut text = format!("{sign}{:02}:{:02}", secs / 3600, secs / 60 % 60);
    if secs % 60 > 0 || rest > 0 {
        text += &format!(":{:02}", secs % 60);
    }
    if rest > 0 {
        text += &format!(".{rest:06}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::kind::{Global, Object, Update};

    /// Regression: if many UUIDs shared a long integer or a large state, the integer was converted once for each UUID,
    /// and the state was searched once for each UUID.
    #[test]
    fn uuid_with_long_integer_or_large_state_is_not_read() {
        let mut graph = Graph::default();
        let mut add = |kind: fn(_) -> Kind, bytes: &[u8]| {
            let span = graph.store(bytes);
            graph.add(kind(span), 0)
        };
        let [module, name, int, other] =
            [b"uuid", b"UUID", &b"int"[..], b"x"].map(|text| add(Kind::Str, text));
        // Both integers are 1, padded with zeros, so only the length can make a difference. Integers from a pickle
        // have no padding, because the reader removes it.
        let [short, long] = [17, 18].map(|length| {
            let mut bytes = vec![0; length];
            bytes[0] = 1;
            add(Kind::Long, &bytes)
        });
        let class = graph.add(Kind::Global(Global { module, name, python2: false }), 0);
        let args = graph.add(Kind::Tuple(Vec::new()), 0);
        let mut uuid = |items: &[(Id, Id)]| {
            let state = graph.add(Kind::Dict(items.to_vec()), 0);
            let mut object = Object::new(Make::New { class, args });
            object.updates.push(Update::Build(state));
            let id = graph.add(Kind::Object(Box::new(object)), 0);
            graph.uuid(id)
        };
        let text = "00000000-0000-0000-0000-000000000001";
        assert_eq!(uuid(&[(other, args), (int, short)]).as_deref(), Some(text));
        assert_eq!(uuid(&[(int, long)]), None);
        assert_eq!(uuid(&[(other, args), (other, args), (int, short)]), None);
    }
}
