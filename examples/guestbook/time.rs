//! Times as readable text, in UTC.

use std::time::Duration;

use signed_session::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Formats a time of day: `12:34:56 UTC`.
pub(crate) fn clock(at: &Timestamp) -> String {
    let secs = (at.as_secs().floor() as i64).rem_euclid(DAY as i64);
    format!("{:02}:{:02}:{:02} UTC", secs / 3600, secs / 60 % 60, secs % 60)
}

/// Formats a date: `2023-11-14`. Returns the seconds if the date is before 1970 or after 9999, because a `Timestamp`
/// can be any finite number.
pub(crate) fn date(at: &Timestamp) -> String {
    const END_OF_9999: f64 = 253_402_300_799.0;
    if !(0.0..=END_OF_9999).contains(&at.as_secs()) {
        return format!("{at} s");
    }
    let mut days = at.as_secs() as u64 / DAY;
    let mut year = 1970;
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    for len in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < len {
            break;
        }
        days -= len;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

/// Formats the time since `at`: `3 minutes ago`.
pub(crate) fn ago(at: &Timestamp, now: &Timestamp) -> String {
    let secs = now.secs_since(*at);
    if secs < 0.0 {
        return "in the future".to_owned();
    }
    match secs as u64 {
        0 => "just now".to_owned(),
        secs @ ..MINUTE => count(secs, "second") + " ago",
        secs @ MINUTE..HOUR => count(secs / MINUTE, "minute") + " ago",
        secs @ HOUR..DAY => count(secs / HOUR, "hour") + " ago",
        secs => count(secs / DAY, "day") + " ago",
    }
}

/// Formats a duration: `20 minutes`, `1 hour 30 seconds`.
pub(crate) fn span(span: Duration) -> String {
    let secs = span.as_secs();
    let parts = [
        (secs / DAY, "day"),
        (secs % DAY / HOUR, "hour"),
        (secs % HOUR / MINUTE, "minute"),
        (secs % MINUTE, "second"),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, unit)| count(n, unit)).collect();
    parts.join(" ")
}

fn count(n: u64, unit: &str) -> String {
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> Timestamp {
        Timestamp::from_secs(secs).unwrap()
    }

    #[test]
    fn date_and_clock_format_timestamps() {
        for (secs, shown) in [
            (0.0, "1970-01-01 00:00:00 UTC"),
            (951_782_399.9, "2000-02-28 23:59:59 UTC"),
            (951_782_400.0, "2000-02-29 00:00:00 UTC"),
            (1_700_000_000.5, "2023-11-14 22:13:20 UTC"),
            (1_735_689_599.0, "2024-12-31 23:59:59 UTC"),
            (4_107_542_400.0, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(format!("{} {}", date(&at(secs)), clock(&at(secs))), shown);
        }
    }

    /// Regression: before 1970, a time with a fraction was shown one second late.
    #[test]
    fn clock_rounds_down() {
        for (secs, shown) in [(-0.5, "23:59:59 UTC"), (-1.0, "23:59:59 UTC"), (-1.5, "23:59:58 UTC")] {
            assert_eq!(clock(&at(secs)), shown);
        }
    }

    #[test]
    fn extreme_timestamps_are_formatted() {
        assert_eq!(date(&at(-1.0)), "-1 s");
        for secs in [f64::MAX, f64::MIN, 1e18] {
            assert!(date(&at(secs)).ends_with(" s"));
            assert!(clock(&at(secs)).ends_with(" UTC"));
            assert!(!ago(&at(secs), &at(0.0)).is_empty());
        }
    }

    #[test]
    fn ago_and_span_format_durations() {
        let now = at(1_000_000.0);
        for (secs, shown) in
            [(0.5, "just now"), (1.0, "1 second ago"), (119.0, "1 minute ago"), (7200.0, "2 hours ago")]
        {
            assert_eq!(ago(&at(now.as_secs() - secs), &now), shown);
        }
        assert_eq!(ago(&at(now.as_secs() + 1.0), &now), "in the future");
        assert_eq!(span(Duration::from_secs(1200)), "20 minutes");
        assert_eq!(span(Duration::from_secs(3601)), "1 hour 1 second");
    }
}
