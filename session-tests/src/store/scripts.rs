//! The fixed scripts of the store suite.

mod ends;
mod owners;
mod values;

use super::step::At::{Current, Old};
use super::step::End::{In, Never};
use super::step::Step::{ByOwner, Create, Delete, DeleteByOwner, Load, Replace, Touch, WaitUntil};
use super::step::{Key, Step, Write};
use crate::run::Script;

pub(super) use self::ends::{
    expired_rows_stay_gone, replace_and_touch_move_end, rows_exist_until_their_end, sweep_keeps_live_rows,
};
pub(super) use self::owners::{
    delete_by_owner_deletes_no_other_rows, lists_drop_deleted_and_expired_rows, owner_follows_replace,
    owners_are_compared_as_bytes, owners_list_their_sessions,
};
pub(super) use self::values::{
    data_is_binary_safe, handles_are_compared_whole, labels_round_trip, times_round_trip_exactly,
};

// The handles of `A` and `B` differ only in their last byte. The handle of `C` also differs from theirs in the first
// byte, and the handle of `D` in a byte in the middle.
pub(super) const A: Key = Key(255);
pub(super) const B: Key = Key(254);
pub(super) const C: Key = Key(0);
pub(super) const D: Key = Key(128);

const ACCESSED: f64 = 1_700_000_200.0;

fn script(steps: impl IntoIterator<Item = Step>) -> Script<Step> {
    Script(steps.into_iter().collect())
}

fn by_owner(owner: &str) -> Step {
    ByOwner(owner.to_owned())
}

fn delete_by_owner(owner: &str, except: Option<Key>) -> Step {
    DeleteByOwner(owner.to_owned(), except)
}

/// Returns a row in which every optional field has a value.
fn full(data: &str) -> Write {
    Write::of("ann")
        .label("Firefox on Linux")
        .end(In(5))
        .times(1_699_999_999.125, 1_700_000_050.0)
        .with_data(data)
}

pub(super) fn created_rows_load() -> Vec<Script<Step>> {
    vec![
        script([Load(A), Create(A, Write::data("one")), Load(A), Load(B)]),
        script([Create(A, full("one")), Load(A), Create(B, Write::data("two")), Load(B), Load(A)]),
        script([Create(A, Write::of("ann")), Create(B, full("")), Load(A), Load(B), by_owner("ann")]),
    ]
}

pub(super) fn create_keeps_existing_row() -> Vec<Script<Step>> {
    let other = || Write::of("bob").end(In(9)).with_data("other");
    vec![
        script([Create(A, full("one")), Create(A, other()), Load(A), by_owner("ann"), by_owner("bob")]),
        script([Create(A, full("one")), Create(A, other()), Replace(A, Current, full("two")), Load(A)]),
        script([Create(A, full("one")), Create(A, other()), WaitUntil(A), Load(A), by_owner("bob")]),
    ]
}

pub(super) fn replace_changes_row_and_version() -> Vec<Script<Step>> {
    let bare = || Write::data("bare").times(-1.0, 2.5);
    vec![
        script([Create(A, bare()), Replace(A, Current, full("two")), Load(A), by_owner("ann")]),
        script([Create(A, full("one")), Replace(A, Current, bare()), Load(A), by_owner("ann")]),
        script([Create(A, full("one")), Replace(A, Current, full("one")), Load(A), by_owner("ann")]),
        script([
            Create(A, bare()),
            Replace(A, Current, full("two")),
            Replace(A, Current, full("three")),
            Load(A),
            Replace(A, Current, full("four")),
            Replace(A, Current, bare()),
            Load(A),
        ]),
    ]
}

pub(super) fn replace_of_old_version_changes_nothing() -> Vec<Script<Step>> {
    let other = || Write::of("bob").end(In(9)).with_data("other");
    let refused = [Replace(A, Old, other()), Load(A), by_owner("ann"), by_owner("bob")];
    vec![
        script([Create(A, full("one"))].into_iter().chain(refused.clone())),
        script([Create(A, full("one")), Replace(A, Current, full("two"))].into_iter().chain(refused.clone())),
        script([
            Create(A, full("one")),
            Replace(A, Current, full("two")),
            Replace(A, Old, other()),
            Replace(A, Current, full("three")),
            Replace(A, Old, other()),
            WaitUntil(A),
            Load(A),
        ]),
        script([
            Create(A, full("one")),
            Replace(A, Current, full("two")),
            Touch(A, ACCESSED, In(7)),
            Replace(A, Old, other()),
            Load(A),
        ]),
    ]
}

/// Returns one script for each call that must not create a row. The script makes this call, and then the calls whose
/// results would differ if there were a row.
fn calls_on_missing_row() -> impl Iterator<Item = Script<Step>> {
    let calls = [
        Replace(A, Current, full("revived")),
        Replace(A, Old, full("revived")),
        Touch(A, ACCESSED, In(7)),
        Touch(A, ACCESSED, Never),
        Delete(A, None),
        Delete(A, Some(Current)),
        Delete(A, Some(Old)),
    ];
    let seen =
        || [Load(A), by_owner("ann"), Create(A, Write::of("bob")), Load(A), by_owner("bob"), by_owner("ann")];
    calls.into_iter().map(move |call| script([call].into_iter().chain(seen())))
}

fn after(first: &[Step], script: Script<Step>) -> Script<Step> {
    Script([first, &script.0].concat())
}

pub(super) fn missing_rows_stay_missing() -> Vec<Script<Step>> {
    calls_on_missing_row().map(|script| after(&[Create(B, full("of another session"))], script)).collect()
}

pub(super) fn deleted_rows_stay_deleted() -> Vec<Script<Step>> {
    let created = [Create(A, full("one")), Create(B, full("two")), Replace(A, Current, full("three"))];
    let deletions = [Delete(A, None), Delete(A, Some(Current)), delete_by_owner("ann", None)];
    let after_each = |deletion: Step| {
        let first = [&created[..], &[deletion]].concat();
        calls_on_missing_row().map(move |script| after(&first, script)).collect::<Vec<_>>()
    };
    deletions.into_iter().flat_map(after_each).collect()
}

pub(super) fn touch_keeps_version_and_contents() -> Vec<Script<Step>> {
    vec![
        script([Create(A, full("one")), Touch(A, ACCESSED, In(7)), Load(A), by_owner("ann")]),
        script([Create(A, Write::data("one")), Touch(A, -0.5, Never), Load(A)]),
        script([
            Create(A, full("one")),
            Replace(A, Current, full("two")),
            Touch(A, ACCESSED, In(7)),
            Touch(A, ACCESSED + 0.5, Never),
            Load(A),
            Replace(A, Current, full("three")),
            Load(A),
        ]),
        script([Create(A, full("one")), Create(B, full("two")), Touch(B, ACCESSED, Never), Load(A), Load(B)]),
        // Servers may record accesses late, so a later `touch` can have an earlier access time.
        script([
            Create(A, full("one")),
            Touch(A, ACCESSED, In(7)),
            Touch(A, ACCESSED - 60.0, In(6)),
            Load(A),
        ]),
    ]
}

pub(super) fn delete_compares_version() -> Vec<Script<Step>> {
    let created =
        [Create(A, full("one")), Replace(A, Current, full("two")), Create(B, full("of another session"))];
    let deletions = [None, Some(Current), Some(Old)];
    let seen = [Load(A), Load(B), by_owner("ann"), Delete(A, None), Load(A)];
    let mut scripts: Vec<_> =
        deletions.map(|at| script([&created[..], &[Delete(A, at)], &seen].concat())).into();
    scripts.extend(
        deletions.map(|at| script([&created[..1], &[Delete(A, at), Load(A), by_owner("ann")]].concat())),
    );
    scripts
}
