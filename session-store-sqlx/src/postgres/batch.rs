//! Calls of one kind that run in one statement.
//!
//! A call that finds a free connection runs alone. A call that has waited for its connection leads a batch: it also
//! runs other waiting calls of its kind. The statement of a batch runs in a separate task, so dropping the leading call
//! does not stop the statement.

use std::sync::Arc;

use session_store::StoreError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments, Row as _, SqlStr};
use tokio::sync::oneshot;

use super::call::Call;
use super::connections::Connections;
use super::failure;
use super::kinds::{Combinable, Load, Replace};
use super::waiting::{HasLine, NoTurn, Slot, Turn, Waiting};
use crate::decode;
use crate::engine::Repeat;

/// A kind of call that can run in a batch.
pub(super) trait Batched: HasLine + Combinable + Send + Sync + Sized + 'static
where
    Self::Answer: Send,
{
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
    const REPEAT: Repeat = Repeat::Always;

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
pub(super) enum Begun<'a, A> {
    /// The call runs its own statement.
    Alone(Call<'a>),
    /// The call has run in a batch, with this answer.
    Done(A),
}

/// Begins a call that can run in a batch. `waiting` creates the value that stands for the call in the queue.
pub(super) async fn begin<C: Batched>(
    connections: &Arc<Connections>,
    waiting: impl FnOnce() -> C,
) -> Result<Begun<'_, C::Answer>, StoreError>
where
    C::Answer: Send,
{
    if let Some(lease) = connections.try_lease().map_err(|error| failure::store_error(&error))? {
        return Ok(Begun::Alone(Call::new(lease, C::REPEAT)));
    }
    let mut turn = connections.turn(waiting()).await;
    if let Ok(Turn::Slot(slot, call)) = turn {
        let company = connections.company(&call);
        if company.is_empty() {
            return Call::connect(connections, slot, C::REPEAT).await.map(Begun::Alone);
        }
        turn = lead(connections, slot, call, company).await.map_err(|_| NoTurn::Abandoned);
    }
    match turn {
        Ok(Turn::Answer(answer)) => answer.map(Begun::Done),
        Err(NoTurn::TimedOut) => Err(failure::store_error(&sqlx::Error::PoolTimedOut)),
        Err(NoTurn::Abandoned) if C::REPEAT == Repeat::IfNotRun => {
            Err(failure::store_error(&sqlx::Error::WorkerCrashed))
        }
        _ => Call::begin(connections, C::REPEAT).await.map(Begun::Alone),
    }
}

/// Runs a call and the calls of `company` in one statement, and returns the outcome for the call.
async fn lead<C: Batched>(
    connections: &Arc<Connections>,
    slot: Slot,
    call: C,
    company: Vec<Waiting<C>>,
) -> Result<Turn<C>, oneshot::error::RecvError>
where
    C::Answer: Send,
{
    let (first, turn) = Waiting::outside(call);
    let (batch, replies): (Vec<_>, Vec<_>) =
        [first].into_iter().chain(company).map(|waiting| (waiting.call, waiting.reply)).unzip();
    let connections = connections.clone();
    tokio::spawn(async move {
        let turns = run(&connections, slot, &batch).await;
        for (reply, turn) in replies.into_iter().zip(turns) {
            // An error means that the call was dropped, so it needs no answer.
            let _ = reply.send(turn);
        }
    });
    turn.await
}

/// Runs the statement of a batch, and returns the outcome for each call.
async fn run<C: Batched>(connections: &Arc<Connections>, slot: Slot, batch: &[C]) -> Vec<Turn<C>>
where
    C::Answer: Send,
{
    let alone = || batch.iter().map(|_| Turn::Alone).collect();
    let mut call = match Call::connect(connections, slot, C::REPEAT).await {
        Ok(call) => call,
        Err(error) => return batch.iter().map(|_| Turn::Answer(Err(error.clone()))).collect(),
    };
    let rows = loop {
        let Ok(arguments) = C::arguments(batch) else { return alone() };
        let query = sqlx::query_with(batch[0].statement().clone(), arguments);
        let result = query.fetch_all(call.connection()).await;
        // An error that every call would get is the answer to all calls. After any other error, each call runs alone,
        // because a single call may have caused it.
        let is_shared = result.as_ref().err().is_some_and(failure::is_shared);
        match call.end(result).await {
            None => {}
            Some(Ok(rows)) => break rows,
            Some(Err(error)) if is_shared => {
                return batch.iter().map(|_| Turn::Answer(Err(error.clone()))).collect();
            }
            Some(Err(_)) => return alone(),
        }
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
