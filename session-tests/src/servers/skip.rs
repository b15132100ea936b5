//! Skips the tests whose server is not installed.

use std::collections::HashSet;
use std::env;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Warns on standard error that the tests with `server` are skipped. `advice` says how to run them. Each test program
/// warns only once for each server.
///
/// # Panics
/// Panics if the environment has `CI=true`, because CI must not skip these tests.
pub(super) fn skip(server: &'static str, advice: &str) {
    let ci = env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!ci, "the tests with {server} must not be skipped in CI; {advice}");
    report(server, advice);
}

/// Warns on standard error that the tests with `server` are skipped, like [`skip`], but does not panic in CI. Used for
/// tests that need a later version of the server than Debian 12 has.
pub(super) fn report(server: &'static str, advice: &str) {
    static REPORTED: Mutex<Option<HashSet<&str>>> = Mutex::new(None);
    let mut reported = REPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    if reported.get_or_insert_default().insert(server) {
        // The test harness hides the output of macros such as `eprintln!` unless the test fails.
        let warning = format!("\nSKIPPED: the tests with {server}; {advice}.\n\n");
        let _ = std::io::stderr().write_all(warning.as_bytes());
    }
}
