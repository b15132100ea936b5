//! The secrets of a serializer, which can be replaced.

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
    /// Returns the serializer of these secrets, and its rotation.
    pub(crate) fn new(
        secrets: Secrets,
        create: impl Fn(&Secrets) -> Result<S, BuildError> + Send + Sync + 'static,
    ) -> Result<(S, Self), BuildError> {
        let serializer = create(&secrets)?;
        Ok((serializer, Self { secrets: Mutex::new(secrets), create: Box::new(create) }))
    }

    /// Changes the secrets, and passes the serializer of the new secrets to `store`. After an error, the secrets are as
    /// before.
    pub(crate) fn replace(
        &self,
        change: impl FnOnce(&mut Secrets),
        store: impl FnOnce(S) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        // Hold the lock until the serializer is stored, so that the two stay in step.
        let mut current = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut secrets = current.clone();
        change(&mut secrets);
        store((self.create)(&secrets)?)?;
        *current = secrets;
        Ok(())
    }
}
