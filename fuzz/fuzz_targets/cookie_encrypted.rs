//! Loads a `Cookie` header with a factory for encrypted cookies, and compares the result with that of an oracle, which
//! decrypts each cookie independently. If a cookie is accepted, the target then saves the session, and the oracle reads
//! the new cookie.
//!
//! Input, decoded by `arbitrary`: edits of valid cookies, and the rest of the header. Many files of the corpus have
//! valid cookies in the rest of the header. Each edited cookie has to be refused, unless the edits restore the cookie
//! or only add correct padding. If the factory accepts no cookie, its reason has to be the oracle's.

#![no_main]

use std::cell::Cell;
use std::sync::LazyLock;

use aead::Nonce;
use arbitrary::Arbitrary;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use session_core::{CookieKey, Record};
use session_encrypt::Aes256GcmSiv;
use session_fuzz::edit::Edit;
use session_fuzz::encrypted::{NAME, RING, decrypt, encrypt, encrypter, open};
use session_fuzz::load::{Limits, expected};
use session_fuzz::signed::{NOW, Opened};
use signed_session::{
    BaseCookieSessionFactory, CompactJsonSerializer, CookieHeader, EncryptedSerializer, ManualClock,
    Timestamp,
};

/// The default limits of a factory for encrypted cookies.
const LIMITS: Limits = Limits { timeout: 20.0 * 60.0, lifetime: 12.0 * 3600.0 };

static SESSIONS: LazyLock<BaseCookieSessionFactory<EncryptedSerializer>> = LazyLock::new(|| {
    let clock = ManualClock::new(Timestamp::from_secs(NOW).expect("NOW is finite"));
    let serializer = EncryptedSerializer::new(encrypter::<Aes256GcmSiv>(), CompactJsonSerializer);
    let builder = BaseCookieSessionFactory::with_serializer(serializer);
    builder.production().clock(clock).build().expect("the options are valid")
});

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    forgeries: Vec<Forgery>,
    header: &'a [u8],
}

/// A valid cookie that is edited, both before and after the base64 encoding.
#[derive(Arbitrary, Debug)]
struct Forgery {
    key: u8,
    nonce: [u8; 12],
    /// Seconds since the last access.
    age: u16,
    envelope: Vec<Edit>,
    text: Vec<Edit>,
}

impl Forgery {
    fn cookie(&self) -> Vec<u8> {
        let number = RING[usize::from(self.key) % RING.len()];
        let accessed = NOW - f64::from(self.age);
        let payload = format!("[{accessed},{accessed},{{\"user\":\"zoe\"}}]");
        let valid =
            encrypt::<Aes256GcmSiv>(number, &Nonce::<Aes256GcmSiv>::from(self.nonce), payload.as_bytes());
        let mut envelope = valid.clone();
        self.envelope.iter().take(4).for_each(|edit| edit.apply(&mut envelope));
        let mut text = URL_SAFE_NO_PAD.encode(&envelope).into_bytes();
        self.text.iter().take(4).for_each(|edit| edit.apply(&mut text));

        let mut padded = URL_SAFE_NO_PAD.encode(&valid).into_bytes();
        let is_valid = text == padded || {
            Edit::Pad.apply(&mut padded);
            text == padded
        };
        assert_eq!(
            matches!(open(&text), Opened::Verified(_)),
            is_valid,
            "the oracle must verify a cookie if and only if the edits restore or pad it"
        );
        text
    }
}

fuzz_target!(|input: Input<'_>| {
    let mut line = input.header.to_vec();
    for forgery in input.forgeries.iter().take(4) {
        line.extend_from_slice(&[b"; ", NAME.as_bytes(), b"=", &forgery.cookie()].concat());
    }
    let header = CookieHeader::from(&line[..]);
    let mut session = SESSIONS.load(header.clone());
    // If the oracle accepts a cookie, that cookie is the last one that the oracle opens.
    let last = Cell::new(&[][..]);
    let open_and_note = |value| {
        last.set(value);
        open(value)
    };
    match expected(header.values(NAME), open_and_note, &LIMITS) {
        Ok(record) => {
            assert!(!session.is_new() && session.rejection().is_none(), "{:?}", session.rejection());
            assert_eq!(session.created(), record.created);
            assert_eq!(session.accessed(), record.accessed);
            assert_eq!(session.state().to_json(), record.state.to_json());
            let value = last.get();
            let text = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
            let envelope = URL_SAFE_NO_PAD.decode(text).expect("an accepted cookie is base64");
            let (place, _) = decrypt::<Aes256GcmSiv>(&envelope).expect("an accepted cookie can be decrypted");
            assert_eq!(session.cookie_key(), Some(CookieKey::new(0, place)));
        }
        Err(rejection) => {
            assert!(session.is_new() && session.is_empty());
            assert_eq!(session.created().as_secs(), NOW);
            assert_eq!(session.rejection().expect("a new session has a rejection").kind(), rejection.kind());
            assert!(SESSIONS.save(&mut session).unwrap().is_empty(), "a bad cookie must not cause a new one");
            return;
        }
    }

    session.changed();
    let before = session.state().to_json();
    // We may write the same session as a longer text than the one loaded, so it may no longer fit into a cookie.
    let Ok(sent) = SESSIONS.save(&mut session) else { return };
    let sent = sent.into_session_cookie().expect("a change should be sent");
    let envelope = URL_SAFE_NO_PAD.decode(sent.value()).expect("our value should be base64 without padding");
    let (key, payload) = decrypt::<Aes256GcmSiv>(&envelope).expect("the oracle should decrypt our envelope");
    assert_eq!(key, 0, "the current key must encrypt");
    let record = Record::from_json(payload).expect("our payload should be a record");
    assert_eq!((record.created, record.accessed.as_secs()), (session.created(), NOW));
    assert_eq!(record.state.to_json(), before);
});
