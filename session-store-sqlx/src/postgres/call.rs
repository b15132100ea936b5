//! A call to the store. It can repeat its statement once if its idle connection turns out to be lost, and several times
//! if the statement conflicts with other transactions.

use session_store::StoreError;
use sqlx::PgConnection;

use super::connections::{Connections, Lease};
use super::failure;
use super::waiting::Slot;
use crate::engine::Repeat;

/// Maximum number of times that a call repeats its statement because of conflicts. If several calls change one row at
/// once, one of them succeeds, and the others conflict with it. So after each conflict, one call fewer is left.
const MAX_CONFLICTS: u32 = 10;

/// A call that holds a connection. Dropping the call before its [end](Self::end) closes the connection, because the
/// answer to its statement may still arrive on this connection.
pub(super) struct Call<'a> {
    lease: Lease<'a>,
    repeat: Repeat,
    conflicts: u32,
}

impl<'a> Call<'a> {
    pub(super) fn new(lease: Lease<'a>, repeat: Repeat) -> Self {
        Self { lease, repeat, conflicts: 0 }
    }

    pub(super) async fn begin(connections: &'a Connections, repeat: Repeat) -> Result<Self, StoreError> {
        match connections.lease().await {
            Ok(lease) => Ok(Self::new(lease, repeat)),
            Err(error) => Err(failure::store_error(&error)),
        }
    }

    /// Begins a call that already has a slot, the permission to use a connection.
    pub(super) async fn connect(
        connections: &'a Connections,
        slot: Slot,
        repeat: Repeat,
    ) -> Result<Self, StoreError> {
        match connections.connect(slot).await {
            Ok(lease) => Ok(Self::new(lease, repeat)),
            Err(error) => Err(failure::store_error(&error)),
        }
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        self.lease.connection()
    }

    /// Ends the call with the result of its statement. Returns `None` if the statement should be sent again, on the
    /// connection that the call then holds.
    pub(super) async fn end<T>(&mut self, result: Result<T, sqlx::Error>) -> Option<Result<T, StoreError>> {
        let error = match result {
            Ok(result) => {
                self.lease.give_back();
                return Some(Ok(result));
            }
            Err(error) => error,
        };
        if !failure::is_lost(&error) {
            if failure::is_conflict(&error) && self.conflicts < MAX_CONFLICTS {
                self.conflicts += 1;
                return None;
            }
            self.lease.give_back();
            return Some(Err(failure::store_error(&error)));
        }
        let may_repeat = self.repeat == Repeat::Always || failure::was_not_run(&error);
        if !self.lease.lost() || !may_repeat {
            return Some(Err(failure::store_error(&error)));
        }
        match self.lease.renew().await {
            Ok(()) => None,
            Err(error) => Some(Err(failure::store_error(&error))),
        }
    }
}
