//! The implementation of [`Store`].

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use futures_util::future::{join, join_all};
use redis::Cmd;
use session_core::{SessionHandle, Timestamp};
use session_store::{Row, SessionInfo, Store, StoreError, Version};
use tokio::time::timeout;

use crate::index::{Index, Indexed};
use crate::reply::{Owned, Reply};
use crate::script::{CREATE, DELETE, REPLACE, TOUCH};
use crate::store::RedisStore;
use crate::ttl::{IndexTtl, Ttl};
use crate::value;

/// Maximum number of an owner's rows that are read or deleted at the same time.
const CONCURRENT: usize = 64;

/// Maximum number of times that `delete_by_owner` lists the sessions of an owner. It lists them again to find sessions
/// that were renewed in the meantime, which then have new handles.
const ROUNDS: usize = 4;

/// Maximum number of attempts of a call while other calls keep changing the owner of the row.
const ATTEMPTS: usize = 4;

/// Time limit for removing the entry of a row that was deleted, or that has another owner. It is well below the default
/// `store_timeout` of the session factories, because the call has succeeded already. The entry can be on another node
/// of a cluster, which may be slow or down.
const CLEAN_UP: Duration = Duration::from_millis(250);

impl Store for RedisStore {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        let row = self.get(handle).await?;
        Ok(row.filter(|(row, _)| !row.is_expired(self.now())))
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        let (version, now) = (first_version(), self.now());
        let ttl = Ttl::of(row.expires, now).argument();
        let indexed = match &row.owner {
            Some(owner) if !row.is_expired(now) => {
                let ttl = IndexTtl::of(row.expires, now);
                Some(self.index(owner.as_bytes()).add(handle, version, ttl).await?)
            }
            _ => None,
        };
        let value = value::encode(row, version, until(&indexed))?;
        let arguments: [&[u8]; 4] =
            [&now.as_secs().to_be_bytes(), deadline(&indexed), ttl.as_bytes(), &value];
        match CREATE.run(self.connection(), &self.key(handle), &arguments).await? {
            Reply::Missing => Ok(None),
            Reply::Done(_) => Ok(Some(version)),
            reply => Err(reply.unusable()),
        }
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        let (next, now) = (version.next(), self.now());
        let ttl = Ttl::of(row.expires, now).argument();
        let mut indexed = None;
        for _ in 0..ATTEMPTS {
            let value = value::encode(row, next, until(&indexed))?;
            let arguments: [&[u8]; 5] = [
                &now.as_secs().to_be_bytes(),
                deadline(&indexed),
                ttl.as_bytes(),
                &value,
                &version.number().to_be_bytes(),
            ];
            match REPLACE.run(self.connection(), &self.key(handle), &arguments).await? {
                Reply::Missing => return Ok(None),
                Reply::Done(before) => {
                    self.forget(handle, before).await;
                    return Ok(Some(next));
                }
                Reply::IndexFirst(Some(Owned { owner, .. })) => {
                    let ttl = IndexTtl::of(row.expires, now);
                    indexed = Some(self.index(&owner).add(handle, next, ttl).await?);
                }
                reply => return Err(reply.unusable()),
            }
        }
        Err(StoreError::conflict())
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let ttl = Ttl::of(expires, now).argument();
        let mut indexed = None;
        let mut owner = Vec::new();
        for _ in 0..ATTEMPTS {
            let arguments: [&[u8]; 6] = [
                &now.as_secs().to_be_bytes(),
                deadline(&indexed),
                ttl.as_bytes(),
                &value::times(accessed, expires),
                &until(&indexed).to_be_bytes(),
                &owner,
            ];
            match TOUCH.run(self.connection(), &self.key(handle), &arguments).await? {
                Reply::Missing => return Ok(false),
                Reply::Done(_) => return Ok(true),
                Reply::IndexFirst(Some(row)) => {
                    let ttl = IndexTtl::of(expires, now);
                    indexed = Some(self.index(&row.owner).add(handle, row.version, ttl).await?);
                    owner = row.owner;
                }
                Reply::IndexFirst(None) => indexed = None,
                reply => return Err(reply.unusable()),
            }
        }
        Err(StoreError::conflict())
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        let (before, had_expired) = match self.delete_row(handle, version, None).await? {
            Reply::Missing => return Ok(false),
            Reply::Done(before) => (before, false),
            Reply::Expired(before) => (before, true),
            reply => return Err(reply.unusable()),
        };
        self.forget(handle, before).await;
        Ok(!had_expired)
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        let index = self.index(owner.as_bytes());
        let mut sessions = Vec::new();
        for handles in index.handles().await?.chunks(CONCURRENT) {
            let rows = join_all(handles.iter().map(|handle| self.get_without_data(handle))).await;
            let (mut strays, mut failure) = (Vec::new(), None);
            for (handle, row) in handles.iter().zip(rows) {
                match row {
                    Ok(Some(row)) if row.owner.as_deref() == Some(owner) => {
                        // If the row has expired by the store's clock, but not by the server's, another process may
                        // still prolong the row. So its entry stays.
                        if !row.is_expired(self.now()) {
                            sessions.push(row.info(*handle));
                        }
                    }
                    Ok(_) => strays.push(*handle),
                    Err(error) => failure = Some(graver(failure, error)),
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
            // Prune after each chunk. If a timeout then drops this call, the next call does not look up the same
            // missing rows again. Ignore a failure, because entries without a row of this owner do no harm.
            let _ = index.prune(&strays).await;
        }
        Ok(sessions)
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        let index = self.index(owner.as_bytes());
        let (mut ended, mut count) = (HashSet::new(), 0);
        for _ in 0..ROUNDS {
            let mut handles = index.handles().await?;
            handles.retain(|handle| Some(handle) != except && !ended.contains(handle));
            if handles.is_empty() {
                break;
            }
            count += self.delete_listed(&index, owner, &handles, &mut ended).await?;
        }
        Ok(count)
    }

    async fn sweep(&self, _: usize) -> Result<u64, StoreError> {
        Ok(0)
    }
}

impl RedisStore {
    /// Returns the row of a session, even if it has expired by the store's clock.
    async fn get(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        let value: Option<Vec<u8>> = self.connection().send(Cmd::get(self.key(handle))).await?;
        value.map(|value| value::decode(&value)).transpose()
    }

    /// Returns the row of a session like [`get`](Self::get). The data can be incomplete, because the call usually reads
    /// only the start of the value.
    async fn get_without_data(&self, handle: &SessionHandle) -> Result<Option<Row>, StoreError> {
        let start = Cmd::getrange(self.key(handle), 0, value::START - 1);
        let start: Vec<u8> = self.connection().send(start).await?;
        if start.is_empty() {
            return Ok(None);
        }
        match value::decode(&start) {
            Ok((row, _)) => Ok(Some(row)),
            // The row's owner and label do not fit into the start, or the value is invalid.
            Err(_) => Ok(self.get(handle).await?.map(|(row, _)| row)),
        }
    }

    /// Deletes the rows of sessions that are in the index of an owner, and their entries. Adds the deleted sessions to
    /// `ended`, but not a session whose row is missing, because this row may be about to be written. Returns the number
    /// of deleted rows that had not expired.
    async fn delete_listed(
        &self,
        index: &Index<'_>,
        owner: &str,
        handles: &[SessionHandle],
        ended: &mut HashSet<SessionHandle>,
    ) -> Result<u64, StoreError> {
        let (mut count, mut failure) = (0, None);
        for handles in handles.chunks(CONCURRENT) {
            let replies =
                join_all(handles.iter().map(|handle| self.delete_row(handle, None, Some(owner)))).await;
            let (mut deleted, mut strays) = (Vec::new(), Vec::new());
            for (handle, reply) in handles.iter().zip(replies) {
                match reply {
                    Ok(Reply::Done(Some(before))) => {
                        deleted.push((*handle, before.version));
                        count += 1;
                    }
                    Ok(Reply::Expired(Some(before))) => deleted.push((*handle, before.version)),
                    Ok(Reply::Missing) => strays.push(*handle),
                    // The other sessions must end nevertheless, unless the server is unavailable.
                    Ok(reply) => failure = Some(graver(failure, reply.unusable())),
                    Err(error) => failure = Some(graver(failure, error)),
                }
            }
            ended.extend(deleted.iter().map(|(handle, _)| *handle));
            // Remove the entries after each chunk. If a timeout then drops this call, the next call does not begin with
            // the same sessions again. Ignore a failure, because entries without a row of this owner do no harm.
            let _ = join(index.remove(&deleted), index.prune(&strays)).await;
            if failure.as_ref().is_some_and(StoreError::is_unavailable) {
                break;
            }
        }
        failure.map_or(Ok(count), Err)
    }

    /// Deletes a row, but not its entry in the index. With an `owner`, deletes the row only if it belongs to this
    /// owner.
    async fn delete_row(
        &self,
        handle: &SessionHandle,
        version: Option<Version>,
        owner: Option<&str>,
    ) -> Result<Reply, StoreError> {
        let now = self.now().as_secs().to_be_bytes();
        let version = version.map(|version| version.number().to_be_bytes());
        let mut arguments: Vec<&[u8]> = vec![&now, version.as_ref().map_or(&[], |version| version)];
        if let Some(owner) = owner {
            arguments.extend([b"owner", owner.as_bytes()]);
        }
        DELETE.run(self.connection(), &self.key(handle), &arguments).await
    }

    /// Removes a session from the index of its previous owner. If this fails or takes too long, the index keeps an
    /// entry whose row is gone or has another owner, which does no harm. So the call succeeds anyway.
    async fn forget(&self, handle: &SessionHandle, before: Option<Owned>) {
        if let Some(Owned { owner, version }) = before {
            let _ = timeout(CLEAN_UP, self.index(&owner).remove(&[(*handle, version)])).await;
        }
    }
}

/// Returns the version of a new row: the microseconds since 1970, by the system's clock. So a row that is created again
/// has later versions than the deleted row. The call that deleted the old row then leaves the index entry of the new
/// one in place, because the entry is for a later version.
fn first_version() -> Version {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Version::new(u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX / 2))
}

/// Returns the error to report if two calls fail: the one that says that the server is unavailable, or else the later
/// one.
fn graver(earlier: Option<StoreError>, later: StoreError) -> StoreError {
    earlier.filter(StoreError::is_unavailable).unwrap_or(later)
}

fn until(indexed: &Option<Indexed>) -> f64 {
    indexed.as_ref().map_or(0.0, |indexed| indexed.until)
}

fn deadline(indexed: &Option<Indexed>) -> &[u8] {
    indexed.as_ref().map_or(b"", |indexed| indexed.deadline.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regression: an invalid row hid that the server was unavailable. So `delete_by_owner` returned an error that does
    /// not suggest a retry, and continued with the next rows.
    #[test]
    fn unavailable_error_outweighs_invalid_row() {
        let (down, invalid) = (StoreError::unavailable("down"), StoreError::invalid("odd"));
        assert_eq!(graver(Some(down.clone()), invalid.clone()), down);
        assert_eq!(graver(Some(invalid.clone()), down.clone()), down);
        assert_eq!(graver(None, invalid.clone()), invalid);
    }
}
