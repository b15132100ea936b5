//! The options of a factory that encrypts its cookies.

use std::marker::PhantomData;

use session_encrypt::RandomNonceSafe;
use session_serde::Serializer;
use session_sign::Secrets;

use crate::builder::Builder;
use crate::encryption::Encryption;
use crate::factory::EncryptedCookieSessionFactory;

impl EncryptedCookieSessionFactory {
    /// Returns a builder with the defaults for a new site: those of [`production`](Builder::production),
    /// AES-256-GCM-SIV, and compact JSON.
    ///
    /// `secret` is a [`Secret`](crate::Secret), text or bytes. To add retired secrets, pass [`Secrets`], or call
    /// [`retired_secret`](Builder::retired_secret). Each secret needs at least 32 random bytes.
    ///
    /// ```
    /// use signed_session::{EncryptedCookieSessionFactory, Secret};
    ///
    /// let sessions = EncryptedCookieSessionFactory::builder(Secret::generate()?).build()?;
    /// let mut session = sessions.load(None::<&str>);
    /// session.insert("user", "zoe")?;
    ///
    /// let set_cookie = session.save()?.into_session_cookie().expect("the session has an entry");
    /// assert!(set_cookie.as_str().starts_with("__Host-session="));
    /// assert!(set_cookie.as_str().ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(secret: impl Into<Secrets>) -> Builder<Encryption> {
        Builder::new(Encryption::new(secret.into())).production()
    }
}

impl<A: RandomNonceSafe, S: Serializer> Builder<Encryption<A, S>> {
    /// Encrypts with any AEAD that is [safe under random nonces](RandomNonceSafe), such as `XChaCha20Poly1305` on a
    /// processor without AES instructions. Default: [`Aes256GcmSiv`](session_encrypt::Aes256GcmSiv).
    ///
    /// The new algorithm cannot decrypt existing cookies. To keep them valid, pass a factory with the old algorithm to
    /// [`also_reads`](Self::also_reads).
    pub fn aead<B: RandomNonceSafe>(self) -> Builder<Encryption<B, S>> {
        self.with_protection(|Encryption { serializer, secrets, .. }| Encryption {
            serializer,
            secrets,
            algorithm: PhantomData,
        })
    }

    /// Sets the serializer of the encrypted payload. Default:
    /// [`CompactJsonSerializer`](crate::CompactJsonSerializer).
    pub fn serializer<T: Serializer>(self, serializer: T) -> Builder<Encryption<A, T>> {
        self.with_protection(|Encryption { secrets, algorithm, .. }| Encryption {
            serializer,
            secrets,
            algorithm,
        })
    }
}
