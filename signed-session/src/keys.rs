//! Replacing the secrets of a factory while it runs.

use std::sync::{Mutex, PoisonError};

use session_serde::Serializer;
use session_sign::{SecretError, Secrets};

use crate::error::BuildError;
use crate::factory::BaseCookieSessionFactory;
use crate::protection::Protected;

/// The secrets of a serializer, and how to create the serializer from them.
pub(crate) struct Rotation<S> {
    secrets: Mutex<Secrets>,
    serializer: CreateSerializer<S>,
}

type CreateSerializer<S> = Box<dyn Fn(&Secrets) -> Result<S, BuildError> + Send + Sync>;

impl<S> Protected<S> {
    pub(crate) fn with_secrets(
        secrets: Secrets,
        serializer: impl Fn(&Secrets) -> Result<S, BuildError> + Send + Sync + 'static,
    ) -> Result<Self, BuildError> {
        let first = serializer(&secrets)?;
        let rotation = Rotation { secrets: Mutex::new(secrets), serializer: Box::new(serializer) };
        Ok(Self { serializer: first, rotation: Some(rotation) })
    }
}

/// Replacing the secrets while the factory runs. All clones of the factory use the new secrets at once, also for requests
/// that have begun. Reading the keys takes no lock.
impl<S: Serializer> BaseCookieSessionFactory<S> {
    /// Makes `secret` the current one. The secret that was current becomes a retired one, so no user is signed out.
    ///
    /// A server accepts only cookies of secrets that it knows. If several servers share their sessions, first give the new
    /// secret to all of them as a [retired one](crate::Builder::retired_secret), then rotate. `docs/rotation.md` in the
    /// repository has the steps.
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
    /// Returns an error if [`set_secrets`](Self::set_secrets) does.
    pub fn rotate(&self, secret: impl Into<session_sign::Secret>) -> Result<(), BuildError> {
        self.replace_secrets(|secrets| secrets.rotate(secret))
    }

    /// Replaces the current and the retired secrets, for instance with those that a
    /// [`SecretSource`](crate::SecretSource) reads. Cookies of secrets that are not among the new ones are rejected.
    ///
    /// # Errors
    /// Returns an error if [`build`](crate::Builder::build) would return one for these secrets, or if the factory was
    /// built [with a serializer](Self::with_serializer) instead of a secret. The factory then keeps its secrets.
    pub fn set_secrets(&self, secrets: impl Into<Secrets>) -> Result<(), BuildError> {
        self.replace_secrets(|current| *current = secrets.into())
    }

    fn replace_secrets(&self, change: impl FnOnce(&mut Secrets)) -> Result<(), BuildError> {
        let Some(rotation) = &self.codec.rotation else {
            return Err(BuildError::new(
                "secret",
                "the factory was built with a serializer, and has no secret",
            ));
        };
        // Hold the lock until the serializer is replaced, so that the two stay in step.
        let mut current = rotation.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut secrets = current.clone();
        change(&mut secrets);
        let serializer = (rotation.serializer)(&secrets)?;
        self.codec.serializer.store(serializer.into());
        *current = secrets;
        Ok(())
    }
}

/// The option of a current secret, in errors.
pub(crate) const SECRET: &str = "secret";

/// The option of a retired secret, in errors.
pub(crate) const RETIRED_SECRET: &str = "retired_secret";

/// Creates the error for an invalid secret. The hint is appended if the secret is weak.
pub(crate) fn secret_error(option: &'static str, hint: &str) -> impl Fn(SecretError) -> BuildError {
    move |error| {
        let hint = if error.is_weak() { hint } else { "" };
        BuildError::new(option, format!("{error}{hint}")).with_source(error)
    }
}
