//! The key that a salt and a secret make.

use std::fmt;

use zeroize::Zeroizing;

use crate::material::{Material, impl_from_text_or_bytes};
use crate::{Secret, SecretError};

/// Keeps one use of a secret apart from its other uses: what was signed under one salt does not verify under another.
/// Text or bytes, and may be empty.
///
/// A salt need not be secret, but it is part of the key, so `Debug` does not show it.
#[derive(Clone)]
pub struct Salt(Material);

impl_from_text_or_bytes!(Salt);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// The bytes a MAC is keyed with, wiped on drop.
#[derive(Clone)]
pub struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// `salt ‖ secret`, as Pyramid (WebOb's `SignedSerializer`) does it: text is latin-1, but if the text of either
    /// cannot be, the text of *both* is UTF-8. Bytes pass as they are.
    ///
    /// Nothing marks where the salt ends: salt `a` with secret `bc` is salt `ab` with secret `c`. End every salt in a
    /// character that no salt has elsewhere, as the dot of `newsletter.`.
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
    ///
    /// [`SecretError::is_empty`] if the secret is empty. A short one is accepted here: see
    /// [`Secret::check_strength`].
    pub fn derive(salt: &Salt, secret: &Secret) -> Result<Self, SecretError> {
        let (salt, secret) = (&salt.0, &secret.0);
        if secret.as_utf8().is_empty() {
            return Err(SecretError::empty());
        }
        // No encoding is longer than UTF-8: a vector that grew would leave copies behind.
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
