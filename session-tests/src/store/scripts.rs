//! The fixed scripts of the store suite.

use super::step::At::{Current, Old};
use super::step::End::{self, In, Never, Past, Secs};
use super::step::Step::{
    ByOwner, Create, Delete, DeleteByOwner, Load, Replace, Sweep, Touch, Wait, WaitBefore, WaitUntil,
};
use super::step::{Key, Script, Step, Write};

/// Handles that differ in their last byte.
pub(super) const A: Key = Key(255);
pub(super) const B: Key = Key(254);
/// Handles that differ in their first byte, or in the middle.
pub(super) const C: Key = Key(0);
pub(super) const D: Key = Key(128);

const ACCESSED: f64 = 1_700_000_200.0;

fn script(steps: impl IntoIterator<Item = Step>) -> Script {
    Script(steps.into_iter().collect())
}

fn by_owner(owner: &str) -> Step {
    ByOwner(owner.to_owned())
}

fn delete_by_owner(owner: &str, except: Option<Key>) -> Step {
    DeleteByOwner(owner.to_owned(), except)
}

/// A row in which everything is set.
fn full(data: &str) -> Write {
    Write::of("ann")
        .label("Firefox on Linux")
        .end(In(5))
        .times(1_699_999_999.125, 1_700_000_050.0)
        .with_data(data)
}

pub(super) fn created_rows_load() -> Vec<Script> {
    vec![
        script([Load(A), Create(A, Write::data("one")), Load(A), Load(B)]),
        script([Create(A, full("one")), Load(A), Create(B, Write::data("two")), Load(B), Load(A)]),
        script([Create(A, Write::of("ann")), Create(B, full("")), Load(A), Load(B), by_owner("ann")]),
    ]
}

pub(super) fn create_keeps_existing_row() -> Vec<Script> {
    let other = || Write::of("bob").end(In(9)).with_data("other");
    vec![
        script([Create(A, full("one")), Create(A, other()), Load(A), by_owner("ann"), by_owner("bob")]),
        script([Create(A, full("one")), Create(A, other()), Replace(A, Current, full("two")), Load(A)]),
        script([Create(A, full("one")), Create(A, other()), WaitUntil(A), Load(A), by_owner("bob")]),
    ]
}

pub(super) fn replace_changes_row_and_version() -> Vec<Script> {
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

pub(super) fn replace_of_old_version_changes_nothing() -> Vec<Script> {
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

/// Calls that must not make a row, and then everything that would show one.
fn calls_on_missing_row() -> impl Iterator<Item = Script> {
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

fn after(first: &[Step], script: Script) -> Script {
    Script([first, &script.0].concat())
}

pub(super) fn missing_rows_stay_missing() -> Vec<Script> {
    calls_on_missing_row().map(|script| after(&[Create(B, full("of another session"))], script)).collect()
}

pub(super) fn deleted_rows_stay_deleted() -> Vec<Script> {
    let created = [Create(A, full("one")), Create(B, full("two")), Replace(A, Current, full("three"))];
    let deletions = [Delete(A, None), Delete(A, Some(Current)), delete_by_owner("ann", None)];
    let after_each = |deletion: Step| {
        let first = [&created[..], &[deletion]].concat();
        calls_on_missing_row().map(move |script| after(&first, script)).collect::<Vec<_>>()
    };
    deletions.into_iter().flat_map(after_each).collect()
}

pub(super) fn expired_rows_stay_gone() -> Vec<Script> {
    let owned = || full("one").end(In(1));
    let firsts = [
        vec![Create(A, owned()), Create(B, full("two")), WaitUntil(A)],
        vec![Create(A, owned()), Replace(A, Current, owned()), WaitUntil(A)],
        vec![Create(A, owned()), Touch(A, ACCESSED, Past)],
        vec![Create(A, owned()), Replace(A, Current, owned().end(Past))],
        vec![Create(A, owned().end(Past))],
    ];
    let after_each = |first: Vec<Step>| {
        calls_on_missing_row().map(move |script| after(&first, script)).collect::<Vec<_>>()
    };
    firsts.into_iter().flat_map(after_each).collect()
}

pub(super) fn touch_keeps_version_and_contents() -> Vec<Script> {
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
        // An access that another server recorded later can be earlier.
        script([
            Create(A, full("one")),
            Touch(A, ACCESSED, In(7)),
            Touch(A, ACCESSED - 60.0, In(6)),
            Load(A),
        ]),
    ]
}

pub(super) fn rows_exist_until_their_end() -> Vec<Script> {
    let seen = |key| [Load(key), by_owner("ann")];
    let ends = |first: &[Step]| {
        let before = [&[WaitBefore(A)], &seen(A)[..]].concat();
        let gone = [&[WaitUntil(A)], &seen(A)[..]].concat();
        script([first, &before, &gone].concat())
    };
    vec![
        ends(&[Create(A, full("one"))]),
        ends(&[Create(A, full("one").end(In(1)))]),
        ends(&[
            Create(A, full("one").end(In(1))),
            Create(B, full("two").end(In(2))),
            Create(C, full("three").end(Never)),
        ]),
        script([Create(A, full("one").end(Never)), Wait(200_000), Load(A), by_owner("ann")]),
        script([Create(A, full("one").end(Past)), Load(A), by_owner("ann"), Create(A, full("two")), Load(A)]),
        script([Create(A, full("one").end(In(10_000))), Wait(19_999), Load(A), Wait(2), Load(A)]),
    ]
}

pub(super) fn replace_and_touch_move_end() -> Vec<Script> {
    let seen = [WaitBefore(A), Load(A), by_owner("ann"), WaitUntil(A), Load(A), by_owner("ann")];
    let moves: [fn(End) -> Step; 2] =
        [|end| Touch(A, ACCESSED, end), |end| Replace(A, Current, full("moved").end(end))];
    let ends = [(In(2), In(5)), (In(5), In(2)), (Never, In(2)), (In(2), In(2))];
    let moved = moves.into_iter().flat_map(|to| {
        let seen = seen.clone();
        ends.into_iter().map(move |(from, end)| {
            script([Create(A, full("one").end(from)), Wait(1), to(end)].into_iter().chain(seen.clone()))
        })
    });
    let removed = moves
        .map(|to| script([Create(A, full("one").end(In(2))), to(Never), Wait(9), Load(A), by_owner("ann")]));
    let past = moves.map(|to| script([Create(A, full("one")), to(Past), Load(A), by_owner("ann")]));
    moved.chain(removed).chain(past).collect()
}

pub(super) fn delete_compares_version() -> Vec<Script> {
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

pub(super) fn owners_list_their_sessions() -> Vec<Script> {
    vec![
        script([by_owner("ann"), by_owner("")]),
        script([Create(A, Write::data("no owner")), by_owner(""), by_owner("None"), by_owner("null")]),
        script([
            Create(A, full("one")),
            Create(B, Write::of("bob").label("a phone")),
            by_owner("ann"),
            Create(C, full("three").times(0.0, 5.5)),
            by_owner("ann"),
            Touch(C, ACCESSED, Never),
            Create(D, Write::of("ann")),
            by_owner("ann"),
            by_owner("bob"),
        ]),
        script(
            (0..60)
                .map(|key| Create(Key(key), Write::of("ann").label(format!("device {key}"))))
                .chain([by_owner("ann")]),
        ),
    ]
}

/// Owners that an engine could take for one another, for a pattern, or for a part of a key or of a statement.
const OWNERS: &[&str] = &[
    "",
    " ",
    "  ",
    "ann",
    "Ann",
    "ANN",
    "ann ",
    " ann",
    "anna",
    "an",
    "a",
    ":",
    "ann:",
    "ann:1",
    "*",
    "a*",
    "?nn",
    "[a]nn",
    "%",
    "a%",
    "_nn",
    "\\",
    "a\\",
    "{}",
    "{ann}",
    "'",
    "''",
    "\"",
    "';--",
    "`",
    "$1",
    "?",
    "#",
    "/",
    "\n",
    "ann\n",
    "\t",
    "é",
    "e\u{301}",
    "É",
    "ß",
    "ss",
    "İ",
    "i",
    "ı",
    "用户",
    "🦀",
    "\u{feff}ann",
    "\u{a0}",
    "null",
    "None",
    "0",
    "00",
    "1e0",
    "1",
    "-1",
];

/// Returns owners of 1000 characters that differ in the last or in the first one.
fn long_owners() -> [String; 5] {
    let long = "o".repeat(999);
    [format!("{long}a"), format!("{long}b"), format!("a{long}"), long, "é".repeat(1000)]
}

pub(super) fn owners_are_compared_as_bytes() -> Vec<Script> {
    let owners = OWNERS.iter().map(|owner| (*owner).to_owned()).chain(long_owners());
    let keyed: Vec<_> = (0..).map(Key).zip(owners).collect();
    let created = || keyed.iter().map(|(key, owner)| Create(*key, Write::of(owner.clone())));
    let listed = || keyed.iter().map(|(_, owner)| ByOwner(owner.clone()));
    let deleted = keyed.iter().flat_map(|(key, owner)| {
        let next = keyed.iter().find(|(other, _)| other > key).map(|(_, next)| ByOwner(next.clone()));
        [DeleteByOwner(owner.clone(), None), ByOwner(owner.clone())].into_iter().chain(next)
    });
    let pairs = [
        ("ann", "Ann"),
        ("ann", "anna"),
        ("anna", "ann"),
        ("", " "),
        ("a", "a%"),
        ("a*", "ann"),
        ("_nn", "ann"),
    ];
    let mut scripts: Vec<_> = pairs
        .map(|(one, other)| {
            let created = [Create(A, Write::of(one)), Create(B, Write::of(other))];
            script(created.into_iter().chain([
                by_owner(one),
                by_owner(other),
                delete_by_owner(one, None),
                by_owner(other),
            ]))
        })
        .into();
    scripts.push(script(created().chain(listed()).chain(deleted)));
    scripts
}

pub(super) fn owner_follows_replace() -> Vec<Script> {
    let lists = [by_owner("ann"), by_owner("bob")];
    let change = |from: Write, to: Write| {
        let change = [Create(A, from), Replace(A, Current, to)];
        let then = [delete_by_owner("ann", None), Load(A), delete_by_owner("bob", None), Load(A)];
        script([&change[..], &lists, &then].concat())
    };
    vec![
        change(full("one"), Write::of("bob")),
        change(full("one"), Write::data("no owner")),
        change(Write::data("no owner"), Write::of("bob")),
        script([
            Create(A, full("one")),
            Create(B, full("two")),
            Replace(A, Current, Write::of("bob")),
            Replace(A, Current, full("three")),
            by_owner("bob"),
            by_owner("ann"),
            Replace(B, Current, Write::of("bob")),
            Delete(B, None),
            by_owner("ann"),
            by_owner("bob"),
        ]),
    ]
}

pub(super) fn delete_by_owner_deletes_no_other_rows() -> Vec<Script> {
    let created = [
        Create(A, full("one")),
        Create(B, full("two").end(In(1))),
        Create(C, full("three").end(Never)),
        Create(D, Write::of("bob")),
        Create(Key(5), Write::data("no owner")),
    ];
    let seen = [Load(A), Load(B), Load(C), Load(D), Load(Key(5)), by_owner("ann"), by_owner("bob")];
    let deletions = [
        delete_by_owner("ann", None),
        delete_by_owner("ann", Some(A)),
        delete_by_owner("ann", Some(C)),
        // A row of another owner, and one that does not exist.
        delete_by_owner("ann", Some(D)),
        delete_by_owner("ann", Some(Key(9))),
        delete_by_owner("nobody", None),
        delete_by_owner("nobody", Some(A)),
        delete_by_owner("", None),
    ];
    let once = |deletion: Step| script([&created[..], &[deletion], &seen].concat());
    let expired = |deletion: Step| script([&created[..], &[WaitUntil(B), deletion], &seen].concat());
    let mut scripts: Vec<_> = deletions.iter().cloned().map(once).collect();
    scripts.extend(deletions.into_iter().map(expired));
    scripts
}

pub(super) fn lists_drop_deleted_and_expired_rows() -> Vec<Script> {
    let created =
        [Create(A, full("one").end(In(1))), Create(B, full("two").end(In(2))), Create(C, full("three"))];
    let leaves = [
        vec![Delete(A, None)],
        vec![Delete(A, Some(Current))],
        vec![WaitUntil(A)],
        vec![WaitUntil(B)],
        vec![Touch(A, ACCESSED, Past)],
        vec![Replace(A, Current, full("one").end(Past))],
        vec![WaitUntil(A), Create(A, Write::of("bob"))],
        vec![Delete(A, None), Create(A, Write::of("bob")), by_owner("bob")],
        vec![WaitUntil(B), Create(A, full("new")), by_owner("ann"), Delete(A, None)],
    ];
    let counted = [by_owner("ann"), delete_by_owner("ann", None), by_owner("ann")];
    leaves.into_iter().map(|leave| script([&created[..], &leave, &counted].concat())).collect()
}

pub(super) fn labels_round_trip() -> Vec<Script> {
    let labels = [
        "",
        " ",
        "Firefox",
        "firefox",
        "ключ 🦀 e\u{301}\u{202e}",
        "null",
        "'\"\\%{}\n\t",
        &"l".repeat(1000),
    ];
    let labelled = labels.into_iter().map(|label| {
        let row = Write::of("ann").label(label);
        script([
            Create(A, row.clone()),
            Load(A),
            by_owner("ann"),
            Replace(A, Current, row),
            Load(A),
            by_owner("ann"),
        ])
    });
    let changed = script([
        Create(A, Write::of("ann")),
        by_owner("ann"),
        Replace(A, Current, Write::of("ann").label("")),
        by_owner("ann"),
        Replace(A, Current, Write::of("ann")),
        by_owner("ann"),
    ]);
    labelled.chain([changed]).collect()
}

pub(super) fn data_is_binary_safe() -> Vec<Script> {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let large = all.iter().rev().chain(&all).copied().cycle().take(1 << 20).collect();
    let values: [Vec<u8>; 9] = [
        vec![],
        vec![0],
        vec![0; 100],
        all,
        b"a\0b\r\n'\\\"".to_vec(),
        b"\xff\xfe\x80".to_vec(),
        b"null".to_vec(),
        b"  0  ".to_vec(),
        large,
    ];
    let both = |data: Vec<u8>| {
        script([
            Create(A, Write::data(data.clone())),
            Load(A),
            Create(B, Write::data("short")),
            Replace(B, Current, Write::data(data)),
            Load(B),
            Touch(B, ACCESSED, In(1)),
            Load(B),
            Replace(B, Current, Write::data("short")),
        ])
    };
    values.into_iter().map(both).collect()
}

pub(super) fn handles_are_compared_whole() -> Vec<Script> {
    let rows = (0..=255).map(|bit| Create(Key(bit), Write::data(format!("session {bit}"))));
    vec![
        script([
            Create(A, full("one")),
            Load(B),
            Load(C),
            Load(D),
            Create(B, full("two")),
            Load(A),
            Delete(A, None),
            Load(B),
        ]),
        script([
            Create(A, full("one")),
            Create(B, full("two")),
            by_owner("ann"),
            delete_by_owner("ann", Some(A)),
        ]),
        script(rows.chain((0..=255).step_by(2).map(|bit| Delete(Key(bit), None)))),
    ]
}

pub(super) fn times_round_trip_exactly() -> Vec<Script> {
    let times = [
        0.0,
        1.0,
        1_700_000_000.0,
        1_700_000_000.123_456_7,
        1_699_999_999.999_999_8,
        0.1 + 0.2,
        -1.0,
        -0.5,
        -2_208_988_800.25,
        f64::from(u32::MAX) + 1.0,
        253_402_300_800.5,
        9_007_199_254_740_993.0,
        1e18,
        -1e18,
        1e300,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
    ];
    let at = |time: f64| {
        let row = || Write::of("ann").times(time, -time / 3.0);
        script([
            Create(A, row()),
            Load(A),
            Touch(A, time, Never),
            Load(A),
            by_owner("ann"),
            Replace(A, Current, row()),
            Load(A),
            by_owner("ann"),
        ])
    };
    // Nobody waits until these ends.
    let far = [253_402_300_800.5, 9_007_199_254_740_992.0, 1e18, 1e300, f64::MAX].map(|end| {
        let end = Secs(end);
        script([
            Create(A, full("one").end(end)),
            Load(A),
            Touch(A, ACCESSED, end),
            Replace(A, Current, full("two").end(end)),
            Wait(1),
            Load(A),
            by_owner("ann"),
        ])
    });
    times.into_iter().map(at).chain(far).collect()
}

pub(super) fn sweep_keeps_live_rows() -> Vec<Script> {
    let all = |key: Key| [Load(key)];
    let seen = [&all(A)[..], &all(B), &all(C), &all(D), &[by_owner("ann")]].concat();
    let created = [
        Create(A, full("one").end(In(1))),
        Create(B, full("two").end(In(2))),
        Create(C, full("three").end(Never)),
        Create(D, Write::data("no owner").end(In(4))),
    ];
    let moved = [Create(A, full("one").end(In(1))), Touch(A, ACCESSED, In(5)), Wait(3), Sweep(1000), Load(A)];
    let replaced =
        [Create(A, full("one").end(In(1))), Replace(A, Current, full("two")), Wait(3), Sweep(1000), Load(A)];
    let again = [
        Create(A, full("one").end(In(1))),
        WaitUntil(A),
        Create(A, full("two")),
        Sweep(1000),
        Load(A),
        by_owner("ann"),
    ];
    let many = (0..100).map(|key| Create(Key(key), full("many").end(In(if key % 3 == 0 { 1 } else { 9 }))));
    let sweep_many = [WaitUntil(Key(0)), Sweep(7), Sweep(0), Sweep(usize::MAX), by_owner("ann"), Sweep(1000)];
    vec![
        script([&created[..], &[Sweep(1000)], &seen].concat()),
        script([&created[..], &[WaitBefore(A), Sweep(1000)], &seen].concat()),
        script([&created[..], &[WaitUntil(A), Sweep(1000)], &seen].concat()),
        script(
            [&created[..], &[WaitUntil(B), Sweep(1)], &seen, &[Sweep(1)], &seen, &[Sweep(1000)], &seen]
                .concat(),
        ),
        script(moved),
        script(replaced),
        script(again),
        script(many.chain(sweep_many)),
    ]
}
