//! Checks that edited envelopes and arbitrary bytes are refused.
//!
//! Input, by `arbitrary`: the algorithm, and the envelope or the way to create it.

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
    /// Encrypted with a key of the ring, and edited.
    Edited {
        key: u8,
        nonce: [u8; 24],
        edits: Vec<Edit>,
        message: &'a [u8],
    },
    /// Encrypted with a key that is not in the ring.
    Foreign {
        nonce: [u8; 24],
        message: &'a [u8],
    },
    /// With the header of a key of the ring, so that the rest reaches the AEAD.
    Headed {
        key: u8,
        rest: &'a [u8],
    },
    Bytes(&'a [u8]),
}

/// Number of message bytes that a refused envelope cannot contain by chance.
const LONG: usize = 8;

fn check<A: RandomNonceSafe + Aead>(envelope: &Envelope<'_>) {
    let number = |key: &u8| RING[usize::from(*key) % RING.len()];
    let nonce = |bytes: &[u8; 24]| {
        Nonce::<A>::try_from(&bytes[..<A as AeadCore>::NonceSize::USIZE]).expect("its length")
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
                "an edited envelope is accepted, or a valid one is refused"
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
    // Wiped bytes are zeros, and a message can contain zeros too.
    if ours.is_none() && message.len() >= LONG && !message.contains(&0) && !holds_message(&bytes) {
        assert!(!holds_message(&buffer), "a refused envelope holds the message");
    }
}

fuzz_target!(|input: Input<'_>| {
    if input.is_aes {
        check::<Aes256GcmSiv>(&input.envelope)
    } else {
        check::<XChaCha20Poly1305>(&input.envelope)
    }
});
