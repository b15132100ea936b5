//! Dates in the attribute `Expires`.

/// A date in the only form that servers may send: `Thu, 01 Jan 1970 00:00:00 GMT` (RFC 9110, section 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    year: u16,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Date {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (day_name, rest) = text.split_once(", ")?;
        let rest = rest.strip_suffix(" GMT")?;
        let [day, month, year, time] = rest.split(' ').collect::<Vec<_>>()[..] else { return None };
        let [hour, minute, second] = time.split(':').collect::<Vec<_>>()[..] else { return None };
        let is_date = DAYS.contains(&day_name)
            && MONTHS.contains(&month)
            && (1..=31).contains(&number(day, 2)?)
            && number(hour, 2)? < 24
            && number(minute, 2)? < 60
            && number(second, 2)? <= 60;
        is_date.then_some(Self { year: number(year, 4)? })
    }

    /// Returns whether the date is before 2020. Such a date is in the past, whatever the clock says.
    pub(crate) fn is_long_ago(self) -> bool {
        self.year < 2020
    }
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
}
