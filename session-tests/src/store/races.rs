//! Checks of the store suite that make calls at the same time.

mod dropped;
mod renewed;

use std::collections::HashSet;
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use proptest::test_runner::TestCaseError;
use session_core::{SessionHandle, Timestamp};
use session_store::{Row, Store};
use tokio::sync::Barrier;
use tokio::task::{JoinSet, yield_now};

use super::harness::{Harness, now};
use super::model::handle;
use super::replay::{answer, create};
use super::step::UNIT;
use crate::run::{Outcome, ensure, fail};

pub(super) use self::dropped::dropped_calls_leave_store_usable;
pub(super) use self::renewed::delete_by_owner_reaches_renewed_sessions;

const OWNERS: [&str; 3] = ["ann", "anna", "bob"];

/// Tasks that start at the same time. Each uses one of two instances of the store.
struct Tasks<S, T> {
    stores: [Arc<S>; 2],
    start: Arc<Barrier>,
    tasks: JoinSet<Result<T, TestCaseError>>,
}

impl<S: Store, T: Send + 'static> Tasks<S, T> {
    fn new(stores: &[Arc<S>; 2], count: usize) -> Self {
        Self { stores: stores.clone(), start: Arc::new(Barrier::new(count)), tasks: JoinSet::new() }
    }

    fn spawn<F>(&mut self, task: impl FnOnce(Arc<S>) -> F + Send + 'static)
    where
        F: Future<Output = Result<T, TestCaseError>> + Send + 'static,
    {
        let store = self.stores[self.tasks.len() % 2].clone();
        let start = self.start.clone();
        self.tasks.spawn(async move {
            start.wait().await;
            task(store).await
        });
    }

    /// Waits for all tasks, and returns their results in any order.
    async fn join(self) -> Result<Vec<T>, TestCaseError> {
        self.tasks.join_all().await.into_iter().collect()
    }
}

async fn open<H: Harness>(harness: &H) -> [Arc<H::Store>; 2] {
    [Arc::new(harness.open().await), Arc::new(harness.open().await)]
}

fn row(data: impl Into<Vec<u8>>, owner: &str) -> Row {
    let mut row = Row::new(data.into(), Timestamp::from_secs(1_700_000_000.5).unwrap_or_default());
    row.owner = Some(owner.to_owned());
    row
}

/// Lets other tasks run up to three times. The number depends on `place`, so in each round the calls of the tasks
/// alternate in another way, even on a single thread and with a store whose calls are ready at once.
async fn pause(place: &impl Hash) {
    let mut hasher = DefaultHasher::new();
    place.hash(&mut hasher);
    for _ in 0..hasher.finish() % 4 {
        yield_now().await;
    }
}

/// Checks that a session is in the list of its owner and in no other list. A session without a row must be in no list.
async fn is_listed_rightly(store: &impl Store, handle: &SessionHandle) -> Outcome {
    let loaded = answer(store.load(handle).await)?.map(|(row, _)| row);
    for owner in OWNERS {
        let mut listed = answer(store.by_owner(owner).await)?;
        listed.retain(|info| info.handle == *handle);
        let owned = loaded.iter().filter(|row| row.owner.as_deref() == Some(owner));
        let expected: Vec<_> = owned.map(|row| row.info(*handle)).collect();
        ensure!(listed == expected, "the list of \"{owner}\" has {listed:?}, expected {expected:?}");
    }
    Ok(())
}

pub(super) async fn concurrent_replaces_lose_nothing<H: Harness>(harness: &H) -> Outcome {
    const WRITERS: u16 = 200;
    let stores = open(harness).await;
    let first = create(&stores[0], &handle(0), &row("", "ann")).await?;
    let mut tasks = Tasks::new(&stores, WRITERS.into());
    for writer in 0..WRITERS {
        tasks.spawn(move |store| async move {
            // Each refused attempt means that another task has succeeded since the load, so `WRITERS` attempts are
            // enough.
            for _ in 0..WRITERS {
                let loaded = answer(store.load(&handle(0)).await)?;
                let (mut row, version) = loaded.ok_or_else(|| fail("the row is lost"))?;
                row.data.extend(writer.to_be_bytes());
                row.owner = Some(OWNERS[usize::from(writer) % OWNERS.len()].to_owned());
                if let Some(version) = answer(store.replace(&handle(0), version, &row).await)? {
                    return Ok((writer, version));
                }
            }
            Err(fail("replace is refused more often than other tasks succeed"))
        });
    }
    let done = tasks.join().await?;
    let versions: HashSet<_> = done.iter().map(|(_, version)| *version).chain([first]).collect();
    ensure!(versions.len() == done.len() + 1, "two successful calls return the same version");
    let Some((row, version)) = answer(stores[1].load(&handle(0)).await)? else {
        return Err(fail("the row is lost"));
    };
    let changes: Vec<_> = row
        .data
        .chunks(2)
        .map(|bytes| bytes.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte)))
        .collect();
    let distinct: HashSet<_> = changes.iter().collect();
    ensure!(
        changes.len() == done.len() && distinct.len() == done.len(),
        "{} calls succeed, but the row has {} changes, {} of them distinct",
        done.len(),
        changes.len(),
        distinct.len(),
    );
    let last = changes.last().copied().unwrap_or_default();
    ensure!(
        done.contains(&(last, version)),
        "the version of the row is not the one that its last change returned"
    );
    is_listed_rightly(&stores[0], &handle(0)).await
}

pub(super) async fn concurrent_creates_have_one_winner<H: Harness>(harness: &H) -> Outcome {
    let stores = open(harness).await;
    for round in 0..20 {
        let mut tasks = Tasks::new(&stores, 20);
        for creator in 0..20_u8 {
            tasks.spawn(move |store| async move {
                let row = row([creator], "ann");
                let version = answer(store.create(&handle(round), &row).await)?;
                Ok(version.map(|version| (row, version)))
            });
        }
        let winners: Vec<_> = tasks.join().await?.into_iter().flatten().collect();
        ensure!(winners.len() == 1, "{} tasks succeed in creating the same row, expected 1", winners.len());
        let loaded = answer(stores[1].load(&handle(round)).await)?;
        ensure!(
            loaded == winners.first().cloned(),
            "the loaded row or version differs from that of the task whose create succeeded"
        );
    }
    Ok(())
}

pub(super) async fn deletion_ends_concurrent_writes<H: Harness>(harness: &H) -> Outcome {
    let stores = open(harness).await;
    for round in 0..20 {
        create(&stores[0], &handle(round), &row("", "ann")).await?;
        let mut tasks = Tasks::new(&stores, 9);
        for writer in 0..8_u8 {
            tasks.spawn(move |store| async move {
                for attempt in 0..200_u32 {
                    let Some((mut row, version)) = answer(store.load(&handle(round)).await)? else { break };
                    if writer % 2 == 0 {
                        row.data = attempt.to_be_bytes().into();
                        answer(store.replace(&handle(round), version, &row).await)?;
                    } else {
                        answer(store.touch(&handle(round), row.accessed, None).await)?;
                    }
                }
                Ok(())
            });
        }
        tasks.spawn(move |store| async move {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            let deleted = answer(store.delete(&handle(round), None).await)?;
            ensure!(deleted, "delete returns false, but there is a row");
            for _ in 0..5 {
                ensure!(answer(store.load(&handle(round)).await)?.is_none(), "a deleted row loads");
            }
            Ok(())
        });
        tasks.join().await?;
        ensure!(answer(stores[1].load(&handle(round)).await)?.is_none(), "a deleted row comes back");
        is_listed_rightly(&stores[0], &handle(round)).await?;
    }
    Ok(())
}

pub(super) async fn version_is_replaced_or_deleted<H: Harness>(harness: &H) -> Outcome {
    let stores = open(harness).await;
    for round in 0..50 {
        let version = create(&stores[0], &handle(round), &row("", "ann")).await?;
        let mut tasks = Tasks::new(&stores, 2);
        tasks.spawn(move |store| async move {
            Ok(answer(store.replace(&handle(round), version, &row("new", "bob")).await)?.is_some())
        });
        tasks.spawn(move |store| async move { answer(store.delete(&handle(round), Some(version)).await) });
        let successes = tasks.join().await?.into_iter().filter(|succeeds| *succeeds).count();
        ensure!(successes == 1, "{successes} of the two calls succeed, expected 1");
        is_listed_rightly(&stores[1], &handle(round)).await?;
    }
    Ok(())
}

pub(super) async fn version_is_replaced_once<H: Harness>(harness: &H) -> Outcome {
    let stores = open(harness).await;
    for round in 0..20 {
        let version = create(&stores[0], &handle(round), &row("", "ann")).await?;
        let mut tasks = Tasks::new(&stores, 10);
        for writer in 0..10_u8 {
            tasks.spawn(move |store| async move {
                let row = row([writer], OWNERS[usize::from(writer) % OWNERS.len()]);
                let version = answer(store.replace(&handle(round), version, &row).await)?;
                Ok(version.map(|version| (row, version)))
            });
        }
        let winners: Vec<_> = tasks.join().await?.into_iter().flatten().collect();
        ensure!(
            winners.len() == 1,
            "{} tasks succeed in replacing the same version, expected 1",
            winners.len()
        );
        let loaded = answer(stores[1].load(&handle(round)).await)?;
        ensure!(
            loaded == winners.first().cloned(),
            "the loaded row or version differs from that of the task whose replace succeeded"
        );
        is_listed_rightly(&stores[0], &handle(round)).await?;
    }
    Ok(())
}

pub(super) async fn concurrent_deletions_count_each_row_once<H: Harness>(harness: &H) -> Outcome {
    const ROWS: u64 = 60;
    let stores = open(harness).await;
    create(&stores[0], &handle(ROWS), &row("", "anna")).await?;
    for deleters in [8, 1, 1, 1] {
        for number in 0..ROWS {
            create(&stores[0], &handle(number), &row("", "ann")).await?;
        }
        let mut tasks = Tasks::new(&stores, deleters + 4);
        // While rows are deleted, four tasks replace them, like requests that loaded the session before the deletion.
        for _ in 0..4 {
            tasks.spawn(move |store| async move {
                for number in (0..ROWS).cycle().take(ROWS as usize * 20) {
                    tokio::task::yield_now().await;
                    match answer(store.load(&handle(number)).await)? {
                        Some((mut row, version)) => {
                            row.data.push(0);
                            answer(store.replace(&handle(number), version, &row).await)?;
                        }
                        // The deletion has begun. Stop writing, so that it can end.
                        None => break,
                    }
                }
                Ok(0)
            });
        }
        for _ in 0..deleters {
            tasks.spawn(move |store| async move { answer(store.delete_by_owner("ann", None).await) });
        }
        let deleted: u64 = tasks.join().await?.into_iter().sum();
        let left = answer(stores[1].by_owner("ann").await)?.len();
        ensure!(left == 0, "{left} sessions of the owner are left");
        ensure!(deleted == ROWS, "{deleted} rows are counted, expected {ROWS}");
        for number in 0..ROWS {
            ensure!(answer(stores[0].load(&handle(number)).await)?.is_none(), "a deleted row comes back");
        }
        ensure!(
            answer(stores[0].load(&handle(ROWS)).await)?.is_some(),
            "the row of another owner is deleted"
        );
    }
    Ok(())
}

pub(super) async fn lists_are_right_after_concurrent_changes<H: Harness>(harness: &H) -> Outcome {
    let stores = open(harness).await;
    for round in 0..30 {
        let id = handle(round);
        create(&stores[0], &id, &row("", "ann")).await?;
        let mut tasks = Tasks::new(&stores, 7);
        for writer in 0..4 {
            tasks.spawn(move |store| async move {
                for step in 0..4 {
                    pause(&(round, writer, step)).await;
                    if let Some((mut row, version)) = answer(store.load(&id).await)? {
                        row.owner = OWNERS.get((writer + step) % 4).map(|owner| (*owner).to_owned());
                        answer(store.replace(&id, version, &row).await)?;
                    }
                }
                Ok(())
            });
        }
        tasks.spawn(move |store| async move {
            pause(&(round, "delete_by_owner")).await;
            answer(store.delete_by_owner("ann", None).await).map(drop)
        });
        tasks.spawn(move |store| async move {
            pause(&(round, "touch")).await;
            answer(store.touch(&id, Timestamp::default(), None).await)?;
            answer(store.delete(&id, None).await).map(drop)
        });
        tasks.spawn(move |store| async move {
            for step in 0..3 {
                pause(&(round, "create", step)).await;
                answer(store.create(&id, &row("again", "bob")).await)?;
            }
            Ok(())
        });
        tasks.join().await?;
        is_listed_rightly(&stores[round as usize % 2], &id).await?;
    }
    Ok(())
}

pub(super) async fn concurrent_sweeps_keep_live_rows<H: Harness>(harness: &H) -> Outcome {
    let stores = open(harness).await;
    for round in 0..6 {
        sweep_concurrently(harness, &stores, round).await?;
        answer(stores[0].delete_by_owner("ann", None).await)?;
    }
    Ok(())
}

async fn sweep_concurrently<H: Harness>(harness: &H, stores: &[Arc<H::Store>; 2], round: u64) -> Outcome {
    const ROWS: u64 = 20;
    let expired = round * 100..round * 100 + ROWS;
    let live = expired.end..expired.end + ROWS;
    let at_end = |units| Row { expires: Some(now(harness) + UNIT * units), ..row("", "ann") };
    for (numbers, row) in [(expired.clone(), at_end(1)), (live.clone(), at_end(5))] {
        for number in numbers {
            create(&stores[0], &handle(number), &row).await?;
        }
    }
    harness.advance(UNIT + harness.margin()).await;
    let new = at_end(5);
    let (accessed, expires) = (new.accessed, new.expires);
    let mut tasks = Tasks::new(stores, 6);
    for limit in [5, 1000, 5, 1000] {
        tasks.spawn(move |store| async move {
            for _ in 0..ROWS {
                answer(store.sweep(limit).await)?;
                tokio::task::yield_now().await;
            }
            Ok(())
        });
    }
    let (again, touched) = (expired.clone(), live.clone());
    tasks.spawn(move |store| async move {
        for number in again {
            create(&store, &handle(number), &new).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    });
    tasks.spawn(move |store| async move {
        for number in touched {
            let exists = answer(store.touch(&handle(number), accessed, expires).await)?;
            ensure!(exists, "a row that has not expired is lost");
        }
        Ok(())
    });
    tasks.join().await?;
    for number in expired.start..live.end {
        let loaded = answer(stores[1].load(&handle(number)).await)?;
        ensure!(loaded.is_some(), "a row that has not expired is lost");
        is_listed_rightly(&stores[0], &handle(number)).await?;
    }
    Ok(())
}
