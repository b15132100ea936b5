//! Timestamps, and a clock that a test sets.

use std::cmp::Ordering;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use session_core::{Clock, ManualClock, Timestamp};

fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

#[test]
fn system_time_converts_on_both_sides_of_epoch() {
    let quarter = Duration::from_millis(1_250);
    assert_eq!(Timestamp::from(UNIX_EPOCH + quarter), at(1.25));
    assert_eq!(Timestamp::from(UNIX_EPOCH - quarter), at(-1.25));
    assert_eq!(Timestamp::default(), at(0.0));
    // The conversion truncates to whole microseconds and returns the nearest float.
    let nanos = Duration::new(1_700_000_000, 123_456_789);
    assert_eq!(Timestamp::from(UNIX_EPOCH + nanos), at(1_700_000_000.123_456));
    assert_eq!(Timestamp::from(UNIX_EPOCH - nanos), at(-1_700_000_000.123_456));
    let huge = Duration::from_secs(1 << 50);
    assert_eq!(Timestamp::from(UNIX_EPOCH + huge), at((1_u64 << 50) as f64));
    for secs in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Timestamp::from_secs(secs), None);
    }
}

#[test]
fn time_converts_to_system_time() {
    let quarter = Duration::from_millis(1_250);
    assert_eq!(at(1.25).to_system_time(), Some(UNIX_EPOCH + quarter));
    assert_eq!(at(-1.25).to_system_time(), Some(UNIX_EPOCH - quarter));
    assert_eq!(at(f64::MAX).to_system_time(), None);
    assert_eq!(at(-1e19).to_system_time(), None);
}

#[test]
fn times_are_ordered() {
    let mut times = [at(2.5), at(-1.0), at(0.0), at(f64::MIN)];
    times.sort();
    assert_eq!(times, [at(f64::MIN), at(-1.0), at(0.0), at(2.5)]);
    assert_eq!(at(-0.0).cmp(&at(0.0)), Ordering::Equal);
}

#[test]
fn time_serializes_as_number() {
    assert_eq!(serde_json::to_string(&[at(1_700_000_000.0), at(0.5)]).unwrap(), "[1700000000,0.5]");
}

#[test]
fn trunc_rounds_towards_zero() {
    // Python's `int(1.75)` and `int(-1.75)` return the same numbers.
    assert_eq!(at(1.75).trunc(), at(1.0));
    assert_eq!(at(-1.75).trunc(), at(-1.0));
}

#[test]
fn secs_since_is_signed() {
    assert_eq!(at(10.0).secs_since(at(7.5)), 2.5);
    assert_eq!(at(7.5).secs_since(at(10.0)), -2.5);
    assert_eq!(at(10.0) + Duration::from_millis(2_500), at(12.5));
    assert_eq!(at(f64::MAX) + Duration::MAX, at(f64::MAX), "the sum stays finite");
}

#[test]
fn duration_since_is_never_negative() {
    assert_eq!(at(10.0).duration_since(at(7.5)), Duration::from_millis(2_500));
    assert_eq!(at(7.5).duration_since(at(10.0)), Duration::ZERO);
    assert_eq!(at(f64::MAX).duration_since(at(f64::MIN)), Duration::MAX);
}

#[test]
fn timestamp_displays_as_number() {
    assert_eq!(at(1_699_999_000.5).to_string(), "1699999000.5");
    assert_eq!(format!("{:.2}", at(1.5)), "1.50");
}

#[test]
fn non_finite_time_is_not_deserialized() {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, F64Deserializer};

    let read = |secs: f64| {
        let deserializer: F64Deserializer<Error> = secs.into_deserializer();
        Timestamp::deserialize(deserializer)
    };
    assert_eq!(read(-1.5), Ok(at(-1.5)));
    assert!(read(f64::NAN).is_err() && read(f64::INFINITY).is_err());
}

#[test]
fn clones_of_manual_clock_share_time() {
    let clock = ManualClock::new(at(100.0));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    clock.advance(Duration::from_millis(1_500));
    assert_eq!((clock.now(), shared.now()), (at(101.5), at(101.5)));
    clock.set(at(-3.0));
    assert_eq!(Clock::now(&shared), at(-3.0));
}

/// Regression: of two concurrent calls of `advance`, one could have no effect.
#[test]
fn concurrent_advances_of_manual_clock_add_up() {
    let (clock, start) = (ManualClock::new(at(0.0)), Barrier::new(2));
    let advance = || {
        for _ in 0..200 {
            start.wait();
            (0..1000).for_each(|_| clock.advance(Duration::from_secs(1)));
        }
    };
    thread::scope(|scope| {
        scope.spawn(advance);
        scope.spawn(advance);
    });
    assert_eq!(clock.now(), at(400_000.0));
}
