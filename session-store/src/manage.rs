//! Listing and ending the sessions of a user.

use std::cmp::Reverse;
use std::future::Future;

use session_core::SessionHandle;

use crate::error::StoreError;
use crate::row::SessionInfo;
use crate::store::Store;

/// Lists and ends the sessions of a user. Implemented for every [`Store`], and for the session factories that use one.
///
/// If you have a factory, call these methods on it, because a factory limits the time of the calls. A factory of
/// [`revocable`](https://docs.rs/signed-session/latest/signed_session/struct.Builder.html#method.revocable) sessions
/// also rejects, at once, the sessions that it ends. If a session is ended elsewhere, by another process, by another
/// factory or on the store, the factory may still accept this session for up to its `max_stale`. Programs without a
/// factory, such as a command line tool, call the methods on the store.
///
/// A session that was ended stays ended: a request that is still running cannot bring it back, unless the documentation
/// of the store says otherwise.
///
/// ```
/// # extern crate session_store as signed_session;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use session_core::{Clock, SystemClock};
/// # use session_store::{Row, SessionId, Store};
/// use signed_session::{ManageSessions, MemoryStore};
///
/// # let store = MemoryStore::new();
/// # let mut handles = Vec::new();
/// # for label in ["Firefox on Linux", "Safari on iPhone"] {
/// #     let mut row = Row::new(Vec::new(), SystemClock.now());
/// #     (row.owner, row.label) = (Some("ann".to_owned()), Some(label.to_owned()));
/// #     let handle = SessionId::generate()?.handle();
/// #     store.create(&handle, &row).await?;
/// #     handles.push(handle);
/// # }
/// # let this_session = handles[0];
/// // "Where you are signed in"
/// for session in store.sessions_of("ann").await? {
///     let label = session.label.unwrap_or_default();
///     println!("{label}, since {}", session.created); // in seconds since 1970; format them with a calendar crate
/// }
/// // "Sign out everywhere else"
/// assert_eq!(store.end_others(&this_session).await?, 1);
/// assert_eq!(store.sessions_of("ann").await?.len(), 1);
/// // The account is deleted.
/// assert_eq!(store.end_all("ann").await?, 1);
/// # Ok(())
/// # }
/// ```
pub trait ManageSessions {
    /// Returns the sessions of an owner, sorted by the last access, the latest first.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call, or if a row is invalid.
    fn sessions_of(&self, owner: &str) -> impl Future<Output = Result<Vec<SessionInfo>, StoreError>> + Send;

    /// Ends the session with this handle. Returns whether the session existed.
    ///
    /// If it is the session of the current request, the changes of this request are lost. To begin a new session,
    /// call `invalidate`, not `renew`, which would continue the ended session.
    ///
    /// If the handle comes from a form, check with [`sessions_of`](Self::sessions_of) that the session belongs to the
    /// user. A handle cannot be guessed, but a client can send one that it has seen elsewhere.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call. The session may have ended nevertheless.
    fn end(&self, handle: &SessionHandle) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends all other sessions of the user who owns the session `keep`: "sign out everywhere else". Returns the number
    /// of ended sessions.
    ///
    /// Call this method before the request gives the session a new id, or after the new id was saved: the store does
    /// not know an unsaved id. If another request renews the session `keep` during the call, the renewed session can
    /// end as well, because the store does not know that its new row continues `keep`.
    ///
    /// # Errors
    /// Returns an error, and ends nothing, if the store has no session with an owner under this handle. Also returns an
    /// error if the store cannot be reached or refuses the call; some of the sessions may then have ended nevertheless.
    fn end_others(&self, keep: &SessionHandle) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Ends all sessions of an owner, and returns their number: "sign out everywhere".
    ///
    /// This includes the session of the current request if it has this owner; see [`end`](Self::end). In a sign-in that
    /// ends the user's earlier sessions, call `invalidate`, not `renew`, before you set the owner.
    ///
    /// # Errors
    /// Returns an error if the store cannot be reached or refuses the call. Some of the sessions may have ended
    /// nevertheless.
    fn end_all(&self, owner: &str) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

impl<S: Store> ManageSessions for S {
    async fn sessions_of(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        let mut sessions = self.by_owner(owner).await?;
        sessions.sort_by_key(|session| Reverse(session.accessed));
        Ok(sessions)
    }

    async fn end(&self, handle: &SessionHandle) -> Result<bool, StoreError> {
        self.delete(handle, None).await
    }

    async fn end_others(&self, keep: &SessionHandle) -> Result<u64, StoreError> {
        match self.load(keep).await?.and_then(|(row, _)| row.owner) {
            Some(owner) => self.delete_by_owner(&owner, Some(keep)).await,
            None => Err(StoreError::no_owner()),
        }
    }

    async fn end_all(&self, owner: &str) -> Result<u64, StoreError> {
        self.delete_by_owner(owner, None).await
    }
}
