//! Serializers with a toy signature, each with a flaw. They write `tag ‖ payload`, without base64.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;
use session_serde::{DumpError, JsonSerializer, LoadError, Loaded, Serializer};
use session_tests::protected::{self, Keys};

use crate::{failure, toy};

flaws! {
    SignsNothing: "the signature is not verified";
    SignsStateOnly: "only the state is signed, so the times can be changed";
    SignsTimesOnly: "only the times are signed, so the state can be changed";
    SignsStart: "only the first 64 bytes of the payload are signed";
    ComparesFirstByte: "only the first byte of the tag is compared";
    ComparesHalf: "only the first half of the tag is compared";
    EmptyTagPasses: "a payload without a tag is accepted as an unsigned session";
    SkipsJunk: "bytes before the tag are skipped";
    LoadsUnsigned: "`loads` does not verify the signature, but `loads_record` does";
    IgnoresSalt: "the salt is not used";
    IgnoresSecret: "the key is made from the salt alone, without the secret";
    IgnoresSaltOfRetired: "the salt is not used for retired keys";
    HalfSecret: "only the first 16 bytes of the secret are used";
    TextSecret: "the secret is converted to UTF-8, which turns all invalid bytes into the same character";
    RetiredSigns: "a retired key signs";
    RetiredIsCurrent: "`key_index` is 0 for a session that a retired key signed";
    CurrentIsRetired: "`key_index` is 1 for a session that the current key signed";
    OnlyCurrent: "only the current key is tried";
    OnlyFirstRetired: "only the current key and the latest retired key are tried";
    LoadsOnlyCurrent: "`loads` does not try retired keys, but `loads_record` does";
    BadSignatureIsMalformed: "the error for a forgery is `malformed` instead of `bad_signature`";
    ForgeryIsVerified: "the error for a forgery is marked as verified";
    SignedIsNotVerified: "the error for signed data that is not a session is not marked as verified";
}

struct Toy {
    flaw: Flaw,
    /// The keys, made from the salt and one secret each. The key of the current secret comes first.
    keys: Vec<Vec<u8>>,
}

fn make(flaw: Flaw, keys: &Keys) -> Toy {
    let key = |place: usize, secret: &[u8]| {
        let text: String;
        let secret = match flaw {
            Flaw::IgnoresSecret => b"",
            Flaw::HalfSecret => &secret[..16],
            Flaw::TextSecret => {
                text = String::from_utf8_lossy(secret).into_owned();
                text.as_bytes()
            }
            _ => secret,
        };
        match flaw {
            Flaw::IgnoresSalt => secret.to_vec(),
            Flaw::IgnoresSaltOfRetired if place > 0 => secret.to_vec(),
            _ => [&keys.salt, secret].concat(),
        }
    };
    let secrets = [&keys.secret].into_iter().chain(&keys.retired);
    Toy { flaw, keys: secrets.enumerate().map(|(place, secret)| key(place, secret)).collect() }
}

impl Toy {
    fn tag(&self, key: &[u8], payload: &[u8]) -> [u8; 16] {
        let state = payload.iter().position(|byte| *byte == b'{').unwrap_or(0);
        let signed = match self.flaw {
            Flaw::SignsNothing => b"",
            Flaw::SignsStateOnly => &payload[state..],
            Flaw::SignsTimesOnly => &payload[..state],
            Flaw::SignsStart => &payload[..payload.len().min(64)],
            _ => payload,
        };
        toy::tag(key, signed)
    }

    fn seal(&self, payload: &[u8]) -> Vec<u8> {
        let key = if self.flaw == Flaw::RetiredSigns { self.keys.last() } else { self.keys.first() };
        [&self.tag(key.unwrap(), payload), payload].concat()
    }

    /// Returns the payload and the index of its key.
    fn open<'b>(&self, bytes: &'b [u8], is_record: bool) -> Result<(&'b [u8], usize), LoadError> {
        let refuse = || match self.flaw {
            Flaw::BadSignatureIsMalformed => LoadError::malformed("forged"),
            Flaw::ForgeryIsVerified => LoadError::bad_signature().verified(),
            _ => LoadError::bad_signature(),
        };
        if self.flaw == Flaw::EmptyTagPasses && bytes.starts_with(b"[") {
            return Ok((bytes, 0));
        }
        let (tag, payload) = bytes.split_at_checked(16).ok_or_else(refuse)?;
        let is_right = |right: [u8; 16]| match self.flaw {
            Flaw::ComparesFirstByte => tag[0] == right[0],
            Flaw::ComparesHalf => tag.starts_with(&right[..8]),
            Flaw::SignsNothing => true,
            Flaw::LoadsUnsigned if !is_record => true,
            _ => tag == right,
        };
        let tried = match self.flaw {
            Flaw::OnlyCurrent => 1,
            Flaw::LoadsOnlyCurrent if !is_record => 1,
            Flaw::OnlyFirstRetired => 2,
            _ => self.keys.len(),
        };
        let place = self.keys.iter().take(tried).position(|key| is_right(self.tag(key, payload)));
        if self.flaw == Flaw::SkipsJunk && place.is_none() && bytes.len() > 17 {
            return self.open(&bytes[1..], is_record);
        }
        Ok((payload, place.ok_or_else(refuse)?))
    }

    fn inner_error(&self, error: LoadError) -> LoadError {
        if self.flaw == Flaw::SignedIsNotVerified { error } else { error.verified() }
    }
}

impl Serializer for Toy {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        Ok(self.seal(&JsonSerializer.dumps(value)?))
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        let (payload, _) = self.open(bytes, false)?;
        JsonSerializer.loads(payload).map_err(|error| self.inner_error(error))
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        let mut payload = Vec::new();
        JsonSerializer.dumps_record(record, &mut payload)?;
        out.extend(self.seal(&payload));
        Ok(())
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        let (payload, place) = self.open(&bytes, true)?;
        let loaded = JsonSerializer.loads_record(payload.into());
        let mut loaded = loaded.map_err(|error| self.inner_error(error))?;
        loaded.key_index = match self.flaw {
            Flaw::RetiredIsCurrent => 0,
            Flaw::CurrentIsRetired => place.max(1),
            _ => place,
        };
        Ok(loaded)
    }
}

fn check(flaw: Flaw) {
    protected::check(|keys| make(flaw, keys));
}

#[test]
fn message_shows_undetected_change() {
    let message = failure("a flaw", || {
        protected::changed_bytes_are_refused(|keys| make(Flaw::SignsStateOnly, keys));
    });
    assert!(message.starts_with("a change: the change is not detected; it is read as ["), "{message}");
    assert!(message.contains("\n\nminimal case:\n(\n    salt b\"\\x00"), "{message}");
    assert!(message.contains(" % of the bytes,\n)\n"), "{message}");
}
