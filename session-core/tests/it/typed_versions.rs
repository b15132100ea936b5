//! Typed views (the whole session as a struct or map) whose type reads an entry differently depending on a version. A
//! write must not keep the old version beside values of the new one.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Deserializer, Serialize};
use session_core::{EntryPart, Session as _, SessionExt};

use crate::in_memory::{InMemory, session};
use crate::toy::{Node, json, state};

#[derive(Deserialize)]
struct AnyPlace {
    version: u32,
    pos: [f64; 2],
    #[serde(default)]
    tags: HashSet<u32>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(from = "AnyPlace")]
struct Place {
    version: u32,
    pos: [f64; 2],
    tags: HashSet<u32>,
}

impl From<AnyPlace> for Place {
    /// Version 1 had the longitude first.
    fn from(AnyPlace { version, pos: [x, y], tags }: AnyPlace) -> Self {
        Self { version: 2, pos: if version == 1 { [y, x] } else { [x, y] }, tags }
    }
}

/// Regression: the old version stayed beside the new list, so the list was read back in another order. The check of the
/// result ignored the order of all lists, because a `HashSet` has a random order.
#[test]
fn old_version_does_not_stay_beside_list_that_it_reorders() {
    for tags in ["", r#", "tags": [1, 2]"#, r#", "tags": [1, 2, 3, 4, 5, 6, 7, 8]"#] {
        let mut session = session(&format!(r#"{{"version": 1, "pos": [52.5, 13.4]{tags}}}"#));
        let place = Place { pos: [1.0, 2.0], ..session.read::<Place>().unwrap() };
        session.write(&place).unwrap();
        assert_eq!(session.get::<u32>("version").unwrap(), Some(2), "{tags}");
        assert_eq!(session.read::<Place>().unwrap(), place, "{tags}");
    }
}

/// The order of a `HashSet` is random, so two reads of a small set often agree by chance. Then the set must not be
/// mistaken for a list whose order counts.
#[test]
fn date_stays_beside_small_hash_set_in_every_order() {
    #[derive(Serialize, Deserialize)]
    struct Visit {
        day: f64,
        sets: Vec<HashSet<u32>>,
    }

    let sets = || (0..3).map(|n| HashSet::from([n, n + 1])).collect::<Vec<_>>();
    for _ in 0..500 {
        let mut session = InMemory {
            state: state(&[("day", Node::Date("30")), ("sets", json("[[9]]"))]),
            ..InMemory::default()
        };
        session.write(&Visit { day: 30.0, sets: sets() }).unwrap();
        assert!(matches!(session.state.entries().next().unwrap().value(), EntryPart::Foreign(_)));
        assert_eq!(session.read::<Visit>().unwrap().sets, sets());
    }
}

/// Regression: the coupon stayed, although the view had none. The old version stayed, and with it, the type read the
/// coupon from `code`. The check of the result ignored entries that the view did not have.
#[test]
fn old_version_does_not_stay_if_it_restores_removed_field() {
    #[derive(Deserialize)]
    struct AnyCart {
        version: u32,
        coupon: Option<String>,
        code: Option<String>,
    }
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(from = "AnyCart")]
    struct Cart {
        version: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        coupon: Option<String>,
    }
    impl From<AnyCart> for Cart {
        /// Version 1 had another name for the coupon.
        fn from(AnyCart { version, coupon, code }: AnyCart) -> Self {
            Self { version: 2, coupon: if version == 1 { code } else { coupon } }
        }
    }

    let mut session = session(r#"{"version": 1, "code": "SUMMER"}"#);
    let mut cart = session.read::<Cart>().unwrap();
    assert_eq!(cart.coupon.take().as_deref(), Some("SUMMER"));
    session.write(&cart).unwrap();
    assert_eq!(session.get::<u32>("version").unwrap(), Some(2));
    assert_eq!(session.read::<Cart>().unwrap(), cart);
}

/// The view does not write its empty list, and a view that is read without the entry has the default list.
#[test]
fn date_stays_beside_skipped_field_with_default() {
    fn default_tags() -> Vec<u32> {
        vec![1]
    }
    #[derive(Serialize, Deserialize)]
    struct Visit {
        day: f64,
        #[serde(default = "default_tags", skip_serializing_if = "Vec::is_empty")]
        tags: Vec<u32>,
    }

    let state = state(&[("day", Node::Date("30")), ("tags", json("[2]"))]);
    let mut session = InMemory { state, ..InMemory::default() };
    session.write(&Visit { day: 30.0, tags: Vec::new() }).unwrap();
    assert!(matches!(session.state.entries().next().unwrap().value(), EntryPart::Foreign(_)));
    assert_eq!(session.keys().collect::<Vec<_>>(), ["day"]);
}

/// Regression: if a type always reads a list in the same other order, a write read the type 34 times.
#[test]
fn list_that_the_type_sorts_is_read_a_few_times() {
    static READS: AtomicUsize = AtomicUsize::new(0);
    fn sorted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        READS.fetch_add(1, Ordering::Relaxed);
        let mut scores = Vec::deserialize(deserializer)?;
        scores.sort_unstable();
        Ok(scores)
    }
    #[derive(Serialize, Deserialize)]
    struct Game {
        #[serde(deserialize_with = "sorted")]
        scores: Vec<u32>,
    }

    let mut session = session(r#"{"scores": [1, 2]}"#);
    session.write(&Game { scores: vec![3, 1] }).unwrap();
    assert_eq!(session.get::<Vec<u32>>("scores").unwrap(), Some(vec![3, 1]));
    let reads = READS.load(Ordering::Relaxed);
    assert!(reads <= 4, "{reads} reads");
}
