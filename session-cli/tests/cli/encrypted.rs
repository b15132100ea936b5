//! Encrypted cookies in `sign`, `verify` and `inspect`.

use std::time::Duration;

use serde_json::{Value, json};
use signed_session::testing::mint_cookie;
use signed_session::{
    Clock, EncryptedCookieSessionFactory, JsonSerializer, ManualClock, MessagePackSerializer, Timestamp,
    XChaCha20Poly1305,
};

use crate::{JSON, OLD_SECRET, SECRET, Shell};

const KEY: &str = "--secret-file session.secret";

/// The two envelopes of the worked example in docs/format.md. Each entry is the algorithm, the key id, and the envelope
/// as a cookie's value.
const EXAMPLES: [(&str, &str, &str); 2] = [
    (
        "aes-256-gcm-siv",
        "4cb1a304",
        "AUyxowSgoaKjpKWmp6ipqqu5SzEiqJEfAyfF0ozalo7023MlHY1FpezuH4hzWh0kGQ9da5EYzgoX9B2V786ooVZA5jq_j4LRAQ",
    ),
    (
        "xchacha20-poly1305",
        "0769ee97",
        "AQdp7pegoaKjpKWmp6ipqqusra6vsLGytLW2t2cRoaHZSphJUG9zMEsAtrjR_8811dzc0UEIvDrRd3cfJq5zhwUL-ltv5NaYqkuI4f3Oj1iat7dvqA",
    ),
];

/// Returns a clock that shows one minute after the last access of the sessions that [`Shell::sign`] writes.
fn clock() -> ManualClock {
    ManualClock::new(Timestamp::from_secs(1_700_000_060.0).unwrap())
}

fn check(shell: &Shell, command: &str, options: &str, cookie: &str) -> (i32, Value) {
    let line = format!("{command} --now 1700000060 {options} -- {cookie}");
    shell.line(&line, "").report()
}

#[test]
fn library_reads_encrypted_cookie() {
    let shell = Shell::new();
    let builder = || EncryptedCookieSessionFactory::builder(SECRET).clock(clock());
    let state = r#"{"a": 1e-05}"#;
    let cookie = format!("__Host-session={}", shell.sign(&format!("{KEY} --encrypted"), state));
    let session = builder().build().unwrap().load(cookie);
    assert_eq!(session.get("a").unwrap(), Some(0.00001));
    assert_eq!(session.created(), Timestamp::from_secs(1_699_999_000.5).unwrap());

    let options =
        format!("{KEY} --encrypted --aead xchacha20-poly1305 --serializer messagepack --cookie-name s");
    let cookie = format!("s={}", shell.sign(&options, state));
    let builder = builder().cookie_name("s").serializer(MessagePackSerializer);
    let session = builder.aead::<XChaCha20Poly1305>().build().unwrap().load(cookie);
    assert_eq!(session.get("a").unwrap(), Some(0.00001));
}

/// The library and the command line tool have the same defaults for encrypted cookies.
#[test]
fn encrypted_cookie_of_library_is_valid() {
    let shell = Shell::new();
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).clock(clock()).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    for (command, options) in [("verify", "--encrypted"), ("inspect", "--encrypted"), ("inspect", "")] {
        let run = shell.run(
            [command, "--now", "1700000060"]
                .into_iter()
                .chain(format!("{KEY} {options}").split_whitespace())
                .chain(["--", &cookie]),
            "",
        );
        let (code, report) = run.report();
        assert_eq!(
            (code, &report["valid"], &report["key"]),
            (0, &json!(true), &json!("current")),
            "{report}"
        );
        assert_eq!(report["state"], json!({"user": "zoe"}));
        assert_eq!((&report["protection"], &report["serializer"]), (&json!("encrypted"), &json!("json")));
        assert_eq!(report["algorithms"], json!(["aes-256-gcm-siv"]));
        assert!(report["key_id"].as_str().is_some_and(|id| id.len() == 8), "{report}");
    }
}

/// Regression: if the timeout was longer than the default lifetime of encrypted cookies, `inspect` reported an
/// encrypted cookie as forged, and `verify` returned an error.
#[test]
fn timeout_above_default_lifetime_is_accepted() {
    let shell = Shell::new();
    let cookie = shell.sign(&format!("{KEY} --encrypted"), "{}");
    for options in ["--timeout 43200", "--timeout 43201", "--timeout 86400", "--timeout none"] {
        for command in ["inspect", "verify --encrypted"] {
            let (code, report) = check(&shell, command, &format!("{KEY} {options}"), &cookie);
            assert_eq!((code, &report["valid"]), (0, &json!(true)), "{command} {options}: {report}");
        }
    }
    // A lifetime that is given has to fit the timeout, as in the library.
    let line = format!("inspect {KEY} --timeout 86400 --lifetime 43200 -- {cookie}");
    assert!(shell.line(&line, "").error(2).contains("set a longer lifetime"));
}

#[test]
fn worked_examples_of_format_are_recognised() {
    let shell = Shell::new();
    let secret: [u8; 32] = std::array::from_fn(|at| at as u8);
    std::fs::write(shell.0.path().join("example.secret"), secret).unwrap();
    shell.set_mode("example.secret", 0o600);
    for (aead, key_id, cookie) in EXAMPLES {
        let (code, report) = check(&shell, "inspect", "", cookie);
        let reason = "not verified: no secret given; encryption hides the contents";
        assert_eq!((code, &report["reason"], &report["state"]), (1, &json!(reason), &Value::Null));
        assert_eq!((&report["protection"], &report["key_id"]), (&json!("encrypted"), &json!(key_id)));
        assert_eq!(report["algorithms"], json!(["aes-256-gcm-siv", "xchacha20-poly1305"]));
        // The bytes of the secret count up from 0, so the secret is refused as weak.
        let run = shell.line(&format!("verify --encrypted --secret-file example.secret -- {cookie}"), "");
        assert!(run.error(2).contains("--secret-file: "), "{aead} {run:?}");
    }
}

#[test]
fn length_of_encrypted_value_restricts_algorithms() {
    let shell = Shell::new();
    let (_, _, cookie) = EXAMPLES[1];
    // Three bytes are four base64 characters. Encryption adds 33 bytes with AES-256-GCM-SIV, and 45 bytes with
    // XChaCha20-Poly1305.
    for (bytes, algorithms) in [
        (30, json!([])),
        (33, json!(["aes-256-gcm-siv"])),
        (42, json!(["aes-256-gcm-siv"])),
        (45, json!(["aes-256-gcm-siv", "xchacha20-poly1305"])),
    ] {
        let (_, report) = check(&shell, "inspect", "", &cookie[..bytes / 3 * 4]);
        assert_eq!(report["algorithms"], algorithms, "{bytes}");
        assert_eq!(report["key_id"].is_null(), bytes == 30);
    }
}

#[test]
fn cookie_of_other_secret_or_name_or_algorithm_is_rejected() {
    let shell = Shell::new();
    let cookie = shell.sign(&format!("{KEY} --encrypted"), "{}");
    for options in [
        "--secret-file old.secret --encrypted".to_owned(),
        format!("{KEY} --encrypted --cookie-name session"),
        format!("{KEY} --encrypted --aead xchacha20-poly1305"),
    ] {
        for command in ["verify", "inspect"] {
            let (code, report) = check(&shell, command, &options, &cookie);
            assert_eq!((code, &report["reason"]), (1, &json!("bad signature")), "{options}");
            assert_eq!((&report["verified"], &report["state"]), (&json!(false), &Value::Null));
            assert_eq!(report["protection"], "encrypted");
        }
    }
    // Without the option `--encrypted`, `verify` rejects the cookie, but still reports that it is encrypted.
    let (code, report) = check(&shell, "verify", KEY, &cookie);
    assert_eq!((code, &report["protection"]), (1, &json!("encrypted")));
}

#[test]
fn retired_secret_decrypts() {
    let shell = Shell::new();
    let sessions = EncryptedCookieSessionFactory::builder(OLD_SECRET).clock(clock());
    let sessions = sessions.serializer(JsonSerializer).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("n", 1));
    let (_, cookie) = cookie.split_once('=').unwrap();
    let options = format!("{KEY} --retired-secret-file old.secret --encrypted");
    let (code, report) = check(&shell, "verify", &options, cookie);
    assert_eq!((code, &report["key"]), (0, &json!("retired:1")));
}

#[test]
fn default_lifetime_is_that_of_library() {
    let shell = Shell::new();
    let half_a_day = 12 * 3600;
    let builder = EncryptedCookieSessionFactory::builder(SECRET);
    let options = format!("{KEY} --encrypted");
    let sign = |created: u64| {
        let line = format!("sign {options} --accessed 1700000060 --created {created}");
        shell.line(&line, "{}").stdout.trim_end().to_owned()
    };
    let sessions = builder.clock(clock()).timeout(Duration::from_secs(1200)).build().unwrap();
    for (created, is_valid) in [(1_700_000_060 - half_a_day, true), (1_700_000_059 - half_a_day, false)] {
        let cookie = sign(created);
        let session = sessions.load(format!("__Host-session={cookie}"));
        assert_eq!(session.rejection().is_none(), is_valid);
        let (code, report) = check(&shell, "verify", &options, &cookie);
        assert_eq!((code, &report["expired"]), (i32::from(!is_valid), &json!(!is_valid)));
        let unlimited = format!("{options} --lifetime none");
        assert_eq!(check(&shell, "verify", &unlimited, &cookie).0, 0);
    }
    let signed = shell.sign(KEY, "{}");
    assert_eq!(check(&shell, "verify", &format!("{KEY} --timeout none --lifetime 1059"), &signed).0, 1);
    assert_eq!(check(&shell, "verify", &format!("{KEY} --timeout none --lifetime 1060"), &signed).0, 0);
}

#[test]
fn timeout_set_by_session_needs_max_lifetime_option() {
    let shell = Shell::new();
    let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(86400));
    let clock = clock();
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).max_lifetime(day).clock(clock.clone());
    let sessions = sessions.build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.set_timeout(2 * hour));
    let (_, value) = cookie.split_once('=').unwrap();
    for (wait, is_valid) in [(hour, true), (hour, true), (Duration::from_secs(1), false)] {
        clock.advance(wait);
        assert_eq!(sessions.load(&*cookie).rejection().is_none(), is_valid);
        let now = clock.now().as_secs();
        for (options, valid) in [("--max-lifetime 86400", is_valid), ("", false)] {
            let line = format!("verify {KEY} --encrypted --now {now} {options} -- {value}");
            let (code, report) = shell.line(&line, "").report();
            assert_eq!((code, &report["expired"]), (i32::from(!valid), &json!(!valid)), "{line}");
        }
    }
}

#[test]
fn options_of_signed_cookies_are_refused() {
    let shell = Shell::new();
    for option in ["--salt x", "--hash sha256", "--allow-weak-secret"] {
        for command in ["sign", "verify", "inspect"] {
            let run = shell.line(&format!("{command} {KEY} --encrypted {option}"), "{}");
            let error = run.error(2);
            let name = option.split(' ').next().unwrap();
            assert!(error.contains("cannot be used with") && error.contains("--encrypted"), "{error}");
            assert!(error.contains(name), "{error}");
        }
    }
    let run = shell.line(&format!("verify {KEY} --aead xchacha20-poly1305 -- {JSON}"), "");
    assert!(run.error(2).contains("--encrypted"), "{run:?}");
    let run = shell.line(&format!("verify {KEY} --encrypted --aead aes-256-gcm -- {JSON}"), "");
    assert!(run.error(2).contains("xchacha20-poly1305"), "{run:?}");
}
