//! The factory for sessions in a store.

use std::fmt;
use std::sync::Arc;

use session_cookie::{CookieHeader, SetCookies};
use session_core::{Redo, SessionFactory};
use session_serde::{CompactJsonSerializer, Serializer};
use session_sign::{Secret, Secrets};
use session_store::Store;

use super::load::load;
use super::load_future::LoadStored;
use super::session::StoredSession;
use super::shared::Shared;
use crate::error::{BuildError, SaveError};
use crate::store::SaveStored;

/// A factory for sessions in the store `St`. The serializer `S` writes the sessions.
///
/// The cookie holds a random id of 256 bits, which is authenticated and bound to the cookie's name. The store keeps the
/// session under the SHA-256 of the id, so a copy of the store does not give access to any session, although it shows
/// the sessions' contents. The factory accepts only ids that were authenticated with one of its secrets.
///
/// | a request that | calls the store |
/// |---|---|
/// | does not load its session, or has no authentic cookie and changes nothing | not at all |
/// | has no authentic cookie and starts a session | once |
/// | reads its session | once; once more if the access has to be recorded (usually at most once per `reissue_time`), and at most once more if the cookie is sent again because of its `Max-Age` or a retired secret |
/// | changes its session | twice; more often if other requests change it at the same time |
/// | invalidates its session | twice; three times if it then starts a new one |
/// | renews its session | four times, or three times if the session is empty; more often if other requests change it at the same time |
///
/// A request that takes longer than both the `reissue_time` and a tenth of the timeout makes one more call to record
/// its access or its changes. If the cookies of ended or expired sessions follow the session's own cookie in the
/// header, the factory asks the store about these first. It asks about at most three sessions per request.
///
/// The factory lists and ends the sessions of a user with
/// [`ManageSessions`](https://docs.rs/session-store/latest/session_store/trait.ManageSessions.html).
///
/// The guide `docs/stores.md` in the repository shows an application with a sign-in and a list of devices.
///
/// A factory is cheap to clone. A clone can save the sessions of the original, and vice versa.
///
/// # Panics
/// A call to the store needs a tokio runtime with `enable_time`, because the call has a time limit. Without such a
/// runtime, the call panics.
///
/// # Saving
///
/// The layers of axum, tower and actix-web save the session. Without a layer, call [`StoredSession::save`]: it can be
/// called several times, and repeated after an error. [`SessionFactory::save`], which the layers call, may take the
/// changes out of the session. After that, the session cannot be saved again, even if this save fails: each further
/// save returns an error whose [`is_already_saved`](SaveError::is_already_saved) is true.
pub struct StoredSessionFactory<St, S = CompactJsonSerializer> {
    pub(super) shared: Arc<Shared<St, S>>,
}

impl<St: Store, S: Serializer> StoredSessionFactory<St, S> {
    /// Loads the session of a request. `cookies` is the request's `Cookie` header: a `&str`, an `Option<&str>`, bytes
    /// or, with the feature `http`, a `&HeaderMap`. If every cookie is rejected, the session is new.
    ///
    /// # Errors
    /// Returns an error if the store cannot be used and [`on_store_error`](crate::Builder::on_store_error) is
    /// [`Refuse`](crate::OnStoreError::Refuse).
    pub async fn load(&self, cookies: impl Into<CookieHeader>) -> Result<StoredSession<St, S>, SaveError> {
        load(Arc::clone(&self.shared), cookies.into()).await
    }

    /// Returns the store, for instance to read a row. [`store_timeout`](crate::Builder::store_timeout) does not limit
    /// the calls that you make on it; wrap them in `tokio::time::timeout`.
    pub fn store(&self) -> &St {
        &self.shared.store
    }

    /// Returns the cookie's name.
    pub fn cookie_name(&self) -> &str {
        self.shared.codec.template.name()
    }

    /// Makes `secret` the current one, like
    /// [`BaseCookieSessionFactory::rotate`](crate::BaseCookieSessionFactory::rotate).
    ///
    /// # Errors
    /// Returns an error if the secret can be guessed. The factory then keeps its secrets.
    pub fn rotate(&self, secret: impl Into<Secret>) -> Result<(), BuildError> {
        self.shared.codec.replace_secrets(|secrets| secrets.rotate(secret), |_| Ok(()))
    }

    /// Replaces the current and the retired secrets, like
    /// [`BaseCookieSessionFactory::set_secrets`](crate::BaseCookieSessionFactory::set_secrets).
    ///
    /// # Errors
    /// Returns an error if a secret can be guessed. The factory then keeps its secrets.
    pub fn set_secrets(&self, secrets: impl Into<Secrets>) -> Result<(), BuildError> {
        self.shared.codec.replace_secrets(|current| *current = secrets.into(), |_| Ok(()))
    }

    fn save_if(&self, saves: bool, session: &mut StoredSession<St, S>) -> SaveStored {
        if !session.needs_saving() {
            return SaveStored::ready(Ok(SetCookies::default()));
        }
        match session.belongs_to(&self.shared) {
            true if saves => session.begin_save(),
            true => SaveStored::ready(Ok(SetCookies::default())),
            false => SaveStored::ready(Err(SaveError::wrong_factory(self.cookie_name()))),
        }
    }
}

impl<St: Store, S: Serializer> SessionFactory for StoredSessionFactory<St, S> {
    type Session = StoredSession<St, S>;
    type Request = CookieHeader;
    type Response = SetCookies;
    type Error = SaveError;
    type Load = LoadStored<St, S>;
    type Save = SaveStored;

    fn load(&self, request: CookieHeader) -> Self::Load {
        LoadStored::new(Arc::clone(&self.shared), request)
    }

    fn save(&self, session: &mut StoredSession<St, S>) -> SaveStored {
        self.save_if(true, session)
    }

    fn save_on_exception(&self, session: &mut StoredSession<St, S>) -> SaveStored {
        self.save_if(self.shared.codec.set_on_exception, session)
    }

    fn abandon(&self, session: &mut StoredSession<St, S>) -> Vec<Redo> {
        session.abandon()
    }
}

impl<St, S> Clone for StoredSessionFactory<St, S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<St, S> fmt::Debug for StoredSessionFactory<St, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSessionFactory")
            .field("cookie_name", &self.shared.codec.template.name())
            .field("times", &self.shared.codec.times)
            .finish_non_exhaustive()
    }
}
