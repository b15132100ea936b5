//! Scripts about the values of a row's fields.

use super::{A, ACCESSED, B, C, D, by_owner, delete_by_owner, full, script};
use crate::run::Script;
use crate::store::step::At::Current;
use crate::store::step::End::{In, Never, Secs};
use crate::store::step::Step::{Create, Delete, Load, Replace, Touch, Wait};
use crate::store::step::{Key, Step, Write};

pub(in crate::store) fn labels_round_trip() -> Vec<Script<Step>> {
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

pub(in crate::store) fn data_is_binary_safe() -> Vec<Script<Step>> {
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

pub(in crate::store) fn handles_are_compared_whole() -> Vec<Script<Step>> {
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

pub(in crate::store) fn times_round_trip_exactly() -> Vec<Script<Step>> {
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
    // These ends are too far in the future for a script to wait for them.
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
