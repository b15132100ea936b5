//! Salts, and keys derived from a salt and a secret.

use std::fmt;

use zeroize::Zeroizing;

use crate::material::{Material, impl_from_text_or_bytes};
use crate::{Secret, SecretError};

/// Text or bytes that separate one use of a secret from its other uses. May be empty.
///
/// A message signed with one salt does not verify with another. A salt need not be secret, but it is part of the key,
/// so `Debug` does not show it.
#[derive(Clone)]
pub struct Salt(Material);

impl_from_text_or_bytes!(Salt);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// The key of a MAC, wiped on drop.
#[derive(Clone)]
pub struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// Derives the key `salt ‖ secret`, as Pyramid does with WebOb's `SignedSerializer`.
    ///
    /// Text is encoded as latin-1. If the salt or the secret has a character outside of latin-1, the text of *both* is
    /// encoded as UTF-8. Bytes are not changed.
    ///
    /// Nothing marks the end of the salt: salt `a` with secret `bc` gives the same key as salt `ab` with secret `c`.
    /// End every salt with a character that occurs nowhere else in a salt, such as the dot of `newsletter.`.
    ///
    /// ```
    /// use session_sign::{Key, Salt, Secret};
    ///
    /// let secret = Secret::from("sécret");
    /// assert_eq!(Key::derive(&Salt::from("salt."), &secret)?.as_ref(), b"salt.s\xe9cret");
    /// assert_eq!(Key::derive(&Salt::from("€."), &secret)?.as_ref(), "€.sécret".as_bytes());
    /// # Ok::<(), session_sign::SecretError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the secret is empty ([`SecretError::is_empty`]). A short secret is accepted here;
    /// [`Secret::check_strength`] refuses it.
    pub fn derive(salt: &Salt, secret: &Secret) -> Result<Self, SecretError> {
        let (salt, secret) = (&salt.0, &secret.0);
        if secret.as_utf8().is_empty() {
            return Err(SecretError::empty());
        }
        // Latin-1 is not longer than UTF-8, so this capacity suffices. A reallocation would leave a copy of the key in
        // memory.
        let mut key = Zeroizing::new(Vec::with_capacity(salt.as_utf8().len() + secret.as_utf8().len()));
        match (salt.latin1(), secret.latin1()) {
            (Some(salt), Some(secret)) => key.extend(salt.chain(secret)),
            _ => {
                key.extend_from_slice(salt.as_utf8());
                key.extend_from_slice(secret.as_utf8());
            }
        }
        Ok(Self(key))
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
