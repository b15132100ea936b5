//! Servers that tests start for themselves: on a free port of this machine, without persistence, killed when dropped.

mod redis;

pub use redis::{RedisCluster, RedisServer};

use std::env;
use std::io::Write;
use std::sync::Once;

/// Reports once in each test program that tests are skipped, and what to do about it.
///
/// # Panics
/// Panics in CI, where no test may be skipped.
fn skip(tests: &str, advice: &str) {
    let ci = env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!ci, "{tests}: must not be skipped in CI; {advice}");
    static WARNING: Once = Once::new();
    WARNING.call_once(|| {
        // The test harness hides the output of macros such as `eprintln!` unless the test fails.
        let warning = format!("\nSKIPPED: {tests}; {advice}.\n\n");
        let _ = std::io::stderr().write_all(warning.as_bytes());
    });
}
