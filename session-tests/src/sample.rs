//! A sample value that covers most of serde's data model.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::strategies;

/// A struct with fields of many types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    unsigned: u64,
    signed: i64,
    small: i8,
    double: f64,
    single: f32,
    flag: bool,
    letter: char,
    text: String,
    maybe: Option<String>,
    unit: (),
    pair: (u16, String),
    list: Vec<i32>,
    map: BTreeMap<String, Vec<Option<u8>>>,
    kinds: Vec<Kind>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Unit,
    Newtype(u32),
    Tuple(bool, String),
    Struct { left: Option<i64>, right: f64 },
}

pub(crate) fn sample() -> impl Strategy<Value = Sample> {
    let scalars = (any::<u64>(), any::<i64>(), any::<i8>(), strategies::float(), single(), any::<bool>());
    let texts = (any::<char>(), strategies::text(), proptest::option::of(strategies::text()));
    let map = proptest::collection::btree_map(strategies::text(), vec(any::<Option<u8>>(), 0..3), 0..3);
    let rest = ((any::<u16>(), strategies::text()), vec(any::<i32>(), 0..4), map, vec(kind(), 0..4));
    (scalars, texts, rest).prop_map(|(scalars, texts, rest)| {
        let (unsigned, signed, small, double, single, flag) = scalars;
        let (letter, text, maybe) = texts;
        let (pair, list, map, kinds) = rest;
        Sample {
            unsigned,
            signed,
            small,
            double,
            single,
            flag,
            letter,
            text,
            maybe,
            unit: (),
            pair,
            list,
            map,
            kinds,
        }
    })
}

fn single() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |float| float.is_finite())
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Unit),
        any::<u32>().prop_map(Kind::Newtype),
        (any::<bool>(), strategies::text()).prop_map(|(flag, text)| Kind::Tuple(flag, text)),
        (any::<Option<i64>>(), strategies::float()).prop_map(|(left, right)| Kind::Struct { left, right }),
    ]
}
