//! Runs the checks of a suite, and reports their failures.

use std::fmt::{self, Display};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::arbitrary::any;
use proptest::collection::{SizeRange, vec};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, Reason, TestCaseError, TestError, TestRunner};

/// The result of one case.
pub(crate) type Outcome = Result<(), TestCaseError>;

pub(crate) fn fail(why: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(why.into())
}

/// Returns an error unless the condition holds. The macro `prop_assert!` would add the location of the check in this
/// crate to the message, which does not help users.
macro_rules! ensure {
    ($holds:expr, $($why:tt)*) => {
        if !$holds {
            return Err($crate::run::fail(format!($($why)*)));
        }
    };
}
pub(crate) use ensure;

/// Returns a function that puts `place` in front of a failure's message.
pub(crate) fn at(place: impl Display) -> impl Fn(TestCaseError) -> TestCaseError {
    move |error| match error {
        TestCaseError::Fail(why) => fail(format!("{place}{why}")),
        TestCaseError::Reject(why) => TestCaseError::Reject(why),
    }
}

/// Runs `test` with cases from `strategy`. The configured number of cases is multiplied by `share`:
/// expensive tests have a share below 1.
///
/// # Panics
/// Panics if a case fails or panics, with the smallest failing case in the message. Also panics if the strategy or
/// `test` rejects too many cases.
pub(crate) fn property<S: Strategy>(name: &str, share: f64, strategy: S, test: impl Fn(S::Value) -> Outcome) {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    config.cases = (f64::from(config.cases) * share).ceil() as u32;
    // By default, this limit is proportional to the number of cases. With few cases, proptest would shrink a failing
    // case only a little.
    config.max_shrink_iters = (20_000.0 * share.clamp(0.05, 1.0)) as u32;
    match TestRunner::new(config).run(&strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{name}: {reason}\n\nminimal case:\n{case:#?}\n"),
        Err(TestError::Abort(reason)) => panic!("{name}: {reason}"),
    }
}

/// Checks one fixed case.
///
/// # Panics
/// Panics if the case fails or panics. The message has the case.
pub(crate) fn fixed(name: &str, case: impl Display, test: impl FnOnce() -> Outcome) {
    if let Some(reason) = failure(test) {
        panic!("{name}: {reason}\n\nminimal case:\n{case}\n");
    }
}

/// A list of steps. `Debug` shows each step with its number.
#[derive(Clone)]
pub(crate) struct Script<T>(pub(crate) Vec<T>);

impl<T: Display> fmt::Debug for Script<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.iter().zip(1..).map(|(step, number)| format!("  {number}. {step}"));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

/// Checks one fixed script.
///
/// # Panics
/// Panics if the script fails or panics. The message leaves out the steps that the failure does not need.
pub(crate) fn sequence<T: Clone + Display>(
    name: &str,
    Script(mut steps): Script<T>,
    test: impl Fn(&[T]) -> Outcome,
) {
    let Some(mut reason) = failure(|| test(&steps)) else { return };
    let mut at = 0;
    while at < steps.len() {
        let without: Vec<_> = steps[..at].iter().chain(&steps[at + 1..]).cloned().collect();
        match failure(|| test(&without)) {
            None => at += 1,
            Some(why) => (steps, at, reason) = (without, 0, why),
        }
    }
    panic!("{name}: {reason}\n\nminimal case:\n{:?}\n", Script(steps));
}

/// Returns why the case fails; `None` if it passes.
fn failure(test: impl FnOnce() -> Outcome) -> Option<Reason> {
    match catch_unwind(AssertUnwindSafe(test)) {
        Ok(Ok(())) => None,
        Ok(Err(TestCaseError::Fail(reason) | TestCaseError::Reject(reason))) => Some(reason),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let why = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            Some(format!("panicked: {why}").into())
        }
    }
}

/// Bytes with a description. A failure message shows the bytes as escaped ASCII.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Bytes {
    what: &'static str,
    bytes: Vec<u8>,
}

pub(crate) fn bytes(what: &'static str, len: impl Into<SizeRange>) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), len).prop_map(move |bytes| Bytes::new(what, bytes))
}

impl Bytes {
    pub(crate) fn new(what: &'static str, bytes: Vec<u8>) -> Self {
        Self { what, bytes }
    }
}

impl Deref for Bytes {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} b\"{}\"", self.what, self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::{Script, fail, sequence};

    /// Regression: after a failure, `sequence` ran the steps again, and panicked only if the second run failed, too.
    #[test]
    fn failure_of_first_run_only_is_reported() {
        let runs = Cell::new(0);
        let test = |_: &[u8]| {
            runs.set(runs.get() + 1);
            if runs.get() == 1 { Err(fail("the first run")) } else { Ok(()) }
        };
        let run = || sequence("a script", Script(vec![1, 2]), test);
        let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("the first failure should be reported");
        let message = panic.downcast_ref::<String>().unwrap();
        assert_eq!(message, "a script: the first run\n\nminimal case:\n  1. 1\n  2. 2\n");
    }
}
