//! The commands `verify` and `inspect`.

use serde_json::{Value, json};
use signed_session::parts::session_sign::{Algorithm, HashAlg, Key};
use signed_session::{DumpError, KeyRing, LoadError, Serializer, SignedSerializer};

use crate::{JSON, OLD_SECRET, PICKLE, SECRET, Shell};

const KEY: &str = "--secret-file session.secret";
const NOW: &str = "--now 1700000060";

impl Shell {
    /// Runs a command on a cookie, with a clock one minute after the last access. Returns the exit code and the report.
    fn check(&self, command: &str, options: &str, cookie: &str) -> (i32, Value) {
        let args = [command].into_iter().chain(NOW.split(' ')).chain(options.split_whitespace());
        let run = self.run(args.clone().chain(["--", cookie]), "");
        assert_eq!(
            run.stdout,
            self.run(args, cookie).stdout,
            "the report should be the same for a cookie in an argument and on standard input"
        );
        run.report()
    }

    /// Checks that `verify` and `inspect` reject a cookie, and returns their reports.
    fn rejected(&self, options: &str, cookie: &str) -> [Value; 2] {
        ["verify", "inspect"].map(|command| {
            let (code, report) = self.check(command, options, cookie);
            assert_eq!((code, &report["valid"]), (1, &json!(false)), "{command} {cookie}");
            report
        })
    }
}

#[test]
fn pyramid_cookie_is_valid() {
    let shell = Shell::new();
    for (serializer, cookie) in [("json", JSON), ("pickle", PICKLE)] {
        let options = format!("--secret-file weak.secret --allow-weak-secret --serializer {serializer}");
        for command in ["verify", "inspect"] {
            let (code, report) = shell.check(command, &options, cookie);
            assert_eq!(code, 0);
            let expected = json!({
                "valid": true, "verified": true, "key": "current", "protection": "signed",
                "algorithms": ["sha512"], "key_id": null, "serializer": serializer, "created": 1699999000.5,
                "accessed": 1700000000.0, "age": 1059.5, "expired": false, "bytes": cookie.len(), "limit": 4064,
                "state": {"a": 1},
            });
            assert_eq!(report, expected, "{command} {serializer}");
        }
    }
}

#[test]
fn value_with_leading_dash_needs_separator() {
    let shell = Shell::new();
    let value = (0..)
        .map(|n| shell.sign(KEY, &format!("{{\"n\": {n}}}")))
        .find(|value| value.starts_with('-'))
        .expect("one value in 64 starts with `-`");
    assert_eq!(shell.check("verify", KEY, &value).0, 0);
    assert_eq!(shell.line(&format!("verify {KEY} {value}"), "").code, Some(2));
}

#[test]
fn whole_header_line_is_accepted() {
    let shell = Shell::new();
    let value = shell.sign(KEY, r#"{"a": 1}"#);
    let padded = format!("{value}==");
    assert_eq!(padded.len() % 4, 0);
    for (line, accepted) in [
        (format!("{value}\n"), &value),
        (format!("  {padded}\n\n"), &padded),
        (format!("session={value}"), &value),
        (format!("session={padded}; Path=/; HttpOnly"), &padded),
        (format!("a=\u{e9}; session=\"{padded}\"; b"), &padded),
        (format!("Cookie: a=1; session={value}"), &value),
        (format!("cOOKIE:session={value}\r\n"), &value),
        (format!("Set-Cookie: session={value}; Path=/; HttpOnly; SameSite=Lax"), &value),
        (format!("set-cookie: session={padded}"), &padded),
    ] {
        let (code, report) = shell.check("verify", KEY, &line);
        assert_eq!((code, &report["bytes"]), (0, &json!(accepted.len())), "{line}");
    }
    let name = format!("{KEY} --cookie-name __Host-s");
    assert_eq!(shell.check("verify", &name, &format!("Cookie: __Host-s={value}")).0, 0);
    let [report, _] = shell.rejected(&name, &format!("Cookie: session={value}"));
    assert_eq!(report["reason"], "no cookie called \"__Host-s\"");
    assert_eq!(report["bytes"], Value::Null);
}

#[test]
fn last_verified_cookie_is_accepted() {
    let shell = Shell::new();
    let [one, two] = [1, 2].map(|n| shell.sign(KEY, &format!("{{\"n\": {n}}}")));
    let forged = shell.sign("--secret-file old.secret", r#"{"n": 3}"#);
    let (_, report) = shell.check("verify", KEY, &format!("session={one}; session={two}; session={forged}"));
    assert_eq!(report["state"], json!({"n": 2}));
    // Only the last 8 cookies are verified, so the valid first cookie is not found.
    let many = format!("session={one}{}", format!("; session={forged}").repeat(8));
    assert_eq!(shell.rejected(KEY, &many)[1]["reason"], "bad signature");
}

#[test]
fn retired_key_is_named_in_report() {
    let shell = Shell::new();
    let value = shell.sign("--secret-file old.secret", "{}");
    let retired = format!("{KEY} --retired-secret-file weak.secret --allow-weak-retired-secrets");
    let retired = format!("{retired} --retired-secret-file old.secret");
    let (code, report) = shell.check("verify", &retired, &value);
    assert_eq!((code, &report["key"]), (0, &json!("retired:2")));
    shell.rejected(KEY, &value);
}

#[test]
fn weak_retired_secret_is_accepted_if_allowed() {
    let retired = format!("{KEY} --retired-secret-file weak.secret --allow-weak-retired-secrets");
    let (code, report) = Shell::new().check("verify", &retired, JSON);
    assert_eq!((code, &report["key"]), (0, &json!("retired:1")));
}

#[test]
fn foreign_signature_is_rejected() {
    let shell = Shell::new();
    let value = shell.sign(KEY, r#"{"a": 1}"#);
    for options in ["--secret-env OLD_SECRET".to_owned(), format!("{KEY} --salt other")] {
        let [verify, inspect] = shell.rejected(&options, &value);
        let mut expected = json!({
            "valid": false, "reason": "bad signature", "verified": false, "key": null, "protection": "signed",
            "algorithms": ["sha512", "sha3_512", "blake2b"], "key_id": null, "serializer": "json", "created": null,
            "accessed": null, "age": null, "expired": false, "bytes": value.len(), "limit": 4064, "state": null,
        });
        assert_eq!(verify, expected);
        expected["created"] = json!(1699999000.5);
        expected["accessed"] = json!(1700000000.0);
        expected["age"] = json!(1059.5);
        expected["state"] = json!({"a": 1});
        assert_eq!(inspect, expected);
    }
    // A tag of sha256 is shorter than one of sha512. So `inspect` looks for the payload in the wrong place, and finds
    // no session.
    let [_, inspect] = shell.rejected(&format!("{KEY} --hash sha256"), &value);
    assert_eq!((&inspect["reason"], &inspect["state"]), (&json!("bad signature"), &Value::Null));
}

#[test]
fn tampered_cookie_is_rejected() {
    let shell = Shell::new();
    let value = shell.sign(KEY, r#"{"a": 1}"#);
    for at in 0..value.len() {
        // `A` and `Q` differ in the second of their six bits. The last character may hold only two bits of the payload.
        // Its other bits then have to be zero, as they are in `A` and in `Q`.
        let other = if &value[at..=at] == "A" { "Q" } else { "A" };
        let tampered = format!("{}{other}{}", &value[..at], &value[at + 1..]);
        let run = shell.run(["verify", "--secret-file", "session.secret", "--", &tampered], "");
        let (code, report) = run.report();
        assert_eq!((code, &report["reason"], &report["state"]), (1, &json!("bad signature"), &Value::Null));
    }
}

#[test]
fn cookie_expires_strictly_after_timeout() {
    let shell = Shell::new();
    let value = shell.sign(KEY, r#"{"a": 1}"#);
    let run = |command: &str, options: &str| {
        shell.line(&format!("{command} {KEY} {options} -- {value}"), "").report()
    };
    for valid in
        ["--now 1700001200", "--now 1700000061 --timeout 61", "--now 9e99 --timeout none", "--now -5"]
    {
        let (code, report) = run("verify", valid);
        assert_eq!((code, &report["expired"]), (0, &json!(false)), "{valid}");
    }
    for expired in ["--now 1700001200.5", "--now 1700000061.5 --timeout 61"] {
        for (command, state) in [("verify", Value::Null), ("inspect", json!({"a": 1}))] {
            let (code, report) = run(command, expired);
            assert_eq!((code, &report["valid"]), (1, &json!(false)));
            assert_eq!(report["reason"], "expired: not accessed within the timeout");
            assert_eq!((&report["expired"], &report["verified"]), (&json!(true), &json!(true)));
            assert_eq!((&report["key"], &report["accessed"]), (&json!("current"), &json!(1700000000.0)));
            assert_eq!(report["state"], state);
        }
    }
}

#[test]
fn malformed_value_is_rejected() {
    let shell = Shell::new();
    let value = shell.sign(KEY, "{}");
    let long = "A".repeat(4097);
    for (cookie, reason) in [
        ("a b", "malformed: not URL-safe base64"),
        (&value.replacen(&value[..1], "+", 1), "malformed: not URL-safe base64"),
        (&format!("{value}===="), "malformed: not URL-safe base64"),
        (&long, "malformed: longer than any cookie"),
        (&long[1..], "bad signature"),
        ("session=", "bad signature"),
        ("AAAA", "bad signature"),
    ] {
        for report in shell.rejected(KEY, cookie) {
            assert_eq!((&report["reason"], &report["state"]), (&json!(reason), &Value::Null), "{cookie}");
        }
    }
}

#[test]
fn missing_cookie_is_named_in_report() {
    for cookie in ["", "other=1", "Cookie: session"] {
        let [verify, inspect] = Shell::new().rejected(KEY, cookie);
        assert_eq!(verify["reason"], "no cookie called \"session\"");
        assert_eq!(inspect["reason"], "no cookie called \"session\" or \"__Host-session\"");
        assert_eq!((&inspect["protection"], &inspect["algorithms"]), (&Value::Null, &json!([])));
    }
}

/// A serializer that writes its own bytes instead of the given value.
struct Raw(&'static [u8]);

impl Serializer for Raw {
    fn dumps<T: serde::Serialize + ?Sized>(&self, _: &T) -> Result<Vec<u8>, DumpError> {
        Ok(self.0.to_vec())
    }

    fn loads<T: serde::de::DeserializeOwned>(&self, _: &[u8]) -> Result<T, LoadError> {
        Err(LoadError::malformed("never read"))
    }
}

/// Returns the value of a cookie with this payload and a valid signature.
pub(crate) fn signed_value(secret: &str, payload: &'static [u8]) -> String {
    let key = Key::derive(&"pyramid.session.".into(), &secret.into()).unwrap();
    let signer = "sha512".parse::<HashAlg>().unwrap().signer(key.as_ref()).unwrap();
    String::from_utf8(SignedSerializer::new(KeyRing::new(signer), Raw(payload)).dumps(&()).unwrap()).unwrap()
}

/// The report is JSON. A note replaces a value that is not JSON, such as `NaN`.
#[test]
fn values_that_are_not_json_are_replaced_in_report() {
    let shell = Shell::new();
    let cookie = signed_value(SECRET, br#"[1700000000, 1699999000.5, {"a": NaN, "b": [Infinity], "c": 1}]"#);
    let (code, report) = shell.check("inspect", KEY, &cookie);
    assert_eq!((code, &report["state"]["c"]), (0, &json!(1)));
    assert!(report["state"]["a"].as_str().unwrap().contains("it is NaN"), "{report}");
    assert!(report["state"]["b"].as_str().unwrap().contains("invalid JSON"), "{report}");
}

#[test]
fn signed_malformed_payload_is_rejected() {
    let shell = Shell::new();
    for payload in [
        &b"[1700000000, 1699999000.5, {\"a\": [}]"[..],
        b"[NaN, 1699999000.5, {}]",
        b"[1e999, 1699999000.5, {}]",
        b"[\"1700000000\", 1699999000.5, {}]",
        b"[1700000000, {}]",
        b"[1700000000, 1699999000.5, []]",
        b"\xff",
        b"",
    ] {
        for report in shell.rejected(KEY, &signed_value(SECRET, payload)) {
            assert!(report["reason"].as_str().unwrap().starts_with("malformed: "), "{report}");
            assert_eq!((&report["verified"], &report["key"]), (&json!(true), &json!("current")));
            assert_eq!((&report["state"], &report["created"]), (&Value::Null, &Value::Null));
        }
    }
    // The last cookie is checked first. Its signature is valid, so the good cookie before it is not tried, although the
    // last cookie contains no session. The library does the same.
    let good = signed_value(OLD_SECRET, b"[1700000000, 1699999000.5, {}]");
    let line = format!("session={good}; session={}", signed_value(SECRET, b"[]"));
    let options = format!("{KEY} --retired-secret-file old.secret");
    let (code, report) = shell.check("verify", &options, &line);
    assert_eq!((code, &report["key"]), (1, &json!("current")));
}

#[test]
fn inspect_without_secret_shows_contents() {
    let shell = Shell::new();
    for (options, cookie) in [("", JSON), ("--serializer pickle", PICKLE)] {
        let (code, report) = shell.check("inspect", options, cookie);
        assert_eq!((code, &report["reason"]), (1, &json!("not verified: no secret given")));
        assert_eq!((&report["verified"], &report["key"]), (&json!(false), &Value::Null));
        assert_eq!((&report["state"], &report["age"]), (&json!({"a": 1}), &json!(1059.5)));
    }
    let sha256 = shell.sign(&format!("{KEY} --hash sha256"), r#"{"a": 2}"#);
    assert_eq!(shell.check("inspect", "--hash sha256", &sha256).1["state"], json!({"a": 2}));
    for (options, cookie) in [("", "AAAA"), ("--hash sha512", &sha256)] {
        let (code, report) = shell.check("inspect", options, cookie);
        assert_eq!((code, &report["state"], &report["protection"]), (1, &Value::Null, &Value::Null));
        let reason = "malformed: neither a signed nor an encrypted session of this format";
        assert_eq!(report["reason"], reason, "{cookie}");
    }
}

#[test]
fn report_shows_session_of_maximum_depth() {
    let shell = Shell::new();
    // 126 is the maximum depth of the lists and objects in an entry.
    let state = |depth: usize| format!(r#"{{"a": {}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let value = shell.sign(KEY, &state(126));
    for command in ["verify", "inspect"] {
        let run = shell.line(&format!("{command} {KEY} {NOW} -- {value}"), "");
        assert!(
            run.code == Some(0) && run.stdout.ends_with(&format!("\"state\": {}}}\n", state(126))),
            "{run:?}"
        );
    }
    assert!(shell.line(&format!("sign {KEY}"), state(127)).error(1).contains("give one JSON object"));
}
