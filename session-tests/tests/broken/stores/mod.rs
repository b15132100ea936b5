//! Stores in memory, each with a flaw.

mod in_memory;
mod tables;

use session_core::{ManualClock, Timestamp};
use session_tests::store::{self, ManualHarness};

use self::in_memory::InMemory;
use crate::failure;

flaws! {
    CreateOverwrites: "`create` overwrites an existing row";
    CreateKeepsExpired: "`create` returns `None` where a row has expired";
    CreateIsNotAtomic: "`create` looks for a row, and stores the new row in a second step";
    ReplaceIgnoresVersion: "`replace` ignores the version";
    ReplaceWritesConflicts: "a `replace` of an old version is reported as refused, but written";
    ReplaceIsNotAtomic: "`replace` compares the version, and stores the row in a second step";
    ReplaceCreates: "`replace` creates a missing row";
    ReplaceRevivesDeleted: "`replace` brings a deleted row back";
    ReplaceRevivesExpired: "`replace` brings an expired row back";
    ReplaceKeepsVersion: "`replace` keeps the version";
    ReplaceRepeatsVersions: "versions repeat after two changes";
    ReplaceLosesEnd: "`replace` removes the row's end";
    ReplaceKeepsEnd: "`replace` keeps the row's end";
    ReplaceLosesLabel: "`replace` removes the label";
    ReplaceKeepsOwner: "`replace` keeps the owner";
    ReplaceKeepsTimes: "`replace` keeps the time when the session began";
    TouchCreates: "`touch` creates a missing row";
    TouchRevivesDeleted: "`touch` brings a deleted row back";
    TouchRevivesExpired: "`touch` brings an expired row back";
    TouchKeepsEnd: "`touch` keeps the row's end";
    TouchNeverRemovesEnd: "`touch` cannot remove the row's end";
    TouchKeepsAccess: "`touch` keeps the time of the last access";
    TouchKeepsLaterAccess: "`touch` ignores an earlier time of access";
    TouchChangesVersion: "`touch` changes the version";
    TouchIsNotAtomic: "`touch` loads the row, and stores it in a second step";
    TouchIsNotListed: "`touch` does not change the list of sessions";
    DeleteIgnoresVersion: "`delete` ignores the version";
    DeleteKeepsVersioned: "`delete` with a version deletes nothing";
    DeleteIsNotAtomic: "`delete` compares the version, and deletes the row in a second step";
    DeleteReportsMissing: "`delete` returns true for a missing row";
    ListKeepsDeleted: "deleted sessions stay in the list of their owner";
    ListKeepsExpired: "expired sessions stay in the list of their owner";
    ListKeepsOldOwner: "a session stays in the list of its old owner";
    ListMissesNewOwner: "a session is not in the list of its new owner";
    ListChangesLater: "the lists of owners change after the rows, and in another order";
    ListIsCut: "lists have at most 50 sessions";
    OwnersByPrefix: "owners are compared as prefixes";
    OwnersIgnoreCase: "owners are compared without case";
    OwnersAreTrimmed: "spaces around an owner are ignored";
    OwnersArePatterns: "a `*` in an owner stands for any text";
    OwnersAreCut: "only the first 255 bytes of an owner are compared";
    OwnersLoseAccents: "all non-ASCII characters in owners are equal";
    EmptyOwnerIsNone: "an empty owner becomes no owner";
    EndAllIgnoresExcept: "`delete_by_owner` deletes the excepted row";
    EndAllDeletesOthers: "`delete_by_owner` deletes the rows of other owners";
    EndAllCountsExcept: "`delete_by_owner` counts the excepted row";
    EndAllCountsExpired: "`delete_by_owner` counts expired rows";
    EndAllCountsTwice: "`delete_by_owner` counts rows that another call deletes at the same time";
    EndAllSparesChanged: "`delete_by_owner` spares rows that are replaced at the same time";
    HandlesAreCut: "only the first 16 bytes of a handle are compared";
    DataIsText: "invalid UTF-8 in the data is replaced";
    DataEndsAtNul: "data ends at the first zero byte";
    DataIsCut: "data is truncated to 64 KiB";
    EmptyDataIsMissing: "a row without data does not load";
    EmptyLabelIsNone: "an empty label becomes no label";
    LabelsAreAscii: "non-ASCII characters in labels become question marks";
    TimesAreWholeSeconds: "times are truncated to whole seconds";
    TimesAreMillis: "times are rounded to milliseconds";
    TimesAreUnsigned: "times before 1970 become zero";
    ExpiredRowsLoad: "expired rows load";
    EndIsInclusive: "a row still exists at its end";
    EndsOverflow: "an end in the distant future counts as past";
    LoadIsStale: "`load` returns what this instance of the store loaded before";
    SweepDeletesLive: "`sweep` deletes rows whose end has not come";
    SweepIgnoresLimit: "`sweep` ignores its limit";
    SweepIsNotAtomic: "`sweep` deletes rows that are created again after it found them expired";
    DroppedCallsLock: "a call that is dropped locks the store";
}

fn in_memory(flaw: Flaw) -> ManualHarness<InMemory> {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.5).unwrap());
    ManualHarness::new(InMemory::new(flaw, clock.clone()), clock)
}

fn check(flaw: Flaw) {
    store::check(async || in_memory(flaw));
}

#[test]
fn message_shows_fault_and_shortest_script() {
    let message = failure("a flaw", || {
        store::touch_keeps_version_and_contents(async || in_memory(Flaw::TouchChangesVersion))
    });
    let load = "after the last step, `load(#255)` ";
    assert!(message.starts_with(&format!("touching a row: {load}returns {{data: b\"one\", ")), "{message}");
    let script = "\n\nminimal case:\n  1. create(#255, {data: b\"one\", owner: \"ann\", label: \"Firefox on Linux\", \
                  created: 1699999999.125, accessed: 1700000050.0, expires: in 5000 s})\n  \
                  2. touch(#255, 1700000200.0, expires in 7000 s)\n";
    assert!(message.ends_with(script), "{message}");
}

#[test]
fn unavailable_engine_is_skipped() {
    store::check(async || None::<ManualHarness<InMemory>>);
}
