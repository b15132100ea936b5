//! How a property is run, and how its failure is told.

use std::fmt::{self, Display};
use std::ops::Deref;

use proptest::arbitrary::any;
use proptest::collection::{SizeRange, vec};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// Whether one case passed.
pub(crate) type Outcome = Result<(), TestCaseError>;

pub(crate) fn fail(why: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(why.into())
}

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
    // By default a property that is run with few cases would not be shrunk far.
    let mut config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    config.cases = (f64::from(config.cases) * share).ceil() as u32;
    match TestRunner::new(config).run(&strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{name}: {reason}\n\nminimal case:\n{case:#?}\n"),
        Err(TestError::Abort(reason)) => panic!("{name}: {reason}"),
    }
}

/// Bytes that a failure shows as text, and says what they are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Bytes {
    what: &'static str,
    bytes: Vec<u8>,
}

pub(crate) fn bytes(what: &'static str, len: impl Into<SizeRange>) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), len).prop_map(move |bytes| Bytes { what, bytes })
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
