//! The commands `sign` and `keygen`.

use crate::{JSON, Shell};

#[test]
fn signed_value_equals_value_of_pyramid() {
    let value = Shell::new().sign("--secret-file weak.secret --allow-weak-secret", r#"{"a": 1}"#);
    assert_eq!(value, JSON);
}

#[test]
fn secret_is_read_from_environment() {
    let shell = Shell::new();
    let from_file = shell.sign("--secret-file old.secret", "{}");
    assert_eq!(shell.sign("--secret-env OLD_SECRET", "{}"), from_file);
    assert_ne!(shell.sign("--secret-file session.secret", "{}"), from_file);
}

#[test]
fn generated_secret_signs() {
    let shell = Shell::new();
    let run = shell.line("keygen", "");
    assert_eq!(run.code, Some(0));
    let secret = run.stdout.strip_suffix('\n').unwrap();
    assert!(
        secret.len() == 128 && secret.bytes().all(|b| b.is_ascii_hexdigit()),
        "keygen should print only the secret, as 128 hex digits"
    );
    assert_ne!(shell.line("keygen", "").stdout, run.stdout);

    std::fs::write(shell.0.path().join("new.secret"), &run.stdout).unwrap();
    shell.set_mode("new.secret", 0o600);
    let value = shell.sign("--secret-file new.secret", "{}");
    let line = format!("verify --secret-file new.secret --now 1700000000 -- {value}");
    assert_eq!(shell.line(&line, "").code, Some(0));
}

#[test]
fn every_serializer_and_hash_round_trips() {
    let shell = Shell::new();
    let hashes = "sha224 sha256 sha384 sha512 sha3_224 sha3_256 sha3_384 sha3_512 blake2b blake2s md5 sha1";
    let with_hash = hashes.split(' ').map(|hash| format!("--hash {hash}"));
    let serializers = ["json", "compact-json", "messagepack", "pickle"];
    let with_serializer = serializers.map(|format| format!("--serializer {format}"));
    let mut values = Vec::new();
    for options in with_hash.chain(with_serializer).chain(["--salt another.".to_owned()]) {
        let options = format!("--secret-file session.secret {options}");
        let value = shell.sign(&options, r#"{"a": [1, "é", null]}"#);
        let verify = format!("verify {options} --now 1700000000 -- {value}");
        let (code, report) = shell.line(&verify, "").report();
        assert_eq!((code, &report["valid"]), (0, &true.into()), "{options}");
        assert_eq!(report["state"], serde_json::json!({"a": [1, "é", null]}));
        values.push(value);
    }
    values.sort();
    values.dedup();
    assert_eq!(
        values.len(),
        12 + 4 + 1 - 1,
        "only the values of sha512 and of json should be equal, because both options are defaults"
    );
}

#[test]
fn json_text_of_entries_is_kept() {
    let shell = Shell::new();
    let state = r#"{"big": 123456789012345678901234567890, "e": 1e-05, "f": 1.10, "s": "\u00e9\/", "o": {"b":1,"a" :2}}"#;
    let value = shell.sign("--secret-file session.secret", state);
    for command in ["verify", "inspect"] {
        let line = format!("{command} --secret-file session.secret --now 1700000000 -- {value}");
        let stdout = shell.line(&line, "").stdout;
        assert!(stdout.ends_with(&format!("\"state\": {state}}}\n")), "{stdout}");
    }
}

#[test]
fn limit_of_value_length_is_exact() {
    let shell = Shell::new();
    // With the tag of SHA-512, 2984 bytes of JSON fill 4064 characters of base64.
    let state = |len: usize| format!(r#"{{"k": "{}"}}"#, "x".repeat(len));
    let fixed = r#"[1700000000, 1699999000.5, {"k": ""}]"#.len();
    let value = shell.sign("--secret-file session.secret", &state(2984 - fixed));
    assert_eq!(value.len(), 4064);

    let run = shell.line(
        "sign --secret-file session.secret --accessed 1700000000 --created 1699999000.5",
        state(2985 - fixed),
    );
    let error = run.error(1);
    assert!(error.contains(" 4066 bytes") && error.contains(" 4064 is the limit"), "{error}");
    assert!(error.contains(r#""k" (2955 bytes)"#) && !error.contains("xx"), "{error}");
}

#[test]
fn long_cookie_name_lowers_limit_of_value_length() {
    let shell = Shell::new();
    let name = "n".repeat(96);
    let run = shell.line(
        &format!("sign --secret-file session.secret --cookie-name {name}"),
        format!(r#"{{"big": "{}", "small": 1, "larger": [1, 2], "c": 22, "d": 3}}"#, "x".repeat(3000)),
    );
    let error = run.error(1);
    assert!(error.contains(" 4000 is the limit"), "{error}");
    let names: Vec<_> = error.split('"').skip(1).step_by(2).collect();
    assert_eq!(names, [&*name, "big", "larger", "small"]);
}

#[test]
fn invalid_state_is_refused() {
    let shell = Shell::new();
    let deep = format!(r#"{{"a": {}{}}}"#, "[".repeat(1000), "]".repeat(1000));
    for state in ["", "[1]", "1", "{", r#"{"a": NaN}"#, r#"{"a": 1} {}"#, "{'a': 1}", &deep] {
        let run = shell.line("sign --secret-file session.secret", state);
        assert!(run.error(1).contains("give one JSON object"), "{state}");
    }
    assert!(shell.line("sign --secret-file session.secret", b"{\"a\": \"\xff\"}").error(1).contains("UTF-8"));
    let bigint = r#"{"a": 123456789012345678901234567890}"#;
    let run = shell.line("sign --secret-file session.secret --serializer messagepack", bigint);
    assert!(run.error(1).contains("cannot be serialized"));
}

#[test]
fn input_over_1_mib_is_refused() {
    let shell = Shell::new();
    let mut input = b"{}".to_vec();
    input.resize(1 << 20, b' ');
    assert_eq!(shell.line("sign --secret-file session.secret", &input).code, Some(0));
    input.push(b' ');
    assert!(shell.line("sign --secret-file session.secret", &input).error(1).contains("1 MiB"));
    assert!(shell.line("inspect", &input).error(1).contains("1 MiB"));
}

#[test]
fn times_default_to_now() {
    let shell = Shell::new();
    let value = shell.line("sign --secret-file session.secret", "{}").stdout;
    let verify = |at: &str| shell.line(&format!("verify --secret-file session.secret {at}"), &value).report();
    let (_, report) = verify("--timeout none --now 0");
    let (accessed, created) = (report["accessed"].as_f64().unwrap(), report["created"].as_f64().unwrap());
    assert_eq!(accessed, created.trunc());
    // `verify` reads the system's clock here. With a timeout of a century, a jump of the clock does not matter.
    assert_eq!(verify("--timeout 3155760000").0, 0);
    assert_eq!(report["age"].as_f64().unwrap(), -created);
}
