//! The trait of stores.

use std::future::Future;
use std::sync::Arc;

use session_core::{SessionHandle, Timestamp};

use crate::error::StoreError;
use crate::row::{Row, SessionInfo, Version};

/// A store of sessions: rows of bytes with versions and owners.
///
/// The key of a row is a [`SessionHandle`], the SHA-256 of the session's id. So a copy of the store does not give
/// access to any session. A store does not interpret the [data](Row::data).
///
/// # Requirements
///
/// The macro `store_suite!` of `session-tests` checks these requirements, except those about several processes and
/// about a store that cannot be reached.
///
/// - Each change of a row is atomic. [`replace`](Self::replace), and [`delete`](Self::delete) if it is given a version,
///   compare the version and change the row in one step, even if several processes use the store.
/// - After a method has returned, every later call sees its effect, in any process.
/// - A deleted row stays deleted: only [`create`](Self::create) makes a row.
/// - A row that has [expired](Row::is_expired) by the store's clock counts as missing, and is not returned. A deletion
///   deletes such a row nevertheless, because a process with a slower clock could still use it. A row that has not
///   expired is not lost, unless the store's documentation says otherwise.
/// - Owners are compared as bytes. [`by_owner`](Self::by_owner) lists all existing rows of an owner.
/// - If the store cannot be reached, a method returns a [`StoreError`] whose `is_unavailable` is true. Callers limit
///   the time of a call by dropping its future, so a dropped future must leave the store usable.
pub trait Store: Send + Sync + 'static {
    /// Returns the row of a session and its version. Returns `None` if there is no row.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call, or if the value under this handle is not a
    /// row.
    fn load(
        &self,
        handle: &SessionHandle,
    ) -> impl Future<Output = Result<Option<(Row, Version)>, StoreError>> + Send;

    /// Stores a new row, and returns its version. Returns `None`, and changes nothing, if the row already exists.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call. The row may have been stored nevertheless.
    fn create(
        &self,
        handle: &SessionHandle,
        row: &Row,
    ) -> impl Future<Output = Result<Option<Version>, StoreError>> + Send;

    /// Replaces a row, including its owner and its expiry time, if the row has the version `version`. Returns the new
    /// version. Returns `None`, and changes nothing, if the row has another version or does not exist.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call. The row may have been replaced
    /// nevertheless.
    fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> impl Future<Output = Result<Option<Version>, StoreError>> + Send;

    /// Sets the last access and the expiry time of a row. The version stays the same. Returns whether the row exists.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call. The times may have been set nevertheless.
    fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes a row, even if it has expired. If `version` is given, deletes the row only if it has this version.
    /// Returns `true` if the row was deleted and had not expired.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call. The row may have been deleted nevertheless.
    fn delete(
        &self,
        handle: &SessionHandle,
        version: Option<Version>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Returns the sessions of an owner, in any order.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call, or if a row is invalid.
    fn by_owner(&self, owner: &str) -> impl Future<Output = Result<Vec<SessionInfo>, StoreError>> + Send;

    /// Deletes the rows of an owner, even those that have expired, except the row `except`. Returns the number of
    /// deleted rows that had not expired.
    ///
    /// A row that another call creates for this owner at the same time may stay. But a session that is renewed at the
    /// same time must end. A renewal first creates a new row with this owner, and then removes the owner from the old
    /// row. If it finds that the old row was deleted, it deletes the new row. So it is enough if this method deletes
    /// one of the two rows: the new one, or the old one while the old one still has the owner.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call. Some of the rows may have been deleted
    /// nevertheless.
    fn delete_by_owner(
        &self,
        owner: &str,
        except: Option<&SessionHandle>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Deletes at most `limit` expired rows, and returns their number. If the database engine itself deletes expired
    /// rows, this method does nothing and returns 0.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call.
    fn sweep(&self, limit: usize) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// Defines the methods of a [`Store`] that call the methods of the same names on `$store`.
macro_rules! forward {
    ($self:ident => $store:expr) => {
        async fn load(&$self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
            $store.load(handle).await
        }

        async fn create(&$self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
            $store.create(handle, row).await
        }

        async fn replace(
            &$self,
            handle: &SessionHandle,
            version: Version,
            row: &Row,
        ) -> Result<Option<Version>, StoreError> {
            $store.replace(handle, version, row).await
        }

        async fn touch(
            &$self,
            handle: &SessionHandle,
            accessed: Timestamp,
            expires: Option<Timestamp>,
        ) -> Result<bool, StoreError> {
            $store.touch(handle, accessed, expires).await
        }

        async fn delete(&$self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
            $store.delete(handle, version).await
        }

        async fn by_owner(&$self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
            $store.by_owner(owner).await
        }

        async fn delete_by_owner(
            &$self,
            owner: &str,
            except: Option<&SessionHandle>,
        ) -> Result<u64, StoreError> {
            $store.delete_by_owner(owner, except).await
        }

        async fn sweep(&$self, limit: usize) -> Result<u64, StoreError> {
            $store.sweep(limit).await
        }
    };
}

pub(crate) use forward;

impl<S: Store> Store for Arc<S> {
    forward!(self => (**self));
}
