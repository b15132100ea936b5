//! MAC algorithms, which create signers from keys.

use std::fmt;
use std::marker::PhantomData;

use digest::{KeyInit, Mac};

use crate::{KeyError, Sign, Signer};

/// A MAC algorithm, chosen before the key is known.
///
/// ```
/// use hmac::{Hmac, SimpleHmac};
/// # extern crate session_sign as signed_session;
/// use signed_session::{Algorithm, MacAlgorithm, Sign};
///
/// fn tag_len(algorithm: impl Algorithm) -> usize {
///     algorithm.signer(b"any key").map_or(0, |signer| signer.tag_len())
/// }
///
/// assert_eq!(tag_len(MacAlgorithm::<Hmac<sha2::Sha512>>::new()), 64);
/// assert_eq!(tag_len(MacAlgorithm::<SimpleHmac<sha3::Sha3_256>>::new()), 32);
/// # #[cfg(feature = "hashlib")]
/// assert_eq!(tag_len("sha512".parse::<signed_session::HashAlg>().unwrap()), 64);
/// ```
pub trait Algorithm: Send + Sync + 'static {
    /// The signer of this algorithm.
    type Signer: Sign;

    /// Prepares a signer with `key`.
    ///
    /// # Errors
    /// Returns an error if the MAC does not accept a key of this length. An HMAC accepts any length.
    fn signer(&self, key: &[u8]) -> Result<Self::Signer, KeyError>;
}

/// The algorithm of the MAC `M`, chosen at compile time.
///
/// `M` is any [`digest::Mac`] that also implements [`digest::KeyInit`] and `Clone`: `Hmac<Sha512>`, `Blake2bMac512`, or
/// your own type. In hmac 0.13, SHA-3 and BLAKE2 need `SimpleHmac`, as in `SimpleHmac<Sha3_256>`.
pub struct MacAlgorithm<M>(PhantomData<fn() -> M>);

impl<M> MacAlgorithm<M> {
    /// Creates the only value of this type.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M: Mac + KeyInit + Clone + Send + Sync + 'static> Algorithm for MacAlgorithm<M> {
    type Signer = Signer<M>;

    fn signer(&self, key: &[u8]) -> Result<Signer<M>, KeyError> {
        Signer::new(key)
    }
}

// Not derived, because a derive would require `M` to implement the same traits.
impl<M> Clone for MacAlgorithm<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for MacAlgorithm<M> {}

impl<M> Default for MacAlgorithm<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> fmt::Debug for MacAlgorithm<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacAlgorithm")
    }
}
