//! Loading a session from its store.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use session_cookie::CookieHeader;
use session_core::{CookieKey, ID_KEY, Rejection, SessionHandle, Timestamp};
use session_serde::Serializer;
use session_sign::KeyId;
use session_store::{Row, SessionId, Store, StoreError, Version};

use super::data::{Data, LoadedRow, Origin, Replaced};
use super::row::Registration;
use super::session::StoredSession;
use super::shared::Shared;
use crate::error::SaveError;
use crate::load::{CookieSearch, DecidingCookie, MAX_IDS, SessionData};
use crate::revocable::handle_in;
use crate::search::{CandidateStatus, Search};
use crate::store::{OnStoreError, superseded};
use crate::times::is_earlier;

/// Loads the session of a request.
pub(super) async fn load<St: Store, S: Serializer>(
    shared: Arc<Shared<St, S>>,
    cookies: CookieHeader,
) -> Result<StoredSession<St, S>, SaveError> {
    let now = shared.codec.clock.now();
    let Found { data, cookie } = match shared.find(&cookies, now).await {
        Ok(found) => found,
        Err(error) => match shared.on_store_error {
            // `build()` does not allow `Accept`.
            OnStoreError::Refuse | OnStoreError::Accept => return Err(SaveError::store(error)),
            OnStoreError::StartNew => {
                let data = Data::new(now, Origin::Unavailable(error, Rejection::unavailable()));
                Found { data, cookie: DecidingCookie::default() }
            }
        },
    };
    shared.codec.observe_load(data.rejection(), cookie);
    Ok(StoredSession::new(shared, cookies, data))
}

/// The data of the session that the cookies refer to, or of a new session.
struct Found {
    data: Data,
    /// The accepted cookie or, if none was accepted, the one whose rejection is reported.
    cookie: DecidingCookie,
}

impl<St: Store, S: Serializer> Shared<St, S> {
    /// Returns the data of the session that the cookies refer to, or of a new session.
    ///
    /// Only authentic ids are looked up in the store: at most [`MAX_IDS`], beginning with the last cookie. The search
    /// follows the rules of [`deciding`](crate::search::deciding). If there are authentic ids but no valid session, the
    /// session is rejected. Cookies in an old format are then not tried, because they are older.
    async fn find(&self, cookies: &CookieHeader, now: Timestamp) -> Result<Found, StoreError> {
        let mut search = Search::default();
        let mut asked = Vec::new();
        for value in self.codec.candidates(cookies) {
            let read = self.codec.serializer.load().read(value);
            let bytes = value.len();
            let (status, found) = match read {
                Ok((_, id)) if asked.contains(&id.handle()) => continue,
                Ok(_) if asked.len() == MAX_IDS => break,
                Ok((key, id)) => {
                    asked.push(id.handle());
                    let (status, data) = self.open(id, key, now).await?;
                    let key = Some(CookieKey::new(0, key.index()));
                    (status, Found { data, cookie: DecidingCookie { key, bytes } })
                }
                Err(error) => {
                    let data = Data::new(now, Origin::Rejected(error.into()));
                    (CandidateStatus::Unverified, Found { data, cookie: DecidingCookie { key: None, bytes } })
                }
            };
            if let ControlFlow::Break(found) = search.add(status, found) {
                return Ok(found);
            }
        }
        if !search.has_verified()
            && let Some(found) = self.find_old(cookies, now, search.is_empty()).await?
        {
            return Ok(found);
        }
        let missing = || Data::new(now, Origin::Rejected(Rejection::missing()));
        Ok(search.finish().unwrap_or_else(|| Found { data: missing(), cookie: DecidingCookie::default() }))
    }

    /// Returns the data of the session in a cookie of an old format. Returns `None` if there is no such cookie, or if
    /// none is verified and `takes_unverified` is false.
    ///
    /// If a cookie has an id, the session is a [revocable](crate::Builder::revocable) one with an owner, and its row
    /// has to be in this store. If the row is missing, the session is rejected as revoked. The search then continues,
    /// but rejects sessions without an id: their cookies may be from before the sign-in.
    async fn find_old(
        &self,
        cookies: &CookieHeader,
        now: Timestamp,
        takes_unverified: bool,
    ) -> Result<Option<Found>, StoreError> {
        let (mut search, mut ended) = (CookieSearch::default(), Vec::new());
        loop {
            let old = self.codec.next_old(cookies, now, &mut search).or_else(|| search.finish());
            let Some(old) = old.filter(|old| takes_unverified || old.is_verified()) else { return Ok(None) };
            let cookie = old.cookie;
            let found = |data| Ok(Some(Found { data, cookie }));
            if old.data.is_new() {
                return found(Data::from(old.data));
            }
            match handle_in(&old.data.record.state) {
                None if ended.is_empty() => return found(Data::from(old.data)),
                Some(None) => {
                    let rejection = Rejection::malformed("not a session id");
                    return found(Data::new(now, Origin::Rejected(rejection)));
                }
                Some(Some(handle)) if ended.len() < MAX_IDS && !ended.contains(&handle) => {
                    match superseded::load(&self.guard, &self.store, &handle).await? {
                        Some(registered) => return found(moved(old.data, handle, registered)),
                        None => ended.push(handle),
                    }
                }
                _ => {}
            }
            search.add_revoked(cookie, now);
        }
    }

    /// Returns the data of the session with this id or, if the session is not accepted, of a new session.
    async fn open(
        &self,
        id: SessionId,
        key: KeyId,
        now: Timestamp,
    ) -> Result<(CandidateStatus, Data), StoreError> {
        let rejected = |rejection| Data::new(now, Origin::Rejected(rejection));
        let Some((row, version)) = superseded::load(&self.guard, &self.store, &id.handle()).await? else {
            return Ok((CandidateStatus::Unusable, rejected(Rejection::revoked())));
        };
        let row_end = row.expires;
        let (record, registration) = match self.read_row(row) {
            Ok(read) => read,
            Err(error) => {
                let rejection = Rejection::from(error);
                let is_malformed = rejection.is_malformed();
                let status =
                    if is_malformed { CandidateStatus::Malformed } else { CandidateStatus::Unusable };
                return Ok((status, rejected(rejection)));
            }
        };
        let accessed = record.accessed;
        if let Some(expiry) = self.codec.times.expiry(&record, now) {
            return Ok((CandidateStatus::Expired(accessed), rejected(expiry)));
        }
        let has_own_max_age = self.codec.times.has_own_limits(&record.state);
        let is_stale = key != KeyId::Current;
        let ends_early = is_earlier(row_end, self.row_end(&record), Duration::from_secs(1));
        let origin =
            Origin::Row(LoadedRow { id, version, accessed, key, is_stale, ends_early, has_own_max_age });
        Ok((CandidateStatus::Valid(accessed), Data { record, registration, origin }))
    }
}

/// Returns the data of a revocable session that moves into the store. `registered` is its row, which the save ends.
fn moved(old: SessionData, handle: SessionHandle, (registered, version): (Row, Version)) -> Data {
    let mut data = Data::from(old);
    if let Origin::OldFormat(_, replaced) = &mut data.origin {
        *replaced = Some(Replaced::moved(handle, version, registered.accessed));
        data.record.state.discard(ID_KEY);
        let Row { owner, label, .. } = registered;
        data.registration = Registration { owner, label };
    }
    data
}
