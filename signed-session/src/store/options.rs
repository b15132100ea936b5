//! The options of a factory with a store.

use std::sync::Arc;
use std::time::Duration;

use super::guard::Guard;
use super::on_store_error::OnStoreError;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::observer::Observer;

/// The options that all factories with a store have.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    pub(crate) timeout: Duration,
    pub(crate) on_error: OnStoreError,
}

/// A protection that uses a store. The trait is sealed: its module is private.
pub trait HasStore {
    fn store_options_mut(&mut self) -> &mut StoreOptions;
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(1), on_error: OnStoreError::Refuse }
    }
}

impl StoreOptions {
    /// Creates the guard for the calls to the store.
    ///
    /// # Errors
    /// Returns an error if the timeout is zero.
    pub(crate) fn guard(&self, observer: Option<Arc<dyn Observer>>) -> Result<Guard, BuildError> {
        if self.timeout.is_zero() {
            return Err(BuildError::new(
                "store_timeout",
                "the time limit is zero; use more, such as one second",
            ));
        }
        Ok(Guard::new(self.timeout, observer))
    }
}

impl<P: HasStore> Builder<P> {
    /// Sets the maximum time of one call to the store. A call that takes longer fails, as if the store could not be
    /// reached. Default: one second.
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.protection.store_options_mut().timeout = timeout;
        self
    }

    /// Sets what happens if a session has to be loaded while the store cannot be used. Default:
    /// [`OnStoreError::Refuse`]. A [revocable](Builder::revocable) session without an owner does not need the store.
    /// For sessions in a store, `build()` refuses [`OnStoreError::Accept`], because their entries are only in the
    /// store.
    pub fn on_store_error(mut self, on_store_error: OnStoreError) -> Self {
        self.protection.store_options_mut().on_error = on_store_error;
        self
    }
}
