//! The parts of an envelope.

use std::fmt;

use aead::AeadCore;
use aead::array::typenum::Unsigned;

use crate::RandomNonceSafe;
use crate::key::{HEADER_LEN, VERSION};

/// The parts of an envelope that has not been decrypted. Anyone could have written the envelope.
///
/// The type is meant for tools that show an envelope or look for its key. Only
/// [`Encrypter::decrypt`](crate::Encrypter::decrypt) authenticates the envelope.
///
/// ```
/// use session_encrypt::{Aes256GcmSiv, Encrypter, EnvelopeParts};
///
/// # let secret = &[7; 32];
/// let encrypter: Encrypter = Encrypter::new(secret, "session", "__Host-session")?;
/// let mut envelope = b"user 42".to_vec();
/// encrypter.encrypt(&mut envelope)?;
///
/// let parts = EnvelopeParts::split::<Aes256GcmSiv>(&envelope).expect("it is an envelope");
/// assert_eq!((parts.version(), parts.nonce().len(), parts.tag().len()), (1, 12, 16));
/// assert_eq!(parts.ciphertext().len(), b"user 42".len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EnvelopeParts<'a> {
    pub(crate) header: [u8; HEADER_LEN],
    nonce: &'a [u8],
    ciphertext: &'a [u8],
    tag: &'a [u8],
}

impl<'a> EnvelopeParts<'a> {
    /// Splits an envelope of the AEAD `A`. Returns `None` if the bytes are too short or of another version.
    ///
    /// An envelope does not name its AEAD. If `A` is not the AEAD that encrypted the envelope, the version and the key
    /// id are still right, but the nonce, the ciphertext and the tag may be cut at the wrong places.
    pub fn split<A: RandomNonceSafe>(envelope: &'a [u8]) -> Option<Self> {
        let (header, rest) = envelope.split_first_chunk()?;
        let (nonce, rest) = rest.split_at_checked(<A as AeadCore>::NonceSize::USIZE)?;
        let ciphertext_len = rest.len().checked_sub(<A as AeadCore>::TagSize::USIZE)?;
        let (ciphertext, tag) = rest.split_at_checked(ciphertext_len)?;
        (header[0] == VERSION).then_some(Self { header: *header, nonce, ciphertext, tag })
    }

    /// Returns the version of the format.
    pub fn version(&self) -> u8 {
        self.header[0]
    }

    /// Returns the key id, which tells the decrypting side which key to try. The id reveals nothing about the key.
    pub fn key_id(&self) -> [u8; 4] {
        let [_, id @ ..] = self.header;
        id
    }

    /// Returns the nonce.
    pub fn nonce(&self) -> &'a [u8] {
        self.nonce
    }

    /// Returns the ciphertext. It is as long as the message.
    pub fn ciphertext(&self) -> &'a [u8] {
        self.ciphertext
    }

    /// Returns the tag, which authenticates the envelope.
    pub fn tag(&self) -> &'a [u8] {
        self.tag
    }
}

impl fmt::Debug for EnvelopeParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvelopeParts")
            .field("version", &self.version())
            .field("key_id", &self.key_id())
            .field("ciphertext_len", &self.ciphertext.len())
            .finish_non_exhaustive()
    }
}
