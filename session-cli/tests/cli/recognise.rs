//! Recognition of the format by `inspect`.

use serde_json::{Value, json};

use crate::{PICKLE, Shell};

pub(crate) const KEY: &str = "--secret-file session.secret";

/// Inspects a cookie one minute after the last access of the sessions that [`Shell::sign`] writes.
pub(crate) fn inspect(shell: &Shell, options: &str, cookie: &str) -> (i32, Value) {
    shell.line(&format!("inspect --now 1700000060 {options} -- {cookie}"), "").report()
}

#[test]
fn every_format_is_recognised() {
    let shell = Shell::new();
    let hashes = signed_session::HashAlg::names().map(|hash| (format!("--hash {hash}"), "signed", hash));
    let aeads = ["aes-256-gcm-siv", "xchacha20-poly1305"];
    let aeads = aeads.map(|aead| (format!("--encrypted --aead {aead}"), "encrypted", aead));
    // The entry is long enough that no encrypted value has the length of a session id.
    let mut count = 0;
    for (option, protection, algorithm) in hashes.chain(aeads) {
        for serializer in ["json", "compact-json", "messagepack", "pickle"] {
            let options = format!("{KEY} {option} --serializer {serializer}");
            let cookie = shell.sign(&options, r#"{"a": "some text"}"#);
            let serializer = serializer.trim_start_matches("compact-");

            let (code, report) = inspect(&shell, KEY, &cookie);
            assert_eq!((code, &report["state"]), (0, &json!({"a": "some text"})), "{options}");
            assert_eq!((&report["protection"], &report["verified"]), (&json!(protection), &json!(true)));
            assert_eq!(
                (&report["algorithms"], &report["serializer"]),
                (&json!([algorithm]), &json!(serializer))
            );

            // Without the secret, the report lists every hash whose tags are as long as the cookie's tag.
            let (code, report) = inspect(&shell, "", &cookie);
            assert_eq!((code, &report["protection"]), (1, &json!(protection)), "{options}");
            assert!(
                report["algorithms"].as_array().unwrap().contains(&json!(algorithm)),
                "{options}: {report}"
            );
            let (state, serializer) = match protection {
                "signed" => (json!({"a": "some text"}), json!(serializer)),
                _ => (Value::Null, Value::Null),
            };
            assert_eq!((&report["state"], &report["serializer"]), (&state, &serializer), "{options}");
            count += 1;
        }
    }
    assert_eq!(count, (12 + 2) * 4);
}

#[test]
fn all_hashes_with_same_tag_length_are_listed() {
    let shell = Shell::new();
    for (hash, expected) in [
        ("md5", json!(["md5"])),
        ("sha1", json!(["sha1"])),
        ("sha3_224", json!(["sha224", "sha3_224"])),
        ("blake2s", json!(["sha256", "sha3_256", "blake2s"])),
        ("sha384", json!(["sha384", "sha3_384"])),
        ("sha3_512", json!(["sha512", "sha3_512", "blake2b"])),
    ] {
        let cookie = shell.sign(&format!("{KEY} --hash {hash}"), "{}");
        assert_eq!(inspect(&shell, "", &cookie).1["algorithms"], expected);
        // With a secret that does not verify the cookie, the report lists the same hashes.
        let (code, report) = inspect(&shell, "--secret-file old.secret", &cookie);
        assert_eq!((code, &report["algorithms"]), (1, &expected));
        assert_eq!(report["reason"], "bad signature");
    }
}

#[test]
fn cookies_with_default_names_are_found() {
    let shell = Shell::new();
    let signed = shell.sign(KEY, "{}");
    let encrypted = shell.sign(&format!("{KEY} --encrypted"), "{}");
    for (line, protection) in [
        (format!("Cookie: __Host-session={signed}"), "signed"),
        (format!("Cookie: __Host-session={encrypted}"), "encrypted"),
        (format!("Cookie: session=x; __Host-session={encrypted}"), "encrypted"),
    ] {
        let run =
            shell.run(["inspect", "--secret-file", "session.secret", "--now", "1700000060", "--", &line], "");
        let (code, report) = run.report();
        assert_eq!((code, &report["protection"]), (0, &json!(protection)), "{line}");
    }
}

#[test]
fn valid_cookie_is_preferred() {
    let shell = Shell::new();
    let expired = shell.line(&format!("sign {KEY} --accessed 1"), "{}").stdout;
    let encrypted = shell.sign(&format!("{KEY} --encrypted"), "{}");
    let line = format!("Cookie: session={}; __Host-session={encrypted}", expired.trim_end());
    for (now, code, protection) in [("1700000060", 0, "encrypted"), ("1800000000", 1, "signed")] {
        let run = shell.run(["inspect", "--secret-file", "session.secret", "--now", now, "--", &line], "");
        let (found, report) = run.report();
        assert_eq!(
            (found, &report["protection"], &report["verified"]),
            (code, &json!(protection), &json!(true))
        );
    }
}

#[test]
fn given_option_restricts_recognition() {
    let shell = Shell::new();
    let encrypted = shell.sign(&format!("{KEY} --encrypted"), "{}");
    for (options, cookie) in [
        ("--hash sha512", &*encrypted),
        ("--salt pyramid.session.", &*encrypted),
        ("--encrypted", PICKLE),
        ("--serializer json", PICKLE),
    ] {
        let (code, report) = inspect(&shell, options, cookie);
        assert_eq!((code, &report["protection"]), (1, &Value::Null), "{options}");
    }
}

#[test]
fn weak_secret_verifies_signed_cookie() {
    let shell = Shell::new();
    let options = "--secret-file weak.secret --allow-weak-secret";
    let (code, report) = inspect(&shell, options, PICKLE);
    assert_eq!((code, &report["serializer"]), (0, &json!("pickle")));
}
