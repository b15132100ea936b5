//! The AEADs that may be used with random nonces.

use aead::{AeadInOut, KeyInit};
use aes_gcm_siv::Aes256GcmSiv;

/// An AEAD that stays secure when each nonce is drawn at random.
///
/// [`Encrypter`](crate::Encrypter) draws nonces at random, because servers that share a secret cannot share a counter. An
/// AEAD is safe under such nonces if they are so long that no two are ever equal, as the 192 bits of XChaCha20-Poly1305,
/// or if two equal nonces do little harm, as in AES-GCM-SIV: an observer learns whether the two messages are equal, and
/// nothing else.
///
/// AES-GCM and ChaCha20-Poly1305 have nonces of 96 bits, and two equal ones reveal the XOR of the messages and let an
/// attacker forge others. NIST SP 800-38D allows 2³² messages for each key with random nonces: seven weeks at
/// 1000 cookies a second. So this does not compile:
///
/// ```compile_fail,E0277
/// # use session_encrypt::Encrypter;
/// let encrypter: Encrypter<aes_gcm::Aes256Gcm>;
/// ```
///
/// Implement this trait for an AEAD of your own, or for a newtype of somebody else's, if it meets the condition.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to be safe under random nonces",
    label = "not a `RandomNonceSafe` AEAD",
    note = "AES-GCM and ChaCha20-Poly1305 have nonces of 96 bits: with random ones, a key is good for 2^32 messages, which are seven weeks at 1000 cookies a second",
    note = "use `Aes256GcmSiv`, or `XChaCha20Poly1305` with the feature `xchacha20poly1305`",
    note = "implement `RandomNonceSafe` for an AEAD of your own if it resists repeated nonces or has nonces of at least 192 bits"
)]
pub trait RandomNonceSafe: AeadInOut + KeyInit + Clone {
    /// The name of the algorithm. It is part of the key derivation, so that no two algorithms share a key.
    const NAME: &str;
}

impl RandomNonceSafe for Aes256GcmSiv {
    const NAME: &str = "AES-256-GCM-SIV";
}

#[cfg(feature = "xchacha20poly1305")]
impl RandomNonceSafe for chacha20poly1305::XChaCha20Poly1305 {
    const NAME: &str = "XChaCha20-Poly1305";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document shows that AES-GCM does not compile. Nothing but the marker is missing.
    #[test]
    fn aes_gcm_lacks_only_the_marker() {
        fn is_aead<A: AeadInOut + KeyInit + Clone>() {}
        is_aead::<aes_gcm::Aes256Gcm>();
    }

    #[test]
    fn compile_error_gives_right_arithmetic() {
        let attribute = include_str!("algorithm.rs").split("#[diagnostic").nth(1).unwrap();
        assert!(attribute.contains("2^32 messages, which are seven weeks at 1000 cookies a second"));
        let weeks = 2_f64.powi(32) / 1000.0 / (7.0 * 24.0 * 3600.0);
        assert_eq!(weeks.round(), 7.0);
    }
}
