//! Cookies that hold the id of a session in a store.

use serde_json::{Value, json};
use session_store::MemoryStore;
use signed_session::{Secrets, StoredSessionFactory};

use crate::{OLD_SECRET, SECRET, Shell};

const KEY: &str = "--secret-file session.secret";

/// Saves new sessions in a store until the decoded value of a cookie has the wanted first byte: the byte 1 if
/// `begins_with_1` is true, or else another byte. Encrypted cookies begin with the byte 1, which is their version.
/// Returns the `Set-Cookie` line.
fn saved(secret: &str, begins_with_1: bool) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let sessions =
            StoredSessionFactory::builder(Secrets::from(secret), MemoryStore::new()).build().unwrap();
        loop {
            let mut session = sessions.load(None::<&str>).await.unwrap();
            session.insert("user", "zoe").unwrap();
            let line = session.save().await.unwrap().into_session_cookie().unwrap().to_string();
            let bytes = value(&line).as_bytes();
            // In base64url, a first byte of 1 gives `A` and a character from `Q` to `f`.
            if matches!(bytes, [b'A', b'Q'..=b'Z' | b'a'..=b'f', ..]) == begins_with_1 {
                return line;
            }
        }
    })
}

/// Returns the value of the cookie `__Host-session`.
fn value(line: &str) -> &str {
    let (_, rest) = line.split_once("__Host-session=").unwrap();
    rest.split(';').next().unwrap()
}

/// Regression: all commands called a cookie forged if it held the id of a session in a store. If the decoded value
/// began with the byte 1, the commands reported an encrypted cookie, with a key id that did not exist.
#[test]
fn authentic_session_id_is_recognised() {
    let shell = Shell::new();
    for begins_with_1 in [false, true] {
        let line = saved(SECRET, begins_with_1);
        let run = shell.run(["doctor", "--secret-file", "session.secret", "--", &line], "");
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(run.stdout, "fine: no weakness in the cookie \"__Host-session\"\n");

        for command in ["verify", "inspect"] {
            for text in [value(&line), &format!("Set-Cookie: {line}")] {
                let run = shell.run([command, "--secret-file", "session.secret", "--", text], "");
                let (code, report) = run.report();
                let expected = json!({
                    "valid": false,
                    "reason": "the session is in a store, which this command does not read",
                    "verified": true, "key": "current", "protection": "id", "algorithms": ["sha256"],
                    "key_id": null, "serializer": null, "created": null, "accessed": null, "age": null,
                    "expired": false, "bytes": 86, "limit": report["limit"], "state": null,
                });
                assert_eq!((code, report), (1, expected), "{command} {text}");
            }
        }
    }
}

#[test]
fn session_id_of_retired_secret_is_noted() {
    let shell = Shell::new();
    let options = format!("{KEY} --retired-secret-file old.secret");
    let line = saved(OLD_SECRET, false);
    let run = shell.run(["doctor"].into_iter().chain(options.split(' ')).chain(["--", &line]), "");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("a retired secret has signed or encrypted it"), "{run:?}");
    let report = shell.line(&format!("inspect {options} -- {}", value(&line)), "").report().1;
    assert_eq!((&report["key"], &report["protection"]), (&json!("retired:1"), &json!("id")));
}

#[test]
fn session_id_that_is_not_authentic_is_weak() {
    let shell = Shell::new();
    let line = saved(OLD_SECRET, false);
    let run = shell.run(["doctor", "--secret-file", "session.secret", "--", &line], "");
    assert!(run.code == Some(1) && run.stdout.contains("weak: value (bad signature): "), "{run:?}");
    // The MAC is bound to the cookie's name.
    let renamed = line.replace("__Host-session=", "__Host-other=");
    let run = shell.run(["doctor", "--secret-env", "OLD_SECRET", "--", &renamed], "");
    assert!(run.code == Some(1) && run.stdout.contains("weak: value (bad signature): "), "{run:?}");
    for command in ["verify", "inspect"] {
        let (code, report) = shell.line(&format!("{command} {KEY} -- {}", value(&line)), "").report();
        assert_eq!((code, &report["verified"]), (1, &json!(false)));
        assert_eq!(report["reason"], "bad signature");
    }
}

#[test]
fn unverified_session_id_is_recognised_by_length() {
    let shell = Shell::new();
    for (begins_with_1, protection, algorithms) in [
        (false, json!("id"), json!(["sha256"])),
        (true, Value::Null, json!(["sha256", "aes-256-gcm-siv", "xchacha20-poly1305"])),
    ] {
        let line = saved(SECRET, begins_with_1);
        let run = shell.run(["doctor", "--", &line], "");
        assert!(
            run.code == Some(0) && run.stdout.contains("it may be the id of a session in a store"),
            "{run:?}"
        );

        let (code, report) = shell.line(&format!("inspect -- {}", value(&line)), "").report();
        assert_eq!((code, &report["protection"]), (1, &protection));
        assert_eq!((&report["algorithms"], &report["key_id"]), (&algorithms, &Value::Null));
        let reason = report["reason"].as_str().unwrap();
        assert!(reason.contains("the cookie may hold the id of a session in a store"), "{reason}");
        // 86 characters are 64 bytes, and 84 characters are 63 bytes.
        let shorter = &value(&line)[..84];
        assert_ne!(shell.line(&format!("inspect -- {shorter}"), "").report().1["protection"], "id");
    }
}
