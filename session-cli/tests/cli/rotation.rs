//! Secret files with one secret per line, as `docs/rotation.md` describes.

use std::fs;

use serde_json::json;
use signed_session::testing::mint_cookie;
use signed_session::{SecretSource, SignedCookieSessionFactory};

use crate::{OLD_SECRET, Run, SECRET, Shell};

impl Shell {
    /// Writes a secret file that only its owner can access.
    fn write_secrets(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(file), content).unwrap();
        self.set_mode(file, 0o600);
    }

    fn verify(&self, options: &str, cookie: &str) -> Run {
        self.line(&format!("verify {options} --now 1700000000 -- {cookie}"), "")
    }
}

/// Regression: all lines of the file were read as one secret. So valid cookies were called forged, and no server
/// accepted a cookie that `sign` printed.
#[test]
fn each_line_of_secret_file_is_a_secret() {
    let shell = Shell::new();
    let [new, old] = ["session", "old"].map(|file| shell.sign(&format!("--secret-file {file}.secret"), "{}"));
    for content in [
        format!("{SECRET}\n{OLD_SECRET}"),
        format!("{SECRET}\r\n\r\n{OLD_SECRET}\r\n\r\n"),
        format!("\u{feff}\n{SECRET}\n{OLD_SECRET}\n"),
    ] {
        shell.write_secrets("secrets", &content);
        assert_eq!(shell.sign("--secret-file secrets", "{}"), new, "{content:?}");
        for (cookie, key) in [(&new, "current"), (&old, "retired:1")] {
            for command in ["verify", "inspect"] {
                let line = format!("{command} --secret-file secrets --now 1700000000 -- {cookie}");
                let (code, report) = shell.line(&line, "").report();
                assert_eq!((code, &report["key"]), (0, &json!(key)), "{content:?}");
            }
        }
        let line =
            format!("doctor --secret-file secrets __Host-session={old};Path=/;Secure;HttpOnly;SameSite=Lax");
        assert!(shell.line(&line, "").stdout.contains("a retired secret has signed"), "{content:?}");
        fs::write(shell.0.path().join("conf"), "secret-file = secrets").unwrap();
        assert_eq!(shell.line("resign --from conf --to conf", &old).stdout, format!("{new}\n"));
    }
    let secrets = SecretSource::file(shell.0.path().join("secrets")).read().unwrap();
    let sessions = SignedCookieSessionFactory::builder(secrets).timeout(None).build().unwrap();
    assert!(sessions.load(format!("session={new}")).rejection().is_none());
    let cookie = mint_cookie(&sessions, |session| session.insert("a", 1));
    assert_eq!(shell.line(&format!("verify --secret-file secrets {cookie}"), "").code, Some(0));
}

#[test]
fn retired_secrets_of_both_files_are_tried_in_order() {
    let shell = Shell::new();
    shell.write_secrets("secrets", format!("{SECRET}\nsecret"));
    shell.write_secrets("retired", format!("another secret\n{OLD_SECRET}\n"));
    let options = "--secret-file secrets --retired-secret-file retired";
    let cookie = shell.sign("--secret-file old.secret", "{}");
    let run = shell.verify(&format!("{options} --allow-weak-retired-secrets"), &cookie);
    assert_eq!(run.report().1["key"], "retired:3");
    // The error gives the number of the weak secret.
    let run = shell.verify(options, &cookie);
    let error = "--secret-file, secret 2: secret is 6 bytes, need at least 32; --allow-weak-retired-secrets accepts it";
    assert!(run.error(2).contains(error), "{run:?}");
    // `sign` uses only the current secret, so it does not refuse the weak retired one.
    shell.sign("--secret-file secrets", "{}");
    let run = shell.verify("--secret-file old.secret --retired-secret-file retired", &cookie);
    assert!(run.error(2).contains("--retired-secret-file: secret is 14 bytes"), "{run:?}");
}

/// A file with a single line, or with bytes that are not UTF-8, is one secret, including its white space.
#[test]
fn single_line_is_one_secret() {
    let shell = Shell::new();
    for secret in [format!(" {SECRET}\t").into_bytes(), [OLD_SECRET.as_bytes(), b"\xff\nx"].concat()] {
        shell.write_secrets("secret", &secret);
        let cookie = shell.sign("--secret-file secret", "{}");
        let sessions = SignedCookieSessionFactory::builder(match String::from_utf8(secret) {
            Ok(text) => text.into(),
            Err(bytes) => signed_session::Secret::from(bytes.into_bytes()),
        });
        let sessions = sessions.timeout(None).build().unwrap();
        assert!(sessions.load(format!("session={cookie}")).rejection().is_none());
    }
}

#[test]
fn malformed_secret_file_is_refused_and_not_shown() {
    let shell = Shell::new();
    for (content, says) in [
        (format!("{SECRET}\n{OLD_SECRET} \n"), "--secret-file: line 2 begins or ends with white space"),
        ("\n\n".to_owned(), "--secret-file: secret is empty"),
    ] {
        shell.write_secrets("secrets", content);
        let run = shell.line("sign --secret-file secrets", "{}");
        assert!(run.error(2).contains(says), "{run:?}");
    }
}
