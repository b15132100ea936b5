//! A call to the store. It can repeat its statement once if its idle connection turns out to be lost, and several times
//! if the statement conflicts with other transactions.

use sqlx::PgConnection;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;

use super::connections::{Answer, Lease};
use super::failure;
use crate::engine::Repeat;

/// Maximum number of times that a call repeats its statement because of conflicts. If several calls change one row at
/// once, one of them succeeds, and the others conflict with it. So after each conflict, one call fewer is left.
const MAX_CONFLICTS: u32 = 10;

/// A statement and its parameters.
pub(super) type Statement = Query<'static, Postgres, PgArguments>;

/// A function that sends a statement and reads the answer, such as `|connection, statement|
/// connection.fetch_all(statement)`.
pub(super) type Run<T> = for<'c> fn(&'c mut PgConnection, Statement) -> Answer<'c, T>;

/// A call that holds a connection.
pub(super) struct Call {
    lease: Lease,
    repeat: Repeat,
}

impl Call {
    pub(super) fn new(lease: Lease, repeat: Repeat) -> Self {
        Self { lease, repeat }
    }

    /// Runs the statement that `statement` creates, several times if necessary. Returns the answer to the last one.
    pub(super) async fn run<T: Send + 'static>(
        self,
        statement: impl Fn() -> Result<Statement, sqlx::Error>,
        run: Run<T>,
    ) -> Result<T, sqlx::Error> {
        let Self { mut lease, repeat } = self;
        let mut conflicts = 0;
        // Whether the connection was opened because the server had refused the write on an idle one.
        let mut looks_for_primary = false;
        loop {
            let statement = statement()?;
            let (returned, result) = lease.run(repeat, move |connection| run(connection, statement)).await;
            lease = returned;
            let is_read_only = result.as_ref().is_err_and(failure::is_read_only);
            if looks_for_primary && (is_read_only || result.is_ok()) {
                lease.accepts_writes(!is_read_only);
            }
            let error = match result {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if is_read_only && lease.may_lead_to_former_primary() {
                looks_for_primary = true;
                lease.renew().await?;
            } else if failure::is_lost(&error) {
                let may_repeat = repeat != Repeat::IfNotRun || failure::was_not_run(&error);
                if !lease.lost() || !may_repeat {
                    return Err(error);
                }
                lease.renew().await?;
            } else if failure::is_conflict(&error) && conflicts < MAX_CONFLICTS {
                conflicts += 1;
            } else {
                return Err(error);
            }
        }
    }
}
