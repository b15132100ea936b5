//! Serializers that an application chooses, in a factory that signs its cookies and in one that does not.

use session_core::{Session, SessionExt};
use signed_session::{
    BaseCookieSessionFactory, Builder, DumpError, JsonSerializer, LoadError, Protection, Serializer,
};

use crate::site::{START, Site, at, builder};

/// JSON in hexadecimal, which is valid in a cookie without further encoding.
#[derive(Clone, Debug)]
struct Hex;

impl Serializer for Hex {
    fn dumps<T: serde::Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        Ok(hex(&JsonSerializer.dumps(value)?).into_bytes())
    }

    fn loads<T: serde::de::DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        let digits = bytes.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
        let json: Option<Vec<u8>> = digits.collect();
        JsonSerializer.loads(&json.ok_or_else(|| LoadError::malformed("not hexadecimal"))?)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn plain() -> Builder<signed_session::Plain<Hex>> {
    BaseCookieSessionFactory::with_serializer(Hex)
}

fn round_trip<P: Protection>(builder: Builder<P>) -> Site<P::Serializer> {
    let mut site = Site::new(builder);
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(1200.0);
    let session = site.load();
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"));
    assert_eq!((session.created(), session.is_new()), (at(START), false));
    drop(session);
    site.wait(0.5);
    assert!(site.load().rejection().unwrap().is_expired());
    site.clock.set(at(START));
    site
}

#[test]
fn custom_serializer_round_trips() {
    let site = round_trip(plain());
    let json = br#"[1700000000, 1700000000.0, {"user": "zoe"}]"#;
    assert_eq!(site.cookie, Some(format!("session={}", hex(json))));
    round_trip(builder().serializer(Hex));
}

#[test]
fn unreadable_cookie_starts_new_session() {
    let site = round_trip(plain());
    for value in
        ["abc", "xyz", &hex(b"\"abc\""), &hex(b"[1700000000, 1700000000.0]"), &hex(b"[\"a\", 1, {}]")]
    {
        let session = site.sessions.load(format!("session={value}"));
        assert!(session.is_empty() && session.is_new(), "{value}");
        assert!(session.rejection().unwrap().is_malformed(), "{value}");
    }
}

#[cfg(feature = "messagepack")]
#[test]
fn unserializable_entry_leaves_session_usable() {
    let site = Site::new(builder().serializer(signed_session::MessagePackSerializer));
    let mut session = site.load();
    session.insert("user", "zoe").unwrap();
    session.state_mut().insert_json("a", "1".repeat(30)).unwrap();
    let error = site.sessions.save(&mut session).unwrap_err();
    assert!(error.is_unserializable() && !error.is_too_large());
    assert_eq!((error.size(), error.limit(), error.largest_entries()), (None, None, &[][..]));
    session.discard("a");
    assert!(!site.sessions.save(&mut session).unwrap().is_empty());
}

#[test]
fn only_signing_factory_rejects_forged_cookie() {
    let forged = format!("session={}", hex(br#"[1700000000, 1, {"user": "eve"}]"#));
    let user = |session: &dyn Session| session.get::<String>("user").unwrap();
    assert_eq!(user(&round_trip(plain()).sessions.load(&*forged)).as_deref(), Some("eve"));
    let signed = round_trip(builder().serializer(Hex)).sessions.load(&*forged);
    assert_eq!(user(&signed), None);
    assert!(signed.rejection().unwrap().is_bad_signature());
}
