//! Skips tests whose program is not installed.

use std::collections::HashSet;
use std::env;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Warns on standard error that `tests` are skipped. `advice` says how to run them. Each test program prints the same
/// warning only once.
///
/// # Panics
/// Panics if the environment has `CI=true`, because CI must not skip tests.
pub fn skip(tests: &str, advice: &str) {
    let ci = env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!ci, "{tests}: must not be skipped in CI; {advice}");
    warn(tests, advice);
}

/// Warns like [`skip`], but does not panic in CI. Used for tests that need a later version of a program than Debian 12
/// has.
pub(crate) fn warn(tests: &str, advice: &str) {
    // The test harness hides the output of macros such as `eprintln!` unless the test fails.
    warn_once(&mut io::stderr(), tests, advice);
}

fn warn_once(out: &mut impl Write, tests: &str, advice: &str) {
    static WARNINGS: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let warning = format!("\nSKIPPED: {tests}; {advice}.\n\n");
    let mut warnings = WARNINGS.lock().unwrap_or_else(PoisonError::into_inner);
    if warnings.get_or_insert_default().insert(warning.clone()) {
        let _ = out.write_all(warning.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::warn_once;

    /// Regression: only the first warning of a test program was written, whatever was missing.
    #[test]
    fn each_missing_program_is_reported_once() {
        let mut out = Vec::new();
        for program in ["one", "two", "one"] {
            warn_once(&mut out, "tests of `skip`", &format!("install {program}"));
        }
        let expected =
            ["one", "two"].map(|program| format!("\nSKIPPED: tests of `skip`; install {program}.\n\n"));
        assert_eq!(String::from_utf8(out).unwrap(), expected.concat());
    }
}
