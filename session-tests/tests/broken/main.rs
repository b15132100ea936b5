//! Implementations with one mistake each: the suites have to catch every one of them, and to show how.

mod serializers;
mod sessions;
mod signers;

use std::panic::{UnwindSafe, catch_unwind};

/// Runs a suite on something broken. It has to panic, with the case that shows the mistake.
fn must_fail(mistake: impl std::fmt::Debug, suite: impl FnOnce() + UnwindSafe) {
    let Err(panic) = catch_unwind(suite) else { panic!("the suite did not notice {mistake:?}") };
    let message = panic.downcast_ref::<String>().map_or("", String::as_str);
    assert!(message.contains("minimal case"), "{mistake:?} is not told with a case: {message}");
}
