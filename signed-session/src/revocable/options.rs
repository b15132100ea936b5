//! The options of revocable sessions in cookies.

use std::fmt;
use std::time::Duration;

use session_sign::Secrets;
use session_store::Store;

use super::factory::RevocableCookieSessionFactory;
use super::registry::Registry;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::protection::{Protection, sealed};
use crate::store::options::{HasStore, StoreOptions};

/// The options of revocable sessions. This is the type parameter of [`Builder`] after a call of [`Builder::revocable`].
/// `P` protects the cookies, and the store `St` knows which sessions are still valid.
pub struct Revocable<P, St> {
    protection: P,
    store: St,
    max_stale: Duration,
    store_options: StoreOptions,
}

/// Default of [`Builder::max_stale`].
const MAX_STALE: Duration = Duration::from_secs(5);

impl<P: Protection> Builder<P> {
    /// Makes sessions revocable: their entries stay in the cookie, and the server can end them through a store.
    ///
    /// At sign-in, call [`set_owner`](crate::CookieSession::set_owner). It gives the session a random id, which is
    /// stored in the cookie. The store gets the owner, the label, the times, and the SHA-256 of the id. If the store
    /// does not have this hash, the session is rejected as [revoked](crate::Rejection::is_revoked). The request's other
    /// cookies are then tried, and only a session with an owner is accepted. A session without an owner has no id, and
    /// causes no calls to the store.
    ///
    /// At sign-out, call [`invalidate`](crate::CookieSession::invalidate). The save then deletes the session's row in
    /// the store, so a copy of the cookie is useless. Other processes can still accept the copy for up to
    /// [`max_stale`](Self::max_stale).
    ///
    /// If Pyramid reads the same signed cookie, it keeps the id but does not ask the store. So Pyramid still accepts a
    /// session that was ended.
    ///
    /// ```
    /// use signed_session::{ManageSessions, MemoryStore};
    /// use signed_session::{EncryptedCookieSessionFactory, Secret};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = EncryptedCookieSessionFactory::builder(Secret::generate()?)
    ///     .revocable(MemoryStore::new())
    ///     .build()?;
    ///
    /// let mut session = sessions.load(None::<&str>).await?;
    /// session.set_owner("user-42")?;
    /// let set_cookie = session.save().await?.into_session_cookie().expect("the session has an entry");
    /// let cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
    /// assert!(sessions.load(&*cookie).await?.rejection().is_none());
    ///
    /// sessions.end_all("user-42").await?; // "sign out everywhere"
    /// assert!(sessions.load(&*cookie).await?.rejection().is_some_and(|why| why.is_revoked()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn revocable<St: Store>(self, store: St) -> Builder<Revocable<P, St>> {
        self.with_protection(|protection| Revocable {
            protection,
            store,
            max_stale: MAX_STALE,
            store_options: StoreOptions::default(),
        })
    }
}

impl<P: Protection, St: Store> Builder<Revocable<P, St>> {
    /// Sets how long the factory uses an answer of the store. Default: 5 seconds. With zero, each request that uses a
    /// session with an owner asks the store.
    ///
    /// For up to this time, the factory still accepts a session that another process has ended, or that was ended
    /// through a clone of the store. If the session is invalidated, or ended through the factory, the factory and its
    /// clones reject it at once.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.protection.max_stale = max_stale;
        self
    }

    /// Builds the factory.
    ///
    /// # Errors
    /// Returns an error if an option is invalid. The message says how to fix it.
    pub fn build(self) -> Result<RevocableCookieSessionFactory<P::Serializer, St>, BuildError> {
        let Self { protection, options } = self;
        let Revocable { protection, store, max_stale, store_options } = protection;
        let guard = store_options.guard(options.observer.clone())?;
        let cookies = options.cookie_factory(protection)?;
        let registry = Registry::new(store, guard, cookies.cookie_name(), store_options.on_error, max_stale);
        Ok(RevocableCookieSessionFactory::new(cookies, registry, max_stale))
    }
}

impl<P: sealed::Keyed, St> sealed::Keyed for Revocable<P, St> {
    fn secrets_mut(&mut self) -> &mut Secrets {
        self.protection.secrets_mut()
    }
}

impl<P, St> HasStore for Revocable<P, St> {
    fn store_options_mut(&mut self) -> &mut StoreOptions {
        &mut self.store_options
    }
}

impl<P: fmt::Debug, St> fmt::Debug for Revocable<P, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocable")
            .field("protection", &self.protection)
            .field("max_stale", &self.max_stale)
            .field("store_options", &self.store_options)
            .finish_non_exhaustive()
    }
}
