//! Loading a session from its store.

use std::sync::Arc;

use session_cookie::CookieHeader;
use session_core::{Record, Rejection, Timestamp};
use session_serde::Serializer;
use session_sign::KeyId;
use session_store::{Row, SessionId, Store, StoreError};

use super::data::{Data, LoadedRow, Origin};
use super::row::Registration;
use super::session::StoredSession;
use super::shared::Shared;
use crate::error::SaveError;
use crate::observer::Load;
use crate::on_store_error::OnStoreError;

/// Loads the session of a request.
pub(super) async fn load<St: Store, S: Serializer>(
    shared: Arc<Shared<St, S>>,
    cookies: CookieHeader,
) -> Result<StoredSession<St, S>, SaveError> {
    let now = shared.codec.clock.now();
    let (data, bytes) = match shared.find(&cookies, now).await {
        Ok(found) => found,
        Err(error) => match shared.on_store_error {
            // `build()` does not allow `Accept`.
            OnStoreError::Refuse | OnStoreError::Accept => return Err(SaveError::store(error)),
            OnStoreError::StartNew => {
                (Data::new(now, Origin::Unavailable(error, Rejection::unavailable())), 0)
            }
        },
    };
    if let Some(observer) = &shared.codec.observer {
        observer.loaded(&Load { rejection: data.rejection(), key: data.key(), bytes });
    }
    Ok(StoredSession::new(shared, cookies, data))
}

impl<St: Store, S: Serializer> Shared<St, S> {
    /// Returns the data of the session in the cookies, or of a new one, and the length of the cookie's value.
    ///
    /// A cookie whose id is not authentic asks no store. Of several authentic ones, the last one that has a session is
    /// taken. An authentic id without a session ends in a rejection, even if there is a cookie in an old format: that one
    /// is older.
    async fn find(&self, cookies: &CookieHeader, now: Timestamp) -> Result<(Data, usize), StoreError> {
        let (mut verified, mut unverified) = (None, None);
        for value in self.codec.candidates(cookies) {
            let read = self.codec.serializer.load().read(value);
            match read {
                Ok((key, id)) => match self.open(id, key, now).await? {
                    Ok(data) => return Ok((data, value.len())),
                    Err(rejection) => {
                        let is_malformed = rejection.is_malformed();
                        verified.get_or_insert((rejection, value.len()));
                        if is_malformed {
                            break;
                        }
                    }
                },
                Err(error) => {
                    unverified.get_or_insert((error.into(), value.len()));
                }
            }
        }
        if verified.is_none()
            && let Some(old) = self.codec.load_old(cookies, now)
        {
            return Ok((old.into(), 0));
        }
        let (rejection, bytes) = verified.or(unverified).unwrap_or((Rejection::missing(), 0));
        Ok((Data::new(now, Origin::Rejected(rejection)), bytes))
    }

    /// Loads the session with this id. Returns why it is rejected, if it is.
    async fn open(
        &self,
        id: SessionId,
        key: KeyId,
        now: Timestamp,
    ) -> Result<Result<Data, Rejection>, StoreError> {
        let loaded = self.guard.call(self.store.load(&id.handle())).await?;
        Ok(loaded.ok_or_else(Rejection::revoked).and_then(|(row, version)| {
            self.accept(row, now).map(|(record, registration)| Data {
                record,
                registration,
                origin: Origin::Row(LoadedRow { id, version, key }),
            })
        }))
    }

    /// Returns the session in a row, unless it has expired.
    pub(super) fn accept(&self, row: Row, now: Timestamp) -> Result<(Record, Registration), Rejection> {
        let (record, registration) = self.read_row(row).map_err(Rejection::from)?;
        match self.codec.times.expiry(&record, now) {
            Some(rejection) => Err(rejection),
            None => Ok((record, registration)),
        }
    }
}
