//! Sign with a MAC of your own: any type that is a `digest::Mac`, from a crate or written by you.
//!
//! `cargo run --example custom_mac`

use std::error::Error;

use blake2::Blake2bMac512;
use digest::common::KeySizeUser;
use digest::{FixedOutput, InvalidLength, Key, KeyInit, Mac, MacMarker, Output, OutputSizeUser, Update};
use hmac::Hmac;
use sha2::Sha512;
use signed_session::{BaseCookieSessionFactory, Secret, Serializer, SignedCookieSessionFactory};

/// HMAC-SHA-512 of what it is for, followed by the message.
///
/// A plain HMAC knows only secret and salt: whatever else is signed with the two would be taken for a session. With
/// this one, only what was signed as a session of the shop is.
#[derive(Clone)]
struct ShopMac(Hmac<Sha512>);

impl ShopMac {
    /// Absorbed together with the key, once, when the factory is built: it costs nothing per message.
    fn for_the_shop(keyed: Hmac<Sha512>) -> Self {
        Self(keyed.chain_update(b"session of the shop\0"))
    }
}

impl KeySizeUser for ShopMac {
    type KeySize = <Hmac<Sha512> as KeySizeUser>::KeySize;
}

impl KeyInit for ShopMac {
    fn new(key: &Key<Self>) -> Self {
        Self::for_the_shop(KeyInit::new(key))
    }

    /// Without this, only a key of exactly `KeySize` would do; HMAC takes one of any length.
    fn new_from_slice(key: &[u8]) -> Result<Self, InvalidLength> {
        <Hmac<Sha512> as KeyInit>::new_from_slice(key).map(Self::for_the_shop)
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

/// Says that it is a MAC and not a mere hash. The rest of `digest::Mac`, constant-time comparison included, comes from
/// these traits.
impl MacMarker for ShopMac {}

fn main() -> Result<(), Box<dyn Error>> {
    // BLAKE2's own keyed mode takes a key of at most 64 bytes. The key is the salt and the secret together: 16 for
    // "pyramid.session." leave 48: 48 hex digits are 192 random bits.
    let secret = Secret::from(&Secret::generate()?.expose_secret()[..48]);
    let blake2 = SignedCookieSessionFactory::builder(secret).mac::<Blake2bMac512>().build()?;
    let cookie = cookie_with_a_hit(&blake2)?;
    assert_eq!(blake2.load(&*cookie).get("hits")?, Some(1));
    println!("keyed BLAKE2b: {} bytes of cookie", cookie.len());

    // A generated secret has 128 bytes. That is seen when the factory is built, not when a request comes.
    let secret = Secret::generate()?;
    let refused = SignedCookieSessionFactory::builder(secret.clone()).mac::<Blake2bMac512>().build();
    let error = refused.err().ok_or("a key of 144 bytes was taken")?;
    println!("keyed BLAKE2b with a generated secret: {error}");
    assert_eq!(error.option(), "mac");

    // The one from above.
    let shop = SignedCookieSessionFactory::builder(secret.clone()).mac::<ShopMac>().build()?;
    let cookie = cookie_with_a_hit(&shop)?;
    assert_eq!(shop.load(&*cookie).get("hits")?, Some(1));
    println!("ShopMac: {} bytes of cookie", cookie.len());

    // Secret and salt are the same, and yet neither side takes the other's cookies.
    let plain = SignedCookieSessionFactory::builder(secret).build()?;
    assert!(is_bad_signature(&plain, &cookie));
    assert!(is_bad_signature(&shop, &cookie_with_a_hit(&plain)?));
    println!("ShopMac and HMAC-SHA-512 refuse each other's cookies, under one secret and one salt");
    Ok(())
}

fn cookie_with_a_hit<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
) -> Result<String, Box<dyn Error>> {
    let mut session = sessions.load(None::<&str>);
    session.insert("hits", 1)?;
    let set_cookie = sessions.save(&mut session)?.ok_or("nothing to send")?;
    Ok(format!("{}={}", set_cookie.name(), set_cookie.value()))
}

fn is_bad_signature<S: Serializer>(sessions: &BaseCookieSessionFactory<S>, cookie: &str) -> bool {
    let session = sessions.load(cookie);
    session.is_new() && session.rejection().is_some_and(|rejection| rejection.is_bad_signature())
}
