//! Signing with a custom MAC: any type that implements `digest::Mac`, from a crate or your own.
//!
//! Run it with `cargo run --example custom_mac`.

use std::error::Error;

use blake2::Blake2bMac512;
use digest::common::KeySizeUser;
use digest::{FixedOutput, InvalidLength, Key, KeyInit, Mac, MacMarker, Output, OutputSizeUser, Update};
use hmac::Hmac;
use sha2::Sha512;
use signed_session::{BaseCookieSessionFactory, Secret, Serializer, SignedCookieSessionFactory};

/// HMAC-SHA-512 over a fixed label, followed by the message.
///
/// A plain HMAC accepts everything that was signed with the same secret and salt. This MAC accepts a payload only if it
/// was also signed with the label of the shop.
#[derive(Clone)]
struct ShopMac(Hmac<Sha512>);

impl ShopMac {
    /// Absorbs the label. This happens once, when the factory is built, so it costs nothing per message.
    fn with_label(keyed: Hmac<Sha512>) -> Self {
        Self(keyed.chain_update(b"session of the shop\0"))
    }
}

impl KeySizeUser for ShopMac {
    type KeySize = <Hmac<Sha512> as KeySizeUser>::KeySize;
}

impl KeyInit for ShopMac {
    fn new(key: &Key<Self>) -> Self {
        Self::with_label(KeyInit::new(key))
    }

    /// The default implementation accepts only keys of exactly `KeySize`. HMAC accepts keys of any length.
    fn new_from_slice(key: &[u8]) -> Result<Self, InvalidLength> {
        <Hmac<Sha512> as KeyInit>::new_from_slice(key).map(Self::with_label)
    }
}

impl Update for ShopMac {
    fn update(&mut self, data: &[u8]) {
        Mac::update(&mut self.0, data);
    }
}

impl OutputSizeUser for ShopMac {
    type OutputSize = <Hmac<Sha512> as OutputSizeUser>::OutputSize;
}

impl FixedOutput for ShopMac {
    fn finalize_into(self, out: &mut Output<Self>) {
        self.0.finalize_into(out);
    }
}

/// Marks the type as a MAC. For types with this marker, `Update` and `FixedOutput`, the crate `digest` implements
/// `Mac`, including constant-time comparison.
impl MacMarker for ShopMac {}

fn main() -> Result<(), Box<dyn Error>> {
    // BLAKE2's own keyed mode accepts a key of at most 64 bytes. The key is the salt followed by the secret. The salt
    // "pyramid.session." has 16 bytes, so 48 are left for the secret: 48 hex digits, which are 192 random bits.
    let secret = Secret::from(&Secret::generate()?.expose_secret()[..48]);
    let blake2 = SignedCookieSessionFactory::builder(secret).mac::<Blake2bMac512>().build()?;
    let cookie = cookie_with_a_hit(&blake2)?;
    assert_eq!(blake2.load(&*cookie).get("hits")?, Some(1));
    println!("keyed BLAKE2b: {} bytes of cookie", cookie.len());

    // A generated secret has 128 bytes, which is too long. `build()` returns an error, so the mistake shows before the
    // first request.
    let secret = Secret::generate()?;
    let refused = SignedCookieSessionFactory::builder(secret.clone()).mac::<Blake2bMac512>().build();
    let error = refused.err().ok_or("a key of 144 bytes was accepted")?;
    println!("keyed BLAKE2b with a generated secret: {error}");
    assert_eq!(error.option(), "mac");

    // The custom MAC.
    let shop = SignedCookieSessionFactory::builder(secret.clone()).mac::<ShopMac>().build()?;
    let cookie = cookie_with_a_hit(&shop)?;
    assert_eq!(shop.load(&*cookie).get("hits")?, Some(1));
    println!("ShopMac: {} bytes of cookie", cookie.len());

    // With the same secret and salt, each factory rejects the other's cookies.
    let plain = SignedCookieSessionFactory::builder(secret).build()?;
    assert!(is_bad_signature(&plain, &cookie));
    assert!(is_bad_signature(&shop, &cookie_with_a_hit(&plain)?));
    println!("ShopMac and HMAC-SHA-512 reject each other's cookies, with the same secret and salt");
    Ok(())
}

fn cookie_with_a_hit<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
) -> Result<String, Box<dyn Error>> {
    let mut session = sessions.load(None::<&str>);
    session.insert("hits", 1)?;
    let set_cookie = sessions.save(&mut session)?.into_session_cookie().ok_or("nothing to send")?;
    Ok(format!("{}={}", set_cookie.name(), set_cookie.value()))
}

fn is_bad_signature<S: Serializer>(sessions: &BaseCookieSessionFactory<S>, cookie: &str) -> bool {
    let session = sessions.load(cookie);
    session.is_new() && session.rejection().is_some_and(|rejection| rejection.is_bad_signature())
}
