//! Recognises, without a secret, how a cookie is protected.

use signed_session::parts::session_core::Record;
use signed_session::{CookieParts, LoadError, UnverifiedEnvelope};

use crate::format::Format;
use crate::protection::Protection;

/// What is known about a cookie's value.
#[derive(Default)]
pub(crate) struct Recognised {
    /// The protections that the value can have; empty if it is not recognised.
    pub(crate) protections: Vec<Protection>,
    /// The id of the key that encrypted the value; `None` if the value is signed or not recognised.
    pub(crate) key_id: Option<[u8; 4]>,
    /// The format of the value's payload; `None` if it is not known.
    pub(crate) serializer: Option<Format>,
    /// The session in a signed value. It is not verified, so anyone may have written it.
    pub(crate) record: Option<Record>,
}

impl Recognised {
    /// Recognises which of these protections a value has. A signed value is recognised by the session that follows the
    /// tag, because the tag itself looks like random bytes. An encrypted value is recognised by its version and its
    /// length; its contents stay hidden.
    ///
    /// # Errors
    /// Returns an error if the value is not base64, or longer than any cookie.
    pub(crate) fn new(value: &[u8], protections: &[Protection], reader: Format) -> Result<Self, LoadError> {
        let envelope = UnverifiedEnvelope::decode(value)?;
        let signed = protections.iter().copied().filter_map(|protection| match protection {
            Protection::Signed(hash) => Some((hash.tag_len(), protection)),
            Protection::Encrypted(_) => None,
        });
        for (len, _) in signed.clone() {
            let Ok(parts) = CookieParts::unverified(value, len, &reader) else { continue };
            if let Ok(record) = parts.record() {
                return Ok(Self {
                    protections: signed.filter(|(other, _)| *other == len).map(|(_, p)| p).collect(),
                    key_id: None,
                    serializer: reader.recognise(parts.payload()),
                    record: Some(record.clone()),
                });
            }
        }
        let envelopes = protections.iter().copied().filter_map(|protection| match protection {
            Protection::Signed(_) => None,
            Protection::Encrypted(aead) => Some((protection, aead.parts(&envelope)?.key_id())),
        });
        // The key id has the same place in the envelope, whatever the AEAD is.
        let (protections, key_ids): (Vec<_>, Vec<_>) = envelopes.unzip();
        Ok(Self { protections, key_id: key_ids.first().copied(), ..Self::default() })
    }

    /// Returns the properties of a value that `protection` has authenticated.
    pub(crate) fn verified(protection: Protection, value: &[u8], payload: &[u8], reader: Format) -> Self {
        let known = match protection {
            Protection::Signed(_) => Ok(Self::default()),
            Protection::Encrypted(_) => Self::new(value, &[protection], reader),
        };
        let Self { key_id, .. } = known.unwrap_or_default();
        Self { protections: vec![protection], key_id, serializer: reader.recognise(payload), record: None }
    }
}
