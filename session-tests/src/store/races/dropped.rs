//! Calls whose futures are dropped before they end.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use session_core::{SessionHandle, Timestamp};
use session_store::Store;

use super::{is_listed_rightly, open, row};
use crate::run::{Outcome, at, ensure};
use crate::store::harness::Harness;
use crate::store::model::handle;
use crate::store::replay::{answer, create};

pub(in crate::store) async fn dropped_calls_leave_store_usable<H: Harness>(harness: &H) -> Outcome {
    let stores = open(harness).await;
    let store = &stores[0];
    for round in 0..30 {
        let id = handle(round);
        let polls = round as usize % 5 + 1;
        let version = create(store, &id, &row("", "ann")).await?;
        for call in 0..8 {
            match call {
                0 => drop_after(polls, store.load(&id)).await,
                1 => drop_after(polls, store.by_owner("ann")).await,
                2 => drop_after(polls, store.replace(&id, version, &row("new", "bob"))).await,
                3 => drop_after(polls, store.touch(&id, Timestamp::default(), None)).await,
                4 => drop_after(polls, store.sweep(10)).await,
                5 => drop_after(polls, store.delete_by_owner("bob", None)).await,
                6 => drop_after(polls, store.delete(&id, None)).await,
                _ => drop_after(polls, store.create(&id, &row("again", "anna"))).await,
            }
        }
        usable(&stores, &id, round + 1000).await.map_err(at("after dropped calls, "))?;
    }
    Ok(())
}

/// Checks that calls still work, both for the row of the dropped calls and for the row of another session.
async fn usable<S: Store>(stores: &[Arc<S>; 2], id: &SessionHandle, other: u64) -> Outcome {
    let other = handle(other);
    let version = create(&stores[0], &other, &row("", "ann")).await?;
    // The dropped call that deletes the sessions of "bob" may take effect late, so this session has another owner.
    let replaced = answer(stores[1].replace(&other, version, &row("new", "anna")).await)?;
    ensure!(replaced.is_some(), "replace returns None, but the row has the version that the call passes");
    is_listed_rightly(&stores[0], &other).await?;
    answer(stores[0].delete(id, None).await)?;
    create(&stores[1], id, &row("at last", "ann")).await?;
    // A dropped call may still take effect until a later call returns. `create` has returned, so the row must stay as
    // it is.
    is_listed_rightly(&stores[0], id).await
}

/// Polls a future at most `polls` times, then drops it.
async fn drop_after<T>(polls: usize, future: impl Future<Output = T>) {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(move |context| {
        left = left.saturating_sub(1);
        match future.as_mut().poll(context) {
            Poll::Pending if left > 0 => Poll::Pending,
            _ => Poll::Ready(()),
        }
    })
    .await;
}
