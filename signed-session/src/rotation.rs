//! Replacing the secrets of a serializer.

use std::sync::{Mutex, PoisonError};

use session_sign::{Secret, Secrets};

use crate::error::BuildError;

/// The secrets of a serializer, and how to create the serializer from them.
pub(crate) struct Rotation<S> {
    secrets: Mutex<Secrets>,
    create: Box<Create<S>>,
}

type Create<S> = dyn Fn(&Secrets, Strength) -> Result<S, BuildError> + Send + Sync;

/// The strength that the current secret needs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Strength {
    /// The strength that the options require.
    Checked,
    /// Any strength, because the secret is a retired one of the factory.
    Any,
}

impl<S> Rotation<S> {
    /// Creates the serializer from these secrets. Returns it and its rotation.
    pub(crate) fn new(
        secrets: Secrets,
        create: impl Fn(&Secrets, Strength) -> Result<S, BuildError> + Send + Sync + 'static,
    ) -> Result<(S, Self), BuildError> {
        let serializer = create(&secrets, Strength::Checked)?;
        Ok((serializer, Self { secrets: Mutex::new(secrets), create: Box::new(create) }))
    }

    /// Returns a serializer for each retired secret. The serializer writes what the factory wrote while this secret was
    /// the current one.
    pub(crate) fn retired(&self) -> Result<Vec<S>, BuildError> {
        self.retired_of(&self.secrets.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn retired_of(&self, secrets: &Secrets) -> Result<Vec<S>, BuildError> {
        let create = |secret: &Secret| (self.create)(&Secrets::from(secret.clone()), Strength::Any);
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
        store((self.create)(&secrets, Strength::Checked)?, self.retired_of(&secrets)?)?;
        *current = secrets;
        Ok(())
    }
}
