//! A toy MAC with mistakes.

use session_sign::{Algorithm, KeyError, Sign, VerifyError};
use session_tests::signer;

use crate::must_fail;

#[derive(Clone, Copy, Debug)]
enum Mistake {
    None,
    /// The comparison stops where the shorter one ends.
    ComparesPrefix,
    /// What is behind the tag is not looked at.
    ComparesStart,
    /// The last byte of the tag is not looked at.
    IgnoresLastTagByte,
    /// The first bit of each byte gets lost: text that is thought to be ASCII.
    SevenBitMessages,
    /// A long message is not looked at beyond its start.
    IgnoresEndOfMessage,
    /// The tag is mixed into what was in the buffer.
    DirtyBuffer,
    /// The key is not used.
    IgnoresKey,
    /// Of the key, only half is used.
    HalfKey,
}

struct Broken(Mistake);

struct BrokenSigner {
    mistake: Mistake,
    key: Vec<u8>,
}

impl Algorithm for Broken {
    type Signer = BrokenSigner;

    fn signer(&self, key: &[u8]) -> Result<BrokenSigner, KeyError> {
        let used = match self.0 {
            Mistake::IgnoresKey => 0,
            Mistake::HalfKey => key.len() / 2,
            _ => key.len(),
        };
        Ok(BrokenSigner { mistake: self.0, key: key[..used].to_vec() })
    }
}

impl BrokenSigner {
    /// No cryptography: it only has to depend on every bit.
    fn tag(&self, message: &[u8]) -> [u8; 16] {
        let message = match self.mistake {
            Mistake::SevenBitMessages => message.iter().map(|byte| byte & 0x7f).collect(),
            Mistake::IgnoresEndOfMessage => message[..message.len().min(30)].to_vec(),
            _ => message.to_vec(),
        };
        let input = self.key.iter().chain(&message).chain(b"end");
        let hash = input
            .fold(1_u128, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_013b));
        (hash ^ (hash >> 61)).to_be_bytes()
    }
}

impl Sign for BrokenSigner {
    fn tag_len(&self) -> usize {
        16
    }

    fn sign(&self, message: &[u8], tag: &mut [u8]) {
        let right = self.tag(message);
        match self.mistake {
            Mistake::DirtyBuffer => tag.iter_mut().zip(right).for_each(|(old, new)| *old ^= new),
            _ => tag.copy_from_slice(&right),
        }
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        let right = self.tag(message);
        let accepted = match self.mistake {
            Mistake::ComparesPrefix => right.iter().zip(tag).all(|(one, other)| one == other),
            Mistake::ComparesStart => tag.starts_with(&right),
            Mistake::IgnoresLastTagByte => tag.len() == 16 && tag[..15] == right[..15],
            _ => tag == right,
        };
        if accepted { Ok(()) } else { Err(VerifyError::new()) }
    }
}

#[test]
fn a_right_one_passes() {
    signer::check_algorithm(&Broken(Mistake::None));
    signer::check(&Broken(Mistake::None).signer(b"key").unwrap());
}

#[test]
fn mistakes_of_an_algorithm_are_caught() {
    use Mistake::*;
    for mistake in [
        ComparesPrefix,
        ComparesStart,
        IgnoresLastTagByte,
        SevenBitMessages,
        IgnoresEndOfMessage,
        DirtyBuffer,
        IgnoresKey,
        HalfKey,
    ] {
        must_fail(mistake, || signer::check_algorithm(&Broken(mistake)));
    }
}

#[test]
fn mistakes_of_a_signer_are_caught() {
    use Mistake::*;
    for mistake in [
        ComparesPrefix,
        ComparesStart,
        IgnoresLastTagByte,
        SevenBitMessages,
        IgnoresEndOfMessage,
        DirtyBuffer,
    ] {
        must_fail(mistake, || signer::check(&Broken(mistake).signer(b"key").unwrap()));
    }
}
