//! The index of an owner: what stays in it, and how long it lives.

use std::time::Duration;

use session_store::Store;

use crate::harness::{Harness, START, at, handle, owned, row};

const DAY: f64 = 86_400.0;

impl Harness {
    /// Replaces the entry of a session in the only index with a value of the wrong length.
    fn damage_entry(&self, number: u8) {
        self.command(&[b"HSET", self.index_key().as_bytes(), handle(number).as_bytes(), b"damaged"]);
    }

    /// Returns how many seconds the only index has to live. The number is negative if the index does not expire.
    fn index_ttl(&self) -> f64 {
        let left: f64 = self.command(&[b"PTTL", self.index_key().as_bytes()]).parse().unwrap();
        left / 1000.0
    }
}

#[tokio::test]
async fn entry_without_row_is_pruned_after_a_minute() {
    let Some(h) = Harness::single().await else { return };
    for number in [1, 2] {
        h.store.create(&handle(number), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    }
    h.command(&[b"DEL", h.key(&handle(1)).as_bytes()]);
    h.age_entries(30);
    assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 1);
    assert_eq!(h.entries(), 2);
    h.age_entries(31);
    assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 1);
    assert_eq!(h.entries(), 1);
}

#[tokio::test]
async fn entry_of_row_without_owner_is_pruned() {
    let Some(h) = Harness::single().await else { return };
    h.store.create(&handle(1), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    h.store.create(&handle(2), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    h.age_entries(61);
    // Simulate a process that has removed the owner from the row, but not yet the entry from the owner's index.
    h.command(&[b"DEL", h.key(&handle(1)).as_bytes()]);
    h.store.create(&handle(1), &row("a", 600.0)).await.unwrap().unwrap();
    assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 1);
    assert_eq!(h.entries(), 1);
    assert!(h.store.load(&handle(1)).await.unwrap().is_some());
}

/// Regression: only `by_owner` pruned entries, so each "sign out everywhere" looked for the missing rows again.
#[tokio::test]
async fn delete_by_owner_prunes_entry_without_row_after_a_minute() {
    let Some(h) = Harness::single().await else { return };
    for number in 1..=3 {
        h.store.create(&handle(number), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    }
    h.command(&[b"DEL", h.key(&handle(1)).as_bytes()]);
    // Simulate a process that has removed the owner from the row, but not yet the entry from the owner's index.
    h.command(&[b"DEL", h.key(&handle(2)).as_bytes()]);
    h.store.create(&handle(2), &row("a", 600.0)).await.unwrap().unwrap();
    for (secs, entries) in [(30, 3), (31, 1)] {
        h.age_entries(secs);
        assert_eq!(h.store.delete_by_owner("alice", Some(&handle(3))).await, Ok(0));
        assert_eq!(h.entries(), entries);
    }
    assert!(h.store.load(&handle(2)).await.unwrap().is_some());
}

/// Regression: one damaged entry made the script fail, so the entries after it stayed.
#[tokio::test]
async fn damaged_entry_without_row_is_pruned_with_others() {
    let Some(h) = Harness::single().await else { return };
    for number in 1..=3 {
        h.store.create(&handle(number), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    }
    h.age_entries(61);
    for number in [1, 2] {
        h.command(&[b"DEL", h.key(&handle(number)).as_bytes()]);
    }
    h.damage_entry(1);
    assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 1);
    assert_eq!(h.entries(), 1);
}

/// Regression: one damaged entry made the script fail, so the entries of all deleted rows stayed.
#[tokio::test]
async fn damaged_entry_of_deleted_row_is_removed_with_others() {
    let Some(h) = Harness::single().await else { return };
    for number in 1..=3 {
        h.store.create(&handle(number), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    }
    h.damage_entry(1);
    assert_eq!(h.store.delete_by_owner("alice", Some(&handle(3))).await, Ok(2));
    assert_eq!(h.entries(), 1);
}

#[tokio::test]
async fn entry_of_row_expired_by_store_clock_is_kept() {
    let Some(h) = Harness::single().await else { return };
    h.store.create(&handle(1), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    h.age_entries(61);
    h.clock.advance(Duration::from_secs(600));
    assert_eq!(h.store.by_owner("alice").await, Ok(vec![]));
    h.clock.set(at(START));
    assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 1);
}

/// Regression: a store with a fast clock took the row for expired, and did not delete it. A store with a slower clock
/// could then prolong the session.
#[tokio::test]
async fn deletion_of_row_expired_by_store_clock_removes_entry() {
    let Some(h) = Harness::single().await else { return };
    for number in 1..=3 {
        h.store.create(&handle(number), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    }
    h.clock.advance(Duration::from_secs(600));
    assert_eq!(h.store.delete(&handle(1), None).await, Ok(false));
    assert_eq!(h.entries(), 2);
    assert_eq!(h.store.delete_by_owner("alice", Some(&handle(3))).await, Ok(0));
    assert_eq!(h.entries(), 1);
    h.clock.set(at(START));
    for (number, exists) in [(1, false), (2, false), (3, true)] {
        assert_eq!(h.store.load(&handle(number)).await.unwrap().is_some(), exists, "{number}");
    }
}

#[tokio::test]
async fn deletion_of_row_without_owner_returns_whether_it_was_unexpired() {
    let Some(h) = Harness::single().await else { return };
    for number in 1..=2 {
        h.store.create(&handle(number), &row("a", 600.0)).await.unwrap().unwrap();
    }
    assert_eq!(h.store.delete(&handle(1), None).await, Ok(true));
    h.clock.advance(Duration::from_secs(600));
    assert_eq!(h.store.delete(&handle(2), None).await, Ok(false));
    assert!(h.keys().is_empty());
}

#[tokio::test]
async fn expired_entries_do_not_pile_up() {
    let Some(h) = Harness::single().await else { return };
    for number in 0..100 {
        h.store.create(&handle(number), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    }
    h.age_entries(2 * DAY as u32);
    for number in 100..200 {
        h.store.create(&handle(number), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    }
    // Each call checks eight random entries and removes the expired ones, so few of the 100 old entries are left.
    assert!(h.entries() < 110, "{}", h.entries());
    assert_eq!(
        h.store.by_owner("alice").await.unwrap().iter().filter(|info| info.handle >= handle(100)).count(),
        100
    );
}

#[tokio::test]
async fn index_outlives_its_sessions() {
    let Some(h) = Harness::single().await else { return };
    let (id, store) = (handle(1), &h.store);
    let version = store.create(&id, &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    assert!(h.index_ttl() > DAY && h.index_ttl() < 2.0 * DAY, "{}", h.index_ttl());
    store.touch(&id, at(START), Some(at(START + 3.0 * DAY))).await.unwrap();
    assert!(h.index_ttl() > 3.0 * DAY, "{}", h.index_ttl());
    let version = store.replace(&id, version, &owned("a", "alice", 30.0 * DAY)).await.unwrap().unwrap();
    assert!(h.index_ttl() > 30.0 * DAY, "{}", h.index_ttl());
    store.create(&handle(2), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    assert!(h.index_ttl() > 30.0 * DAY, "{}", h.index_ttl());
    store.touch(&id, at(START), None).await.unwrap();
    assert!(h.index_ttl() < 0.0);
    store.replace(&id, version, &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    store.create(&handle(3), &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    assert!(h.index_ttl() < 0.0);
}

#[tokio::test]
async fn session_used_for_months_stays_in_index() {
    let Some(h) = Harness::single().await else { return };
    let hours = |hours: u32| START + 3600.0 * f64::from(hours);
    h.store.create(&handle(1), &owned("a", "alice", 2.0 * 3600.0)).await.unwrap().unwrap();
    for hour in 1..1500 {
        h.advance(Duration::from_secs(3600));
        let touched = h.store.touch(&handle(1), at(hours(hour)), Some(at(hours(hour + 2)))).await;
        assert_eq!(touched, Ok(true));
        assert_eq!(h.keys().len(), 2, "hour {hour}");
    }
    assert_eq!(h.store.by_owner("alice").await.unwrap().len(), 1);
}

#[tokio::test]
async fn lost_index_is_rewritten_when_row_would_outlive_entry() {
    let Some(h) = Harness::single().await else { return };
    h.store.create(&handle(1), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
    h.command(&[b"DEL", h.index_key().as_bytes()]);
    for (secs, listed) in [(DAY, 0), (DAY + 601.0, 1)] {
        assert_eq!(h.store.touch(&handle(1), at(START), Some(at(START + secs))).await, Ok(true));
        assert_eq!(h.store.by_owner("alice").await.unwrap().len(), listed, "{secs}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_is_in_index_after_concurrent_owner_changes() {
    const OWNERS: [&str; 3] = ["alice", "bob", "carol"];
    for harness in [Harness::single().await, Harness::cluster().await] {
        let Some(h) = harness else { return };
        h.store.create(&handle(1), &owned("a", "alice", 600.0)).await.unwrap().unwrap();
        let tasks: Vec<_> = (0..6)
            .map(|task: usize| {
                let store = h.store.clone();
                tokio::spawn(async move {
                    for step in 0..50 {
                        let (_, version) = store.load(&handle(1)).await.unwrap().unwrap();
                        let row = owned("b", OWNERS[(task + step) % OWNERS.len()], 600.0);
                        store.replace(&handle(1), version, &row).await.unwrap();
                        let end = Some(at(START + 600.0 + 3.0 * DAY));
                        // A touch gives up if the other tasks keep changing the owner.
                        while let Err(error) = store.touch(&handle(1), at(START), end).await {
                            assert!(error.is_conflict(), "{error}");
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let (row, _) = h.store.load(&handle(1)).await.unwrap().unwrap();
        for owner in OWNERS {
            let listed = h.store.by_owner(owner).await.unwrap().len();
            assert_eq!(listed, usize::from(row.owner.as_deref() == Some(owner)), "{owner}");
        }
    }
}

// Tests call these scripts directly, with arguments that only a race would pass.
const CREATE: &str = concat!(include_str!("../../src/lua/row.lua"), include_str!("../../src/lua/create.lua"));
const REPLACE: &str =
    concat!(include_str!("../../src/lua/row.lua"), include_str!("../../src/lua/replace.lua"));
const TOUCH: &str = concat!(include_str!("../../src/lua/row.lua"), include_str!("../../src/lua/touch.lua"));
const INDEX: &str = include_str!("../../src/lua/index.lua");
const UNINDEX: &str = include_str!("../../src/lua/unindex.lua");

impl Harness {
    fn eval(&self, script: &str, key: &str, arguments: &[&[u8]]) -> String {
        let command = [b"EVAL", script.as_bytes(), b"1", key.as_bytes()];
        self.command(&[&command, arguments].concat())
    }
}

#[tokio::test]
async fn row_is_not_written_long_after_its_entry() {
    let Some(h) = Harness::single().await else { return };
    let key = h.key(&handle(1));
    let create =
        |deadline: &[u8]| h.eval(CREATE, &key, &[&START.to_be_bytes(), deadline, b"60000", &[1; 49]]);
    assert_eq!(create(b"1700000000").lines().next(), Some("3"));
    assert!(h.keys().is_empty());
    assert_eq!(create(b"99999999999").lines().next(), Some("1"));
    assert_eq!(h.keys().len(), 1);
}

#[tokio::test]
async fn row_is_not_changed_long_after_its_entry() {
    let Some(h) = Harness::single().await else { return };
    let (key, row) = (h.key(&handle(1)), owned("a", "alice", 60.0));
    let version = h.store.create(&handle(1), &row).await.unwrap().unwrap();
    let (now, deadline, ttl) = (START.to_be_bytes(), b"1700000000", b"60000");
    let version_bytes = version.number().to_be_bytes();
    let replaced = h.eval(REPLACE, &key, &[&now, deadline, ttl, &[1; 49], &version_bytes]);
    assert_eq!(replaced.lines().next(), Some("3"));
    let touched = h.eval(TOUCH, &key, &[&now, deadline, ttl, &[0x41; 16], &[0x42; 8], b"alice"]);
    assert_eq!(touched.lines().next(), Some("3"));
    assert_eq!(h.store.load(&handle(1)).await, Ok(Some((row, version))));
}

/// The deadline is a whole second. Regression: the row was still written until the end of that second, when its entry
/// could be almost 31 seconds old. An entry without a row is pruned after 60 seconds, so a cluster whose clocks differ
/// by 30 seconds could lose the entry of a new row.
#[tokio::test]
async fn row_is_not_written_from_deadline_on() {
    let Some(h) = Harness::single().await else { return };
    let time = h.command(&[b"TIME"]);
    let deadline = time.lines().next().unwrap();
    let key = h.key(&handle(1));
    let reply = h.eval(CREATE, &key, &[&START.to_be_bytes(), deadline.as_bytes(), b"60000", &[1; 49]]);
    assert_eq!(reply.lines().next(), Some("3"));
    assert!(h.keys().is_empty());
}

#[tokio::test]
async fn deadline_of_row_is_thirty_seconds_after_its_entry() {
    let Some(h) = Harness::single().await else { return };
    let second = || h.command(&[b"TIME"]).lines().next().unwrap().parse::<i64>().unwrap();
    let before = second();
    let key = format!("{}owner:1", h.prefix);
    let deadline = h.eval(INDEX, &key, &[handle(1).as_bytes(), &1_u64.to_be_bytes(), b"60000", b"30"]);
    let deadline = deadline.lines().next().unwrap().parse::<i64>().unwrap();
    assert!((before + 30..=second() + 30).contains(&deadline), "{deadline}");
}

#[tokio::test]
async fn touch_needs_new_index_entry_if_owner_was_changed_meanwhile() {
    let Some(h) = Harness::single().await else { return };
    h.store.create(&handle(1), &owned("a", "bob", 60.0)).await.unwrap().unwrap();
    let touch = |owner: &[u8]| {
        let (now, times, until) = (START.to_be_bytes(), [0x41; 16], [0x42; 8]);
        h.eval(TOUCH, &h.key(&handle(1)), &[&now, b"99999999999", b"60000", &times, &until, owner])
    };
    let reply = touch(b"alice");
    assert!(reply.starts_with("2\nbob\n"), "{reply}");
    assert_eq!(h.store.load(&handle(1)).await.unwrap().unwrap().0, owned("a", "bob", 60.0));
    assert_eq!(touch(b"bob").lines().next(), Some("1"));
}

#[tokio::test]
async fn entry_of_later_version_is_not_removed() {
    let Some(h) = Harness::single().await else { return };
    let key = format!("{}owner:1", h.prefix);
    let id = handle(1);
    let version = |number: u64| number.to_be_bytes();
    for number in [6, 5] {
        h.eval(INDEX, &key, &[id.as_bytes(), &version(number), b"60000", b"30"]);
    }
    h.eval(UNINDEX, &key, &[id.as_bytes(), &version(5)]);
    assert_eq!(h.entries(), 1);
    h.eval(UNINDEX, &key, &[id.as_bytes(), &version(6)]);
    assert!(h.keys().is_empty());
}

#[tokio::test]
async fn deletion_keeps_entry_of_later_version() {
    let Some(h) = Harness::single().await else { return };
    let id = handle(1);
    let version = h.store.create(&id, &owned("a", "alice", 60.0)).await.unwrap().unwrap();
    let later = (version.number() + 1).to_be_bytes();
    h.eval(INDEX, &h.index_key(), &[id.as_bytes(), &later, b"60000", b"30"]);
    assert_eq!(h.store.delete(&id, None).await, Ok(true));
    assert_eq!(h.entries(), 1);
}

#[tokio::test]
async fn entry_keeps_the_later_end() {
    let Some(h) = Harness::single().await else { return };
    let key = format!("{}owner:1", h.prefix);
    for millis in [b"600000", b"060000"] {
        h.eval(INDEX, &key, &[handle(1).as_bytes(), &1_u64.to_be_bytes(), millis, b"30"]);
    }
    h.age_entries(300);
    // Adding another session makes the script remove expired entries.
    h.eval(INDEX, &key, &[handle(2).as_bytes(), &1_u64.to_be_bytes(), b"60000", b"30"]);
    assert_eq!(h.entries(), 2);
}

/// Regression: a row was deleted and created again, and the call that deleted it removed the index entry of the new
/// row.
#[tokio::test]
async fn row_created_again_has_later_versions() {
    let Some(h) = Harness::single().await else { return };
    let (id, row) = (handle(1), owned("a", "alice", 60.0));
    let mut version = h.store.create(&id, &row).await.unwrap().unwrap();
    for _ in 0..3 {
        version = h.store.replace(&id, version, &row).await.unwrap().unwrap();
    }
    assert_eq!(h.store.delete(&id, None).await, Ok(true));
    let created_again = h.store.create(&id, &row).await.unwrap().unwrap();
    assert!(created_again.number() > version.number());
}
