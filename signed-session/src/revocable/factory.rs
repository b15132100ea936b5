//! The factory for revocable sessions: they live in cookies, and the server can end them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_cookie::{CookieHeader, SetCookies};
use session_core::SessionFactory;
use session_serde::Serializer;
use session_sign::{Secret, Secrets};
use session_store::Store;

use super::load_future::LoadRevocable;
use super::registry::Registry;
use super::session::RevocableSession;
use crate::envelope::AuthenticatedSerializer;
use crate::error::{BuildError, SaveError};
use crate::factory::BaseCookieSessionFactory;
use crate::inspect::Inspection;
use crate::old_format::OldFormat;
use crate::store::SaveStored;

/// A factory for revocable sessions: they live in cookies, and the server can end them. See
/// [`Builder::revocable`](crate::Builder::revocable). The store `St` knows which sessions are still valid.
///
/// The factory lists and ends the sessions of a user with
/// [`ManageSessions`](https://docs.rs/session-store/latest/session_store/trait.ManageSessions.html). Do not end them
/// through a clone of the store: the factory can then still accept them for up to
/// [`max_stale`](crate::Builder::max_stale).
///
/// A factory is cheap to clone. A clone can save the sessions of the original, and vice versa.
///
/// # Panics
/// A call to the store needs a tokio runtime with `enable_time`, and panics outside one.
///
/// # Saving
/// The layers of axum, tower and actix-web save the session. Without a layer, call [`RevocableSession::save`]: it can
/// be called several times, and repeated after an error. [`SessionFactory::save`], which the layers call, takes a
/// change of the row out of the session: a new owner, a new label, or a row to end. After that, the session cannot be
/// saved again, even if this save fails: each further save returns an error whose
/// [`is_already_saved`](SaveError::is_already_saved) is true.
pub struct RevocableCookieSessionFactory<S, St> {
    cookies: BaseCookieSessionFactory<S>,
    pub(super) registry: Arc<Registry<St>>,
    max_stale: Duration,
}

impl<S: Serializer, St: Store> RevocableCookieSessionFactory<S, St> {
    pub(super) fn new(
        cookies: BaseCookieSessionFactory<S>,
        registry: Registry<St>,
        max_stale: Duration,
    ) -> Self {
        Self { cookies, registry: Arc::new(registry), max_stale }
    }

    /// Loads the session of a request. `cookies` is the request's `Cookie` header: a `&str`, an `Option<&str>`, bytes
    /// or, with the feature `http`, a `&HeaderMap`. If every cookie is rejected, or the session was ended, the returned
    /// session is new.
    ///
    /// # Errors
    /// Returns an error if the store cannot be used and [`on_store_error`](crate::Builder::on_store_error) is
    /// [`Refuse`](crate::OnStoreError::Refuse).
    pub async fn load(&self, cookies: impl Into<CookieHeader>) -> Result<RevocableSession<S, St>, SaveError> {
        SessionFactory::load(self, cookies.into()).await
    }

    /// Returns a factory of the same sessions with a shorter [`max_stale`](crate::Builder::max_stale). Use zero for the
    /// layer of sensitive routes, such as a payment. A value longer than the builder's has no effect.
    #[must_use = "with_max_stale() returns the factory with the shorter time"]
    pub fn with_max_stale(&self, max_stale: Duration) -> Self {
        Self { max_stale, ..self.clone() }
    }

    /// Returns the cookie's name.
    pub fn cookie_name(&self) -> &str {
        self.cookies.cookie_name()
    }

    /// Returns the maximum size of a cookie's value in bytes.
    pub fn max_len(&self) -> usize {
        self.cookies.max_len()
    }

    /// Makes `secret` the current one. The secret that was current becomes a retired one, so no user is signed out.
    ///
    /// ```
    /// use signed_session::MemoryStore;
    /// use signed_session::{EncryptedCookieSessionFactory, Secret};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = EncryptedCookieSessionFactory::builder(Secret::generate()?)
    ///     .revocable(MemoryStore::new())
    ///     .build()?;
    /// let mut session = sessions.load(None::<&str>).await?;
    /// session.set_owner("user-42")?;
    /// let set_cookie = session.save().await?.into_session_cookie().expect("the session has an entry");
    ///
    /// sessions.rotate(Secret::generate()?)?;
    /// let session = sessions.load(format!("{}={}", set_cookie.name(), set_cookie.value())).await?;
    /// assert!(session.handle().is_some()); // still signed in
    /// assert_eq!(session.cookie_key().map(|key| key.to_string()).as_deref(), Some("retired:1"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error in the same cases as [`BaseCookieSessionFactory::rotate`]. The factory then keeps its secrets.
    pub fn rotate(&self, secret: impl Into<Secret>) -> Result<(), BuildError> {
        self.cookies.rotate(secret)
    }

    /// Replaces the current and the retired secrets, like [`BaseCookieSessionFactory::set_secrets`].
    ///
    /// # Errors
    /// Returns an error in the same cases as [`BaseCookieSessionFactory::set_secrets`]. The factory then keeps its
    /// secrets.
    pub fn set_secrets(&self, secrets: impl Into<Secrets>) -> Result<(), BuildError> {
        self.cookies.set_secrets(secrets)
    }

    fn save_if(&self, saves: bool, session: &mut RevocableSession<S, St>) -> SaveStored {
        if !session.needs_saving() {
            return SaveStored::ready(Ok(SetCookies::default()));
        }
        match self.cookies.check_own(session.cookie()) {
            Ok(()) if saves => session.begin_save(),
            checked => SaveStored::ready(checked.map(|()| SetCookies::default())),
        }
    }
}

impl<S: AuthenticatedSerializer, St> RevocableCookieSessionFactory<S, St> {
    /// Checks the cookies with the session's name, like [`BaseCookieSessionFactory::inspect`]. Does not ask the store,
    /// so the result does not show whether the session was ended.
    pub fn inspect(&self, cookies: impl Into<CookieHeader>) -> Inspection {
        self.cookies.inspect(cookies)
    }
}

/// Returns the format of the factory's cookies. Give the same store to the factory that [also
/// reads](crate::Builder::also_reads) this format. A factory without a store accepts sessions that were ended.
impl<S: AuthenticatedSerializer, St> From<RevocableCookieSessionFactory<S, St>> for OldFormat {
    fn from(factory: RevocableCookieSessionFactory<S, St>) -> Self {
        factory.cookies.into()
    }
}

impl<S: Serializer, St: Store> SessionFactory for RevocableCookieSessionFactory<S, St> {
    type Session = RevocableSession<S, St>;
    type Request = CookieHeader;
    type Response = SetCookies;
    type Error = SaveError;
    type Load = LoadRevocable<S, St>;
    type Save = SaveStored;

    fn load(&self, request: CookieHeader) -> Self::Load {
        LoadRevocable::new(self.cookies.load(request), Arc::clone(&self.registry), self.max_stale)
    }

    fn save(&self, session: &mut RevocableSession<S, St>) -> SaveStored {
        self.save_if(true, session)
    }

    fn save_on_exception(&self, session: &mut RevocableSession<S, St>) -> SaveStored {
        self.save_if(self.cookies.codec.set_on_exception, session)
    }
}

impl<S, St> Clone for RevocableCookieSessionFactory<S, St> {
    fn clone(&self) -> Self {
        let Self { cookies, registry, max_stale } = self;
        Self { cookies: cookies.clone(), registry: Arc::clone(registry), max_stale: *max_stale }
    }
}

impl<S, St> fmt::Debug for RevocableCookieSessionFactory<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocableCookieSessionFactory")
            .field("cookies", &self.cookies)
            .finish_non_exhaustive()
    }
}
