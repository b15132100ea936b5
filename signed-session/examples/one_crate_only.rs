//! The parts by themselves: `session-sign` for a link that resets a password, `session-cookie` for a cookie that needs
//! no signature. Neither knows of sessions, and neither needs the other.
//!
//! `cargo run --example one_crate_only`

use std::error::Error;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::Hmac;
use session_cookie::{CookieHeader, CookieTemplate, SameSite};
use session_sign::{Key, KeyRing, Salt, Secret, Signer};
use sha2::Sha256;

fn main() -> Result<(), Box<dyn Error>> {
    a_link_that_resets_a_password()?;
    a_cookie_without_a_session()
}

/// Signs and checks tokens that go into a URL.
struct ResetTokens {
    keys: KeyRing<Signer<Hmac<Sha256>>>,
}

impl ResetTokens {
    fn new(secret: &Secret) -> Result<Self, Box<dyn Error>> {
        secret.check_strength()?;
        // The salt keeps these tokens apart from everything else that the secret signs.
        let key = Key::derive(&Salt::from("password-reset."), secret)?;
        Ok(Self { keys: KeyRing::new(Signer::new(key.as_ref())?) })
    }

    /// A token for one user, good until `expires` (seconds since the epoch) or until the password was changed.
    fn issue(&self, user: u64, password_changes: u32, expires: u64) -> String {
        let mut envelope = vec![0; self.keys.tag_len()];
        envelope.extend(format!("{user} {password_changes} {expires}").into_bytes());
        self.keys.sign(&mut envelope);
        BASE64_URL_SAFE_NO_PAD.encode(envelope)
    }

    /// The user whose password may be reset. `password_changes` looks up how often it was changed so far.
    fn redeem(&self, token: &str, now: u64, password_changes: impl Fn(u64) -> u32) -> Option<u64> {
        let envelope = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        // Nothing of the token is looked at before it is verified.
        let message = std::str::from_utf8(self.keys.verify(&envelope).ok()?.message()).ok()?;
        let mut numbers = message.split(' ').map(str::parse::<u64>);
        let (user, changes, expires) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
        (now <= expires && changes == u64::from(password_changes(user))).then_some(user)
    }
}

fn a_link_that_resets_a_password() -> Result<(), Box<dyn Error>> {
    let tokens = ResetTokens::new(&Secret::generate()?)?;
    let (user, now) = (42, 1_700_000_000);

    let token = tokens.issue(user, 3, now + 3600);
    println!("https://example.org/reset?token={token}");
    assert_eq!(tokens.redeem(&token, now + 60, |_| 3), Some(user));

    assert_eq!(tokens.redeem(&token, now + 3601, |_| 3), None, "too late");
    assert_eq!(tokens.redeem(&token, now + 60, |_| 4), None, "used already: the password has been changed");
    let forged = token.replacen(&token[..1], if token.starts_with('A') { "B" } else { "A" }, 1);
    assert_eq!(tokens.redeem(&forged, now + 60, |_| 3), None, "not what was signed");
    let others = ResetTokens::new(&Secret::generate()?)?;
    assert_eq!(others.redeem(&token, now + 60, |_| 3), None, "signed with another secret");
    println!("good once, for an hour, for one user; late, used and forged ones are refused");
    Ok(())
}

fn a_cookie_without_a_session() -> Result<(), Box<dyn Error>> {
    // Checked and formatted when the program starts.
    let theme =
        CookieTemplate::builder("theme").secure(true).httponly(true).samesite(SameSite::Strict).build()?;

    let set_cookie = theme.set("dark")?;
    println!("\nSet-Cookie: {set_cookie}");
    assert_eq!(set_cookie.as_str(), "theme=dark; Path=/; Secure; HttpOnly; SameSite=Strict");

    // The browser's header may hold anything; the last cookie of the name comes first.
    let header = CookieHeader::from("lang=en; theme=light; \"; theme=dark");
    let value = header.values(theme.name()).next().ok_or("no theme")?;
    assert_eq!(value, b"dark");

    // What would break out of the header is refused, and so is what browsers would not take.
    let error = theme.set("dark\r\nSet-Cookie: admin=1").err().ok_or("a line break was taken")?;
    println!("{error}");
    assert!(error.is_invalid_value());
    let error = CookieTemplate::builder("__Host-theme").build().err().ok_or("a broken promise was taken")?;
    println!("{error}");
    assert!(error.is_prefix_violation());
    Ok(())
}
