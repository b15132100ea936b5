//! The options of a factory that signs its cookies.

use digest::{KeyInit, Mac};
use session_serde::Serializer;
use session_sign::{Algorithm, HashAlg, MacAlgorithm, Salt, Secrets};

use crate::builder::Builder;
use crate::error::BuildError;
use crate::factory::SignedCookieSessionFactory;
use crate::signing::{Signers, Signing};

impl SignedCookieSessionFactory {
    /// Returns a builder with Pyramid's defaults: HMAC-SHA-512, JSON, the salt `pyramid.session.`, and a timeout of 20
    /// minutes.
    ///
    /// The options [`mac`](Builder::mac), [`hashalg`](Builder::hashalg) and [`serializer`](Builder::serializer) change
    /// the type of the factory.
    ///
    /// `secret` is a [`Secret`](crate::Secret), text or bytes. To add retired secrets, pass [`Secrets`], or call
    /// [`retired_secret`](Builder::retired_secret).
    pub fn builder(secret: impl Into<Secrets>) -> Builder {
        Builder::new(Signing::new(secret.into()))
    }
}

impl<A: Algorithm, S: Serializer> Builder<Signing<A, S>> {
    /// Sets the salt, as text or bytes. It separates this use of the secret from other uses. Default:
    /// `pyramid.session.`.
    ///
    /// With the same secret and salt, a cookie is valid under any cookie name. If a site has several sessions, give
    /// each its own salt.
    pub fn salt(mut self, salt: impl Into<Salt>) -> Self {
        self.protection.signers.salt = salt.into();
        self
    }

    /// Accepts a current secret that can be guessed, such as one of fewer than 32 bytes; see
    /// [`check_strength`](crate::Secret::check_strength).
    ///
    /// An application that shares its sessions with Pyramid may need this, because Pyramid accepts any secret. Replace
    /// the secret once Pyramid no longer serves any routes; see
    /// [`allow_weak_retired_secrets`](Self::allow_weak_retired_secrets).
    pub fn allow_weak_secret(mut self) -> Self {
        self.protection.signers.allow_weak_secret = true;
        self
    }

    /// Accepts [retired secrets](Self::retired_secret) that can be guessed. The current secret is still checked.
    ///
    /// An attacker who guesses a retired secret can forge sessions. Remove the secret when one
    /// [`timeout`](Self::timeout) has passed since it was retired, or one [`max_lifetime`](Self::max_lifetime) if that
    /// is longer.
    ///
    /// ```
    /// use signed_session::{Secret, SignedCookieSessionFactory};
    ///
    /// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?)
    ///     .retired_secret("itsaseekreet") // the secret of the Pyramid application
    ///     .allow_weak_retired_secrets()
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allow_weak_retired_secrets(mut self) -> Self {
        self.protection.signers.allow_weak_retired_secrets = true;
        self
    }

    /// Signs with any MAC that implements [`digest::Mac`](crate::digest::Mac), such as `Hmac<Sha256>`,
    /// `SimpleHmac<Sha3_256>` or `Blake2bMac512`. Default: `Hmac<Sha512>`.
    ///
    /// The factory is then a `SignedCookieSessionFactory<M>`:
    ///
    /// ```
    /// use signed_session::hmac::Hmac;
    /// use signed_session::{Secret, SignedCookieSessionFactory};
    ///
    /// struct App {
    ///     sessions: SignedCookieSessionFactory<Hmac<sha2::Sha256>>,
    /// }
    ///
    /// let builder = SignedCookieSessionFactory::builder(Secret::generate()?);
    /// let app = App { sessions: builder.mac().build()? };
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mac<M: Mac + KeyInit + Clone + Send + Sync + 'static>(
        self,
    ) -> Builder<Signing<MacAlgorithm<M>, S>> {
        self.algorithm(MacAlgorithm::default())
    }

    /// Signs with HMAC based on the hash that Python's hashlib calls `name`: `sha256`, `sha3_512`, `blake2b` and so on.
    /// Use this method if the name comes from a configuration file.
    ///
    /// The factory is then a [`DynSignedCookieSessionFactory`](crate::DynSignedCookieSessionFactory) instead of a
    /// [`SignedCookieSessionFactory`]:
    ///
    /// ```
    /// use signed_session::{DynSignedCookieSessionFactory, Secret, SignedCookieSessionFactory};
    ///
    /// struct App {
    ///     sessions: DynSignedCookieSessionFactory,
    /// }
    ///
    /// let builder = SignedCookieSessionFactory::builder(Secret::generate()?);
    /// let app = App { sessions: builder.hashalg("sha3_512")?.build()? };
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the name is unknown. The error lists the known names.
    pub fn hashalg(self, name: &str) -> Result<Builder<Signing<HashAlg, S>>, BuildError> {
        let hashalg = name.parse().map_err(BuildError::of_hashalg)?;
        Ok(self.algorithm(hashalg))
    }

    fn algorithm<B: Algorithm>(self, algorithm: B) -> Builder<Signing<B, S>> {
        self.with_protection(|Signing { signers, serializer, secrets }| {
            let Signers { salt, allow_weak_secret, allow_weak_retired_secrets, .. } = signers;
            let signers = Signers { algorithm, salt, allow_weak_secret, allow_weak_retired_secrets };
            Signing { signers, serializer, secrets }
        })
    }

    /// Sets the serializer of the signed payload. Default: [`JsonSerializer`](crate::JsonSerializer).
    pub fn serializer<T: Serializer>(self, serializer: T) -> Builder<Signing<A, T>> {
        self.with_protection(|Signing { signers, secrets, .. }| Signing { signers, serializer, secrets })
    }
}
