//! Derivation of keys.

use aead::array::typenum::Unsigned;
use aead::{Key, KeySizeUser};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::encode::encode;
use crate::{RandomNonceSafe, ShortSecretError};

/// The first byte of every envelope.
pub(crate) const VERSION: u8 = 1;

/// Separates this use of HKDF from other uses of the same secret.
const LABEL: &[u8] = b"session-encrypt-v1";

/// Length of a key id in bytes.
pub(crate) const ID_LEN: usize = 4;

/// Length in bytes of the version and the key id together.
pub(crate) const HEADER_LEN: usize = 1 + ID_LEN;

/// Maximum output of HKDF-SHA-256 in bytes.
const MAX_DERIVED_LEN: usize = 255 * 32;

/// The key derived from a secret for one purpose and one cookie.
#[derive(Clone)]
pub(crate) struct DerivedKey<A> {
    /// The version and the key id. Every envelope that this key encrypts starts with them.
    pub(crate) header: [u8; HEADER_LEN],
    /// The encoding of header, purpose and name.
    pub(crate) associated_data: Box<[u8]>,
    pub(crate) cipher: A,
}

impl<A: RandomNonceSafe> DerivedKey<A> {
    pub(crate) fn new(secret: &[u8], purpose: &str, name: &str) -> Result<Self, ShortSecretError> {
        const {
            assert!(
                <A as KeySizeUser>::KeySize::USIZE + ID_LEN <= MAX_DERIVED_LEN,
                "key is too long for HKDF"
            )
        };
        ShortSecretError::check(secret)?;

        let mut derived = Zeroizing::new(vec![0; A::key_size() + ID_LEN]);
        Hkdf::<Sha256>::new(None, secret)
            .expand(&info::<A>(purpose, name), &mut derived)
            .expect("the assertion above checks the length");
        let (key_bytes, id) = derived.split_at(A::key_size());

        let mut header = [VERSION; HEADER_LEN];
        header[1..].copy_from_slice(id);
        let mut key = Key::<A>::default();
        key.copy_from_slice(key_bytes);
        let cipher = A::new(&key);
        key.as_mut_slice().zeroize();
        Ok(Self {
            header,
            associated_data: encode(&[&header, purpose.as_bytes(), name.as_bytes()]).into(),
            cipher,
        })
    }
}

/// Returns HKDF's `info`, which binds a key to the algorithm, purpose and name.
pub(crate) fn info<A: RandomNonceSafe>(purpose: &str, name: &str) -> Vec<u8> {
    encode(&[LABEL, A::NAME.as_bytes(), purpose.as_bytes(), name.as_bytes()])
}
