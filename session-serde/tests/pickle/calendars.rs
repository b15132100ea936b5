//! Pickled dates and times, read as the types of chrono, jiff and time.

use serde::de::DeserializeOwned;
use time::format_description::well_known::Iso8601;

use super::{load, table};

/// Finds the row `label` of `objects.txt` and reads its pickle of each protocol. Asserts that all give the same value,
/// and returns that value.
fn read<T: DeserializeOwned + PartialEq + std::fmt::Debug>(label: &str) -> T {
    let row = table::objects().into_iter().find(|row| row.label == label).expect("a row with this label");
    let get = |pickle: &Vec<u8>| load(pickle).expect(label).state.get::<T>("v").expect(label).expect(label);
    let mut values = row.pickles.iter().map(get);
    let first = values.next().expect("a pickle for each protocol");
    assert!(values.all(|value| value == first));
    first
}

const NAIVE: &str = "DATETIME";
const WITH_FRACTION: &str = "DATETIME.replace(microsecond=45)";
const UTC: &str = "DATETIME.replace(tzinfo=UTC)";
const WITH_OFFSET: &str = "DATETIME.replace(tzinfo=offset(hours=-3, minutes=-30))";
const DATE: &str = "datetime.date(2024, 2, 29)";
const TIME: &str = "datetime.time(23, 5)";

#[test]
fn chrono_reads_dates_and_times() {
    use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

    let date = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let moment = date.and_hms_opt(1, 2, 3).unwrap();
    assert_eq!(read::<NaiveDate>(DATE), date);
    assert_eq!(read::<NaiveTime>(TIME), NaiveTime::from_hms_opt(23, 5, 0).unwrap());
    assert_eq!(read::<NaiveDateTime>(NAIVE), moment);
    assert_eq!(read::<NaiveDateTime>(WITH_FRACTION), date.and_hms_micro_opt(1, 2, 3, 45).unwrap());
    assert_eq!(read::<DateTime<Utc>>(UTC), moment.and_utc());
    let offset = read::<DateTime<FixedOffset>>(WITH_OFFSET);
    assert_eq!((offset.naive_local(), offset.offset().local_minus_utc()), (moment, -12_600));
}

/// Regression: the text of the time ended with the zone's offset before 1893, `+00:53`. A `time` has no date, so in a
/// zone of pytz whose offset varies, its `isoformat()` has no offset.
#[test]
fn time_in_zone_of_varying_offset_has_no_offset() {
    use chrono::NaiveTime;

    let time = |hour, minute, second| NaiveTime::from_hms_opt(hour, minute, second).unwrap();
    assert_eq!(
        read::<NaiveTime>("datetime.time(23, 5, tzinfo=pytz.timezone('Europe/Berlin'))"),
        time(23, 5, 0)
    );
    assert_eq!(
        read::<NaiveTime>("pytz.timezone('Europe/Berlin').localize(DATETIME).timetz()"),
        time(1, 2, 3)
    );
    assert_eq!(read::<String>("datetime.time(23, 5, tzinfo=pytz.utc)"), "23:05:00+00:00");
}

#[test]
fn jiff_reads_dates_and_times() {
    use jiff::Timestamp;
    use jiff::civil::{Date, DateTime, Time, date, time};

    let moment = date(2024, 2, 29).at(1, 2, 3, 0);
    assert_eq!(read::<Date>(DATE), date(2024, 2, 29));
    assert_eq!(read::<Time>(TIME), time(23, 5, 0, 0));
    assert_eq!(read::<DateTime>(NAIVE), moment);
    assert_eq!(read::<DateTime>(WITH_FRACTION), date(2024, 2, 29).at(1, 2, 3, 45_000));
    assert_eq!(read::<Timestamp>(UTC), "2024-02-29T01:02:03Z".parse().unwrap());
    assert_eq!(read::<Timestamp>(WITH_OFFSET), "2024-02-29T04:32:03Z".parse().unwrap());
}

/// With the feature `serde-human-readable`, the `Date` of the `time` crate deserializes from the text of Python's
/// `isoformat()`. An `OffsetDateTime` needs the crate's module `time::serde::iso8601`. The other types are parsed from
/// a `String`, with the format `Iso8601`.
#[test]
fn time_crate_reads_dates_and_times() {
    use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Iso(#[serde(with = "time::serde::iso8601")] OffsetDateTime);

    let date = Date::from_calendar_date(2024, time::Month::February, 29).unwrap();
    let moment = date.with_hms(1, 2, 3).unwrap();
    assert_eq!(read::<Date>(DATE), date);
    assert_eq!(read::<Iso>(UTC), Iso(moment.assume_utc()));
    assert_eq!(read::<Iso>(WITH_OFFSET).0.unix_timestamp(), moment.assume_utc().unix_timestamp() + 12_600);

    let parse = |label| PrimitiveDateTime::parse(&read::<String>(label), &Iso8601::DEFAULT).unwrap();
    assert_eq!(parse(NAIVE), moment);
    assert_eq!(parse(WITH_FRACTION), date.with_hms_micro(1, 2, 3, 45).unwrap());
    let time = Time::parse(&read::<String>(TIME), &Iso8601::TIME);
    assert_eq!(time.unwrap(), Time::from_hms(23, 5, 0).unwrap());
}
