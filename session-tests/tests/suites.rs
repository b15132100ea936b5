//! Runs the conformance suites on this repository's serializers, MACs, sessions and cookies.

use std::error::Error;

use blake2::{Blake2bMac512, Blake2sMac256};
use hmac::{Hmac, SimpleHmac};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use session_sign::MacAlgorithm;
use session_tests::cookie::{self, Cookie};
use session_tests::protected::Keys;
use session_tests::session::{Browser, Settings};
use session_tests::{
    cookie_suite, encrypted_serializer_suite, lossless_serializer_suite, protected_serializer_suite,
    serializer_suite, session_suite, signer_suite,
};
use sha2::{Sha256, Sha512};
use sha3::Sha3_256;
use signed_session::parts::session_cookie::{CookieError, CookieTemplate};
use signed_session::parts::session_encrypt::Encrypter;
use signed_session::parts::session_sign::Key;
use signed_session::{
    Aes256GcmSiv, Algorithm, BaseCookieSessionFactory, CompactJsonSerializer, DumpError,
    EncryptedCookieSessionFactory, EncryptedSerializer, HashAlg, JsonSerializer, KeyRing, LoadError,
    MessagePackSerializer, PickleSerializer, RandomNonceSafe, SameSite, Serializer,
    SignedCookieSessionFactory, SignedSerializer, Signer, XChaCha20Poly1305,
};

serializer_suite!(json, JsonSerializer);
lossless_serializer_suite!(json_is_lossless, JsonSerializer);
serializer_suite!(compact_json, CompactJsonSerializer);
serializer_suite!(messagepack, MessagePackSerializer);
serializer_suite!(pickle, PickleSerializer::default());
serializer_suite!(signed_json, signed(JsonSerializer));
lossless_serializer_suite!(signed_json_is_lossless, signed(JsonSerializer));
serializer_suite!(signed_messagepack, signed(MessagePackSerializer));
serializer_suite!(signed_pickle, signed(PickleSerializer::default()));
serializer_suite!(signed_twice, signed(signed(JsonSerializer)));
serializer_suite!(encrypted_json, encrypted(JsonSerializer));
serializer_suite!(encrypted_compact_json, encrypted(CompactJsonSerializer));
lossless_serializer_suite!(encrypted_json_is_lossless, encrypted(JsonSerializer));
serializer_suite!(encrypted_messagepack, encrypted(MessagePackSerializer));
serializer_suite!(encrypted_pickle, encrypted(PickleSerializer::default()));
serializer_suite!(encrypted_and_signed, signed(encrypted(JsonSerializer)));
serializer_suite!(cbor, Cbor);

/// A CBOR serializer that implements only the two required methods of the trait.
///
/// Regression: the provided methods rejected every session as malformed, because a record writes whole seconds as
/// integers, and CBOR distinguishes integers from floats. They also read part of a user's map as entries of the session
/// if the map had a key that serde_json uses internally.
struct Cbor;

impl Serializer for Cbor {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let mut out = Vec::new();
        ciborium::into_writer(value, &mut out).map_err(DumpError::caused_by)?;
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, mut bytes: &[u8]) -> Result<T, LoadError> {
        let value = ciborium::de::from_reader_with_recursion_limit(&mut bytes, 256)
            .map_err(|_| LoadError::malformed("not CBOR of the expected shape"))?;
        if bytes.is_empty() { Ok(value) } else { Err(LoadError::malformed("bytes after the CBOR value")) }
    }
}

fn signed<S: Serializer>(serializer: S) -> SignedSerializer<Signer<Hmac<Sha256>>, S> {
    SignedSerializer::new(KeyRing::new(Signer::new(b"key").unwrap()), serializer)
}

/// Returns a serializer that encrypts with AES-256-GCM-SIV.
fn encrypted<S: Serializer>(serializer: S) -> EncryptedSerializer<Aes256GcmSiv, S> {
    let encrypter = Encrypter::new(&[7; 32], "session", "__Host-session").unwrap();
    EncryptedSerializer::new(encrypter, serializer)
}

protected_serializer_suite!(hmac_sha256_json, |keys| with_keys(MAC, keys, JsonSerializer));
protected_serializer_suite!(hmac_sha256_messagepack, |keys| with_keys(MAC, keys, MessagePackSerializer));
protected_serializer_suite!(hmac_sha256_pickle, |keys| with_keys(MAC, keys, PickleSerializer::default()));
protected_serializer_suite!(blake2b_json, |keys| {
    with_keys(MacAlgorithm::<Blake2bMac512>::new(), keys, JsonSerializer)
});

const MAC: MacAlgorithm<Hmac<Sha256>> = MacAlgorithm::new();

fn with_keys<A: Algorithm, S: Serializer>(
    algorithm: A,
    keys: &Keys,
    serializer: S,
) -> SignedSerializer<A::Signer, S> {
    let signer = |secret: &[u8]| {
        let key = Key::derive(&keys.salt[..].into(), &secret.into()).unwrap();
        algorithm.signer(key.as_ref()).unwrap()
    };
    let ring = KeyRing::new(signer(&keys.secret));
    let ring = keys.retired.iter().fold(ring, |ring, secret| ring.with_retired(signer(secret)));
    SignedSerializer::new(ring, serializer)
}

/// Generates the suites for a serializer that encrypts.
macro_rules! encrypted_suites {
    ($($name:ident: $make:expr;)*) => {
        $(
            mod $name {
                use super::*;

                protected_serializer_suite!(protected, $make);
                encrypted_serializer_suite!(encrypted, $make);
            }
        )*
    };
}

encrypted_suites! {
    aes_256_gcm_siv_json: |keys| encrypted_with::<Aes256GcmSiv, _>(keys, JsonSerializer);
    aes_256_gcm_siv_compact_json: |keys| encrypted_with::<Aes256GcmSiv, _>(keys, CompactJsonSerializer);
    aes_256_gcm_siv_messagepack: |keys| encrypted_with::<Aes256GcmSiv, _>(keys, MessagePackSerializer);
    aes_256_gcm_siv_pickle: |keys| encrypted_with::<Aes256GcmSiv, _>(keys, PickleSerializer::default());
    xchacha20_poly1305_compact_json: |keys| encrypted_with::<XChaCha20Poly1305, _>(keys, CompactJsonSerializer);
}

/// Returns a serializer that encrypts. The first half of the salt is the purpose, and the second half is the cookie
/// name.
fn encrypted_with<A, S>(keys: &Keys, serializer: S) -> EncryptedSerializer<A, S>
where
    A: RandomNonceSafe,
    S: Serializer,
{
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (purpose, name) = keys.salt.split_at(Keys::SALT_LEN / 2);
    let encrypter = Encrypter::new(&keys.secret, &hex(purpose), &hex(name)).unwrap();
    let retired = keys.retired.iter();
    let encrypter = retired.fold(encrypter, |encrypter, secret| encrypter.with_retired(secret).unwrap());
    EncryptedSerializer::new(encrypter, serializer)
}

signer_suite!(hmac_sha256, MacAlgorithm::<Hmac<Sha256>>::new());
signer_suite!(hmac_sha512, MacAlgorithm::<Hmac<Sha512>>::new());
signer_suite!(hmac_sha3_256, MacAlgorithm::<SimpleHmac<Sha3_256>>::new());
signer_suite!(keyed_blake2b, MacAlgorithm::<Blake2bMac512>::new());
signer_suite!(keyed_blake2s, MacAlgorithm::<Blake2sMac256>::new());

/// Generates one signer suite for each supported name of a hash in Python's hashlib.
macro_rules! hashalgs {
    ($($name:ident)*) => {
        $( signer_suite!($name, stringify!($name).parse::<HashAlg>().unwrap()); )*

        #[test]
        fn every_hash_has_a_suite() {
            assert!(HashAlg::names().eq([$(stringify!($name)),*]));
        }
    };
}

hashalgs!(sha224 sha256 sha384 sha512 sha3_224 sha3_256 sha3_384 sha3_512 blake2b blake2s md5 sha1);

session_suite!(signed_cookies, |settings| Browser::new(site(settings, signed(JsonSerializer))));
session_suite!(signed_messagepack_cookies, |settings| Browser::new(site(
    settings,
    signed(MessagePackSerializer)
)));
session_suite!(signed_pickle_cookies, |settings| Browser::new(site(
    settings,
    signed(PickleSerializer::default())
)));

session_suite!(encrypted_cookies, |settings| Browser::new(site(settings, encrypted(CompactJsonSerializer))));

fn site<S: Serializer>(settings: &Settings, serializer: S) -> BaseCookieSessionFactory<S> {
    let builder = BaseCookieSessionFactory::with_serializer(serializer).clock(settings.clock.clone());
    builder.timeout(settings.timeout).reissue_time(settings.reissue_time).build().unwrap()
}

/// Factories as applications build them.
mod built {
    use super::*;

    const SECRET: &str = "a secret that is long enough for the suites";

    session_suite!(sessions, |settings| {
        let builder = SignedCookieSessionFactory::builder(SECRET).clock(settings.clock.clone());
        let builder = builder.timeout(settings.timeout).reissue_time(settings.reissue_time);
        Browser::new(builder.build().unwrap())
    });

    session_suite!(encrypted_sessions, |settings| {
        let builder = EncryptedCookieSessionFactory::builder(SECRET).aead::<XChaCha20Poly1305>();
        let builder = builder.clock(settings.clock.clone()).lifetime(None);
        let builder = builder.timeout(settings.timeout).reissue_time(settings.reissue_time);
        Browser::new(builder.build().unwrap())
    });
}

/// Sessions in a store.
mod stored {
    use std::time::Duration;

    use signed_session::MemoryStore;
    use signed_session::{ManualClock, Stored, StoredSessionFactory, Timestamp};

    use super::*;

    session_suite!(sessions, |settings| browser(settings, |builder| builder));
    session_suite!(sessions_in_messagepack, |settings| browser(settings, |builder| {
        builder.serializer(MessagePackSerializer)
    }));
    session_suite!(sessions_in_pickle, |settings| browser(settings, |builder| {
        builder.serializer(PickleSerializer::default())
    }));

    type Builder<S> = signed_session::Builder<Stored<MemoryStore, S>>;

    fn browser<S: Serializer>(
        settings: &Settings,
        configure: impl FnOnce(Builder<CompactJsonSerializer>) -> Builder<S>,
    ) -> Browser<StoredSessionFactory<MemoryStore, S>> {
        // The store's clock stands still, so the store keeps the rows of expired sessions. With the row, the factory
        // rejects such a session as expired. Without the row, it would reject the session as revoked.
        let store = MemoryStore::new().with_clock(ManualClock::new(Timestamp::default()));
        let builder = StoredSessionFactory::builder("a secret that is long enough for the suites", store);
        let builder = builder.clock(settings.clock.clone()).lifetime(None);
        let builder = builder.timeout(settings.timeout).reissue_time(settings.reissue_time);
        // The suite expects a cookie whenever the session's time of access is updated. With `max_age`, the factory
        // sends one.
        let builder = builder.max_age(Duration::from_secs(3600));
        Browser::new(configure(builder).build().unwrap())
    }
}

cookie_suite!(template, write_by_template);
cookie_suite!(factory, write_by_factory);

fn write_by_template(cookie: &Cookie) -> Result<String, CookieError> {
    let template = CookieTemplate::builder(&cookie.name)
        .path(cookie.path.clone())
        .domain(cookie.domain.clone())
        .max_age(cookie.max_age)
        .secure(cookie.secure)
        .httponly(cookie.httponly)
        .samesite(cookie.samesite.map(same_site))
        .partitioned(cookie.partitioned)
        .build()?;
    let line = match &cookie.value {
        Some(value) => template.set(value)?,
        None => template.removal(),
    };
    Ok(line.to_string())
}

fn write_by_factory(cookie: &Cookie) -> Result<String, Box<dyn Error>> {
    let factory = BaseCookieSessionFactory::with_serializer(Verbatim(cookie.value.clone()))
        .cookie_name(&cookie.name)
        .path(cookie.path.clone())
        .domain(cookie.domain.clone())
        .max_age(cookie.max_age)
        .secure(cookie.secure)
        .httponly(cookie.httponly)
        .samesite(cookie.samesite.map(same_site))
        .partitioned(cookie.partitioned)
        .build()?;
    let mut session = factory.load(None::<&str>);
    match cookie.value {
        Some(_) => session.insert("any", "thing")?,
        None => session.invalidate(),
    }
    Ok(factory.save(&mut session)?.into_session_cookie().ok_or("no session cookie is sent")?.to_string())
}

fn same_site(samesite: cookie::SameSite) -> SameSite {
    match samesite {
        cookie::SameSite::Strict => SameSite::Strict,
        cookie::SameSite::Lax => SameSite::Lax,
        cookie::SameSite::None => SameSite::None,
    }
}

/// A serializer that writes the same text for each session.
struct Verbatim(Option<String>);

impl Serializer for Verbatim {
    fn dumps<T: Serialize + ?Sized>(&self, _: &T) -> Result<Vec<u8>, DumpError> {
        Ok(self.0.clone().unwrap_or_default().into_bytes())
    }

    fn loads<T: DeserializeOwned>(&self, _: &[u8]) -> Result<T, LoadError> {
        Err(LoadError::malformed("write-only"))
    }
}

proptest! {
    /// Checks `Set-Cookie` lines with the parser of the crate `cookie`. The suite and the tested code have the same
    /// authors; this parser is independent of them.
    #[test]
    fn cookie_crate_reads_same_attributes(
        asked in cookie::cookie(),
        is_removal in any::<bool>(),
        is_partitioned in any::<bool>(),
    ) {
        let mut asked = if is_removal { asked.removal() } else { asked };
        asked.partitioned = is_partitioned;
        asked.secure |= is_partitioned;
        let line = write_by_template(&asked).unwrap();
        let read = ::cookie::Cookie::parse(&*line).unwrap();
        prop_assert_eq!(read.name_value(), (&*asked.name, asked.value.as_deref().unwrap_or_default()));
        prop_assert_eq!(read.path(), asked.path.as_deref());
        prop_assert_eq!(read.domain(), asked.domain.as_deref());
        prop_assert_eq!(read.secure().unwrap_or(false), asked.secure);
        prop_assert_eq!(read.http_only().unwrap_or(false), asked.httponly);
        prop_assert_eq!(read.partitioned().unwrap_or(false), asked.partitioned);
        prop_assert_eq!(read.same_site().map(|s| s.to_string()), asked.samesite.map(|s| format!("{s:?}")));
        let max_age = read.max_age().map(|age| age.whole_seconds().unsigned_abs());
        let expires = read.expires_datetime().map(|date| date.unix_timestamp());
        if is_removal {
            prop_assert_eq!((max_age, expires), (Some(0), Some(0)));
        } else {
            prop_assert_eq!((max_age, expires), (asked.max_age.map(|age| age.as_secs()), None));
        }
    }
}
