//! How a property is run, and how its failure is told.

use std::fmt::{self, Display};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::arbitrary::any;
use proptest::collection::{SizeRange, vec};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// Whether one case passed.
pub(crate) type Outcome = Result<(), TestCaseError>;

pub(crate) fn fail(why: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(why.into())
}

/// Fails unless something holds. proptest's own macro adds where in this crate that was, which tells nobody anything.
macro_rules! ensure {
    ($holds:expr, $($why:tt)*) => {
        if !$holds {
            return Err($crate::run::fail(format!($($why)*)));
        }
    };
}
pub(crate) use ensure;

/// Says where it was that something failed.
pub(crate) fn at(place: impl Display) -> impl Fn(TestCaseError) -> TestCaseError {
    move |error| match error {
        TestCaseError::Fail(why) => fail(format!("{place}{why}")),
        TestCaseError::Reject(why) => TestCaseError::Reject(why),
    }
}

/// Runs `test` with cases from `strategy`: a share of the number that is configured, where a case does much.
///
/// # Panics
/// If a case fails or panics, with the smallest such case that was found.
pub(crate) fn property<S: Strategy>(name: &str, share: f64, strategy: S, test: impl Fn(S::Value) -> Outcome) {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    config.cases = (f64::from(config.cases) * share).ceil() as u32;
    // By default a property that is run with few cases would not be shrunk far.
    config.max_shrink_iters = (20_000.0 * share.clamp(0.05, 1.0)) as u32;
    match TestRunner::new(config).run(&strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{name}: {reason}\n\nminimal case:\n{case:#?}\n"),
        Err(TestError::Abort(reason)) => panic!("{name}: {reason}"),
    }
}

/// Checks one case that is always the same.
///
/// # Panics
/// As [`property`].
pub(crate) fn fixed(name: &str, case: impl Display, test: impl FnOnce() -> Outcome) {
    if let Err(TestCaseError::Fail(reason) | TestCaseError::Reject(reason)) = caught(test) {
        panic!("{name}: {reason}\n\nminimal case:\n{case}\n");
    }
}

/// Checks one sequence that is always the same.
///
/// # Panics
/// As [`property`]; what is not needed for the failure is left out of the sequence.
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
        Err(fail(format!("it panics: {why}")))
    })
}

/// Bytes that a failure shows as text, and says what they are.
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
