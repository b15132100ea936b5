//! The life of a session cookie: created, decoded, changed, forged, expired, and shared with Pyramid.
//!
//! Run it with `cargo run --example roundtrip`. Each run generates a secret, so the tags differ between runs. The rest
//! of the output stays the same, because the clock is manual.

use std::error::Error;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use signed_session::{ManualClock, Record, Secret, SetCookie, SignedCookieSessionFactory, Timestamp};

/// The length of a tag of HMAC-SHA-512.
const TAG_LEN: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::new(at(1_700_000_000.25));
    // A real service reads its secret with Secret::from_file() or from_env().
    let sessions = SignedCookieSessionFactory::builder(Secret::generate()?)
        .timeout(Duration::from_secs(1200))
        .clock(clock.clone())
        .build()?;

    step("1. A request without a cookie has a new session");
    let mut session = sessions.load(None::<&str>);
    assert!(session.is_new() && session.is_empty());
    println!("new: {}, because: {}", session.is_new(), session.rejection().ok_or("no rejection")?);
    session.insert("user", "zoë")?;
    session.insert("role", "guest")?;
    session.flash("Welcome!", "")?;
    let set_cookie = sessions.save(&mut session)?.into_session_cookie().ok_or("nothing to send")?;
    println!("Set-Cookie: {set_cookie}");
    assert!(set_cookie.as_str().ends_with("; Path=/; SameSite=Lax"));

    step("2. The value is the base64 of the tag and the payload");
    let (tag, payload) = split_value(set_cookie.value())?;
    let Record { accessed, created, state, .. } = Record::from_json(payload.clone())?;
    println!("tag      {}… ({} bytes)", hex(&tag[..16]), tag.len());
    println!("payload  {}", String::from_utf8_lossy(&payload));
    println!("accessed {accessed} (in whole seconds)");
    println!("created  {created}");
    println!("state    {}", state.to_json()?);
    assert_eq!((accessed, created), (at(1_700_000_000.0), at(1_700_000_000.25)));
    // The flash messages of the default queue are one entry, whose key `_f_` is Pyramid's.
    assert_eq!(state.keys().collect::<Vec<_>>(), ["user", "role", "_f_"]);

    step("3. The browser sends the cookie back a minute later, and the handler changes the session");
    clock.advance(Duration::from_secs(60));
    let cookie = returned(&set_cookie);
    let mut session = sessions.load(&*cookie);
    assert!(!session.is_new());
    println!("user: {}", session.get::<String>("user")?.ok_or("no user")?);
    println!("flash: {:?}", session.pop_flash::<String>("")?);
    session.insert("hits", 1)?;
    let set_cookie = sessions.save(&mut session)?.into_session_cookie().ok_or("nothing to send")?;
    let (tag, payload) = split_value(set_cookie.value())?;
    println!("payload  {}", String::from_utf8_lossy(&payload));
    assert_eq!(payload, br#"[1700000060, 1700000000.25, {"user": "zo\u00eb", "role": "guest", "hits": 1}]"#,);

    step("4. An attacker turns the guest into an admin, but cannot compute the tag");
    let forged = String::from_utf8(payload)?.replace("guest", "admin");
    let forged = format!("session={}", BASE64_URL_SAFE_NO_PAD.encode([&tag[..], forged.as_bytes()].concat()));
    let session = sessions.load(&*forged);
    let rejection = session.rejection().ok_or("a forged cookie was accepted")?;
    println!("rejected: {rejection}; role: {:?}", session.get::<String>("role")?);
    assert!(rejection.is_bad_signature() && session.is_new() && session.is_empty());

    let session = sessions.load("session=this is no base64");
    let rejection = session.rejection().ok_or("a malformed cookie was accepted")?;
    println!("rejected: {rejection}");
    assert!(rejection.is_malformed());

    step("5. The session is valid for 1200 s without an access, and then expires");
    let cookie = returned(&set_cookie); // accessed at 1700000060
    clock.set(at(1_700_001_260.0));
    assert_eq!(sessions.load(&*cookie).rejection(), None);
    println!("after 1200 s: accepted");
    clock.advance(Duration::from_secs(1));
    let session = sessions.load(&*cookie);
    let rejection = session.rejection().ok_or("an expired cookie was accepted")?;
    println!("after 1201 s: rejected: {rejection}");
    assert!(rejection.is_expired() && session.is_new());

    step("6. A cookie that Pyramid wrote, with the secret \"secret\"");
    let value = "dt9oEI7g02L2km2slRQOGOJlDsZpcXStngAhlGCgCeqeXbT-z0Q6anHuuMIRRI6X-V-Vb_zgjqGALLKdhAy781\
                 sxNzAwMDAwMDAwLCAxNjk5OTk5MDAwLjUsIHsiYSI6IDF9XQ";
    let pyramids = SignedCookieSessionFactory::builder("secret")
        .allow_weak_secret() // 6 bytes, where 32 are required
        .clock(clock.clone())
        .build()?;
    clock.set(at(1_700_000_000.0));
    let mut session = pyramids.load(format!("session={value}"));
    println!("payload  {}", String::from_utf8_lossy(&split_value(value)?.1));
    println!("a: {:?}, created: {}", session.get::<u32>("a")?, session.created());
    assert_eq!(session.get("a")?, Some(1));

    session.changed(); // so that save() writes the session although no entry has changed
    let set_cookie = pyramids.save(&mut session)?.into_session_cookie().ok_or("nothing to send")?;
    assert_eq!(set_cookie.value(), value);
    println!("saved again in the same second, the cookie has the same bytes");
    Ok(())
}

fn step(title: &str) {
    println!("\n{title}\n{}", "-".repeat(title.len()));
}

fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap_or_default()
}

/// Returns the `Cookie` header that a browser sends after a `Set-Cookie` header.
fn returned(set_cookie: &SetCookie) -> String {
    format!("{}={}", set_cookie.name(), set_cookie.value())
}

fn split_value(value: &str) -> Result<(Vec<u8>, Vec<u8>), base64::DecodeError> {
    let mut tag = BASE64_URL_SAFE_NO_PAD.decode(value)?;
    let payload = tag.split_off(TAG_LEN);
    Ok((tag, payload))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
