//! Calls of one kind that run in one statement.
//!
//! A call that finds a free connection runs alone. A call that has waited for its connection leads a batch: it also
//! runs other waiting calls of its kind. The statement of a batch runs in a separate task, so dropping the leading call
//! does not stop the statement. When all calls of the batch are dropped, the task ends like a single call that is
//! dropped.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use session_store::StoreError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments, Executor as _, Row as _, SqlStr};
use tokio::sync::oneshot;

use super::call::Call;
use super::connections::{Connections, Lease};
use super::failure;
use super::kinds::{Combinable, Load, Replace};
use super::waiting::{Kind, NoTurn, Slot, Turn, Waiting};
use crate::decode;
use crate::engine::Repeat;

/// A kind of call that can run in a batch.
pub(super) trait Batched: Kind + Combinable + Send + Sync + 'static {
    const REPEAT: Repeat;

    /// Returns the statement that runs a batch. The last column of its result is the position of a call in the batch,
    /// counted from 1.
    fn statement(&self) -> &SqlStr;

    fn arguments(batch: &[Self]) -> Result<PgArguments, sqlx::Error>;

    /// Returns the answer to a call from a row of the result.
    fn answer(row: &PgRow) -> Result<Self::Answer, StoreError>;

    /// Returns the outcome for a call without a row in the result.
    fn without_row() -> Turn<Self>;
}

impl Batched for Load {
    const REPEAT: Repeat = Repeat::Read;

    fn statement(&self) -> &SqlStr {
        &self.statements.load_many
    }

    fn arguments(batch: &[Self]) -> Result<PgArguments, sqlx::Error> {
        let mut arguments = PgArguments::default();
        add(&mut arguments, batch, |load| load.handle.as_bytes().as_slice())?;
        add(&mut arguments, batch, |load| load.now)?;
        Ok(arguments)
    }

    fn answer(row: &PgRow) -> Result<Self::Answer, StoreError> {
        decode::row(row).map(Some)
    }

    fn without_row() -> Turn<Self> {
        Turn::Answer(Ok(None))
    }
}

impl Batched for Replace {
    const REPEAT: Repeat = Repeat::IfNotRun;

    fn statement(&self) -> &SqlStr {
        &self.statements.replace_many
    }

    fn arguments(batch: &[Self]) -> Result<PgArguments, sqlx::Error> {
        let mut arguments = PgArguments::default();
        add(&mut arguments, batch, |call| call.handle.as_bytes().as_slice())?;
        add(&mut arguments, batch, |call| call.version.number().cast_signed())?;
        add(&mut arguments, batch, |call| call.version.next().number().cast_signed())?;
        add(&mut arguments, batch, |call| call.row.data.as_slice())?;
        add(&mut arguments, batch, |call| call.row.owner.as_deref().map(str::as_bytes))?;
        add(&mut arguments, batch, |call| call.row.label.as_deref().map(str::as_bytes))?;
        add(&mut arguments, batch, |call| call.row.created.as_secs())?;
        add(&mut arguments, batch, |call| call.row.accessed.as_secs())?;
        add(&mut arguments, batch, |call| call.row.expires.map(|expires| expires.as_secs()))?;
        add(&mut arguments, batch, |call| call.now)?;
        Ok(arguments)
    }

    fn answer(_: &PgRow) -> Result<(), StoreError> {
        Ok(())
    }

    /// Makes the call run alone, because the batch did not replace the session's row in the table. The row is missing,
    /// has expired, has another version, or was changed or locked by another transaction.
    fn without_row() -> Turn<Self> {
        Turn::Alone
    }
}

/// Adds an array parameter that holds one value for each call.
fn add<'a, 'q, C, T>(
    arguments: &mut PgArguments,
    batch: &'a [C],
    value: impl Fn(&'a C) -> T,
) -> Result<(), sqlx::Error>
where
    Vec<T>: sqlx::Encode<'q, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    arguments.add(batch.iter().map(value).collect::<Vec<_>>()).map_err(sqlx::Error::Encode)
}

/// How a call runs: alone or in a batch.
pub(super) enum Begun<A> {
    /// The call runs its own statement.
    Alone(Call),
    /// The call has run in a batch, with this answer.
    Done(A),
}

/// Begins a call that can run in a batch. `waiting` creates the value that stands for the call in the queue.
pub(super) async fn begin<C: Batched>(
    connections: &Arc<Connections>,
    waiting: impl FnOnce() -> C,
) -> Result<Begun<C::Answer>, StoreError> {
    let alone = |lease: Result<Lease, sqlx::Error>| match lease {
        Ok(lease) => Ok(Begun::Alone(Call::new(lease, C::REPEAT))),
        Err(error) => Err(failure::store_error(&error)),
    };
    if let Some(lease) = connections.try_lease().transpose() {
        return alone(lease);
    }
    let mut turn = connections.turn(waiting()).await;
    if let Ok(Turn::Slot(slot, call)) = turn {
        let company = connections.company(&call);
        if company.is_empty() {
            return alone(connections.connect(slot).await);
        }
        turn = lead(connections, slot, call, company).await.map_err(|_| NoTurn::Abandoned);
    }
    match turn {
        Ok(Turn::Answer(answer)) => answer.map(Begun::Done),
        Err(NoTurn::TimedOut) => Err(failure::store_error(&sqlx::Error::PoolTimedOut)),
        Err(NoTurn::Abandoned) if C::REPEAT == Repeat::IfNotRun => {
            Err(failure::store_error(&sqlx::Error::WorkerCrashed))
        }
        _ => alone(connections.lease().await),
    }
}

/// Runs a call and the calls of `company` in one statement, and returns the outcome for the call.
async fn lead<C: Batched>(
    connections: &Arc<Connections>,
    slot: Slot,
    call: C,
    company: Vec<Waiting<C>>,
) -> Result<Turn<C>, oneshot::error::RecvError> {
    let (first, turn) = Waiting::outside(call);
    let (batch, mut replies): (Vec<_>, Vec<_>) =
        [first].into_iter().chain(company).map(|waiting| (waiting.call, waiting.reply)).unzip();
    let connections = connections.clone();
    tokio::spawn(async move {
        let Some(turns) = while_awaited(&mut replies, run(&connections, slot, &batch)).await else { return };
        for (reply, turn) in replies.into_iter().zip(turns) {
            // An error means that the call was dropped, so it needs no answer.
            let _ = reply.send(turn);
        }
    });
    turn.await
}

/// Runs a batch. Returns `None` as soon as all its calls are dropped. From then on, the time limits of dropped calls
/// apply, so a batch does not keep its connection forever if the server does not answer.
async fn while_awaited<C: Kind, T>(
    replies: &mut [oneshot::Sender<Turn<C>>],
    batch: impl Future<Output = T>,
) -> Option<T> {
    let mut batch = pin!(batch);
    poll_fn(|context| {
        if let Poll::Ready(outcome) = batch.as_mut().poll(context) {
            return Poll::Ready(Some(outcome));
        }
        match replies.iter_mut().all(|reply| reply.poll_closed(context).is_ready()) {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    })
    .await
}

/// Runs the statement of a batch, and returns the outcome for each call.
async fn run<C: Batched>(connections: &Arc<Connections>, slot: Slot, batch: &[C]) -> Vec<Turn<C>> {
    let statement = || Ok(sqlx::query_with(batch[0].statement().clone(), C::arguments(batch)?));
    let rows = async {
        let call = Call::new(connections.connect(slot).await?, C::REPEAT);
        call.run(statement, |connection, statement| connection.fetch_all(statement)).await
    };
    let rows = match rows.await {
        Ok(rows) => rows,
        // If every call would get the same error, this error is the answer to all calls. After any other error, each
        // call runs alone, because a single call may have caused the error.
        Err(error) if failure::is_shared(&error) => {
            let error = failure::store_error(&error);
            return batch.iter().map(|_| Turn::Answer(Err(error.clone()))).collect();
        }
        Err(_) => return batch.iter().map(|_| Turn::Alone).collect(),
    };
    let mut turns: Vec<_> = batch.iter().map(|_| C::without_row()).collect();
    for row in &rows {
        let number =
            row.try_get::<i64, _>(row.len() - 1).ok().and_then(|number| usize::try_from(number).ok());
        if let Some(turn) = number.and_then(|number| turns.get_mut(number.wrapping_sub(1))) {
            *turn = Turn::Answer(C::answer(row));
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::time::Duration;

    use session_core::{SessionHandle, Timestamp};
    use session_store::{Row, Version};
    use sqlx::postgres::PgPoolOptions;

    use super::super::kinds::Alone;
    use super::*;
    use crate::statements::Statements;
    use crate::table::Table;

    const HANDLE: SessionHandle = SessionHandle::from_bytes([1; 32]);

    /// Returns connections without a free slot, and their only slot.
    async fn busy(acquire_timeout: Duration) -> (Arc<Connections>, Slot) {
        let pool = PgPoolOptions::new().acquire_timeout(acquire_timeout);
        let pool = pool.connect_lazy("postgres://web@127.0.0.1:1/web").unwrap();
        let connections = Arc::new(Connections::new(pool, Some(1)));
        match connections.turn(Alone).await {
            Ok(Turn::Slot(slot, Alone)) => (connections, slot),
            _ => panic!("the slot should be free"),
        }
    }

    fn load(statements: &Arc<Statements>) -> Load {
        Load { statements: statements.clone(), handle: HANDLE, now: 0.0 }
    }

    fn replace(statements: &Arc<Statements>) -> Replace {
        let row = Row::new(Vec::new(), Timestamp::from_secs(0.0).unwrap());
        Replace { statements: statements.clone(), handle: HANDLE, version: Version::FIRST, row, now: 0.0 }
    }

    fn statements() -> Arc<Statements> {
        Arc::new(Statements::new(&Table::parse("sessions", false).unwrap(), String::new(), String::new()))
    }

    async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
        poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
    }

    #[tokio::test]
    async fn call_that_timed_out_does_not_wait_again() {
        let (connections, _slot) = busy(Duration::from_millis(10)).await;
        let statements = statements();
        tokio::select! {
            biased;
            begun = begin(&connections, || load(&statements)) => {
                assert!(begun.is_err_and(|error| error.is_unavailable()));
            }
            // This call is the second in the queue, so it times out after the load.
            _ = connections.turn(Alone) => panic!("the load still waits"),
        }
    }

    #[tokio::test]
    async fn after_abandoned_batch_load_runs_alone_and_replace_fails() {
        let (connections, _slot) = busy(Duration::from_secs(20)).await;
        let statements = statements();
        let mut loaded = pin!(begin(&connections, || load(&statements)));
        let mut replaced = pin!(begin(&connections, || replace(&statements)));
        assert!(poll_once(loaded.as_mut()).await.is_pending());
        assert!(poll_once(replaced.as_mut()).await.is_pending());
        // The calls are taken out of the queue for a batch, and then dropped without an answer.
        assert_eq!(connections.company(&load(&statements)).len(), 1);
        let other = Replace { handle: SessionHandle::from_bytes([2; 32]), ..replace(&statements) };
        assert_eq!(connections.company(&other).len(), 1);
        assert!(poll_once(loaded.as_mut()).await.is_pending(), "the load should wait for a connection");
        let Poll::Ready(Err(error)) = poll_once(replaced.as_mut()).await else {
            panic!("the replacement should fail");
        };
        assert!(error.is_unavailable(), "{error}");
    }

    #[tokio::test]
    async fn call_in_batch_does_not_time_out() {
        let (connections, _slot) = busy(Duration::from_millis(10)).await;
        let statements = statements();
        let mut loaded = pin!(begin(&connections, || load(&statements)));
        assert!(poll_once(loaded.as_mut()).await.is_pending());
        let batch = connections.company(&load(&statements));
        // This call joined the queue after the load. When it times out, the load's time limit has passed as well.
        assert!(matches!(connections.turn(Alone).await, Err(NoTurn::TimedOut)));
        assert!(poll_once(loaded.as_mut()).await.is_pending());
        for waiting in batch {
            assert!(waiting.reply.send(Turn::Answer(Ok(None))).is_ok());
        }
        assert!(matches!(loaded.await, Ok(Begun::Done(None))));
    }
}
