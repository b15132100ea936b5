//! Merging the changes of one request into the entries that another request has saved.

use std::collections::BTreeMap;

use proptest::prelude::*;
use session_core::{EntryPart, SessionExt, State};

use crate::in_memory::InMemory;
use crate::toy::{CLASS, Node, json as toy_json, state as toy};

fn state(json: &str) -> State {
    State::from_json(json.into()).unwrap()
}

/// Applies to `fresh` the changes that turn `before` into `after`, and returns the result.
///
/// The comments on the cases speak of two requests. The one *here* changes `before` to `after`. The one *there* has
/// saved `fresh`.
fn merged(before: &str, after: &str, fresh: &str) -> String {
    let mut fresh = state(fresh);
    fresh.apply_changes(&state(before), &state(after)).unwrap();
    fresh.to_json().unwrap()
}

#[test]
fn changes_of_entries_are_applied() {
    for (before, after, fresh, expected) in [
        // set, added and removed here
        (r#"{"a": 1}"#, r#"{"a": 2}"#, r#"{"a": 1}"#, r#"{"a": 2}"#),
        (r#"{}"#, r#"{"a": 1}"#, r#"{}"#, r#"{"a": 1}"#),
        (r#"{"a": 1}"#, r#"{}"#, r#"{"a": 1}"#, r#"{}"#),
        // set, added and removed there
        (r#"{"a": 1}"#, r#"{"a": 1}"#, r#"{"a": 2}"#, r#"{"a": 2}"#),
        (r#"{}"#, r#"{}"#, r#"{"a": 1}"#, r#"{"a": 1}"#),
        (r#"{"a": 1}"#, r#"{"a": 1}"#, r#"{}"#, r#"{}"#),
        // different entries on both sides
        (r#"{"a": 1, "b": 1}"#, r#"{"a": 2, "b": 1}"#, r#"{"a": 1, "b": 3}"#, r#"{"a": 2, "b": 3}"#),
        (r#"{}"#, r#"{"a": 1}"#, r#"{"b": 2}"#, r#"{"b": 2, "a": 1}"#),
        (r#"{"a": 1, "b": 1}"#, r#"{"b": 1}"#, r#"{"a": 1, "b": 3}"#, r#"{"b": 3}"#),
        (r#"{"a": 1, "b": 1}"#, r#"{"a": 2, "b": 1}"#, r#"{"a": 1}"#, r#"{"a": 2}"#),
        // the same entry on both sides: the change here counts, because it is saved later
        (r#"{"a": 1}"#, r#"{"a": 2}"#, r#"{"a": 3}"#, r#"{"a": 2}"#),
        (r#"{"a": 1}"#, r#"{"a": 2}"#, r#"{"a": 2}"#, r#"{"a": 2}"#),
        (r#"{"a": 1}"#, r#"{"a": 2}"#, r#"{}"#, r#"{"a": 2}"#),
        (r#"{"a": 1}"#, r#"{}"#, r#"{"a": 3}"#, r#"{}"#),
        (r#"{"a": 1}"#, r#"{}"#, r#"{}"#, r#"{}"#),
        // clear() here, an entry added there
        (r#"{"a": 1, "b": 1}"#, r#"{}"#, r#"{"a": 1, "b": 1, "c": 1}"#, r#"{"c": 1}"#),
        // an entry added here, clear() there
        (r#"{"a": 1}"#, r#"{"a": 1, "c": 1}"#, r#"{}"#, r#"{"c": 1}"#),
        // lists that are not flash queues are entries like all others
        (r#"{"a": [1]}"#, r#"{"a": [1, 2]}"#, r#"{"a": [1, 3]}"#, r#"{"a": [1, 2]}"#),
    ] {
        assert_eq!(merged(before, after, fresh), expected, "{before} {after} {fresh}");
    }
}

#[test]
fn changes_of_flash_queues_are_applied() {
    for (before, after, fresh, expected) in [
        // both add
        (r#"{}"#, r#"{"_f_": ["a"]}"#, r#"{"_f_": ["b"]}"#, r#"{"_f_": ["b", "a"]}"#),
        (
            r#"{"_f_": ["x"]}"#,
            r#"{"_f_": ["x", "a"]}"#,
            r#"{"_f_": ["x", "b"]}"#,
            r#"{"_f_": ["x", "b", "a"]}"#,
        ),
        // both add an equal message
        (r#"{}"#, r#"{"_f_": ["a"]}"#, r#"{"_f_": ["a"]}"#, r#"{"_f_": ["a", "a"]}"#),
        // pop here, flash there
        (r#"{"_f_": ["x"]}"#, r#"{}"#, r#"{"_f_": ["x", "b"]}"#, r#"{"_f_": ["b"]}"#),
        // flash here, pop there
        (r#"{"_f_": ["x"]}"#, r#"{"_f_": ["x", "a"]}"#, r#"{}"#, r#"{"_f_": ["a"]}"#),
        // both pop
        (r#"{"_f_": ["x"]}"#, r#"{}"#, r#"{}"#, r#"{}"#),
        // both pop, and then flash
        (r#"{"_f_": ["x"]}"#, r#"{"_f_": ["a"]}"#, r#"{"_f_": ["b"]}"#, r#"{"_f_": ["b", "a"]}"#),
        // pop and then flash here, flash there
        (r#"{"_f_": ["x"]}"#, r#"{"_f_": ["a"]}"#, r#"{"_f_": ["x", "b"]}"#, r#"{"_f_": ["b", "a"]}"#),
        // one of two equal messages is removed
        (
            r#"{"_f_": ["x", "x"]}"#,
            r#"{"_f_": ["x"]}"#,
            r#"{"_f_": ["x", "x", "b"]}"#,
            r#"{"_f_": ["x", "b"]}"#,
        ),
        // of several equal messages, the first one is removed
        (r#"{"_f_": ["x"]}"#, r#"{}"#, r#"{"_f_": ["x", "b", "x"]}"#, r#"{"_f_": ["b", "x"]}"#),
        // pop here, flash of an equal message there: only one of the two was shown
        (r#"{"_f_": ["x"]}"#, r#"{}"#, r#"{"_f_": ["x", "x"]}"#, r#"{"_f_": ["x"]}"#),
        // other queues stay
        (r#"{"_f_": ["x"]}"#, r#"{}"#, r#"{"_f_": ["x"], "_f_e": ["b"]}"#, r#"{"_f_e": ["b"]}"#),
        // a queue without messages is removed
        (r#"{"_f_": []}"#, r#"{}"#, r#"{"_f_": []}"#, r#"{}"#),
        (r#"{"_f_": []}"#, r#"{}"#, r#"{"_f_": ["b"]}"#, r#"{"_f_": ["b"]}"#),
        // the entries after a removed queue have other positions
        (
            r#"{"_f_": ["x", "y"], "a": 1, "b": 1}"#,
            r#"{"_f_": [], "a": 2, "b": 2}"#,
            r#"{"_f_": ["x"], "a": 1, "b": 1}"#,
            r#"{"a": 2, "b": 2}"#,
        ),
        // Python's `NaN` stays
        (r#"{"_f_": [1]}"#, r#"{}"#, r#"{"_f_": [1, NaN]}"#, r#"{"_f_": [NaN]}"#),
    ] {
        assert_eq!(merged(before, after, fresh), expected, "{before} {after} {fresh}");
    }
}

/// Regression: a popped message came back if the other request had saved it in another spelling. The messages were
/// compared as texts, and `CompactJsonSerializer` respells the queues that it writes.
#[test]
fn popped_message_is_removed_in_any_spelling() {
    for (popped, respelled) in [
        (r#""Gr\u00fc\u00dfe""#, "\"Grüße\""),
        (r#""\ud83d\ude00 \"\/\"""#, r#""😀 \"\u002f\"""#),
        (r#"{"a": [1, 2.50], "\u0062": null}"#, r#"{"b":null,"a":[1.0,25e-1]}"#),
        ("[1, NaN, -Infinity]", "[1,NaN,-Infinity]"),
        (r#"["\ud800", true]"#, r#"["\ud800",true]"#),
    ] {
        for (popped, queued) in [(popped, respelled), (respelled, popped)] {
            let before = format!(r#"{{"_f_": [{popped}, "x"]}}"#);
            let fresh = format!(r#"{{"_f_":[{queued},"x","new"]}}"#);
            assert_eq!(merged(&before, r#"{"_f_": ["x"]}"#, &fresh), r#"{"_f_": ["x", "new"]}"#, "{queued}");
            assert_eq!(merged(&before, "{}", &fresh), r#"{"_f_": ["new"]}"#, "{queued}");
        }
    }
    // Another value, which was not popped.
    for (popped, queued) in
        [("1", "\"1\""), ("[1, 2]", "[2, 1]"), ("[1 2]", "[12]"), ("9007199254740993", "9007199254740992.0")]
    {
        let merged = merged(&format!(r#"{{"_f_": [{popped}]}}"#), "{}", &format!(r#"{{"_f_": [{queued}]}}"#));
        assert_eq!(merged, format!(r#"{{"_f_": [{queued}]}}"#), "{popped}");
    }
}

#[test]
fn non_list_queue_is_merged_as_entry() {
    for (before, after, fresh, expected) in [
        (r#"{"_f_": 1}"#, r#"{}"#, r#"{"_f_": 1, "b": 1}"#, r#"{"b": 1}"#),
        (r#"{"_f_": 1}"#, r#"{"_f_": ["a"]}"#, r#"{"_f_": 1}"#, r#"{"_f_": ["a"]}"#),
        (r#"{"_f_": 1}"#, r#"{"_f_": ["a"]}"#, r#"{"_f_": 2}"#, r#"{"_f_": ["a"]}"#),
        (r#"{"_f_": ["x"]}"#, r#"{"_f_": 1}"#, r#"{"_f_": ["x", "b"]}"#, r#"{"_f_": 1}"#),
        (r#"{"_f_": ["x"]}"#, r#"{"_f_": ["x", "a"]}"#, r#"{"_f_": 2}"#, r#"{"_f_": ["x", "a"]}"#),
        (r#"{"_f_": ["x"]}"#, r#"{}"#, r#"{"_f_": 2}"#, r#"{}"#),
        // the other request has replaced the non-list with a list: the messages of this list stay
        (r#"{"_f_": 1}"#, r#"{"_f_": ["a"]}"#, r#"{"_f_": ["b"]}"#, r#"{"_f_": ["b", "a"]}"#),
        (r#"{"_f_": 1}"#, r#"{}"#, r#"{"_f_": ["b"]}"#, r#"{"_f_": ["b"]}"#),
    ] {
        assert_eq!(merged(before, after, fresh), expected, "{before} {after} {fresh}");
    }
}

#[test]
fn spelling_of_other_request_stays() {
    let fresh = r#"{"n": 1e0,  "b":[ 1 ], "x": NaN}"#;
    assert_eq!(merged("{}", r#"{"a": 2.50}"#, fresh), r#"{"n": 1e0, "b": [ 1 ], "x": NaN, "a": 2.50}"#);
}

/// Regression: a typed view with a `HashMap` writes the keys of this map in a new order each time. So a write of
/// another entry undid the other request's change of the map, or restored the map that the other request had removed.
#[test]
fn new_order_of_keys_does_not_undo_change_of_other_request() {
    let before = r#"{"m": {"a": 1,  "b": [{"c": 1e0, "d": 2}]}, "n": 1}"#;
    let new_order = r#"{"b": [{"d": 2, "c": 1.0}], "a": 1}"#;
    for (here, there, expected) in [
        // only a new order here, while the map is changed, removed and unchanged there
        (new_order, r#"{"m": {"a": 5}, "n": 1}"#, r#"{"m": {"a": 5}, "n": 2}"#),
        (new_order, r#"{"n": 1}"#, r#"{"n": 2}"#),
        (new_order, before, r#"{"m": {"b": [{"d": 2, "c": 1.0}], "a": 1}, "n": 2}"#),
        // a new order and a new value here
        (r#"{"b": [], "a": 1}"#, r#"{"m": {"a": 5}, "n": 1}"#, r#"{"m": {"b": [], "a": 1}, "n": 2}"#),
        (
            r#"{"b": [{"d": 2, "c": 1}], "a": 1}"#,
            r#"{"m": 5}"#,
            r#"{"m": {"b": [{"d": 2, "c": 1}], "a": 1}, "n": 2}"#,
        ),
    ] {
        assert_eq!(merged(before, &format!(r#"{{"m": {here}, "n": 2}}"#), there), expected, "{here} {there}");
    }
    // A value that is not valid JSON counts as changed.
    for (old, new) in [("true", "tru"), ("tru", "true")] {
        let (before, after) = (format!(r#"{{"l": {old}}}"#), format!(r#"{{"l": {new}}}"#));
        assert_eq!(merged(&before, &after, r#"{"l": [3]}"#), after);
    }
    // The order of a list counts.
    assert_eq!(merged(r#"{"l": [1, 2]}"#, r#"{"l": [2, 1]}"#, r#"{"l": [3]}"#), r#"{"l": [2, 1]}"#);
}

/// A foreign value that is copied into a state becomes text, and keeps the white space around it.
#[test]
fn white_space_around_value_does_not_undo_change_of_other_request() {
    let copied = |text| {
        let mut state = State::default();
        state.insert_encoded("m", toy(&[("m", toy_json(text))]).get_encoded("m").unwrap()).unwrap();
        state
    };
    let (plain, spaced) = (r#"{"a": 1, "b": 2}"#, r#" {"b": 2, "a": 1} "#);
    for (before, after) in [(plain, spaced), (spaced, plain)] {
        let mut fresh = state(r#"{"m": 3}"#);
        fresh.apply_changes(&copied(before), &copied(after)).unwrap();
        assert_eq!(fresh.to_json().unwrap(), r#"{"m": 3}"#, "{after}");
    }
}

#[test]
fn unchanged_foreign_entries_stay_after_merge() {
    let entries =
        [("cart", CLASS), ("day", Node::Date("\"2026-01-01\"")), ("hits", toy_json("1")), (":1", CLASS)];
    let before = toy(&entries);
    let mut after = before.clone();
    after.insert("hits", 2).unwrap();
    after.insert("new", 1).unwrap();
    // The other request loads the same record and gets foreign values of its own.
    let mut fresh = toy(&entries);
    fresh.insert("other", 1).unwrap();
    fresh.apply_changes(&before, &after).unwrap();
    assert_eq!(fresh.keys().collect::<Vec<_>>(), ["cart", "day", "hits", "1", "other", "new"]);
    assert_eq!(fresh.get::<u32>("hits").unwrap(), Some(2));
    let foreign = fresh.entries().filter(|entry| matches!(entry.value(), EntryPart::Foreign(_)));
    assert_eq!(foreign.map(|entry| entry.name()).collect::<Vec<_>>(), ["cart", "day", "1"]);

    let before = after.clone();
    after.discard("cart");
    fresh.apply_changes(&before, &after).unwrap();
    assert!(!fresh.contains_key("cart"));
    let mut cleared = after.clone();
    cleared.clear();
    fresh.apply_changes(&after, &cleared).unwrap();
    assert_eq!(fresh.keys().collect::<Vec<_>>(), ["other"], "an entry whose key is not text is removed, too");
}

#[test]
fn error_for_foreign_value_copied_to_new_key_names_new_key() {
    let before = toy(&[("cart", CLASS)]);
    let mut after = before.clone();
    after.insert_encoded("saved", before.get_encoded("cart").unwrap()).unwrap();
    let error = toy(&[("cart", CLASS)]).apply_changes(&before, &after).unwrap_err();
    assert_eq!(error.key(), Some("saved"));
}

#[test]
fn message_is_added_to_foreign_queue() {
    let queue = || {
        let nodes = [("_f_", Node::List(vec![1])), ("a", CLASS)];
        toy(&nodes)
    };
    let before = queue();
    let mut after = before.clone();
    after.flash(&State::encode("", "new").unwrap(), "", true).unwrap();
    let mut fresh = queue();
    fresh.apply_changes(&before, &after).unwrap();
    assert_eq!(fresh.keys().collect::<Vec<_>>(), ["_f_", "a"]);
    assert!(fresh.entries().all(|entry| matches!(entry.value(), EntryPart::Foreign(_))));
    let mut session = InMemory { state: fresh, ..InMemory::default() };
    let messages = [Err("the Python class `app.Cart`".to_owned()), Ok("new".to_owned())];
    assert_eq!(session.pop_flash_each::<String>(""), messages);

    // The whole queue can be removed, although its message cannot be written as JSON.
    let mut popped = after.clone();
    popped.discard("_f_");
    let mut fresh = queue();
    fresh.apply_changes(&before, &popped).unwrap();
    assert!(!fresh.contains_key("_f_"));
}

fn entries(state: &State) -> BTreeMap<String, String> {
    let json = |key: &str| state.get_json(key).unwrap().unwrap().to_owned();
    state.keys().map(|key| (key.to_owned(), json(key))).collect()
}

/// A change of one entry: its key, and the new value, or `None` if the entry is removed.
type Change = (String, Option<u8>);

fn changed(state: &State, changes: &[Change]) -> State {
    let mut state = state.clone();
    for (key, value) in changes {
        match value {
            Some(value) => state.insert(key, value).unwrap(),
            None => _ = state.discard(key),
        }
    }
    state
}

fn any_state() -> impl Strategy<Value = State> {
    let messages = prop::collection::vec(0_u8..3, 0..4);
    let plain = prop::collection::btree_map("[ab][0-3]", any::<u8>(), 0..6);
    let queues = prop::collection::btree_map("_f_[ab]", messages, 0..2);
    (plain, queues).prop_map(|(plain, queues)| {
        let mut state = State::default();
        plain.iter().for_each(|(key, value)| state.insert(key, value).unwrap());
        queues.iter().for_each(|(key, value)| state.insert(key, value).unwrap());
        state
    })
}

fn changes(keys: &'static str) -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((keys, any::<Option<u8>>()), 0..5)
}

proptest! {
    #[test]
    fn changes_of_disjoint_entries_commute(base in any_state(), a in changes("a[0-3]"), b in changes("b[0-3]")) {
        let (after_a, after_b) = (changed(&base, &a), changed(&base, &b));
        let (mut a_then_b, mut b_then_a) = (after_a.clone(), after_b.clone());
        a_then_b.apply_changes(&base, &after_b).unwrap();
        b_then_a.apply_changes(&base, &after_a).unwrap();
        let both = entries(&changed(&after_a, &b));
        prop_assert_eq!(entries(&a_then_b), both.clone());
        prop_assert_eq!(entries(&b_then_a), both);
    }

    #[test]
    fn changes_applied_to_before_give_after(before in any_state(), after in any_state()) {
        let mut fresh = before.clone();
        fresh.apply_changes(&before, &after).unwrap();
        prop_assert_eq!(entries(&fresh), entries(&after));
    }

    #[test]
    fn changes_of_plain_entries_are_idempotent(before in any_state(), changes in changes("a[0-3]")) {
        let after = changed(&before, &changes);
        let mut fresh = before.clone();
        fresh.apply_changes(&before, &after).unwrap();
        let once = fresh.to_json().unwrap();
        fresh.apply_changes(&before, &after).unwrap();
        prop_assert_eq!(fresh.to_json().unwrap(), once);
    }

    /// The merged queue has every message that either request added, and no message that was popped in `after`.
    #[test]
    fn no_flash_message_is_lost(kept in 0..3_usize, a in 0..3_usize, b in 0..3_usize, pops: bool) {
        let queue = |ranges: &[(&str, usize)]| {
            let name = |(name, count): &(&str, usize)| (0..*count).map(|n| format!("{name}{n}")).collect::<Vec<_>>();
            let messages: Vec<String> = ranges.iter().flat_map(name).collect();
            let mut state = State::default();
            if !messages.is_empty() {
                state.insert("_f_", messages).unwrap();
            }
            state
        };
        let base = queue(&[("kept", kept)]);
        let after = queue(&[("kept", if pops { 0 } else { kept }), ("a", a)]);
        let mut fresh = queue(&[("kept", kept), ("b", b)]);
        fresh.apply_changes(&base, &after).unwrap();
        let expected = queue(&[("kept", if pops { 0 } else { kept }), ("b", b), ("a", a)]);
        prop_assert_eq!(fresh.to_json().unwrap(), expected.to_json().unwrap());
    }
}

/// Regression: each changed or removed entry was searched for from the first entry on. With this fault, the test takes
/// too long to finish.
#[test]
fn changes_of_many_entries_are_applied_in_linear_time() {
    const COUNT: usize = 200_000;
    let many = |value: u8| {
        let members: Vec<_> = (0..COUNT).map(|key| format!("\"{key}\": {value}")).collect();
        state(&format!("{{{}}}", members.join(", ")))
    };
    let (before, after) = (many(1), many(2));
    let mut fresh = before.clone();
    fresh.apply_changes(&before, &after).unwrap();
    assert!(fresh.to_json().unwrap() == after.to_json().unwrap());
    fresh.apply_changes(&after, &State::default()).unwrap();
    assert!(fresh.is_empty());
    fresh.apply_changes(&State::default(), &before).unwrap();
    assert!(fresh.to_json().unwrap() == before.to_json().unwrap());
}

/// Regression: each removed message moved all messages after it. With this fault, the test takes too long to finish.
#[test]
fn many_flash_messages_are_removed_in_linear_time() {
    let messages = |count: usize| format!(r#"{{"_f_": [{}"x"]}}"#, "1, ".repeat(count));
    let before = messages(400_000);
    assert_eq!(merged(&before, r#"{"_f_": ["x"]}"#, &before.replace('x', "y")), r#"{"_f_": ["y"]}"#);
    let respelled = before.replace(", ", ",").replace('1', "1e0").replace('x', "y");
    assert!(merged(&before, r#"{"_f_": ["x"]}"#, &respelled) == r#"{"_f_": ["y"]}"#);
}
