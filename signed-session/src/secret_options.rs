//! The options of a factory with a secret.

use session_sign::Secret;

use crate::builder::Builder;
use crate::protection::sealed::Keyed;

impl<P: Keyed> Builder<P> {
    /// Adds a retired secret. Cookies of this secret are accepted; the next access re-issues them with the current
    /// secret.
    ///
    /// Can be called several times. A signed cookie that none of the secrets signed costs one MAC per secret. An
    /// encrypted cookie names its key, and costs one decryption.
    pub fn retired_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.protection.secrets_mut().push_retired(secret);
        self
    }
}
