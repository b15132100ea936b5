//! Secrets, salts, and the keys derived from them.

use std::fs;

use base64::prelude::{BASE64_STANDARD as BASE64, BASE64_URL_SAFE_NO_PAD, Engine as _};
use hmac::Hmac;
use proptest::prelude::*;
use session_sign::{Key, KeyRing, MacAlgorithm, Salt, Secret, SecretSource, Signer};
use sha2::Sha512;

use crate::util::hex;

fn derive(salt: impl Into<Salt>, secret: impl Into<Secret>) -> Vec<u8> {
    Key::derive(&salt.into(), &secret.into()).unwrap().as_ref().to_vec()
}

/// The expected keys are `SignedSerializer(secret, salt).salted_secret` in WebOb 1.8.11.
#[test]
fn non_latin1_text_makes_salt_and_secret_utf8() {
    assert_eq!(derive("pyramid.session.", "secret"), hex("707972616d69642e73657373696f6e2e736563726574"));
    assert_eq!(derive("sält.", "sécretÿ"), hex("73e46c742e73e963726574ff"));
    assert_eq!(derive("salt.", "słé"), hex("73616c742e73c582c3a9"));
    assert_eq!(derive("€.", "sécret"), hex("e282ac2e73c3a963726574"));
    assert_eq!(derive("\u{80}ÿ", "Ā"), hex("c280c3bfc480"));
    assert_eq!(derive("", "🔑"), hex("f09f9491"));
    assert_eq!(derive("sält.", b"\xff\x00\xfe"), hex("73e46c742eff00fe"));
    assert_eq!(derive(b"\xe4\x80", "sé"), hex("e48073e9"));
    assert_eq!(derive(b"\xe4\x80", "Āé"), hex("e480c480c3a9"));
    assert_eq!(derive("łé", b"\xe9"), hex("c582c3a9e9"));
    assert_eq!(derive(b"\x01", b"\x02"), hex("0102"));
}

#[test]
fn secret_from_any_type_gives_same_key() {
    let bytes = [0xff, 0x00, 0x7f];
    for secret in
        [Secret::from(bytes), Secret::from(&bytes), Secret::from(&bytes[..]), Secret::from(bytes.to_vec())]
    {
        assert_eq!(secret.expose_secret(), bytes);
        assert_eq!(derive("s", secret), [b's', 0xff, 0x00, 0x7f]);
    }
    for secret in [Secret::from("zoë"), Secret::from("zoë".to_owned())] {
        assert_eq!(secret.expose_secret(), "zoë".as_bytes());
        assert_eq!(derive("s", secret), b"szo\xeb");
    }
}

#[test]
fn empty_secret_gives_no_key() {
    for empty in [Secret::from(""), Secret::from([]), Secret::from(Vec::new())] {
        assert!(empty.check_strength().unwrap_err().is_empty());
        let error = Key::derive(&Salt::from("salt."), &empty).unwrap_err();
        assert!(error.is_empty() && !error.is_weak() && !error.is_unavailable());
    }
}

#[test]
fn secret_below_32_encoded_bytes_is_weak() {
    for weak in [
        Secret::from("x"),
        Secret::from("x".repeat(31)),
        Secret::from([0; 31]),
        // This secret is 62 bytes of UTF-8, but the key encodes it as 31 bytes of latin-1.
        Secret::from("é".repeat(31)),
        Secret::from("ł".repeat(15)),
    ] {
        let error = weak.check_strength().unwrap_err();
        assert!(error.is_weak() && !error.is_empty() && !error.is_unavailable());
        assert!(error.to_string().contains("need at least 32"), "{error}");
    }
    for strong in [
        Secret::from("Q7kzv0Tj2mXw9RbL4cYhN8sEgD5uPfA1"),
        Secret::from("äéöüïëàèçâêîôûñõåøæÿþðáíóúìòùãÄÉ"),
        // One character is outside of latin-1, so the 17 characters are encoded as 34 bytes of UTF-8.
        Secret::from("łäéöüïëàèçâêîôûñõ"),
    ] {
        assert!(strong.check_strength().is_ok());
    }
}

/// Long secrets that are easy to guess, each with a part of the expected error text.
const GUESSABLE: [(&str, &str); 19] = [
    ("192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf", "published"),
    ("a-string-secret-at-least-256-bits-long", "published"),
    ("django-insecure-8x!k2m#v9q@w4e$r7t%y1u&i3o*p5a(s6d)f0g-h_j=", "published"),
    ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "few bytes"),
    ("0123401234012340123401234012340123401234", "few bytes"),
    ("passwordpasswordpasswordpassword", "pattern"),
    ("my secret, my secret, my secret, my secret", "pattern"),
    ("0123456789abcdef0123456789abcdef", "pattern"),
    ("passwordpasswordpasswordpassword!", "pattern"),
    ("!passwordpasswordpasswordpassword", "pattern"),
    ("passwordpassword!passwordpassword", "pattern"),
    ("passwordpasswordpasswordpassw0rd1", "pattern"),
    ("my secret, my secret! My secret? my secret", "pattern"),
    ("deadbeefdeadbeefdeadbeefdeadbeef", "few bytes"),
    ("abcdefghijklmnopqrstuvwxyz012345", "sequence"),
    ("zyxwvutsrqponmlkjihgfedcba987654", "sequence"),
    ("abcABC123defDEF456ghiGHI789jklJKL", "sequence"),
    ("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "sequence"),
    ("00112233445566778899AABBCCDDEEFF", "sequence"),
];

#[test]
fn long_guessable_secret_is_weak() {
    for (weak, why) in GUESSABLE {
        let error = Secret::from(weak).check_strength().expect_err(weak);
        assert!(error.is_weak() && error.to_string().contains(why), "{weak}: {error}");
        assert!(!error.to_string().contains(weak), "{error}");
    }
    let counting: [u8; 32] = std::array::from_fn(|n| n as u8);
    assert!(Secret::from(counting).check_strength().unwrap_err().is_weak());
    assert!(Secret::from("é€".repeat(16)).check_strength().unwrap_err().is_weak());
}

proptest! {
    #[test]
    fn random_secret_is_never_weak(bytes: [u8; 32]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        for secret in [
            Secret::from(bytes),
            Secret::from(&hex),
            Secret::from(hex.to_uppercase()),
            Secret::from(&hex[..32]), // the minimum length
            Secret::from(BASE64.encode(bytes)),
            Secret::from(BASE64_URL_SAFE_NO_PAD.encode(bytes)),
        ] {
            prop_assert!(secret.check_strength().is_ok());
        }
    }

    /// Regression: one additional byte hid the repetition of a block from `check_strength`.
    #[test]
    fn repeated_block_with_other_byte_is_weak(
        block in "[a-z]{1,20}",
        other in "[A-Z0-9!]",
        position in any::<proptest::sample::Index>(),
        replaces: bool,
    ) {
        let mut secret = block.repeat(40 / block.len() + 1);
        let position = position.index(secret.len());
        secret.replace_range(position..position + usize::from(replaces), &other);
        prop_assert!(Secret::from(&secret).check_strength().unwrap_err().is_weak(), "{secret}");
    }

    #[test]
    fn repeated_block_is_always_weak(block in proptest::collection::vec(any::<u8>(), 1..40), times in 2..40_usize) {
        let secret = block.repeat(times);
        prop_assume!(secret.len() >= Secret::MIN_LEN);
        prop_assert!(Secret::from(secret).check_strength().unwrap_err().is_weak());
    }
}

#[test]
fn generated_secrets_are_distinct_hex() {
    let (one, two) = (Secret::generate().unwrap(), Secret::generate().unwrap());
    for secret in [&one, &two] {
        let text = secret.expose_secret();
        assert_eq!(text.len(), 128);
        assert!(text.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')));
        assert!(secret.check_strength().is_ok());
        // 128 random digits lack one of the 16 values once in about 250 runs, but practically never lack half of them.
        assert!((b'0'..=b'9').chain(b'a'..=b'f').filter(|c| text.contains(c)).count() > 8);
    }
    assert_ne!(one.expose_secret(), two.expose_secret());
}

#[test]
fn one_trailing_newline_of_text_file_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    for (content, secret) in [
        (&b"hush"[..], &b"hush"[..]),
        (b"hush\n", b"hush"),
        (b"hush\r\n", b"hush"),
        (b"hush\n\n", b"hush\n"),
        (b"hush\n\r\n", b"hush\n"),
        (b"hush\r", b"hush\r"),
        (b" hush \n", b" hush "),
        (b"\xffhush\n", b"\xffhush\n"),
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(Secret::from_file(&path).unwrap().expose_secret(), secret, "{content:?}");
    }
    // UTF-8 contents are text, which the key encodes as latin-1 if salt and secret allow it. Other contents are bytes.
    fs::write(&path, "zoë\n").unwrap();
    assert_eq!(derive("", Secret::from_file(&path).unwrap()), b"zo\xeb");
    fs::write(&path, b"zo\xeb").unwrap();
    assert_eq!(derive("ł", Secret::from_file(&path).unwrap()), b"\xc5\x82zo\xeb");

    for empty in ["", "\n", "\r\n"] {
        fs::write(&path, empty).unwrap();
        assert!(Secret::from_file(&path).unwrap_err().is_empty(), "{empty:?}");
    }
    let error = Secret::from_file(dir.path().join("absent")).unwrap_err();
    assert!(error.is_unavailable() && !error.is_empty() && !error.is_weak());
    assert!(error.to_string().contains("absent"), "{error}");
}

/// Regression: a secret was read from an endless file, such as `/dev/zero`, until the memory was full.
#[test]
fn file_over_1_mib_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    let text = "hush".repeat(1 << 18);
    fs::write(&path, &text).unwrap();
    assert_eq!(Secret::from_file(&path).unwrap().expose_secret(), text.as_bytes());
    fs::write(&path, text + "\n").unwrap();
    let mut errors =
        vec![Secret::from_file(&path).unwrap_err(), SecretSource::file(&path).read().unwrap_err()];
    if cfg!(target_os = "linux") {
        errors.push(Secret::from_file("/dev/zero").unwrap_err());
    }
    for error in errors {
        assert!(error.is_unavailable() && error.to_string().contains("over 1 MiB; give a file"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}

#[test]
fn secret_is_read_from_environment_variable() {
    // Cargo sets this variable for every test.
    let secret = Secret::from_env("CARGO_PKG_NAME").unwrap();
    assert_eq!(secret.expose_secret(), b"session-sign");
    for name in ["SESSION_SIGN_NO_SUCH_VARIABLE", "", "a=b", "nul\0"] {
        assert!(Secret::from_env(name).unwrap_err().is_unavailable(), "{name:?}");
    }
}

#[test]
fn debug_shows_no_key() {
    let secret = Secret::from("hunter2");
    let salt = Salt::from("pepper.");
    let key = Key::derive(&salt, &secret).unwrap();
    let signer = Signer::<Hmac<Sha512>>::new(key.as_ref()).unwrap();
    let ring = KeyRing::new(signer.clone()).with_retired(signer.clone());
    let mut envelope = vec![0; ring.tag_len()];
    envelope.extend_from_slice(b"message");
    ring.sign(&mut envelope);

    assert_eq!(format!("{secret:?}"), "Secret(..)");
    assert_eq!(format!("{:?}", Secret::from([7; 40])), "Secret(..)");
    assert_eq!(format!("{salt:?}"), "Salt(..)");
    assert_eq!(format!("{key:?}"), "Key(..)");
    assert_eq!(format!("{signer:?}"), "Signer(..)");
    assert_eq!(format!("{:?}", MacAlgorithm::<Hmac<Sha512>>::new()), "MacAlgorithm");
    assert_eq!(format!("{ring:?}"), "KeyRing { retired: 1, .. }");
    assert_eq!(format!("{:?}", ring.verify(&envelope).unwrap()), "Verified { key: Current, .. }");
}

#[test]
fn unreadable_file_error_has_source() {
    use std::error::Error;
    let dir = tempfile::tempdir().unwrap();
    let error = Secret::from_file(dir.path().join("absent")).unwrap_err();
    let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.map(std::io::Error::kind), Some(std::io::ErrorKind::NotFound));
    assert!(Secret::from("short").check_strength().unwrap_err().source().is_none());
}
