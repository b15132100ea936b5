//! Checks of the store suite with a clock that is wrong for a while.

use session_core::Clock;
use session_store::{Row, Store};

use super::harness::Harness;
use super::model::handle;
use super::replay::{answer, create};
use super::step::UNIT;
use crate::run::{Outcome, ensure};

pub(super) async fn deletions_reach_expired_rows<H: Harness>(harness: &H) -> Outcome {
    let Some(clock) = harness.clock() else { return Ok(()) };
    let (store, now) = (harness.open().await, clock.now());
    let row = |owner: &str| Row {
        owner: Some(owner.to_owned()),
        expires: Some(now + UNIT),
        ..Row::new(b"data".to_vec(), now)
    };
    create(&store, &handle(0), &row("ann")).await?;
    let version = create(&store, &handle(1), &row("ann")).await?;
    create(&store, &handle(2), &row("bob")).await?;
    clock.set(now + UNIT * 2);
    let deleted = answer(store.delete(&handle(0), None).await)?;
    ensure!(!deleted, "delete without a version returns true for an expired row");
    let deleted = answer(store.delete(&handle(1), Some(version)).await)?;
    ensure!(!deleted, "delete with a version returns true for an expired row");
    let deleted = answer(store.delete_by_owner("bob", None).await)?;
    ensure!(deleted == 0, "delete_by_owner returns {deleted}, but the row has expired");
    clock.set(now);
    let calls = ["delete without a version", "delete with a version", "delete_by_owner"];
    for (number, call) in (0..).zip(calls) {
        let loaded = answer(store.load(&handle(number)).await)?;
        ensure!(
            loaded.is_none(),
            "a row loads after the clock is set back, although {call} has ended the session"
        );
    }
    for owner in ["ann", "bob"] {
        let listed = answer(store.by_owner(owner).await)?.len();
        ensure!(listed == 0, "the list of {owner} has {listed} ended sessions after the clock is set back");
    }
    Ok(())
}
