//! The options of [`StoredSessionFactory`].

use std::fmt;
use std::sync::Arc;

use session_serde::{CompactJsonSerializer, Serializer};
use session_sign::Secrets;
use session_store::Store;

use super::cookie_id::{IdKeys, VALUE_LEN};
use super::factory::StoredSessionFactory;
use super::shared::Shared;
use crate::builder::Builder;
use crate::development;
use crate::error::BuildError;
use crate::old_format::check_old_keys;
use crate::protection::{Protected, sealed};
use crate::store::OnStoreError;
use crate::store::options::{HasStore, StoreOptions};

/// The options of sessions in a store of the type `St`. A [`Builder`] with this type parameter builds a
/// [`StoredSessionFactory`].
///
/// The cookie holds an authenticated random id. The serializer `S` writes the session for the store.
pub struct Stored<St, S = CompactJsonSerializer> {
    secrets: Secrets,
    store: St,
    serializer: S,
    max_bytes: usize,
    store_options: StoreOptions,
}

/// Default of [`Builder::max_bytes`].
const MAX_BYTES: usize = 256 * 1024;

impl<St: Store> StoredSessionFactory<St, CompactJsonSerializer> {
    /// Returns a builder with the defaults of [`production`](Builder::production), as for encrypted cookies.
    ///
    /// `secret` authenticates the ids, so that forged ids are not looked up in the store. It needs at least 32 random
    /// bytes.
    ///
    /// For `store`, use a [`MemoryStore`](https://docs.rs/session-store/latest/session_store/struct.MemoryStore.html)
    /// in tests. In production, use a store of the crate [`session-store-redis`](https://docs.rs/session-store-redis)
    /// or [`session-store-sqlx`](https://docs.rs/session-store-sqlx).
    ///
    /// ```
    /// use signed_session::{Secret, StoredSessionFactory};
    /// use signed_session::MemoryStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = StoredSessionFactory::builder(Secret::generate()?, MemoryStore::new()).build()?;
    /// let mut session = sessions.load(None::<&str>).await?;
    /// session.insert("user", "zoe")?;
    /// let set_cookies = session.save().await?;
    /// let set_cookie = set_cookies.session_cookie().expect("a new id");
    ///
    /// let cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
    /// let mut session = sessions.load(&*cookie).await?;
    /// assert_eq!(session.get("user")?, Some("zoe"));
    ///
    /// session.invalidate();
    /// let set_cookies = session.save().await?; // ends the session in the store, so a copy of the cookie is useless
    /// assert!(set_cookies.session_cookie().is_some()); // send it: it removes the cookie from the browser
    /// assert!(sessions.load(&*cookie).await?.rejection().is_some_and(|why| why.is_revoked()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(secret: impl Into<Secrets>, store: St) -> Builder<Stored<St>> {
        Builder::new(Stored {
            secrets: secret.into(),
            store,
            serializer: CompactJsonSerializer,
            max_bytes: MAX_BYTES,
            store_options: StoreOptions::default(),
        })
        .production()
    }
}

impl<St: Store, S: Serializer> Builder<Stored<St, S>> {
    /// Sets the serializer of the sessions. Default: [`CompactJsonSerializer`].
    pub fn serializer<T: Serializer>(self, serializer: T) -> Builder<Stored<St, T>> {
        self.with_protection(|Stored { secrets, store, max_bytes, store_options, .. }| Stored {
            secrets,
            store,
            serializer,
            max_bytes,
            store_options,
        })
    }

    /// Sets the maximum size in bytes of a serialized session in the store. Saving a larger session is an error.
    /// Default: 256 KiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.protection.max_bytes = bytes;
        self
    }

    /// Builds the factory.
    ///
    /// # Errors
    /// Returns an error if an option is invalid. The message says how to fix it.
    pub fn build(self) -> Result<StoredSessionFactory<St, S>, BuildError> {
        let Stored { secrets, store, serializer, max_bytes, store_options } = self.protection;
        if store_options.on_error == OnStoreError::Accept {
            return Err(BuildError::new(
                "on_store_error",
                "a session in a store cannot be accepted without the store; use Refuse or StartNew",
            ));
        }
        let guard = store_options.guard(self.options.observer.clone())?;
        let is_development = self.options.is_development;
        let codec = self.options.codec(|cookie_name| {
            let cookie_name = cookie_name.to_owned();
            Protected::rotating(secrets, move |secrets, _| IdKeys::new(secrets, &cookie_name))
        })?;
        if codec.max_len < VALUE_LEN {
            let message =
                format!("a session id needs {VALUE_LEN} bytes; use at least {VALUE_LEN}, or a shorter name");
            return Err(BuildError::new("max_len", message));
        }
        // The ids are signed with a key of their own, so only the old formats can share a key.
        check_old_keys(&codec.old_formats)?;
        if is_development {
            development::warn(codec.template.name());
        }
        let shared =
            Shared { codec, store, serializer, max_bytes, on_store_error: store_options.on_error, guard };
        Ok(StoredSessionFactory { shared: Arc::new(shared) })
    }
}

impl<St, S> sealed::Keyed for Stored<St, S> {
    fn secrets_mut(&mut self) -> &mut Secrets {
        &mut self.secrets
    }
}

impl<St, S> HasStore for Stored<St, S> {
    fn store_options_mut(&mut self) -> &mut StoreOptions {
        &mut self.store_options
    }
}

impl<St, S: fmt::Debug> fmt::Debug for Stored<St, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("secrets", &self.secrets)
            .field("serializer", &self.serializer)
            .field("max_bytes", &self.max_bytes)
            .field("store_options", &self.store_options)
            .finish_non_exhaustive()
    }
}
