//! A second implementation of the envelope format in docs/format.md, optionally with a flaw.

use aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::Aes256GcmSiv;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::flaw::Flaw;
use crate::scheme::{Scheme, Settings};

pub(crate) struct Reference {
    flaw: Flaw,
    settings: Settings,
}

struct Key {
    id: Vec<u8>,
    key: Vec<u8>,
}

impl Reference {
    pub(crate) fn new(flaw: Flaw, settings: &Settings) -> Self {
        Self { flaw, settings: settings.clone() }
    }

    fn encode(&self, parts: &[&[u8]]) -> Vec<u8> {
        match self.flaw {
            Flaw::PartsWithoutLengths => parts.concat(),
            _ => parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat()).collect(),
        }
    }

    fn key(&self, secret: &[u8]) -> Key {
        let Settings { purpose, name, .. } = &self.settings;
        let purpose = if self.flaw == Flaw::PurposeUnused { "" } else { purpose };
        let name = if self.flaw == Flaw::NameUnused { "" } else { name };
        let parts = match self.flaw {
            Flaw::KeyWithoutName => vec!["session-encrypt-v1", "AES-256-GCM-SIV", purpose],
            Flaw::KeyWithoutAlgorithm => vec!["session-encrypt-v1", purpose, name],
            _ => vec!["session-encrypt-v1", "AES-256-GCM-SIV", purpose, name],
        };
        let info = self.encode(&parts.into_iter().map(str::as_bytes).collect::<Vec<_>>());
        let secret = if self.flaw == Flaw::HalfSecret { &secret[..16] } else { secret };
        // HKDF written out: extract, then expand to two blocks.
        let hmac = |key: &[u8], parts: &[&[u8]]| {
            let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            parts.iter().fold(mac, |mac, part| mac.chain_update(part)).finalize().into_bytes().to_vec()
        };
        let prk = hmac(&[0; 32], &[secret]);
        let key = hmac(&prk, &[&info, &[1]]);
        let id = match self.flaw {
            Flaw::IdIsStartOfKey => key[..4].to_vec(),
            _ => hmac(&prk, &[&key, &info, &[2]])[..4].to_vec(),
        };
        Key { id, key }
    }

    fn associated_data(&self, header: &[u8]) -> Vec<u8> {
        let Settings { purpose, name, .. } = &self.settings;
        match self.flaw {
            Flaw::DataWithoutName => self.encode(&[header, purpose.as_bytes()]),
            Flaw::DataWithoutHeader | Flaw::VersionUnused | Flaw::IdUnused => {
                self.encode(&[&[], purpose.as_bytes(), name.as_bytes()])
            }
            Flaw::PurposeUnused => self.encode(&[header, &[], name.as_bytes()]),
            Flaw::NameUnused => self.encode(&[header, purpose.as_bytes(), &[]]),
            _ => self.encode(&[header, purpose.as_bytes(), name.as_bytes()]),
        }
    }

    /// Returns whether the key with this id is tried for an envelope with this header.
    fn is_candidate(&self, header: &[u8], id: &[u8]) -> bool {
        match self.flaw {
            Flaw::VersionUnused => &header[1..] == id,
            Flaw::IdUnused => header[0] == 1,
            _ => header[0] == 1 && &header[1..] == id,
        }
    }
}

impl Scheme for Reference {
    fn encrypt(&self, message: &[u8]) -> Vec<u8> {
        let secret = match self.flaw {
            Flaw::LastKeyEncrypts => self.settings.secrets.last(),
            _ => self.settings.secrets.first(),
        };
        let Key { id, key } = self.key(secret.unwrap());
        let header = [&[1], &id[..]].concat();
        let mut nonce = [0; 12];
        if self.flaw != Flaw::FixedNonce {
            getrandom::fill(&mut nonce).unwrap();
        }
        if self.flaw == Flaw::PlainMessage {
            return [&header, &nonce[..], message, &[0; 16]].concat();
        }
        let aad = self.associated_data(&header);
        let cipher = Aes256GcmSiv::new_from_slice(&key).unwrap();
        let ciphertext = cipher.encrypt(&nonce.into(), Payload { msg: message, aad: &aad }).unwrap();
        [&header, &nonce[..], &ciphertext].concat()
    }

    fn decrypt(&self, envelope: &[u8]) -> Option<(usize, Vec<u8>)> {
        let mut envelope = envelope;
        if self.flaw == Flaw::TrailingZeroIgnored && envelope.last() == Some(&0) {
            envelope = &envelope[..envelope.len() - 1];
        }
        if self.flaw == Flaw::PlainTextAccepted && envelope.first() != Some(&1) {
            return Some((0, envelope.to_vec()));
        }
        if self.flaw == Flaw::PanicsOnShortEnvelope && envelope[..5].is_empty() {
            return None;
        }
        let (header, rest) = envelope.split_at_checked(5)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<12>()?;
        if self.flaw == Flaw::PlainMessage {
            return Some((0, ciphertext.get(..ciphertext.len().checked_sub(16)?)?.to_vec()));
        }
        let keys = self.settings.secrets.iter().map(|secret| self.key(secret)).enumerate();
        let mut candidates = keys.filter(|(_, key)| self.is_candidate(header, &key.id));
        let tried = match self.flaw {
            Flaw::OneKeyPerId => 1,
            Flaw::RetiredKeysUnused => {
                return self.decrypt_with(
                    candidates.next().filter(|(index, _)| *index == 0)?,
                    header,
                    nonce,
                    ciphertext,
                );
            }
            Flaw::RefusesAll => 0,
            _ => usize::MAX,
        };
        candidates.take(tried).find_map(|candidate| self.decrypt_with(candidate, header, nonce, ciphertext))
    }
}

impl Reference {
    fn decrypt_with(
        &self,
        (index, key): (usize, Key),
        header: &[u8],
        nonce: &[u8; 12],
        ciphertext: &[u8],
    ) -> Option<(usize, Vec<u8>)> {
        let aad = self.associated_data(header);
        let cipher = Aes256GcmSiv::new_from_slice(&key.key).unwrap();
        let index = if self.flaw == Flaw::IndexUnknown { 0 } else { index };
        cipher
            .decrypt(nonce.into(), Payload { msg: ciphertext, aad: &aad })
            .ok()
            .or((self.flaw == Flaw::TagUnused).then(Vec::new))
            .map(|message| (index, message))
    }
}
