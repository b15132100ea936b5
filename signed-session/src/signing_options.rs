//! The options of a factory that signs its cookies.

use digest::{KeyInit, Mac};
use session_serde::Serializer;
use session_sign::{Algorithm, HashAlg, MacAlgorithm, Salt, Secret};

use crate::builder::Builder;
use crate::error::BuildError;
use crate::factory::SignedCookieSessionFactory;
use crate::signing::Signing;

impl SignedCookieSessionFactory {
    /// Starts from Pyramid's defaults: HMAC-SHA-512, JSON, the salt `pyramid.session.`, 20 minutes of inactivity.
    ///
    /// [`mac`](Builder::mac), [`hashalg`](Builder::hashalg) and [`serializer`](Builder::serializer) change the type of
    /// what is built.
    pub fn builder(secret: impl Into<Secret>) -> Builder {
        Builder::new(Signing::new(secret.into()))
    }
}

impl<A: Algorithm, S: Serializer> Builder<Signing<A, S>> {
    /// Separates this use of the secret from others. Default: `pyramid.session.`, text or bytes. Give each of several
    /// sessions of one site its own: a cookie is valid under any name that shares its secret and salt.
    pub fn salt(mut self, salt: impl Into<Salt>) -> Self {
        self.protection.salt = salt.into();
        self
    }

    /// A secret that was in use before: cookies that it signed are taken, and signed anew with the current secret at
    /// their next access. Can be called several times; each costs one more MAC for a cookie that is not valid.
    pub fn retired_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.protection.retired.push(secret.into());
        self
    }

    /// Accepts a current secret that can be guessed, such as one of fewer than 32 bytes; see
    /// [`check_strength`](Secret::check_strength). For an application that shares its sessions with Pyramid, which takes
    /// any secret. Replace the secret when the last route has moved; see
    /// [`allow_weak_retired_secrets`](Self::allow_weak_retired_secrets).
    pub fn allow_weak_secret(mut self) -> Self {
        self.protection.allow_weak_secret = true;
        self
    }

    /// Accepts [retired secrets](Self::retired_secret) that can be guessed. The current secret is still checked. Remove the
    /// retired one after one [`timeout`](Self::timeout): an attacker who guesses it can make sessions.
    ///
    /// ```
    /// use signed_session::{Secret, SignedCookieSessionFactory};
    ///
    /// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?)
    ///     .retired_secret("itsaseekreet") // Pyramid's
    ///     .allow_weak_retired_secrets()
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allow_weak_retired_secrets(mut self) -> Self {
        self.protection.allow_weak_retired_secrets = true;
        self
    }

    /// Signs with any MAC that implements [`digest::Mac`](crate::digest::Mac), such as `Hmac<Sha256>`,
    /// `SimpleHmac<Sha3_256>` or `Blake2bMac512`. Default: `Hmac<Sha512>`.
    ///
    /// Builds a `SignedCookieSessionFactory<M>`:
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
    pub fn mac<M: Mac + KeyInit + Clone + Send + Sync>(self) -> Builder<Signing<MacAlgorithm<M>, S>> {
        self.algorithm(MacAlgorithm::default())
    }

    /// Signs with HMAC over a hash by hashlib's name, for one that comes from a configuration file: `sha256`, `sha3_512`,
    /// `blake2b` and so on.
    ///
    /// Builds a [`DynSignedCookieSessionFactory`](crate::DynSignedCookieSessionFactory), which is another type than
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
    /// If there is no such hash; the error lists those that there are.
    pub fn hashalg(self, name: &str) -> Result<Builder<Signing<HashAlg, S>>, BuildError> {
        let hashalg = name.parse()?;
        Ok(self.algorithm(hashalg))
    }

    fn algorithm<B: Algorithm>(self, algorithm: B) -> Builder<Signing<B, S>> {
        self.with_signing(|_, serializer| (algorithm, serializer))
    }

    /// Writes and reads what is signed. Default: [`JsonSerializer`].
    pub fn serializer<T: Serializer>(self, serializer: T) -> Builder<Signing<A, T>> {
        self.with_signing(|algorithm, _| (algorithm, serializer))
    }

    fn with_signing<B, T>(self, change: impl FnOnce(A, S) -> (B, T)) -> Builder<Signing<B, T>> {
        self.with_protection(|signing| {
            let (algorithm, serializer) = change(signing.algorithm, signing.serializer);
            Signing {
                algorithm,
                serializer,
                secret: signing.secret,
                retired: signing.retired,
                salt: signing.salt,
                allow_weak_secret: signing.allow_weak_secret,
                allow_weak_retired_secrets: signing.allow_weak_retired_secrets,
            }
        })
    }
}
