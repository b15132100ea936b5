//! Skips tests whose required program is missing.

use std::collections::HashSet;
use std::env;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Reports on standard error that `tests` are skipped, and what to do about it. Each test program reports the same
/// tests with the same advice only once.
///
/// # Panics
/// Panics in CI, where no test may be skipped.
pub(crate) fn skip(tests: &str, advice: &str) {
    let ci = env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!ci, "{tests}: must not be skipped in CI; {advice}");
    // The test harness hides the output of macros such as `eprintln!` unless the test fails.
    report(&mut std::io::stderr(), tests, advice);
}

/// Writes the report, unless this function has written it before.
fn report(out: &mut impl Write, tests: &str, advice: &str) {
    static REPORTED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let report = format!("\nSKIPPED: {tests}; {advice}.\n\n");
    let mut reported = REPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    if reported.get_or_insert_default().insert(report.clone()) {
        let _ = out.write_all(report.as_bytes());
    }
}

/// Regression: only the first report of a test program was written, whatever was missing.
#[test]
fn each_missing_program_is_reported_once() {
    let mut out = Vec::new();
    for program in ["one", "two", "one"] {
        report(&mut out, "tests of `skip`", &format!("install {program}"));
    }
    let expected =
        ["one", "two"].map(|program| format!("\nSKIPPED: tests of `skip`; install {program}.\n\n"));
    assert_eq!(String::from_utf8(out).unwrap(), expected.concat());
}
