//! Sessions that get a new id while the sessions of their owner are deleted.

use session_store::{Row, Store};

use super::{Tasks, open, row};
use crate::run::{Outcome, ensure};
use crate::store::harness::Harness;
use crate::store::model::handle;
use crate::store::replay::{answer, create};

pub(in crate::store) async fn delete_by_owner_reaches_renewed_sessions<H: Harness>(harness: &H) -> Outcome {
    const ROWS: u64 = 20;
    let stores = open(harness).await;
    for round in 0..10 {
        let (old, new) = (round * 2 * ROWS, round * 2 * ROWS + ROWS);
        for number in 0..ROWS {
            create(&stores[0], &handle(old + number), &row("", "ann")).await?;
        }
        let mut tasks = Tasks::new(&stores, ROWS as usize + 1);
        for number in 0..ROWS {
            tasks.spawn(move |store| async move {
                for _ in 0..number % 4 {
                    tokio::task::yield_now().await;
                }
                renew(&*store, old + number, new + number).await
            });
        }
        tasks.spawn(move |store| async move { answer(store.delete_by_owner("ann", None).await).map(drop) });
        tasks.join().await?;
        let left = answer(stores[1].by_owner("ann").await)?.len();
        ensure!(left == 0, "{left} of the {ROWS} sessions outlive delete_by_owner under a new id");
    }
    Ok(())
}

/// Renews a session as a factory does: creates a row under a new handle, and then replaces the old row by a row without
/// an owner. If the old row was deleted in the meantime, the session has ended, so the new row is deleted.
async fn renew(store: &impl Store, old: u64, new: u64) -> Outcome {
    let Some((row, version)) = answer(store.load(&handle(old)).await)? else { return Ok(()) };
    create(store, &handle(new), &row).await?;
    let marker = Row { owner: None, ..row };
    if answer(store.replace(&handle(old), version, &marker).await)?.is_none() {
        answer(store.delete(&handle(new), None).await)?;
    }
    Ok(())
}
