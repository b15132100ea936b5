//! Stores in memory, each with a flaw.

mod in_memory;
mod tables;

use session_core::{ManualClock, Timestamp};
use session_tests::store::{self, ManualHarness};

use self::in_memory::InMemory;
use crate::failure;

flaws! {
    CreateOverwrites: "`create` overwrites an existing row";
    CreateKeepsExpired: "`create` returns `None` if it finds an expired row";
    CreateIsNotAtomic: "`create` is not atomic: it looks for a row, and stores the new one in a second step";
    ReplaceIgnoresVersion: "`replace` ignores the version";
    ReplaceWritesConflicts: "`replace` with an old version returns `None`, but stores the row";
    ReplaceIsNotAtomic: "`replace` is not atomic: it compares the version, and stores the row in a second step";
    ReplaceCreates: "`replace` creates a missing row";
    ReplaceRevivesDeleted: "`replace` brings a deleted row back";
    ReplaceRevivesExpired: "`replace` brings an expired row back";
    ReplaceKeepsVersion: "`replace` does not change the version";
    ReplaceRepeatsVersions: "the third change of a row gives it its first version again";
    ReplaceLosesEnd: "`replace` removes the row's expiry time";
    ReplaceKeepsEnd: "`replace` keeps the row's old expiry time";
    ReplaceLosesLabel: "`replace` removes the label";
    ReplaceKeepsOwner: "`replace` keeps the old owner";
    ReplaceKeepsTimes: "`replace` keeps the old `created`";
    TouchCreates: "`touch` creates a missing row";
    TouchRevivesDeleted: "`touch` brings a deleted row back";
    TouchRevivesExpired: "`touch` brings an expired row back";
    TouchKeepsEnd: "`touch` keeps the row's old expiry time";
    TouchNeverRemovesEnd: "`touch` cannot remove the row's expiry time";
    TouchKeepsAccess: "`touch` keeps the old `accessed`";
    TouchKeepsLaterAccess: "`touch` ignores an access time that is earlier than the stored one";
    TouchChangesVersion: "`touch` changes the version";
    TouchIsNotAtomic: "`touch` is not atomic: it loads the row, and stores it in a second step";
    TouchIsNotListed: "`touch` does not update the list of the owner's sessions";
    DeleteIgnoresVersion: "`delete` ignores the version";
    DeleteKeepsVersioned: "`delete` with a version deletes nothing";
    DeleteIsNotAtomic: "`delete` is not atomic: it compares the version, and deletes the row in a second step";
    DeleteReportsMissing: "`delete` returns true for a missing row";
    DeleteReportsExpired: "`delete` returns true for an expired row";
    DeleteSparesExpired: "`delete` leaves an expired row, which loads again when a fast clock is set back";
    ListKeepsDeleted: "deleted sessions stay in the list of their owner";
    ListKeepsExpired: "expired sessions stay in the list of their owner";
    ListKeepsOldOwner: "a session stays in the list of its old owner";
    ListMissesNewOwner: "a session is not in the list of its new owner";
    ListChangesLater: "the owners' lists change after the rows, and in another order than the rows";
    ListIsCut: "the list of an owner's sessions ends after 50";
    OwnersByPrefix: "a prefix of an owner's name finds the owner's sessions";
    OwnersIgnoreCase: "the case of letters in an owner is ignored";
    OwnersAreTrimmed: "spaces around an owner are ignored";
    OwnersAreGlobs: "a `*` in an owner stands for any text, and a `?` for any character";
    OwnersAreLikePatterns: "a `%` in an owner stands for any text, and a `_` for any character";
    OwnersAreCut: "only the first 255 bytes of an owner are compared";
    OwnersLoseAccents: "all non-ASCII characters in owners are equal";
    EmptyOwnerIsNone: "an empty owner becomes no owner";
    DeleteByOwnerIgnoresExcept: "`delete_by_owner` deletes the excepted row";
    DeleteByOwnerDeletesOthers: "`delete_by_owner` deletes the rows of other owners";
    DeleteByOwnerCountsExcept: "`delete_by_owner` counts the excepted row";
    DeleteByOwnerCountsExpired: "`delete_by_owner` counts expired rows";
    DeleteByOwnerSparesExpired: "`delete_by_owner` leaves expired rows, which load again when a fast clock is set back";
    DeleteByOwnerCountsTwice: "`delete_by_owner` counts rows that another call deletes at the same time";
    DeleteByOwnerSparesChanged: "`delete_by_owner` spares rows that are replaced at the same time";
    DeleteByOwnerSparesRenewed: "`delete_by_owner` spares a session that is renewed at the same time";
    HandlesAreCut: "only the first 16 bytes of a handle are compared";
    DataIsText: "invalid UTF-8 in the data is replaced";
    DataEndsAtNul: "data ends at the first zero byte";
    DataIsCut: "data is truncated to 64 KiB";
    EmptyDataIsMissing: "a row with empty data does not load";
    EmptyLabelIsNone: "an empty label becomes no label";
    LabelsAreAscii: "non-ASCII characters in labels become question marks";
    TimesAreWholeSeconds: "times are truncated to whole seconds";
    TimesAreMillis: "times are rounded to milliseconds";
    TimesAreUnsigned: "times before 1970 become zero";
    ExpiredRowsLoad: "expired rows load";
    EndIsInclusive: "a row still exists at its expiry time";
    EndsOverflow: "an expiry time in the distant future counts as past";
    LoadIsStale: "`load` returns the row that this instance of the store loaded first, not the current one";
    SweepDeletesLive: "`sweep` deletes rows that have not expired";
    SweepIgnoresLimit: "`sweep` ignores its limit";
    SweepIsNotAtomic: "`sweep` deletes rows that are created again after it found them expired";
    DroppedCallsLock: "a dropped call leaves the store locked";
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
