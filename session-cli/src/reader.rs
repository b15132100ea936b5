//! Cookies' values, read with keys or without.

use signed_session::parts::session_cookie::MAX_NAME_AND_VALUE;
use signed_session::parts::session_core::Record;
use signed_session::parts::session_sign::VerifyError;
use signed_session::{
    CookieHeader, HashAlg, KeyId, KeyRing, MAX_CANDIDATES, Serializer, Sign, SignedSerializer,
};

use crate::format::Format;
use crate::keys::Keys;

/// Reads values with a ring of keys, or without verifying them.
pub(crate) struct Reader {
    signed: SignedSerializer<Box<dyn Sign>, Format>,
    format: Format,
    verifies: bool,
}

/// What one value turned out to be.
pub(crate) struct Reading<'v> {
    pub(crate) value: &'v [u8],
    /// Whose signature it bears.
    pub(crate) key: Option<KeyId>,
    /// What is in it, or why that cannot be told.
    pub(crate) record: Result<Record, String>,
}

impl Reader {
    pub(crate) fn verifying(keys: Keys, format: Format) -> Self {
        Self { signed: SignedSerializer::new(keys, format), format, verifies: true }
    }

    /// Looks behind the tag, whatever that is.
    pub(crate) fn unverified(hash: HashAlg, format: Format) -> Self {
        let any: Box<dyn Sign> = Box::new(AnyTag { len: hash.tag_len() });
        Self { signed: SignedSerializer::new(KeyRing::new(any), format), format, verifies: false }
    }

    /// The cookie called `name` that the library takes, or whose rejection it reports. Without keys, every cookie that
    /// can be read counts as verified.
    pub(crate) fn last<'v>(
        &self,
        cookies: &'v CookieHeader,
        name: &'v str,
        expired: impl Fn(&Record) -> bool,
    ) -> Option<Reading<'v>> {
        let (mut verified, mut unverified) = (None, None);
        for value in cookies.values(name).take(MAX_CANDIDATES) {
            let reading = self.read(value);
            match &reading.record {
                Ok(record) if !expired(record) => return Some(reading),
                Ok(_) => verified = verified.or(Some(reading)),
                Err(_) if reading.key.is_some() => {
                    verified = verified.or(Some(reading));
                    break;
                }
                Err(_) => unverified = unverified.or(Some(reading)),
            }
        }
        verified.or(unverified)
    }

    pub(crate) fn read<'v>(&self, value: &'v [u8]) -> Reading<'v> {
        if value.len() > MAX_NAME_AND_VALUE {
            return Reading { value, key: None, record: Err("malformed: longer than any cookie".to_owned()) };
        }
        match self.signed.open(value) {
            Ok((key, payload)) => Reading {
                value,
                key: self.verifies.then_some(key),
                record: self
                    .format
                    .loads_record(payload.into())
                    .map(|loaded| loaded.record)
                    .map_err(|error| error.to_string()),
            },
            // Any tag will do, so there is none.
            Err(error) if error.is_bad_signature() && !self.verifies => {
                Reading { value, key: None, record: Err("malformed: shorter than a tag".to_owned()) }
            }
            Err(error) => Reading { value, key: None, record: Err(error.to_string()) },
        }
    }
}

/// Takes every tag that is long enough.
struct AnyTag {
    len: usize,
}

impl Sign for AnyTag {
    fn tag_len(&self) -> usize {
        self.len
    }

    fn sign(&self, _: &[u8], tag: &mut [u8]) {
        tag.fill(0);
    }

    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}
