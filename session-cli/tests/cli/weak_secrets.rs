//! Weak secrets in `inspect` and `doctor`. The library refuses them for encryption.

use serde_json::json;
use signed_session::EncryptedCookieSessionFactory;
use signed_session::testing::mint_cookie;

use crate::doctor::{GOOD, doctor};
use crate::recognise::{KEY, inspect};
use crate::{OLD_SECRET, Shell};

/// Regression: if one of the given secrets was weak, `inspect` did not check for encryption, and reported an encrypted
/// cookie of another secret as forged.
#[test]
fn weak_retired_secret_does_not_prevent_decryption() {
    let shell = Shell::new();
    let weak =
        "--retired-secret-file weak.secret --retired-secret-file old.secret --allow-weak-retired-secrets";
    for (writer, secrets, key) in [
        (KEY, format!("{KEY} {weak}"), "current"),
        ("--secret-file old.secret", format!("{KEY} {weak}"), "retired:2"),
        (
            KEY,
            "--secret-file weak.secret --allow-weak-secret --retired-secret-file session.secret".to_owned(),
            "retired:1",
        ),
    ] {
        let cookie = shell.sign(&format!("{writer} --encrypted"), "{}");
        let (code, report) = inspect(&shell, &secrets, &cookie);
        assert_eq!((code, &report["key"]), (0, &json!(key)), "{secrets}: {report}");
    }
}

/// Regression: `inspect` reported an encrypted cookie as forged if all given secrets were weak.
#[test]
fn encrypted_cookie_is_not_verified_with_weak_secrets() {
    let shell = Shell::new();
    let cookie = shell.sign(&format!("{KEY} --encrypted"), "{}");
    let weak = "--secret-file weak.secret --allow-weak-secret";
    let (code, report) = inspect(&shell, weak, &cookie);
    let reason = "not verified: a weak secret cannot decrypt; give a strong one";
    assert_eq!((code, &report["reason"], &report["verified"]), (1, &json!(reason), &json!(false)));
    // A cookie that another secret has signed is still reported as forged.
    let signed = shell.sign(KEY, "{}");
    assert_eq!(inspect(&shell, weak, &signed).1["reason"], "bad signature");
}

/// Regression: if one of the given secrets was weak, `doctor` did not check for encryption. It then said that no given
/// secret had encrypted the value, although the current one had.
#[test]
fn encrypted_value_is_verified_beside_weak_secrets() {
    let shell = Shell::new();
    let encrypted = EncryptedCookieSessionFactory::builder(OLD_SECRET).build().unwrap();
    let line = format!("{}; {GOOD}", mint_cookie(&encrypted, |session| session.insert("a", 1)));
    for format in ["", "--encrypted"] {
        let run = doctor(
            &shell,
            &format!("--secret-env OLD_SECRET --retired-secret-file weak.secret {format}"),
            &line,
        );
        assert_eq!((run.weaknesses(), run.notes()), (vec!["--retired-secret-file"], vec![]), "{format}");
        // With weak secrets alone, the value is not verified.
        let run = doctor(&shell, &format!("--secret-file weak.secret {format}"), &line);
        assert_eq!((run.weaknesses(), run.notes()), (vec!["--secret-file"], vec!["value"]), "{format}");
        assert!(run.stdout.contains("give a strong secret"), "{run:?}");
    }
}
