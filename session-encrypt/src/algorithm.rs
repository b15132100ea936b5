//! AEADs that are safe under random nonces.

use aead::{AeadInOut, KeyInit};
use aes_gcm_siv::Aes256GcmSiv;

/// An AEAD that is secure with random nonces.
///
/// [`Encrypter`](crate::Encrypter) uses random nonces, because servers that share a secret cannot share a counter. An
/// AEAD is safe under random nonces in two cases:
///
/// - The nonces are so long that random ones practically never repeat, such as the 192-bit nonces of
///   XChaCha20-Poly1305.
/// - A repeated nonce does little harm. In AES-GCM-SIV, it reveals whether the two messages are equal, and nothing
///   else.
///
/// AES-GCM and ChaCha20-Poly1305 have nonces of 96 bits. A repeated nonce reveals the XOR of the two messages, and lets
/// an attacker forge messages. With random nonces, NIST SP 800-38D permits 2³² messages for each AES-GCM key. At 1000
/// cookies a second, a key lasts seven weeks. So this trait is implemented for neither AEAD, and neither of these types
/// compiles:
///
/// ```compile_fail,E0277
/// # use session_encrypt::Encrypter;
/// let encrypter: Encrypter<aes_gcm::Aes256Gcm>;
/// ```
///
/// ```compile_fail,E0277
/// # use session_encrypt::Encrypter;
/// let encrypter: Encrypter<chacha20poly1305::ChaCha20Poly1305>;
/// ```
///
/// Implement this trait for your own AEAD, or for a newtype around an AEAD of another crate, if the AEAD is safe under
/// random nonces. The type should be `ZeroizeOnDrop`, so that its key is wiped; the trait does not require this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to be safe under random nonces",
    label = "not a `RandomNonceSafe` AEAD",
    note = "AES-GCM and ChaCha20-Poly1305 have nonces of 96 bits: if they are random, a key is safe for 2^32 messages, enough for seven weeks at 1000 cookies a second",
    note = "use `Aes256GcmSiv`, or `XChaCha20Poly1305` with the feature `xchacha20poly1305`",
    note = "implement `RandomNonceSafe` for your own AEAD if it resists repeated nonces or has nonces of at least 192 bits"
)]
pub trait RandomNonceSafe: AeadInOut + KeyInit + Clone + Send + Sync + 'static {
    /// The name of the algorithm. It is an input of the key derivation, so that no two algorithms share a key.
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

    /// The two AEADs of the `compile_fail` examples have everything that [`RandomNonceSafe`] requires, so the examples
    /// fail only because the trait is not implemented.
    #[test]
    fn aeads_with_short_nonces_lack_only_marker_trait() {
        fn is_aead<A: AeadInOut + KeyInit + Clone + Send + Sync + 'static>() {}
        is_aead::<aes_gcm::Aes256Gcm>();
        is_aead::<chacha20poly1305::ChaCha20Poly1305>();
    }

    #[test]
    fn compile_error_states_correct_weeks() {
        let attribute = include_str!("algorithm.rs").split("#[diagnostic").nth(1).unwrap();
        assert!(attribute.contains("2^32 messages, enough for seven weeks at 1000 cookies a second"));
        let weeks = 2_f64.powi(32) / 1000.0 / (7.0 * 24.0 * 3600.0);
        assert_eq!(weeks.round(), 7.0);
    }
}
