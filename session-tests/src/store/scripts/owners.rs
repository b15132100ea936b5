//! Scripts about owners and the lists of their sessions.

use super::{A, ACCESSED, B, C, D, by_owner, delete_by_owner, full, script};
use crate::run::Script;
use crate::store::step::At::Current;
use crate::store::step::End::{In, Never, Past};
use crate::store::step::Step::{ByOwner, Create, Delete, DeleteByOwner, Load, Replace, Touch, WaitUntil};
use crate::store::step::{Key, Step, Write};

pub(in crate::store) fn owners_list_their_sessions() -> Vec<Script<Step>> {
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

/// Owners that an engine could confuse with each other, or could read as a pattern, a part of a key, or SQL.
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

/// Returns long owners: 999 equal letters, the same letters with another one at the end or at the start, and 1000
/// non-ASCII letters.
fn long_owners() -> [String; 5] {
    let long = "o".repeat(999);
    [format!("{long}a"), format!("{long}b"), format!("a{long}"), long, "é".repeat(1000)]
}

pub(in crate::store) fn owners_are_compared_as_bytes() -> Vec<Script<Step>> {
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

pub(in crate::store) fn owner_follows_replace() -> Vec<Script<Step>> {
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

pub(in crate::store) fn delete_by_owner_deletes_no_other_rows() -> Vec<Script<Step>> {
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
        // The excepted row belongs to another owner, or does not exist.
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

pub(in crate::store) fn lists_drop_deleted_and_expired_rows() -> Vec<Script<Step>> {
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
