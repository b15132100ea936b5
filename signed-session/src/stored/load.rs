//! Loading a session from its store.

use std::sync::Arc;

use session_cookie::CookieHeader;
use session_core::{CookieKey, ID_KEY, Record, Rejection, Timestamp};
use session_serde::Serializer;
use session_sign::KeyId;
use session_store::{Row, SessionId, Store, StoreError};

use super::data::{Data, LoadedRow, Origin};
use super::row::Registration;
use super::session::StoredSession;
use super::shared::Shared;
use crate::error::SaveError;
use crate::load::SessionData;
use crate::observer::Load;
use crate::on_store_error::OnStoreError;
use crate::revocable::id_in;
use crate::superseded;

/// Loads the session of a request.
pub(super) async fn load<St: Store, S: Serializer>(
    shared: Arc<Shared<St, S>>,
    cookies: CookieHeader,
) -> Result<StoredSession<St, S>, SaveError> {
    let now = shared.codec.clock.now();
    let Found { data, key, bytes } = match shared.find(&cookies, now).await {
        Ok(found) => found,
        Err(error) => match shared.on_store_error {
            // `build()` does not allow `Accept`.
            OnStoreError::Refuse | OnStoreError::Accept => return Err(SaveError::store(error)),
            OnStoreError::StartNew => {
                let data = Data::new(now, Origin::Unavailable(error, Rejection::unavailable()));
                Found { data, key: None, bytes: 0 }
            }
        },
    };
    if let Some(observer) = &shared.codec.observer {
        observer.loaded(&Load { rejection: data.rejection(), key, bytes });
    }
    Ok(StoredSession::new(shared, cookies, data))
}

/// The data of the session that the cookies refer to, or of a new session.
struct Found {
    data: Data,
    /// The key that authenticated the deciding cookie; `None` if no key did. The deciding cookie is the accepted one
    /// or, if none was accepted, the one whose rejection is reported.
    key: Option<CookieKey>,
    /// Length of the deciding cookie's value.
    bytes: usize,
}

/// Maximum number of authentic ids per request that are looked up in the store.
const MAX_IDS: usize = 3;

impl<St: Store, S: Serializer> Shared<St, S> {
    /// Returns the data of the session that the cookies refer to, or of a new session.
    ///
    /// Only authentic ids are looked up in the store, at most [`MAX_IDS`] of them, those of the last cookies first. The
    /// search ends at the first id whose session is valid, or whose row is malformed. If there are authentic ids but no
    /// valid session, the session is rejected. Cookies in an old format are then not tried, because they are older. As
    /// in [`deciding`](crate::load::deciding), a session is skipped if an expired one before it was accessed later.
    async fn find(&self, cookies: &CookieHeader, now: Timestamp) -> Result<Found, StoreError> {
        let (mut verified, mut unverified) = (None, None);
        let mut newest_expired = None;
        let mut asked = Vec::new();
        for value in self.codec.candidates(cookies) {
            let read = self.codec.serializer.load().read(value);
            match read {
                Ok((_, id)) if asked.contains(&id.handle()) => {}
                Ok(_) if asked.len() == MAX_IDS => break,
                Ok((key, id)) => {
                    asked.push(id.handle());
                    let (cookie_key, bytes) = (Some(CookieKey::new(0, key.index())), value.len());
                    match self.open(id, key, now).await? {
                        Ok(data) if newest_expired.is_none_or(|expired| data.record.accessed >= expired) => {
                            return Ok(Found { data, key: cookie_key, bytes });
                        }
                        Ok(_) => {}
                        Err(Refused { rejection, accessed }) => {
                            let is_malformed = rejection.is_malformed();
                            verified.get_or_insert((rejection, cookie_key, bytes));
                            if is_malformed {
                                break;
                            }
                            newest_expired =
                                newest_expired.filter(|newest| accessed <= Some(*newest)).or(accessed);
                        }
                    }
                }
                Err(error) => {
                    unverified.get_or_insert((error.into(), None, value.len()));
                }
            }
        }
        if verified.is_none()
            && let Some(old) = self.codec.load_old(cookies, now)
            && (unverified.is_none() || old.is_verified())
        {
            return Ok(Found { data: self.moved(old.data, now).await?, key: old.key, bytes: old.bytes });
        }
        let (rejection, key, bytes) = verified.or(unverified).unwrap_or((Rejection::missing(), None, 0));
        Ok(Found { data: Data::new(now, Origin::Rejected(rejection)), key, bytes })
    }

    /// Returns the data of a session whose cookie is in an old format. If the session was
    /// [revocable](crate::Builder::revocable), this store has its row. If the row is missing, the session was ended.
    async fn moved(&self, old: SessionData, now: Timestamp) -> Result<Data, StoreError> {
        let mut data = Data::from(old);
        let (Origin::OldFormat(_, row), Some(id)) = (&mut data.origin, id_in(&data.record.state)) else {
            return Ok(data);
        };
        let Some(id) = id else {
            return Ok(Data::new(now, Origin::Rejected(Rejection::malformed("not a session id"))));
        };
        let loaded = superseded::load(&self.guard, &self.store, &id.handle()).await?;
        let Some((registered, version)) = loaded else {
            return Ok(Data::new(now, Origin::Rejected(Rejection::revoked())));
        };
        *row = Some(LoadedRow { id, version, key: KeyId::Current, has_own_max_age: false });
        data.record.state.discard(ID_KEY);
        data.registration = Registration { owner: registered.owner, label: registered.label };
        Ok(data)
    }

    /// Loads the session with this id.
    async fn open(
        &self,
        id: SessionId,
        key: KeyId,
        now: Timestamp,
    ) -> Result<Result<Data, Refused>, StoreError> {
        let loaded = superseded::load(&self.guard, &self.store, &id.handle()).await?;
        Ok(loaded.ok_or_else(|| Rejection::revoked().into()).and_then(|(row, version)| {
            self.accept(row, now).map(|(record, registration)| {
                let has_own_max_age = self.codec.times.max_age(&record).is_some();
                let origin = Origin::Row(LoadedRow { id, version, key, has_own_max_age });
                Data { record, registration, origin }
            })
        }))
    }

    /// Returns the session in a row, unless it has expired.
    fn accept(&self, row: Row, now: Timestamp) -> Result<(Record, Registration), Refused> {
        let (record, registration) = self.read_row(row).map_err(Rejection::from)?;
        match self.codec.times.expiry(&record, now) {
            Some(rejection) => Err(Refused { rejection, accessed: Some(record.accessed) }),
            None => Ok((record, registration)),
        }
    }
}

/// A session that is not accepted, although its id is authentic.
struct Refused {
    rejection: Rejection,
    /// The time of the last access, if the session has expired.
    accessed: Option<Timestamp>,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, accessed: None }
    }
}
