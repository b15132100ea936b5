//! A task that deletes expired sessions.

use std::fmt;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::error::StoreError;
use crate::store::Store;

/// Maximum number of rows that one call deletes, so that no call locks a table for long.
const BATCH: usize = 1000;

/// Pause between two batches.
const PAUSE: Duration = Duration::from_millis(50);

/// Time limit for a batch. A batch usually takes less than a second. Without a limit, a call that never returns, for
/// example because the database server was lost and its connection stays open, would stop all later sweeps.
const LIMIT: Duration = Duration::from_secs(60);

/// Starts a task that deletes expired sessions in batches: at once, and then once per `period`. Use it for database
/// engines that do not delete expired rows themselves. If a batch fails or takes longer than 60 seconds, a warning is
/// logged, and the task tries again in the next period.
///
/// Dropping the returned [`Sweeper`] stops the task.
///
/// # Panics
/// Panics outside a tokio runtime with `enable_time`, or if `period` is zero.
#[track_caller]
pub fn sweep_every(period: Duration, store: impl Store) -> Sweeper {
    let mut periods = interval(period);
    periods.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Sweeper(tokio::spawn(async move {
        loop {
            periods.tick().await;
            loop {
                let swept = timeout(LIMIT, store.sweep(BATCH)).await;
                match swept.unwrap_or_else(|_| Err(StoreError::timeout(LIMIT))) {
                    Ok(freed) if freed < BATCH as u64 => break,
                    Ok(_) => sleep(PAUSE).await,
                    Err(error) => {
                        tracing::warn!(%error, "expired sessions not swept");
                        break;
                    }
                }
            }
        }
    }))
}

/// A running task that deletes expired sessions; see [`sweep_every`]. Dropping it stops the task.
#[must_use = "dropping it stops the task"]
pub struct Sweeper(JoinHandle<()>);

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for Sweeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweeper").finish_non_exhaustive()
    }
}
