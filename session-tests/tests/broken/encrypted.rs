//! Serializers with a toy cipher, each with a flaw. They write `nonce ‖ tag ‖ ciphertext`, without base64.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;
use session_serde::{DumpError, JsonSerializer, LoadError, Loaded, Serializer};
use session_sign::Secret;
use session_tests::encrypted;
use session_tests::protected::{self, Keys};

use crate::toy;

flaws! {
    TagIsNotChecked: "the tag is not checked";
    NonceIsNotAuthenticated: "the tag does not cover the nonce";
    EndIsNotAuthenticated: "the tag covers only the first 64 bytes of the ciphertext";
    NameIsNotBound: "the associated data does not contain the name";
    PurposeIsNotBound: "the associated data does not contain the purpose";
    NameAndPurposeSwap: "the associated data is the same if name and purpose are swapped";
    ConstantNonce: "the nonce is constant";
    NonceRestarts: "the nonce is a counter that starts at zero in each new serializer";
    NonceOfMessage: "the nonce is derived from the message";
    ShortNonce: "the nonce has only eight random bits";
    NonceIsNotUsed: "the key stream does not depend on the nonce";
    PlainText: "the payload is signed, but not encrypted";
    Base64: "the payload is only encoded as base64";
    EndIsNotEncrypted: "only the first 64 bytes of the payload are encrypted";
}

/// Length of the nonce and of the tag.
const LEN: usize = 16;

struct Toy {
    flaw: Flaw,
    /// The secrets, used as keys. The current one comes first.
    keys: Vec<Vec<u8>>,
    associated_data: Vec<u8>,
    written: AtomicU8,
}

fn make(flaw: Flaw, keys: &Keys) -> Toy {
    let (purpose, name) = keys.salt.split_at(Keys::SALT_LEN / 2);
    let associated_data = match flaw {
        Flaw::NameIsNotBound => purpose.to_vec(),
        Flaw::PurposeIsNotBound => name.to_vec(),
        Flaw::NameAndPurposeSwap => [purpose.min(name), purpose.max(name)].concat(),
        _ => keys.salt.clone(),
    };
    let keys = [&keys.secret].into_iter().chain(&keys.retired).cloned().collect();
    Toy { flaw, keys, associated_data, written: AtomicU8::new(0) }
}

impl Toy {
    fn nonce(&self, message: &[u8]) -> Vec<u8> {
        let random = || Secret::generate().unwrap().expose_secret()[..LEN].to_vec();
        match self.flaw {
            Flaw::ConstantNonce => vec![7; LEN],
            Flaw::NonceRestarts => vec![self.written.fetch_add(1, Ordering::Relaxed); LEN],
            Flaw::NonceOfMessage => toy::tag(b"nonce", message).to_vec(),
            Flaw::ShortNonce => vec![random()[0]; LEN],
            _ => random(),
        }
    }

    fn tag(&self, key: &[u8], nonce: &[u8], ciphertext: &[u8]) -> [u8; LEN] {
        let nonce = if self.flaw == Flaw::NonceIsNotAuthenticated { b"" } else { nonce };
        let len = if self.flaw == Flaw::EndIsNotAuthenticated {
            ciphertext.len().min(64)
        } else {
            ciphertext.len()
        };
        toy::tag(key, &[&self.associated_data, nonce, &ciphertext[..len]].concat())
    }

    /// Encrypts or decrypts the message in place.
    fn apply_key_stream(&self, key: &[u8], nonce: &[u8], message: &mut [u8]) {
        let len = match self.flaw {
            Flaw::PlainText | Flaw::Base64 => 0,
            Flaw::EndIsNotEncrypted => message.len().min(64),
            _ => message.len(),
        };
        let nonce = if self.flaw == Flaw::NonceIsNotUsed { b"" } else { nonce };
        for (block, number) in message[..len].chunks_mut(LEN).zip(0_u32..) {
            let stream = toy::tag(key, &[nonce, &number.to_be_bytes()].concat());
            block.iter_mut().zip(stream).for_each(|(byte, stream)| *byte ^= stream);
        }
    }

    fn encrypt(&self, mut message: Vec<u8>) -> Vec<u8> {
        let (key, nonce) = (&self.keys[0], self.nonce(&message));
        if self.flaw == Flaw::Base64 {
            message = URL_SAFE_NO_PAD.encode(message).into_bytes();
        }
        self.apply_key_stream(key, &nonce, &mut message);
        [&nonce, &self.tag(key, &nonce, &message)[..], &message].concat()
    }

    /// Returns the message and the index of its key.
    fn decrypt(&self, bytes: &[u8]) -> Result<(Vec<u8>, usize), LoadError> {
        let split = bytes.split_at_checked(2 * LEN).ok_or_else(LoadError::bad_signature)?;
        let ((nonce, tag), mut message) = (split.0.split_at(LEN), split.1.to_vec());
        let is_right = |key: &Vec<u8>| {
            let is_checked = self.flaw != Flaw::TagIsNotChecked;
            !is_checked || tag == self.tag(key, nonce, &message)
        };
        let place = self.keys.iter().position(is_right).ok_or_else(LoadError::bad_signature)?;
        self.apply_key_stream(&self.keys[place], nonce, &mut message);
        if self.flaw == Flaw::Base64 {
            message =
                URL_SAFE_NO_PAD.decode(message).map_err(|_| LoadError::malformed("not base64").verified())?;
        }
        Ok((message, place))
    }
}

impl Serializer for Toy {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        Ok(self.encrypt(JsonSerializer.dumps(value)?))
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        JsonSerializer.loads(&self.decrypt(bytes)?.0).map_err(LoadError::verified)
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        let mut payload = Vec::new();
        JsonSerializer.dumps_record(record, &mut payload)?;
        out.extend(self.encrypt(payload));
        Ok(())
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        let (payload, place) = self.decrypt(&bytes)?;
        let mut loaded = JsonSerializer.loads_record(payload.into()).map_err(LoadError::verified)?;
        loaded.key_index = place;
        Ok(loaded)
    }
}

fn check(flaw: Flaw) {
    protected::check(|keys| make(flaw, keys));
    encrypted::check(|keys| make(flaw, keys));
}
