//! Random scripts for the store suite.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::scripts::{A, B, C, D};
use super::step::{At, End, Key, Step, Write};
use crate::run::{Script, bytes};

pub(super) fn script() -> impl Strategy<Value = Script<Step>> {
    vec(step(), 1..40).prop_map(Script)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (key(), write()).prop_map(|(key, row)| Step::Create(key, row)),
        4 => key().prop_map(Step::Load),
        5 => (key(), at(), write()).prop_map(|(key, at, row)| Step::Replace(key, at, row)),
        3 => (key(), time(), end()).prop_map(|(key, accessed, end)| Step::Touch(key, accessed, end)),
        2 => (key(), option::of(at())).prop_map(|(key, at)| Step::Delete(key, at)),
        2 => owner().prop_map(Step::ByOwner),
        1 => (owner(), option::of(key())).prop_map(|(owner, except)| Step::DeleteByOwner(owner, except)),
        1 => (0_usize..4).prop_map(Step::Sweep),
        1 => (0_u32..5).prop_map(Step::Wait),
        1 => key().prop_map(Step::WaitBefore),
        2 => key().prop_map(Step::WaitUntil),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    select(vec![A, B, C, D])
}

fn at() -> impl Strategy<Value = At> {
    prop_oneof![3 => Just(At::Current), 1 => Just(At::Old)]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        2 => Just(End::Never),
        6 => (1_u32..5).prop_map(End::In),
        1 => Just(End::Past),
    ]
}

fn owner() -> impl Strategy<Value = String> {
    select(vec!["", "ann", "Ann", "anna", "*"]).prop_map(str::to_owned)
}

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 1.6e9..1.8e9,
        1 => (0_u32..2_000_000_000).prop_map(f64::from),
        1 => any::<f64>().prop_filter("finite", |secs| secs.is_finite()),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    let label = option::of(select(vec!["", "Firefox", "ключ 🦀"]).prop_map(str::to_owned));
    let all = (bytes("data", 0..60), option::of(owner()), label, time(), time(), end());
    all.prop_map(|(data, owner, label, created, accessed, end)| Write {
        data,
        owner,
        label,
        created,
        accessed,
        end,
    })
}
