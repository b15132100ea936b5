//! The date of the attribute `Expires`.

/// The first letters of the months, in lower case.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Parses a date as browsers do (RFC 6265bis, section 5.1.1), and returns its Unix time in seconds. The parts can be in
/// any order. Other tokens, such as the weekday, are ignored. Returns `None` if a part is missing or out of range.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter =
        |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && !c.is_ascii_control() && c != ':';
    for token in text.split(|c: char| is_delimiter(c) || c == '\t').filter(|token| !token.is_empty()) {
        // Each part is the first token that has its form.
        if time.is_none() && set(&mut time, clock_time(token)) {
            continue;
        }
        if day.is_none() && set(&mut day, number(token, 1..=2)) {
            continue;
        }
        if month.is_none() && set(&mut month, month_of(token)) {
            continue;
        }
        if year.is_none() {
            year = number(token, 2..=4);
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year @ 1601.. => year,
        _ => return None,
    };
    let ([hour, minute, second], day, month) = (time?, day?, month?);
    let leap = i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let lengths = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let is_valid = hour < 24 && minute < 60 && second < 60 && (1..=lengths[month]).contains(&day);
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400;
    // There are 719162 days between the beginning of the year 1 and that of 1970.
    let days = past * 365 + leap_days - 719_162 + lengths[..month].iter().sum::<i64>() + day - 1;
    is_valid.then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Sets a part of the date to `value`. Returns whether there is a value.
fn set<T>(part: &mut Option<T>, value: Option<T>) -> bool {
    *part = value;
    part.is_some()
}

/// Parses the number at the start of a token. Returns `None` if the count of its digits is not in `digits`.
fn number(token: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let len = token.bytes().take_while(u8::is_ascii_digit).count();
    digits.contains(&len).then(|| token[..len].parse().ok()).flatten()
}

/// Parses `hours:minutes:seconds`, where other characters may follow.
fn clock_time(token: &str) -> Option<[i64; 3]> {
    let mut parts = token.splitn(3, ':');
    let mut exact = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (hour, minute) = (number(exact()?, 1..=2)?, number(exact()?, 1..=2)?);
    Some([hour, minute, number(parts.next()?, 1..=2)?])
}

/// Returns the index of the month whose name begins with the first three letters of a token.
fn month_of(token: &str) -> Option<usize> {
    let letters = token.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|month| *month == letters)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn date_in_any_form_is_parsed() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("1994 november 6th 8:49:37x", 784_111_777),
            ("29 Feb 2000 12:00:00", 951_825_600),
            ("01 Mar 2000 00:00:00", 951_868_800),
            ("31 Dec 69 23:59:59", 3_155_759_999),
            ("01 Jan 1601 00:00:00", -11_644_473_600),
            ("31 Dec 9999 23:59:59", 253_402_300_799),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn text_that_is_not_a_date_is_refused() {
        for text in [
            "",
            "0",
            "1700000000",
            "never",
            "01 Jan 1970",
            "Jan 1970 00:00:00",
            "01 1970 00:00:00",
            "01 Jan 00:00:00",
            "32 Jan 1970 00:00:00",
            "00 Jan 1970 00:00:00",
            "29 Feb 1900 00:00:00",
            "01 Jan 1600 00:00:00",
            "01 Jan 19700 00:00:00",
            "01 Jan 1970 24:00:00",
            "01 Jan 1970 00:60:00",
            "01 Jan 1970 00:00:60",
            "01 Jan 1970 00:00",
            "é1 Jän 1970 00:00:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
