//! Checks a [`Store`](session_store::Store).
//!
//! The suite runs scripts of calls against your store and against a plain model, and compares the results of all calls
//! except `sweep`, whose result must not exceed its limit. Between calls, the suite simulates that time passes.
//!
//! Other checks make many calls at the same time, and then check the rows and the list of each owner's sessions.
//!
//! In this module, the *end* of a row is the time at which it expires, [`Row::expires`](session_store::Row::expires).
//!
//! `store_suite!` takes an async function or closure that creates a [`Harness`]. For a store that takes its time from a
//! [`ManualClock`](session_core::ManualClock), use a [`ManualHarness`]:
//!
//! ```
//! use session_core::{ManualClock, Timestamp};
//! use session_store::MemoryStore;
//! use session_tests::store::ManualHarness;
//!
//! async fn in_memory() -> ManualHarness<MemoryStore> {
//!     let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
//!     ManualHarness::new(MemoryStore::new().with_clock(clock.clone()), clock)
//! }
//!
//! session_tests::store_suite!(memory, in_memory);
//! # session_tests::store::created_rows_load(in_memory);
//! ```
//!
//! Each test starts its own tokio runtimes, and calls your function within them, at least once for each script. The
//! function has to return the harness of a new, empty store each time. Owners and labels in the scripts contain no NUL
//! character, because not all engines can store it.

mod clocks;
mod harness;
mod model;
mod races;
mod replay;
mod scripts;
mod step;
mod strategy;

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::{Builder, Runtime};

pub use self::harness::{Harness, IntoHarness, ManualHarness};
use self::replay::replay;
use self::step::Step;
use crate::run::{Outcome, Script, fixed, property, sequence};

/// Calls all other check functions of this module. `make` returns the harness of a new, empty store.
///
/// # Panics
/// Panics if the store differs from the model. The message has the shortest failing script. Also panics if it is called
/// within a tokio runtime, because it starts runtimes itself.
pub fn check<I: IntoHarness>(make: impl AsyncFn() -> I) {
    crate::__store_properties!(__all, store, &make);
}

/// Defines the check functions that run fixed scripts.
macro_rules! scripted {
    ($($(#[$doc:meta])* $name:ident: $title:literal;)*) => {
        $(
            $(#[$doc])*
            pub fn $name<I: IntoHarness>(make: impl AsyncFn() -> I) {
                run_scripts($title, scripts::$name(), make);
            }
        )*
    };
}

scripted! {
    /// Checks that a row loads as it was created, whether or not it has an owner, a label and an end.
    created_rows_load: "created rows";
    /// Checks that `create` returns `None` and changes nothing if the row already exists.
    create_keeps_existing_row: "creating an existing row";
    /// Checks that `replace` changes every part of a row, and returns a version that the row never had.
    replace_changes_row_and_version: "replacing a row";
    /// Checks that `replace` returns `None` and changes nothing if it is called with an old version of the row.
    replace_of_old_version_changes_nothing: "replacing an old version";
    /// Checks that `replace`, `touch` and `delete` do nothing if the row does not exist. Only `create` creates it.
    missing_rows_stay_missing: "missing rows";
    /// Checks that `replace`, `touch` and `delete` do not bring a deleted row back, and that a row that `create` makes
    /// later has nothing of the deleted row.
    deleted_rows_stay_deleted: "deleted rows";
    /// Checks that `replace`, `touch` and `delete` do not bring an expired row back, and that a row that `create` makes
    /// later has nothing of the expired row.
    expired_rows_stay_gone: "expired rows";
    /// Checks that `touch` sets the time of the last access and the end, and nothing else.
    touch_keeps_version_and_contents: "touching a row";
    /// Checks that a row exists just before its end and no longer at its end. A row without an end has to exist after
    /// years.
    rows_exist_until_their_end: "the end of a row";
    /// Checks that `replace` and `touch` can move the end of a row to an earlier or a later time, and can add or remove
    /// it.
    replace_and_touch_move_end: "moving the end";
    /// Checks that `delete` compares the version if the call passes one.
    delete_compares_version: "deleting a row";
    /// Checks that `by_owner` lists all sessions of an owner, with their labels and times.
    owners_list_their_sessions: "lists";
    /// Checks that owners are compared byte by byte. Some of the tested owners differ only in case, in spaces, or in
    /// the code points of a letter. Others contain wildcards, are the start of another owner, or have 1000 characters.
    owners_are_compared_as_bytes: "similar owners";
    /// Checks that a session moves to another list when `replace` changes its owner, and that it can lose its owner.
    owner_follows_replace: "changing the owner";
    /// Checks that `delete_by_owner` deletes the sessions of one owner, spares the excepted session, and counts the
    /// deleted ones.
    delete_by_owner_deletes_no_other_rows: "deleting the sessions of an owner";
    /// Checks that sessions that were deleted or have expired are not in lists, and that `delete_by_owner` does not
    /// count them.
    lists_drop_deleted_and_expired_rows: "lists after deletions";
    /// Checks that labels round-trip, and that an empty label differs from a missing label.
    labels_round_trip: "labels";
    /// Checks that data round-trips: any bytes, empty data, and a mebibyte.
    data_is_binary_safe: "data";
    /// Checks that two handles name different sessions, even if only two bits differ.
    handles_are_compared_whole: "similar handles";
    /// Checks that times round-trip to the last bit, and that rows whose end is in the distant future do not expire.
    times_round_trip_exactly: "times";
    /// Checks that `sweep` reports no more rows than its limit, and deletes no row that has not expired.
    sweep_keeps_live_rows: "sweeping";
}

/// Checks that the calls of random scripts return the model's results.
pub fn random_calls_match_model<I: IntoHarness>(make: impl AsyncFn() -> I) {
    let runtime = start(Builder::new_multi_thread());
    property("random calls", 0.25, strategy::script(), |Script(steps)| run(&runtime, &make, 2, &steps));
}

/// Defines the check functions that are in the module `$module`.
macro_rules! checked {
    ($module:ident; $($(#[$doc:meta])* $name:ident: $case:literal;)*) => {
        $(
            $(#[$doc])*
            pub fn $name<I: IntoHarness>(make: impl AsyncFn() -> I) {
                let name = stringify!($name).replace('_', " ");
                // On one thread, calls alternate wherever they wait. On several threads, they also run in parallel.
                for runtime in [Builder::new_current_thread(), Builder::new_multi_thread()] {
                    fixed(&name, $case, || start(runtime).block_on(async {
                        match make().await.into_harness() {
                            Some(harness) => $module::$name(&harness).await,
                            None => Ok(()),
                        }
                    }));
                }
            }
        )*
    };
}

checked! { clocks;
    /// Checks that `delete` and `delete_by_owner` also delete rows that have expired, and do not count them. The check
    /// sets the clock forward, deletes the rows, and sets the clock back. Then the rows must be missing. Otherwise, a
    /// process whose clock is fast would not end sessions that other processes still use.
    deletions_reach_expired_rows: "rows are deleted while the clock is fast, and then the clock is set back";
}

checked! { races;
    /// Checks that no change is lost if 200 tasks load, change and replace a row. Each task retries until it succeeds.
    concurrent_replaces_lose_nothing: "200 tasks load a row, change it and replace it, until `replace` succeeds";
    /// Checks that if many tasks create the same row, only one succeeds, and the store keeps the row of this task.
    concurrent_creates_have_one_winner: "20 tasks create the same row";
    /// Checks that a row that is deleted while other tasks replace and touch it stays deleted.
    deletion_ends_concurrent_writes: "8 tasks replace and touch a row, and another one deletes it";
    /// Checks that if one task replaces a version of a row and another deletes this version, exactly one succeeds.
    version_is_replaced_or_deleted: "a task replaces a version of a row, and another one deletes it";
    /// Checks that if ten tasks replace the same version of a row, only one succeeds.
    version_is_replaced_once: "10 tasks replace the same version of a row";
    /// Checks that if tasks delete the sessions of one owner while others replace the rows, each session is counted
    /// only once. The sessions of other owners must stay.
    concurrent_deletions_count_each_row_once: "tasks delete the 60 sessions of an owner, and 4 others replace them";
    /// Checks that `delete_by_owner` ends sessions that tasks renew at the same time. To renew a session, a task
    /// creates a row of the owner and then removes the owner from the old row. If the old row was deleted, the task
    /// deletes the new row.
    delete_by_owner_reaches_renewed_sessions: "20 tasks renew the sessions of an owner, and another one deletes them";
    /// Checks that the owners' lists agree with the row after concurrent calls change its owner, delete it, and create
    /// it.
    lists_are_right_after_concurrent_changes: "tasks create a row, change its owner, and delete it or an owner's rows";
    /// Checks that a sweep spares rows that other tasks touch or create again at the same time.
    concurrent_sweeps_keep_live_rows: "4 tasks sweep while others create and touch rows";
    /// Checks that the store stays usable, and its rows and lists agree, after futures of calls are dropped early.
    dropped_calls_leave_store_usable: "calls are dropped before they end";
}

fn run_scripts<I: IntoHarness>(name: &str, scripts: Vec<Script<Step>>, make: impl AsyncFn() -> I) {
    let runtime = start(Builder::new_multi_thread());
    for script in scripts {
        // If the store is opened twice, the calls of a script alternate between the two instances. The script then
        // fails if an instance relies on its own copy of a row.
        for instances in [1, 2] {
            sequence(name, script.clone(), |steps| run(&runtime, &make, instances, steps));
        }
    }
}

/// Runs a script on an empty store, which is opened `instances` times.
fn run<I: IntoHarness>(
    runtime: &Runtime,
    make: impl AsyncFn() -> I,
    instances: usize,
    steps: &[Step],
) -> Outcome {
    static SCRIPTS: AtomicU64 = AtomicU64::new(0);
    let number = SCRIPTS.fetch_add(1, Ordering::Relaxed);
    runtime.block_on(async {
        let Some(harness) = make().await.into_harness() else { return Ok(()) };
        let mut stores = Vec::new();
        for _ in 0..instances {
            stores.push(harness.open().await);
        }
        replay(&harness, &stores, number, steps).await
    })
}

fn start(mut runtime: Builder) -> Runtime {
    let runtime = runtime.worker_threads(4).enable_all().build();
    runtime.unwrap_or_else(|error| panic!("cannot start a runtime: {error}"))
}
