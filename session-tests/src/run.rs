//! Runs a property and reports its failure.

use std::fmt::{self, Display};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::arbitrary::any;
use proptest::collection::{SizeRange, vec};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

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
    // proptest's default limit grows with the number of cases. With few cases, a failing case would shrink only a
    // little.
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
    if let Err(TestCaseError::Fail(reason) | TestCaseError::Reject(reason)) = caught(test) {
        panic!("{name}: {reason}\n\nminimal case:\n{case}\n");
    }
}

/// Checks one fixed sequence of steps.
///
/// # Panics
/// Panics if the sequence fails or panics. The message leaves out the steps that the failure does not need.
pub(crate) fn sequence<T: Clone>(
    name: &str,
    mut steps: Vec<T>,
    show: impl Fn(&[T]) -> String,
    test: impl Fn(&[T]) -> Outcome,
) {
    if caught(|| test(&steps)).is_ok() {
        return;
    }
    let mut at = 0;
    while at < steps.len() {
        let without: Vec<_> = steps[..at].iter().chain(&steps[at + 1..]).cloned().collect();
        if caught(|| test(&without)).is_ok() {
            at += 1;
        } else {
            (steps, at) = (without, 0);
        }
    }
    fixed(name, show(&steps), || test(&steps));
}

fn caught(test: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(test)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let why = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        Err(fail(format!("panicked: {why}")))
    })
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
