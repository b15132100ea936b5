//! Formats of one cookie name that share a retired key.

use signed_session::testing::mint_cookie;
use signed_session::{
    BaseCookieSessionFactory, BuildError, Builder, CompactJsonSerializer, CookieSession, DumpError,
    EncryptedCookieSessionFactory, JsonSerializer, LoadError, Protection, Serializer,
    SignedCookieSessionFactory,
};

use crate::site::SECRET;

const OLD_SECRET: &str = "the old secret, which is long enough as well";
const RETIRED_SECRET: &str = "a secret of long ago, and retired";

/// Another format: JSON with its bytes in reverse order.
struct Backwards;

impl Serializer for Backwards {
    fn dumps<T: serde::Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        Ok(JsonSerializer.dumps(value)?.into_iter().rev().collect())
    }

    fn loads<T: serde::de::DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        JsonSerializer.loads(&bytes.iter().rev().copied().collect::<Vec<u8>>())
    }
}

/// JSON that is read with one text replaced by another.
struct Misread(&'static str, &'static str);

impl Serializer for Misread {
    fn dumps<T: serde::Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        JsonSerializer.dumps(value)
    }

    fn loads<T: serde::de::DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        let json = str::from_utf8(bytes).expect("a signed cookie holds JSON");
        assert!(json.contains(self.0), "{json}");
        JsonSerializer.loads(json.replace(self.0, self.1).as_bytes())
    }
}

/// A builder with the secret `secret` and the retired secret that all formats of these tests share.
fn signed(secret: &str) -> Builder {
    SignedCookieSessionFactory::builder(secret).retired_secret(RETIRED_SECRET)
}

fn encrypted(secret: &str) -> Builder<impl Protection<Serializer = impl Serializer>> {
    EncryptedCookieSessionFactory::builder(secret).retired_secret(RETIRED_SECRET)
}

fn user<S: Serializer>(session: &CookieSession<S>) -> Option<String> {
    session.get("user").unwrap()
}

#[track_caller]
fn assert_refused(result: Result<impl Sized, BuildError>, formats: &str) {
    let error = result.err().expect("the formats read the cookies of the shared key differently");
    assert_eq!(error.option(), "also_reads");
    let text = error.to_string();
    assert!(text.contains(formats) && text.contains("share a retired key"), "{text}");
    assert!(text.contains("remove its secret from the format that has never written with it"), "{text}");
}

/// Regression: `build()` compared only the current keys. If both formats had the same retired secret, the current
/// format authenticated the old format's cookies of this secret but could not decode them, so the users were signed
/// out.
#[test]
fn formats_that_read_cookies_of_a_shared_retired_key_differently_are_refused() {
    let old = signed(OLD_SECRET).build().unwrap();
    assert_refused(
        signed(SECRET).serializer(Backwards).also_reads(old).build(),
        "old format 1 and the current format",
    );
    let old = signed(OLD_SECRET).serializer(Backwards).build().unwrap();
    assert_refused(signed(SECRET).also_reads(old.clone()).build(), "old format 1 and the current format");

    let other = signed("yet another secret that is long enough").build().unwrap();
    let builder = EncryptedCookieSessionFactory::builder(SECRET).also_reads(old).also_reads(other);
    assert_refused(builder.build(), "old format 2 and old format 1");

    let old = EncryptedCookieSessionFactory::builder(OLD_SECRET).retired_secret(RETIRED_SECRET);
    let old = old.serializer(Backwards).build().unwrap();
    assert_refused(encrypted(SECRET).also_reads(old).build(), "old format 1 and the current format");
}

#[test]
fn format_that_reads_other_session_from_cookie_of_shared_retired_key_is_refused() {
    let old = signed(OLD_SECRET).build().unwrap();
    let build = |from, to| signed(SECRET).serializer(Misread(from, to)).also_reads(old.clone()).build();
    assert!(build("key", "key").is_ok());
    for (from, to) in [
        // Another time of access, of creation.
        ("[0, ", "[1, "),
        (", 0.0,", ", 1.0,"),
        // The entry has another value or name, is missing, or is not the only one.
        ("lue", "lley"),
        ("key", "name"),
        (r#""key": "v\u00e4lue""#, ""),
        (r#"{"key""#, r#"{"more": 1, "key""#),
    ] {
        assert_refused(build(from, to), "old format 1 and the current format");
    }
}

/// To find shared keys, `build()` writes a cookie with each retired secret as if the secret were current. A secret that
/// is too weak to be current must not make this fail.
#[test]
fn weak_shared_retired_secret_is_found() {
    let weak = |secret| {
        SignedCookieSessionFactory::builder(secret)
            .retired_secret("itsaseekreet")
            .allow_weak_retired_secrets()
    };
    let old = weak(OLD_SECRET).build().unwrap();
    assert!(weak(SECRET).also_reads(old.clone()).build().is_ok());
    let refused = weak(SECRET).serializer(Backwards).also_reads(old).build();
    assert_refused(refused, "old format 1 and the current format");
}

#[test]
fn formats_that_read_cookies_of_a_shared_retired_key_alike_are_accepted() {
    let written = SignedCookieSessionFactory::builder(RETIRED_SECRET).build().unwrap();
    let cookie = mint_cookie(&written, |session| session.insert("user", "zoe"));
    let old = signed(OLD_SECRET).serializer(CompactJsonSerializer).build().unwrap();
    for sessions in [
        signed(SECRET).also_reads(signed(OLD_SECRET).build().unwrap()).build().unwrap(),
        signed(SECRET).also_reads(old).build().unwrap(),
        signed(SECRET).path("/shop").also_reads(signed(OLD_SECRET).build().unwrap()).build().unwrap(),
    ] {
        assert_eq!(user(&sessions.load(&*cookie)).as_deref(), Some("zoe"));
    }
    // The salts differ, so the keys differ, although the secrets are the same.
    let old = signed(OLD_SECRET).salt("old.").serializer(Backwards).build().unwrap();
    assert!(signed(SECRET).also_reads(old).build().is_ok());
    // The keys are the same, but a cookie is read only in formats with its name.
    let old = signed(OLD_SECRET).cookie_name("old").serializer(Backwards).build().unwrap();
    assert!(signed(SECRET).also_reads(old).build().is_ok());
}

/// Regression: `set_secrets` compared only the current keys.
#[test]
fn retired_secret_of_old_format_with_another_serializer_cannot_be_added() {
    let old = signed(OLD_SECRET).serializer(Backwards).build().unwrap();
    let written = SignedCookieSessionFactory::builder(RETIRED_SECRET).serializer(Backwards).build().unwrap();
    let cookie = mint_cookie(&written, |session| session.insert("user", "zoe"));
    let sessions: BaseCookieSessionFactory<_> =
        SignedCookieSessionFactory::builder(SECRET).also_reads(old).build().unwrap();
    let mut secrets = signed_session::Secrets::from(SECRET);
    secrets.push_retired(RETIRED_SECRET);
    assert_refused(sessions.set_secrets(secrets), "old format 1 and the current format");
    assert_eq!(user(&sessions.load(&*cookie)).as_deref(), Some("zoe"));
}

/// The current format reads the old format's cookies of the retired secret, but the old format misreads its own.
#[test]
fn retired_secret_of_old_format_that_misreads_its_cookies_cannot_be_added() {
    let old = signed(OLD_SECRET).serializer(Misread("key", "name")).build().unwrap();
    let sessions = SignedCookieSessionFactory::builder(SECRET).also_reads(old).build().unwrap();
    let mut secrets = signed_session::Secrets::from(SECRET);
    secrets.push_retired(RETIRED_SECRET);
    assert_refused(sessions.set_secrets(secrets), "old format 1 and the current format");
}
