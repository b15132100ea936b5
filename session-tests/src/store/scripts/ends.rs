//! Scripts about sweeping, and about the ends of rows: the times at which they expire.

use super::{A, ACCESSED, B, C, D, after, by_owner, calls_on_missing_row, full, script};
use crate::run::Script;
use crate::store::step::At::Current;
use crate::store::step::End::{self, In, Never, Past};
use crate::store::step::Step::{Create, Load, Replace, Sweep, Touch, Wait, WaitBefore, WaitUntil};
use crate::store::step::{Key, Step, Write};

pub(in crate::store) fn expired_rows_stay_gone() -> Vec<Script<Step>> {
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

pub(in crate::store) fn rows_exist_until_their_end() -> Vec<Script<Step>> {
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

pub(in crate::store) fn replace_and_touch_move_end() -> Vec<Script<Step>> {
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

pub(in crate::store) fn sweep_keeps_live_rows() -> Vec<Script<Step>> {
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
