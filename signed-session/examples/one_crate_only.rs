//! Two crates used alone: `session-sign` for a password reset link, and `session-cookie` for a cookie without a
//! signature. Neither crate needs the other one, or a session.
//!
//! Run it with `cargo run --example one_crate_only`.

use std::error::Error;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::Hmac;
use session_cookie::{CookieHeader, CookieTemplate, SameSite};
use session_sign::{Key, KeyRing, Salt, Secret, Signer};
use sha2::Sha256;

fn main() -> Result<(), Box<dyn Error>> {
    password_reset_link()?;
    unsigned_cookie()
}

/// Signs and verifies tokens for a URL.
struct ResetTokens {
    keys: KeyRing<Signer<Hmac<Sha256>>>,
}

impl ResetTokens {
    fn new(secret: &Secret) -> Result<Self, Box<dyn Error>> {
        secret.check_strength()?;
        // The salt separates these tokens from all other uses of the secret.
        let key = Key::derive(&Salt::from("password-reset."), secret)?;
        Ok(Self { keys: KeyRing::new(Signer::new(key.as_ref())?) })
    }

    /// Returns a token for one user. The token is valid until `expires`, in Unix seconds, or until the password
    /// changes.
    fn issue(&self, user: u64, password_changes: u32, expires: u64) -> String {
        let mut envelope = vec![0; self.keys.tag_len()];
        envelope.extend(format!("{user} {password_changes} {expires}").into_bytes());
        self.keys.sign(&mut envelope);
        BASE64_URL_SAFE_NO_PAD.encode(envelope)
    }

    /// Returns the user whose password may be reset. `password_changes` returns how often a user has changed the
    /// password.
    fn redeem(&self, token: &str, now: u64, password_changes: impl Fn(u64) -> u32) -> Option<u64> {
        let envelope = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        // The message is parsed only after the token is verified.
        let message = std::str::from_utf8(self.keys.verify(&envelope).ok()?.message()).ok()?;
        let mut numbers = message.split(' ').map(str::parse::<u64>);
        let (user, changes, expires) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
        (now <= expires && changes == u64::from(password_changes(user))).then_some(user)
    }
}

fn password_reset_link() -> Result<(), Box<dyn Error>> {
    let tokens = ResetTokens::new(&Secret::generate()?)?;
    let (user, now) = (42, 1_700_000_000);

    let token = tokens.issue(user, 3, now + 3600);
    println!("https://example.org/reset?token={token}");
    assert_eq!(tokens.redeem(&token, now + 60, |_| 3), Some(user));

    assert_eq!(tokens.redeem(&token, now + 3601, |_| 3), None, "an expired token should be rejected");
    assert_eq!(
        tokens.redeem(&token, now + 60, |_| 4),
        None,
        "a token should be rejected after the password has changed"
    );
    let forged = token.replacen(&token[..1], if token.starts_with('A') { "B" } else { "A" }, 1);
    assert_eq!(tokens.redeem(&forged, now + 60, |_| 3), None, "a forged token should be rejected");
    let others = ResetTokens::new(&Secret::generate()?)?;
    assert_eq!(others.redeem(&token, now + 60, |_| 3), None, "a token of another secret should be rejected");
    println!(
        "tokens are valid for one user, for an hour or until the password changes; expired, outdated and forged ones \
         are rejected"
    );
    Ok(())
}

fn unsigned_cookie() -> Result<(), Box<dyn Error>> {
    // The template is checked and formatted once, when the program starts.
    let theme =
        CookieTemplate::builder("theme").secure(true).httponly(true).samesite(SameSite::Strict).build()?;

    let set_cookie = theme.set("dark")?;
    println!("\nSet-Cookie: {set_cookie}");
    assert_eq!(set_cookie.as_str(), "theme=dark; Path=/; Secure; HttpOnly; SameSite=Strict");

    // The browser's header can contain anything. If several cookies have the name, `values` returns the last one first.
    let header = CookieHeader::from("lang=en; theme=light; \"; theme=dark");
    let value = header.values(theme.name()).next().ok_or("no theme")?;
    assert_eq!(value, b"dark");

    // A value that would break out of the header is refused, and so is a cookie that browsers reject.
    let error = theme.set("dark\r\nSet-Cookie: admin=1").err().ok_or("a line break was accepted")?;
    println!("{error}");
    assert!(error.is_invalid_value());
    let error = CookieTemplate::builder("__Host-theme")
        .build()
        .err()
        .ok_or("a __Host- cookie without Secure was accepted")?;
    println!("{error}");
    assert!(error.is_prefix_violation());
    Ok(())
}
