//! Dates in the attribute `Expires`.

/// A date in the only form that servers may send: `Thu, 01 Jan 1970 00:00:00 GMT` (RFC 9110, section 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    /// Seconds since the start of the year 1.
    seconds: i64,
}

pub(super) const DAY_SECONDS: i64 = 24 * 60 * 60;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Date {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (day_name, rest) = text.split_once(", ")?;
        let rest = rest.strip_suffix(" GMT")?;
        let [day, month, year, time] = rest.split(' ').collect::<Vec<_>>()[..] else { return None };
        let [hour, minute, second] = time.split(':').collect::<Vec<_>>()[..] else { return None };
        let (day, year) = (number(day, 2)?, number(year, 4)?);
        let month = (1..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
        let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
        let is_date = (1..=days_of_month(year, month)).contains(&day)
            && DAYS[day_of_week(year, month, day)] == day_name
            && hour < 24
            && minute < 60
            && second <= 60;
        let time = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        is_date.then(|| Self { seconds: i64::from(days_before(year, month, day)) * DAY_SECONDS + time })
    }

    /// Returns the seconds from `earlier` until this date.
    pub(super) fn seconds_since(self, earlier: Self) -> i64 {
        self.seconds - earlier.seconds
    }

    /// Returns whether the date is before 2020. Such a date is in the past, whatever the clock says.
    pub(crate) fn is_long_ago(self) -> bool {
        self.seconds < i64::from(days_before(2020, 1, 1)) * DAY_SECONDS
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Returns the number of days of a month. `month` is from 1 to 12.
fn days_of_month(year: u16, month: u16) -> u16 {
    match month {
        2 => 28 + u16::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the number of days from the start of the year 1 to a date.
fn days_before(year: u16, month: u16, day: u16) -> u32 {
    let days_of_years: u32 = (1..year).map(|year| 365 + u32::from(is_leap(year))).sum();
    let days_of_months: u16 = (1..month).map(|month| days_of_month(year, month)).sum();
    days_of_years + u32::from(days_of_months) + u32::from(day) - 1
}

/// Returns the index of a date's day of the week. The first day of the year 1 was a Monday.
fn day_of_week(year: u16, month: u16, day: u16) -> usize {
    days_before(year, month, day) as usize % 7
}

fn number(text: &str, digits: usize) -> Option<u16> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn only_imf_fixdate_is_read() {
        let date = |text| Date::read(text).map(Date::is_long_ago);
        assert_eq!(date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(true));
        assert_eq!(date("Fri, 31 Dec 9999 23:59:60 GMT"), Some(false));
        for text in [
            "",
            "Thu, 1 Jan 1970 00:00:00 GMT",
            "Thu, 01-Jan-1970 00:00:00 GMT",
            "Thu, 01 Jan 70 00:00:00 GMT",
            "Thursday, 01 Jan 1970 00:00:00 GMT",
            "Thu, 01 Jan 1970 00:00:00",
            "Thu, 01 Jan 1970 00:00:00 CET",
            "Thu, 01 Jan 1970 24:00:00 GMT",
            "Thu, 01 Jan 1970 00:00 GMT",
            "Thu, 00 Jan 1970 00:00:00 GMT",
            "Thu, +1 Jan 1970 00:00:00 GMT",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_between_dates_are_counted() {
        let date = |text| Date::read(text).unwrap();
        let leap_day = date("Thu, 29 Feb 2024 23:59:59 GMT");
        let before_2020 = date("Tue, 31 Dec 2019 23:59:59 GMT");
        assert_eq!(date("Fri, 01 Mar 2024 00:00:01 GMT").seconds_since(leap_day), 2);
        assert_eq!(leap_day.seconds_since(date("Wed, 01 Mar 2023 00:00:00 GMT")), 366 * 24 * 60 * 60 - 1);
        assert_eq!(before_2020.seconds_since(date("Wed, 01 Jan 2020 00:00:00 GMT")), -1);
        assert!(before_2020.is_long_ago() && !date("Wed, 01 Jan 2020 00:00:00 GMT").is_long_ago());
    }

    /// Regression: any day of the week and 31 days in any month were accepted.
    #[test]
    fn date_that_does_not_exist_is_refused() {
        let is_date = |text: &str| Date::read(&format!("{text} 12:00:00 GMT")).is_some();
        for text in [
            "Thu, 29 Feb 2024",
            "Tue, 29 Feb 2000",
            "Sat, 30 Nov 2024",
            "Tue, 14 Nov 2023",
            "Sun, 14 Nov 1993",
        ] {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "Fri, 01 Jan 1970",
            "Mon, 31 Feb 2020",
            "Wed, 29 Feb 2023",
            "Thu, 29 Feb 1900",
            "Thu, 31 Apr 2025",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
