//! Recognises, without a secret, how a cookie is protected.

use session_store::SessionId;
use signed_session::parts::session_core::Record;
use signed_session::{CookieParts, LoadError, UnverifiedEnvelope};

use crate::format::Format;
use crate::protection::Protection;

/// What is known about a cookie's value.
#[derive(Default)]
pub(crate) struct Recognised {
    /// The protections that the value can have; empty if it is not recognised.
    pub(crate) protections: Vec<Protection>,
    /// The id of the key that encrypted the value; `None` if the value is signed, may be a session id, or is not
    /// recognised.
    pub(crate) key_id: Option<[u8; 4]>,
    /// The format of the value's payload; `None` if it is not known.
    pub(crate) serializer: Option<Format>,
    /// The session in a signed value. It is not verified, so anyone may have written it.
    pub(crate) record: Option<Record>,
}

impl Recognised {
    /// Recognises which of these protections a value has. A signed value is recognised by the session that follows the
    /// tag, because the tag itself looks like random bytes. An encrypted value is recognised by its version and its
    /// length; its contents stay hidden. A session id and its MAC look like random bytes, so they are recognised only
    /// by their length. If a value of this length also begins with the version of an encrypted value, both protections
    /// are possible, and the key id is not known.
    ///
    /// # Errors
    /// Returns an error if the value is not base64, or longer than any cookie.
    pub(crate) fn new(value: &[u8], protections: &[Protection], reader: Format) -> Result<Self, LoadError> {
        let envelope = UnverifiedEnvelope::decode(value)?;
        let signed = protections.iter().copied().filter_map(|protection| match protection {
            Protection::Signed(hash) => Some((hash.tag_len(), protection)),
            _ => None,
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
            Protection::Encrypted(aead) => Some((protection, aead.parts(&envelope)?.key_id())),
            _ => None,
        });
        // The key id has the same place in the envelope, whatever the AEAD is.
        let (mut found, key_ids): (Vec<_>, Vec<_>) = envelopes.unzip();
        if protections.contains(&Protection::SessionId) && has_length_of_id(value, reader) {
            found.insert(0, Protection::SessionId);
            return Ok(Self { protections: found, ..Self::default() });
        }
        Ok(Self { protections: found, key_id: key_ids.first().copied(), ..Self::default() })
    }

    /// Returns the kind of protection, or `None` if it is not known.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        let kind = self.protections.first()?.kind();
        self.protections.iter().all(|one| one.kind() == kind).then_some(kind)
    }

    /// Returns the properties of a value that `protection` has authenticated.
    pub(crate) fn verified(protection: Protection, value: &[u8], payload: &[u8], reader: Format) -> Self {
        let known = match protection {
            Protection::Encrypted(_) => Self::new(value, &[protection], reader),
            _ => Ok(Self::default()),
        };
        let Self { key_id, .. } = known.unwrap_or_default();
        Self { protections: vec![protection], key_id, serializer: reader.recognise(payload), record: None }
    }
}

/// Length in bytes of the MAC of a session id.
const ID_TAG_LEN: usize = 32;

/// Returns whether a value has the length of a session id with its MAC.
fn has_length_of_id(value: &[u8], reader: Format) -> bool {
    CookieParts::unverified(value, ID_TAG_LEN, &reader)
        .is_ok_and(|parts| parts.payload().len() == SessionId::LEN)
}
