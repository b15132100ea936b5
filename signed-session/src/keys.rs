//! Replacing the secrets of a factory while it runs.

use session_serde::Serializer;
use session_sign::{Secret, Secrets};

use crate::codec::Codec;
use crate::error::{BuildError, RETIRED_SECRET};
use crate::factory::BaseCookieSessionFactory;
use crate::old_format::check_keys;

/// Replacing the secrets while the factory runs. All clones of the factory use the new secrets at once. A request that
/// has already read its session saves it with the new secret. Reading the keys takes no lock.
impl<S: Serializer> BaseCookieSessionFactory<S> {
    /// Makes `secret` the current one. The secret that was current becomes a retired one, so no user is signed out.
    ///
    /// Retired secrets stay until [`set_secrets`](Self::set_secrets) or a restart drops them. Each one adds a MAC to
    /// the cost of rejecting a forged signed cookie.
    ///
    /// A server accepts only cookies of secrets that it knows. If several servers share their sessions, first give the
    /// new secret to all of them as a [retired one](crate::Builder::retired_secret), then rotate. `docs/rotation.md` in
    /// the repository has the steps.
    ///
    /// ```
    /// use signed_session::testing::mint_cookie;
    /// use signed_session::{Secret, SignedCookieSessionFactory};
    ///
    /// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?).build()?;
    /// let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    ///
    /// sessions.rotate(Secret::generate()?)?;
    /// let session = sessions.load(cookie);
    /// assert_eq!(session.get("user")?, Some("zoe"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error in the same cases as [`set_secrets`](Self::set_secrets). A weak current secret that
    /// [`allow_weak_secret`](crate::Builder::allow_weak_secret) accepts can become a retired one only if
    /// [`allow_weak_retired_secrets`](crate::Builder::allow_weak_retired_secrets) is set as well.
    pub fn rotate(&self, secret: impl Into<Secret>) -> Result<(), BuildError> {
        self.replace_secrets(|secrets| secrets.rotate(secret)).map_err(|error| match error.option() {
            RETIRED_SECRET => error.with_hint(RETIRING_HINT),
            _ => error,
        })
    }

    /// Replaces the current and the retired secrets, for instance with those that a
    /// [`SecretSource`](crate::SecretSource) reads. Cookies of secrets that are not among the new ones are rejected.
    ///
    /// # Errors
    /// Returns an error if [`build`](crate::Builder::build) would return one for these secrets, or if the factory was
    /// built [with a serializer](Self::with_serializer) instead of a secret. The factory then keeps its secrets.
    ///
    /// This method does not check the factories that read the cookies of this factory through
    /// [`also_reads`](crate::Builder::also_reads). So do not set a secret that one of those factories has.
    pub fn set_secrets(&self, secrets: impl Into<Secrets>) -> Result<(), BuildError> {
        self.replace_secrets(|current| *current = secrets.into())
    }

    fn replace_secrets(&self, change: impl FnOnce(&mut Secrets)) -> Result<(), BuildError> {
        let codec = &self.codec;
        codec.replace_secrets(change, |(serializer, retired)| {
            check_keys(codec.template.name(), serializer, retired, &codec.old_formats)
        })
    }
}

impl<S> Codec<S> {
    /// Changes the secrets and, with them, the serializer, if `check` accepts the new serializer. `check` also gets the
    /// serializers for the retired secrets. After an error, nothing is changed.
    pub(crate) fn replace_secrets(
        &self,
        change: impl FnOnce(&mut Secrets),
        check: impl FnOnce((&S, &[S])) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        let Some(rotation) = &self.rotation else {
            return Err(BuildError::new(
                "secret",
                "the factory was built with a serializer, and has no secret; build it with builder(secret) instead",
            ));
        };
        rotation.replace(change, |serializer, retired| {
            check((&serializer, &retired))?;
            self.serializer.store(serializer.into());
            Ok(())
        })
    }
}

/// Appended to the error if the current secret cannot become a retired one.
const RETIRING_HINT: &str = "; rotate() makes the current secret a retired one: to end the sessions of the current \
                             secret instead, call set_secrets() with the new secret alone";
