//! Compares how we and an independent oracle decrypt an envelope. Checks that an edited envelope is refused, and that
//! the buffer of a refused envelope does not hold the message.
//!
//! Input, decoded by `arbitrary`: the algorithm, and either the envelope's bytes or the parts to create it from.

#![no_main]

use aead::array::typenum::Unsigned;
use aead::{Aead, AeadCore, Nonce};
use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use session_encrypt::{Aes256GcmSiv, RandomNonceSafe, XChaCha20Poly1305};
use session_fuzz::edit::Edit;
use session_fuzz::encrypted::{RING, decrypt, encrypt, encrypter};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    is_aes: bool,
    envelope: Envelope<'a>,
}

#[derive(Arbitrary, Debug)]
enum Envelope<'a> {
    /// An envelope that is encrypted with a key of the ring and then edited.
    Edited {
        key: u8,
        nonce: [u8; 24],
        edits: Vec<Edit>,
        message: &'a [u8],
    },
    /// An envelope that is encrypted with a key outside of the ring.
    Foreign {
        nonce: [u8; 24],
        message: &'a [u8],
    },
    /// A valid header, which is the version and a key id of the ring, followed by arbitrary bytes. The AEAD reads these
    /// bytes if there are enough of them for a nonce and a tag.
    Headed {
        key: u8,
        rest: &'a [u8],
    },
    Bytes(&'a [u8]),
}

/// Minimum length of a message that the buffer is searched for. A buffer may contain a shorter message by chance.
const LONG: usize = 8;

fn check<A: RandomNonceSafe + Aead>(envelope: &Envelope<'_>) {
    let number = |key: &u8| RING[usize::from(*key) % RING.len()];
    let nonce = |bytes: &[u8; 24]| {
        Nonce::<A>::try_from(&bytes[..<A as AeadCore>::NonceSize::USIZE])
            .expect("the slice has the length of a nonce")
    };
    let (bytes, message) = match envelope {
        Envelope::Edited { key, nonce: bytes, edits, message } => {
            let original = encrypt::<A>(number(key), &nonce(bytes), message);
            let mut edited = original.clone();
            edits.iter().take(8).for_each(|edit| edit.apply(&mut edited));
            let is_accepted = decrypt::<A>(&edited).is_some();
            assert_eq!(
                is_accepted,
                edited == original,
                "an envelope must be accepted if and only if the edits leave it unchanged"
            );
            (edited, *message)
        }
        Envelope::Foreign { nonce: bytes, message } => (encrypt::<A>(1, &nonce(bytes), message), *message),
        Envelope::Headed { key, rest } => {
            let header = encrypt::<A>(number(key), &Nonce::<A>::default(), b"");
            ([&header[..5], rest].concat(), &[][..])
        }
        Envelope::Bytes(bytes) => (bytes.to_vec(), &[][..]),
    };

    let mut buffer = bytes.clone();
    let ours = encrypter::<A>();
    let ours = ours.decrypt(&mut buffer);
    let ours = ours.map(|decrypted| (decrypted.key_index(), decrypted.message().to_vec())).ok();
    assert_eq!(ours, decrypt::<A>(&bytes));
    let holds_message = |bytes: &[u8]| bytes.windows(message.len().max(1)).any(|bytes| bytes == message);
    // Skip a message with a zero byte: a wiped buffer contains zeros, so it may contain such a message by chance. Also
    // skip a message that the envelope contains as plain text, for example in its nonce.
    if ours.is_none() && message.len() >= LONG && !message.contains(&0) && !holds_message(&bytes) {
        assert!(!holds_message(&buffer), "the buffer of a refused envelope must not hold the message");
    }
}

fuzz_target!(|input: Input<'_>| {
    if input.is_aes {
        check::<Aes256GcmSiv>(&input.envelope)
    } else {
        check::<XChaCha20Poly1305>(&input.envelope)
    }
});
