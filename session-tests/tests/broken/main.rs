//! Implementations with one flaw each. The suites have to catch every flaw and show a failing case.

/// Defines the flaws of one kind of implementation: an enum, a test for each flaw, and the descriptions for the README.
///
/// The calling module has to define `check(flaw)`, which runs a suite on the implementation with this flaw. The suite
/// has to pass with `Flaw::None`.
macro_rules! flaws {
    ($($flaw:ident: $description:literal;)*) => {
        #[derive(Clone, Copy, PartialEq)]
        pub(crate) enum Flaw {
            None,
            $($flaw,)*
        }

        pub(crate) const FLAWS: &[&str] = &[$($description,)*];

        #[allow(non_snake_case)]
        mod is_caught {
            $(
                #[test]
                fn $flaw() {
                    crate::must_fail($description, || super::check(super::Flaw::$flaw));
                }
            )*
        }

        #[test]
        fn suite_passes_without_flaw() {
            check(Flaw::None);
        }
    };
}

mod cookies;
mod encrypted;
mod lossless;
mod protected;
mod serializers;
mod sessions;
mod signers;
mod stores;
mod toy;

use std::fmt::Write;
use std::panic::{UnwindSafe, catch_unwind};

/// The suites and the flaws that they catch.
const TABLE: [(&str, &[&str]); 8] = [
    ("serializer_suite!", serializers::FLAWS),
    ("lossless_serializer_suite!", lossless::FLAWS),
    ("protected_serializer_suite!", protected::FLAWS),
    ("protected_serializer_suite!` and `encrypted_serializer_suite!", encrypted::FLAWS),
    ("signer_suite!", signers::FLAWS),
    ("session_suite!", sessions::FLAWS),
    ("cookie_suite!", cookies::FLAWS),
    ("store_suite!", stores::FLAWS),
];

#[test]
fn readme_lists_every_flaw() {
    let mut list = String::new();
    let count: usize = TABLE.iter().map(|(_, flaws)| flaws.len()).sum();
    let _ =
        writeln!(list, "{count} flaws. For each one, a test of this crate shows that a suite catches it:\n");
    for (suite, flaws) in TABLE {
        let _ = writeln!(list, "- `{suite}` ({})", flaws.len());
        for flaw in flaws {
            let _ = writeln!(list, "  - {flaw}");
        }
    }
    let readme = include_str!("../../README.md");
    assert!(
        readme.ends_with(&format!("## Flaws that the suites catch\n\n{list}")),
        "the README has to end with:\n\n{list}"
    );
}

/// Checks that a suite panics on a broken implementation, and that the message shows a failing case.
fn must_fail(flaw: &str, suite: impl FnOnce() + UnwindSafe) {
    let message = failure(flaw, suite);
    assert!(
        message.contains("\n\nminimal case:\n"),
        "the failure for \"{flaw}\" should show a minimal case: {message}"
    );
}

/// Returns the message with which a suite fails.
fn failure(flaw: &str, suite: impl FnOnce() + UnwindSafe) -> String {
    let Err(panic) = catch_unwind(suite) else { panic!("the suite did not notice \"{flaw}\"") };
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

/// Returns the keys of a state with the JSON texts of their values.
fn texts(state: &session_core::State) -> Vec<(String, String)> {
    let text = |entry: session_core::EntryRef<'_>| {
        (entry.name().to_owned(), entry.value_json().expect("all values in these states are JSON").to_owned())
    };
    state.entries().map(text).collect()
}
