//! Signing with another hash, chosen by type or by name, and rotating the secret without ending a session.
//!
//! Run it with `cargo run --example swap_hash`.

use std::error::Error;

use hmac::{Hmac, SimpleHmac};
use sha2::Sha256;
use sha3::Sha3_256;
use signed_session::{
    BaseCookieSessionFactory, ManualClock, Secret, Serializer, SignedCookieSessionFactory, Timestamp,
};

fn main() -> Result<(), Box<dyn Error>> {
    hashes()?;
    rotation()
}

fn hashes() -> Result<(), Box<dyn Error>> {
    let secret = Secret::generate()?;
    // All factories share a clock that stands still, so that the cookies differ only by their hash.
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap_or_default());
    let builder = || SignedCookieSessionFactory::builder(secret.clone()).clock(clock.clone());

    // Chosen by type, at compile time.
    let sha512 = cookie(&builder().build()?)?;
    let sha256 = cookie(&builder().mac::<Hmac<Sha256>>().build()?)?;
    let sha3_256 = cookie(&builder().mac::<SimpleHmac<Sha3_256>>().build()?)?; // SHA-3 needs `SimpleHmac`

    // Chosen at run time, by the name in Python's hashlib. The name can come from a configuration file.
    let sha256_by_name = cookie(&builder().hashalg("sha256")?.build()?)?;
    let blake2b = cookie(&builder().hashalg("blake2b")?.build()?)?;

    println!("one session, signed with four hashes, one of them chosen by type and by name:");
    for (name, cookie) in [
        ("Hmac<Sha512>, the default", &sha512),
        ("Hmac<Sha256>", &sha256),
        ("SimpleHmac<Sha3_256>", &sha3_256),
        ("\"sha256\"", &sha256_by_name),
        ("\"blake2b\"", &blake2b),
    ] {
        println!("{name:>28}  {} bytes  {}…", cookie.len(), &cookie[..32]);
    }
    assert_eq!(sha256, sha256_by_name);
    assert_eq!(sha256.len(), sha3_256.len());
    assert_eq!(sha512.len(), blake2b.len());
    // A tag that is 32 bytes shorter saves 43 characters of base64.
    assert_eq!(sha512.len() - sha256.len(), 43);

    let error = builder().hashalg("sha9000").err().ok_or("an unknown hash was accepted")?;
    println!("\n{error}");
    assert!(error.to_string().contains("blake2b"));
    Ok(())
}

fn rotation() -> Result<(), Box<dyn Error>> {
    let (old, new) = (Secret::generate()?, Secret::generate()?);

    // Before the rotation.
    let before = SignedCookieSessionFactory::builder(old.clone()).build()?;
    let old_cookie = cookie(&before)?;

    // During the rotation, the new secret signs, and the old secret still verifies. With the re-issue time `None`, a
    // request that only reads the session re-issues the cookie only if a retired secret has signed it.
    let during =
        SignedCookieSessionFactory::builder(new.clone()).retired_secret(old).reissue_time(None).build()?;
    let mut session = during.load(&*old_cookie);
    assert_eq!(session.get("user")?, Some(4711));
    let set_cookie =
        during.save(&mut session)?.into_session_cookie().ok_or("the cookie was not re-issued")?;
    let new_cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
    println!("\nrotation: read with the retired secret, re-issued with the current one");

    // A cookie signed with the current secret is not re-issued.
    let mut session = during.load(&*new_cookie);
    assert_eq!(session.get("user")?, Some(4711));
    assert!(during.save(&mut session)?.is_empty());

    // One timeout after the rotation, each session has either got a new cookie or expired. So the old secret can be
    // removed. Cookies that it signed are then rejected.
    let after = SignedCookieSessionFactory::builder(new).build()?;
    assert_eq!(after.load(&*new_cookie).get("user")?, Some(4711));
    let session = after.load(&*old_cookie);
    let rejection = session.rejection().ok_or("the old secret is still accepted")?;
    assert!(rejection.is_bad_signature() && session.is_new());
    println!("rotation: cookies of the removed secret are rejected: {rejection}");
    Ok(())
}

/// Returns the `Cookie` header of a small session, signed by a factory.
fn cookie<S: Serializer>(sessions: &BaseCookieSessionFactory<S>) -> Result<String, Box<dyn Error>> {
    let mut session = sessions.load(None::<&str>);
    session.insert("user", 4711)?;
    let set_cookie = sessions.save(&mut session)?.into_session_cookie().ok_or("nothing to send")?;
    Ok(format!("{}={}", set_cookie.name(), set_cookie.value()))
}
