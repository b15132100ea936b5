//! Detection of secrets that are easy to guess.

use std::collections::HashSet;
use std::fmt;

use zeroize::Zeroizing;

/// Minimum length of a secret in bytes.
pub(crate) const MIN_LEN: usize = 32;

/// Secrets printed in documentation. Attackers try them first.
const PUBLISHED: [&[u8]; 7] = [
    b"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf", // Flask
    b"a-string-secret-at-least-256-bits-long",                           // jwt.io
    // Printed by earlier revisions of this repository: README, rustdoc, examples.
    b"the very secret that Pyramid is configured with",
    b"3c69e9b2-6a7b-45a1-9a59-c9a6a1a1d4c0",
    b"everybody can read this one, so it protects nothing at all",
    b"48 bytes, as much as this MAC takes with a salt.",
    b"of these tests, and of nothing else",
];

/// Prefix of the secrets that Django generates for development.
const DJANGO_DEVELOPMENT: &[u8] = b"django-insecure-";

/// Minimum number of distinct bytes. Fewer than 6 occur about once in 1.7 · 10^7 secrets of 32 random decimal digits,
/// and far less often in hex, base64 or raw bytes.
const MIN_DISTINCT: usize = 6;

/// The reason why a secret is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weakness {
    /// Shorter than [`MIN_LEN`]; contains the length in bytes.
    Short(usize),
    Published,
    FewDistinctBytes,
    Repetitive,
    Sequence,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(len) => write!(f, "secret is {len} bytes, need at least {MIN_LEN}"),
            Self::Published => f.write_str("secret is a published example, need a random one"),
            Self::FewDistinctBytes => f.write_str("secret repeats a few bytes, need a random one"),
            Self::Repetitive => f.write_str("secret repeats a pattern, need a random one"),
            Self::Sequence => f.write_str("secret is a sequence, need a random one"),
        }
    }
}

/// Returns why a secret of at least [`MIN_LEN`] bytes is easy to guess, or `None`.
pub(crate) fn weakness(secret: &[u8]) -> Option<Weakness> {
    if PUBLISHED.contains(&secret) || secret.starts_with(DJANGO_DEVELOPMENT) {
        return Some(Weakness::Published);
    }
    // Hex digits can hide a pattern of bytes: the text 000102… is not a sequence, but the decoded bytes are.
    pattern(secret).or_else(|| pattern(&decode_hex(secret)?))
}

fn pattern(bytes: &[u8]) -> Option<Weakness> {
    if distinct(bytes) < MIN_DISTINCT {
        Some(Weakness::FewDistinctBytes)
    } else if is_repetitive(bytes) {
        Some(Weakness::Repetitive)
    } else if is_sequence(bytes) {
        Some(Weakness::Sequence)
    } else {
        None
    }
}

fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    bytes.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|&&seen| seen).count()
}

/// Length in bytes of the blocks that [`is_repetitive`] compares.
const GRAM: usize = 4;

/// Number of bytes at the start of a secret that are searched for repetitions. If these bytes are hard to guess,
/// further bytes cannot make the secret weaker.
const SEARCHED: usize = 256;

/// Returns whether at least a quarter of the positions in the first [`SEARCHED`] bytes are repeated.
///
/// A position is repeated if the four bytes that begin there also begin at an earlier position. This finds a long block
/// that occurs twice, even with other bytes before, between or after the two occurrences.
///
/// The chance that 32 random decimal digits have 8 repeated positions is below 10^-8. Repeated positions form runs. A
/// run of `r` positions requires that `r + 3` digits equal the digits from an earlier position on. The chance of this
/// is 10^-(r + 3). The chances for 8 repeated positions follow from the number of ways to choose the start of each run
/// and the earlier position:
///
/// - in one run: 231 ways, so 231 · 10^-11 = 2.3 · 10^-9;
/// - in two runs, whose lengths add up to 8: 247,940 ways, so 247,940 · 10^-14 = 2.5 · 10^-9;
/// - in three runs: 8.1 · 10^7 ways, so 8.1 · 10^7 · 10^-17 = 8.1 · 10^-10;
/// - in more runs: together below 2 · 10^-10.
///
/// The chance is smaller for longer secrets, which need more repeated positions, and for alphabets with more
/// characters.
fn is_repetitive(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(SEARCHED)];
    let mut seen = HashSet::new();
    let repeated = bytes.windows(GRAM).filter(|gram| !seen.insert(*gram)).count();
    4 * repeated >= bytes.len()
}

/// Returns whether at least half of the steps from one byte to the next are equal: `abcdef…`, `987654…`, `aabbcc…`.
fn is_sequence(bytes: &[u8]) -> bool {
    let mut counts = [0_usize; 256];
    bytes.windows(2).for_each(|pair| counts[usize::from(pair[1].wrapping_sub(pair[0]))] += 1);
    counts.iter().max().is_some_and(|&most| 2 * most >= bytes.len() - 1)
}

/// Decodes pairs of hex digits, or returns `None` for any other text.
fn decode_hex(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let pairs = text.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    // The capacity is exact, because a reallocation would leave a copy of the secret in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for pair in pairs {
        bytes.push(u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_secret_passes_all_other_checks() {
        for secret in PUBLISHED {
            let other = pattern(secret).or_else(|| pattern(&decode_hex(secret)?));
            assert!(secret.len() >= MIN_LEN && other.is_none(), "{}", secret.escape_ascii());
            assert_eq!(weakness(secret), Some(Weakness::Published));
        }
    }

    #[test]
    fn quarter_of_repeated_positions_is_repetitive() {
        let block: Vec<u8> = (0..=u8::MAX).map(|n| n.wrapping_mul(37) ^ 0x5a).collect();
        // Four bytes fit at 29 positions of 32 bytes. With a period of 21 bytes, 8 of these positions are repeated.
        for (period, len, expected) in [
            (1, 40, true),
            (16, 32, true),
            (21, 32, true),
            (22, 32, false),
            (94, 128, false),
            (93, 128, true),
            (189, 256, true),
            (190, 256, false),
            (190, 1000, false),
        ] {
            let bytes: Vec<u8> = block[..period].iter().copied().cycle().take(len).collect();
            assert_eq!(is_repetitive(&bytes), expected, "{period} of {len}");
        }
    }

    #[test]
    fn sequence_has_at_least_half_equal_steps() {
        // 10 steps: first `n` steps of 1, then steps that all differ.
        let bytes = |n: u8| {
            let steps = (0..10).map(|step| if step < n { 1 } else { 20 + step });
            steps.fold(vec![0_u8], |mut bytes, step| {
                bytes.push(bytes[bytes.len() - 1].wrapping_add(step));
                bytes
            })
        };
        assert!(is_sequence(&bytes(10)) && is_sequence(&bytes(5)) && !is_sequence(&bytes(4)));
    }

    #[test]
    fn only_pairs_of_hex_digits_are_decoded() {
        assert_eq!(decode_hex(b"00fFa9").as_deref(), Some(&vec![0, 0xff, 0xa9]));
        for other in [&b"abc"[..], b"0g", b" 1", b"\xe9\xe9"] {
            assert_eq!(decode_hex(other), None);
        }
    }
}
