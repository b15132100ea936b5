//! Replacing the secrets of a serializer.

use std::sync::{Mutex, PoisonError};

use session_sign::Secrets;

use crate::error::BuildError;

/// The secrets of a serializer, and how to create the serializer from them.
pub(crate) struct Rotation<S> {
    secrets: Mutex<Secrets>,
    create: CreateSerializer<S>,
}

type CreateSerializer<S> = Box<dyn Fn(&Secrets) -> Result<S, BuildError> + Send + Sync>;

impl<S> Rotation<S> {
    /// Creates the serializer from these secrets. Returns it and its rotation.
    pub(crate) fn new(
        secrets: Secrets,
        create: impl Fn(&Secrets) -> Result<S, BuildError> + Send + Sync + 'static,
    ) -> Result<(S, Self), BuildError> {
        let serializer = create(&secrets)?;
        Ok((serializer, Self { secrets: Mutex::new(secrets), create: Box::new(create) }))
    }

    /// Changes the secrets, creates a serializer from them, and passes it to the function `store`. After an error, the
    /// secrets are as before.
    pub(crate) fn replace(
        &self,
        change: impl FnOnce(&mut Secrets),
        store: impl FnOnce(S) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        // Hold the lock until the serializer is stored, so that the serializer always matches the secrets.
        let mut current = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut secrets = current.clone();
        change(&mut secrets);
        store((self.create)(&secrets)?)?;
        *current = secrets;
        Ok(())
    }
}
