//! The option for retired secrets.

use session_sign::Secret;

use crate::builder::Builder;
use crate::protection::sealed::Keyed;

impl<P: Keyed> Builder<P> {
    /// Adds a retired secret. Cookies that were written with this secret are accepted; the next access re-issues them
    /// with the current secret.
    ///
    /// This method can be called several times. A signed cookie that matches none of the secrets costs one MAC per
    /// secret. The same is true of the cookie of a session in a store. An encrypted cookie contains the id of its key,
    /// and is decrypted only with a key that has this id.
    pub fn retired_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.protection.secrets_mut().push_retired(secret);
        self
    }
}
