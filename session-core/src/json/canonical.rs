//! Spells equal JSON values in the same way.

use std::borrow::Cow;

/// Returns the same text for all spellings of equal numbers, and different texts for different numbers. As in Python,
/// an integer equals a float only if this is its exact value. `number` must be valid.
pub(super) fn canonical_number(number: &str) -> Cow<'_, str> {
    if !number.contains(['.', 'e', 'E']) {
        return Cow::Borrowed(if number == "-0" { "0" } else { number });
    }
    match number.parse::<f64>() {
        Ok(0.0) => Cow::Borrowed("0"),
        // This writes all digits, and `to_string` only as many as are needed to tell floats apart.
        Ok(value) if value.fract() == 0.0 => Cow::Owned(format!("{value:.0}")),
        Ok(value) => Cow::Owned(value.to_string()),
        Err(_) => Cow::Borrowed(number),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_are_equal_as_in_python() {
        let mut seen = HashSet::new();
        for equal in [
            &["1", "1.0", "10e-1", "0.1e1"][..],
            &["0", "-0", "0.0", "-0.0", "0e5"],
            &["-12", "-12.0"],
            &["0.1", "1e-1", "0.10"],
            &["0.10000000000000002"],
            &["9007199254740992", "9007199254740992.0", "9007199254740993.0"],
            &["9007199254740993"],
            // The exact value of the float nearest to 10^23, and 10^23 itself.
            &["99999999999999991611392", "1e23", "1e+23"],
            &["100000000000000000000000"],
            &["100000000000000000000", "1e20"],
            &["1e400", "1e401"],
            &["-1e400"],
            &["NaN"],
        ] {
            let canonical = canonical_number(equal[0]);
            assert!(equal.iter().all(|number| canonical_number(number) == canonical), "{equal:?}");
            assert!(seen.insert(canonical), "{equal:?}");
        }
    }
}
