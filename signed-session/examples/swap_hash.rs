//! Sign with another hash, chosen by type or by name; and change the secret without ending a session.
//!
//! `cargo run --example swap_hash`

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
    // Everyone at the same moment, so that nothing but the hash makes a difference.
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap_or_default());
    let builder = || SignedCookieSessionFactory::builder(secret.clone()).clock(clock.clone());

    // Chosen in the program: the type says it all, and nothing is looked up at run time.
    let sha512 = cookie(&builder().build()?)?;
    let sha256 = cookie(&builder().mac::<Hmac<Sha256>>().build()?)?;
    let sha3_256 = cookie(&builder().mac::<SimpleHmac<Sha3_256>>().build()?)?; // hmac has SHA-3 behind SimpleHmac

    // Chosen in a configuration file, by the names that Python's hashlib has.
    let sha256_by_name = cookie(&builder().hashalg("sha256")?.build()?)?;
    let blake2b = cookie(&builder().hashalg("blake2b")?.build()?)?;

    println!("one session, five times:");
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
    // 32 bytes less of tag, a third more in base64.
    assert_eq!(sha512.len() - sha256.len(), 43);

    let error = builder().hashalg("sha9000").err().ok_or("there is no such hash")?;
    println!("\n{error}");
    assert!(error.to_string().contains("blake2b"));
    Ok(())
}

fn rotation() -> Result<(), Box<dyn Error>> {
    let (old, new) = (Secret::generate()?, Secret::generate()?);

    // Yesterday.
    let before = SignedCookieSessionFactory::builder(old.clone()).build()?;
    let old_cookie = cookie(&before)?;

    // Today the new secret signs; the old one is still good for what it has signed. With no re-issue time, a session
    // that is only read would not be sent again, if it were not for the retired secret.
    let during =
        SignedCookieSessionFactory::builder(new.clone()).retired_secret(old).reissue_time(None).build()?;
    let mut session = during.load(&*old_cookie);
    assert_eq!(session.get("user")?, Some(4711));
    let set_cookie = during.save(&mut session)?.ok_or("it was not signed anew")?;
    let new_cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
    println!("\nrotation: read under the retired secret, signed anew under the current one");

    // Signed with the current secret, it is left alone.
    let mut session = during.load(&*new_cookie);
    assert_eq!(session.get("user")?, Some(4711));
    assert!(during.save(&mut session)?.is_none());

    // Tomorrow, after the timeout, the old secret is dropped, and with it whatever else it has signed.
    let after = SignedCookieSessionFactory::builder(new).build()?;
    assert_eq!(after.load(&*new_cookie).get("user")?, Some(4711));
    let session = after.load(&*old_cookie);
    let rejection = session.rejection().ok_or("the old secret is still taken")?;
    assert!(rejection.is_bad_signature() && session.is_new());
    println!("rotation: once the old secret is dropped, its cookies are refused: {rejection}");
    Ok(())
}

/// The same small session, as a cookie of that factory.
fn cookie<S: Serializer>(sessions: &BaseCookieSessionFactory<S>) -> Result<String, Box<dyn Error>> {
    let mut session = sessions.load(None::<&str>);
    session.insert("user", 4711)?;
    let set_cookie = sessions.save(&mut session)?.ok_or("nothing to send")?;
    Ok(format!("{}={}", set_cookie.name(), set_cookie.value()))
}
