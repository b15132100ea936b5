//! The buffer that holds first the message and then the envelope.

use session_encrypt::{Encrypter, RandomNonceSafe};

use crate::util::secret;

fn encrypter<A: RandomNonceSafe>() -> Encrypter<A> {
    Encrypter::new(&secret(1), "session", "s").unwrap()
}

/// Regression: `encrypt` expected the caller to leave room for the prefix before the message. If there was no room,
/// `encrypt` overwrote the message.
#[test]
fn prefix_does_not_overwrite_message() {
    let encrypter: Encrypter = encrypter();
    for len in 0..100_u8 {
        let message: Vec<_> = (0..len).collect();
        let mut buffer = message.clone();
        encrypter.encrypt(&mut buffer).unwrap();
        assert_eq!(encrypter.decrypt(&mut buffer).unwrap().message(), message);
    }
}

fn assert_not_reallocated<A: RandomNonceSafe>() {
    let mut buffer = Vec::with_capacity(7 + Encrypter::<A>::OVERHEAD);
    buffer.extend_from_slice(b"message");
    let (address, capacity) = (buffer.as_ptr(), buffer.capacity());
    encrypter::<A>().encrypt(&mut buffer).unwrap();
    assert_eq!((buffer.as_ptr(), buffer.capacity()), (address, capacity));
}

#[test]
fn buffer_with_capacity_for_envelope_is_not_reallocated() {
    assert_not_reallocated::<session_encrypt::Aes256GcmSiv>();
    #[cfg(feature = "xchacha20poly1305")]
    assert_not_reallocated::<session_encrypt::XChaCha20Poly1305>();
}
