//! Replacing the secrets of a serializer.

use std::sync::{Mutex, PoisonError};

use session_sign::{Secret, Secrets};

use crate::error::BuildError;

/// The secrets of a serializer, and how to create the serializer from them.
pub(crate) struct Rotation<S> {
    secrets: Mutex<Secrets>,
    create: Create<Secrets, S>,
    create_from_one: Option<Create<Secret, S>>,
}

/// Creates the serializer `S` from a secret or from several.
type Create<From, S> = Box<dyn Fn(&From) -> Result<S, BuildError> + Send + Sync>;

impl<S> Rotation<S> {
    /// Creates the serializer from these secrets. Returns it and its rotation.
    pub(crate) fn new(
        secrets: Secrets,
        create: impl Fn(&Secrets) -> Result<S, BuildError> + Send + Sync + 'static,
    ) -> Result<(S, Self), BuildError> {
        let serializer = create(&secrets)?;
        let secrets = Mutex::new(secrets);
        Ok((serializer, Self { secrets, create: Box::new(create), create_from_one: None }))
    }

    /// Sets the function that creates a serializer from one secret, even from a weak one. [`retired`](Self::retired)
    /// calls it.
    pub(crate) fn set_create_from_one(
        &mut self,
        create: impl Fn(&Secret) -> Result<S, BuildError> + Send + Sync + 'static,
    ) {
        self.create_from_one = Some(Box::new(create));
    }

    /// Returns a serializer for each retired secret. The serializer writes what the factory wrote while this secret was
    /// the current one. Returns no serializers if [`set_create_from_one`](Self::set_create_from_one) was not called.
    pub(crate) fn retired(&self) -> Result<Vec<S>, BuildError> {
        self.retired_of(&self.secrets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn retired_of(&self, secrets: &Secrets) -> Result<Vec<S>, BuildError> {
        let Some(create) = &self.create_from_one else { return Ok(Vec::new()) };
        secrets.retired().iter().map(create).collect()
    }

    /// Changes the secrets, and calls `store` with the new serializers: one for all secrets, and those of
    /// [`retired`](Self::retired). After an error, the secrets are as before.
    pub(crate) fn replace(
        &self,
        change: impl FnOnce(&mut Secrets),
        store: impl FnOnce(S, Vec<S>) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        // Hold the lock until the serializer is stored, so that the serializer always matches the secrets.
        let mut current = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut secrets = current.clone();
        change(&mut secrets);
        store((self.create)(&secrets)?, self.retired_of(&secrets)?)?;
        *current = secrets;
        Ok(())
    }
}
