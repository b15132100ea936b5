//! The command `resign`.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};

use signed_session::testing::mint_cookie;
use signed_session::{
    AuthenticatedSerializer, BaseCookieSessionFactory, CookieHeader, EncryptedCookieSessionFactory,
    JsonSerializer, MessagePackSerializer, PickleSerializer, SignedCookieSessionFactory, Timestamp,
    XChaCha20Poly1305,
};

use crate::check::signed_value;
use crate::{JSON, OLD_SECRET, PICKLE, Run, SECRET, Shell};

const PYRAMID: &str = "secret-file = weak.secret\nallow-weak-secret\n";

/// Runs `resign` with two configurations.
fn resign(shell: &Shell, from: &str, to: &str, input: impl AsRef<[u8]>) -> Run {
    for (file, config) in [("from.conf", from), ("to.conf", to)] {
        fs::write(shell.0.path().join(file), config).unwrap();
    }
    shell.run_with_warnings(["resign", "--from", "from.conf", "--to", "to.conf"], input)
}

/// Checks that nothing failed, and returns the printed cookies.
fn cookies(run: &Run) -> Vec<&str> {
    assert_eq!((run.code, &*run.stderr), (Some(0), ""));
    run.stdout.lines().collect()
}

#[test]
fn pyramid_pickle_becomes_pyramid_json() {
    let from = format!("{PYRAMID}serializer = pickle");
    let run = resign(&Shell::new(), &from, PYRAMID, PICKLE);
    assert_eq!(cookies(&run), [JSON]);
    // A signed cookie stays the same if both configurations are the same.
    assert_eq!(cookies(&resign(&Shell::new(), PYRAMID, PYRAMID, JSON)), [JSON]);
}

/// Checks that a factory reads the cookie's value, and finds the two times and the entry of [`JSON`] in it.
fn assert_reads<S: AuthenticatedSerializer>(sessions: &BaseCookieSessionFactory<S>, value: &str) {
    let header = CookieHeader::from(format!("{}={value}", sessions.cookie_name()));
    let inspection = sessions.inspect(header.clone());
    let record = inspection.deciding().unwrap().record().unwrap();
    let time = |secs| Timestamp::from_secs(secs).unwrap();
    assert_eq!((record.accessed, record.created), (time(1_700_000_000.0), time(1_699_999_000.5)));
    assert_eq!(sessions.load(header).get("a").unwrap(), Some(1));
}

#[test]
fn library_reads_written_cookie_with_both_times() {
    let shell = Shell::new();
    let run = |to: &str| {
        let run = resign(&shell, PYRAMID, &format!("secret-file = session.secret\n{to}"), JSON);
        cookies(&run)[0].to_owned()
    };
    let signed = || SignedCookieSessionFactory::builder(SECRET).timeout(None);
    let encrypted = || EncryptedCookieSessionFactory::builder(SECRET).timeout(None).lifetime(None);

    assert_reads(&signed().build().unwrap(), &run(""));
    let value = run("hash = blake2s\nsalt = other.\nserializer = messagepack");
    let sessions = signed().salt("other.").serializer(MessagePackSerializer).hashalg("blake2s").unwrap();
    assert_reads(&sessions.build().unwrap(), &value);
    let value = run("serializer = pickle\nhash = sha1");
    let sessions = signed().serializer(PickleSerializer::default()).hashalg("sha1").unwrap();
    assert_reads(&sessions.build().unwrap(), &value);

    assert_reads(&encrypted().build().unwrap(), &run("encrypted"));
    let value = run("encrypted = true\nserializer = json\ncookie-name = __Secure-s");
    let sessions = encrypted().serializer(JsonSerializer).cookie_name("__Secure-s");
    assert_reads(&sessions.build().unwrap(), &value);
    let value = run("encrypted\naead = xchacha20-poly1305\nserializer = messagepack");
    let sessions = encrypted().serializer(MessagePackSerializer).aead::<XChaCha20Poly1305>();
    assert_reads(&sessions.build().unwrap(), &value);
}

#[test]
fn encrypted_cookie_of_retired_secret_becomes_signed() {
    let old = EncryptedCookieSessionFactory::builder(OLD_SECRET).aead::<XChaCha20Poly1305>().build().unwrap();
    let cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let from = "secret-file = session.secret\nretired-secret-file = old.secret\nencrypted\naead = xchacha20-poly1305";
    let run = resign(&Shell::new(), from, "secret-file = session.secret", cookie);
    let new = SignedCookieSessionFactory::builder(SECRET).build().unwrap();
    assert_eq!(new.load(cookies(&run)[0]).get("user").unwrap(), Some("zoe"));
}

#[test]
fn lines_keep_their_form_and_order() {
    let shell = Shell::new();
    let [one, two, three] =
        [1, 2, 3].map(|n| shell.sign("--secret-file session.secret", &format!("{{\"n\": {n}}}")));
    let input = format!(
        "{one}\n\n  session={two}\r\nSet-Cookie: session={three}; Path=/\nCookie: a=1; session={one}==\n{two}"
    );
    let config = "secret-file = session.secret";
    let run = resign(&shell, config, &format!("{config}\ncookie-name = s"), input);
    let expected = [&*one, &format!("s={two}"), &format!("s={three}"), &format!("s={one}"), &*two];
    assert_eq!(cookies(&run), expected);
    assert_eq!(resign(&shell, config, config, "\n \r\n").stdout, "");
}

#[test]
fn failing_lines_are_reported_without_contents() {
    let shell = Shell::new();
    let sha1 = |state: &str| shell.sign("--secret-file session.secret --hash sha1", state);
    let [good, other] = [r#"{"n": 1}"#, r#"{"n": 2}"#].map(sha1);
    let large = sha1(&format!(r#"{{"large": "{}"}}"#, "x".repeat(2960)));
    let forged = shell.sign("--secret-file old.secret --hash sha1", r#"{"n": "forged"}"#);
    let mut input = format!(
        "{good}\n{forged}\n\nother={good}\nnot base64\n{large}\n{}\n{}\n{other}\n",
        "A".repeat(5000),
        "A".repeat(200_000)
    )
    .into_bytes();
    input.extend(b"\xff\nsession=\x1b[31m\n");
    let from = "secret-file = session.secret\nhash = sha1";
    let run = resign(&shell, from, "secret-file = session.secret", &input);
    assert_eq!((run.code, run.stdout.lines().count()), (Some(1), 2));
    let errors: Vec<_> = run.stderr.lines().collect();
    assert_eq!(
        errors[..3],
        [
            "signed-session: line 2: bad signature",
            "signed-session: line 4: no cookie called \"session\"",
            "signed-session: line 5: malformed: not URL-safe base64",
        ]
    );
    assert!(errors[3].starts_with("signed-session: line 6: ") && errors[3].contains("4064"), "{run:?}");
    assert_eq!(
        errors[4..],
        [
            "signed-session: line 7: malformed: longer than any cookie",
            "signed-session: line 8: longer than any cookie",
            "signed-session: line 10: malformed: not URL-safe base64",
            "signed-session: line 11: malformed: not URL-safe base64",
            "signed-session: no cookie is written for 8 of 10 lines",
        ]
    );
    for contents in ["xx", "forged", &*forged, &*large, "\u{1b}"] {
        assert!(!run.stderr.contains(contents), "{contents}");
    }
}

#[test]
fn malformed_or_unserializable_session_is_reported() {
    let shell = Shell::new();
    let config = "secret-file = session.secret";
    let run = resign(&shell, config, config, signed_value(SECRET, b"[1700000000, {\"tell\": \"nobody\"}]"));
    assert_eq!((run.code, &*run.stdout), (Some(1), ""));
    assert!(run.stderr.starts_with("signed-session: line 1: malformed: "), "{run:?}");
    assert!(!run.stderr.contains("nobody"), "{run:?}");

    let to = "secret-file = session.secret\nserializer = messagepack";
    let run = resign(
        &shell,
        config,
        to,
        signed_value(SECRET, b"[1700000000, 1, {\"n\": 123456789012345678901234}]"),
    );
    assert_eq!((run.code, &*run.stdout), (Some(1), ""));
    assert!(run.stderr.contains("line 1: the session cannot be serialized"), "{run:?}");
    assert!(!run.stderr.contains("1234567"), "{run:?}");
}

#[test]
fn paths_are_relative_to_configuration_file() {
    let shell = Shell::new();
    let folder = shell.0.path().join("etc");
    fs::create_dir(&folder).unwrap();
    fs::rename(shell.0.path().join("session.secret"), folder.join("s")).unwrap();
    fs::rename(shell.0.path().join("old.secret"), folder.join("o")).unwrap();
    fs::write(folder.join("conf"), "secret-file = s\nretired-secret-file = o").unwrap();
    let cookie = shell.sign("--secret-file etc/o", "{}");
    let run = shell.run(["resign", "--from", "etc/conf", "--to", "etc/conf"], cookie);
    assert_eq!(cookies(&run).len(), 1);
}

/// Regression: `resign` kept reading after its output pipe was closed, so with endless input it never ended. A later
/// version exited with 0, as if it had printed all cookies.
#[test]
fn closed_output_ends_the_command() {
    let shell = Shell::new();
    let cookie = shell.sign("--secret-file session.secret", "{}") + "\n";
    fs::write(shell.0.path().join("conf"), "secret-file = session.secret").unwrap();
    let mut child = shell.command().args(["resign", "--from", "conf", "--to", "conf"]).spawn().unwrap();
    let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    input.write_all(cookie.as_bytes()).unwrap();
    let mut line = String::new();
    // Dropping the reader after one line closes the output pipe.
    BufReader::new(output).read_line(&mut line).unwrap();
    assert_eq!(line, cookie);

    // These bytes do not fit into the input pipe. If the program has exited, a write fails.
    let error = (0..10_000).find_map(|_| input.write_all(cookie.as_bytes()).err());
    assert_eq!(
        error.map(|error| error.kind()),
        Some(ErrorKind::BrokenPipe),
        "the command should not read on"
    );
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(1), Vec::new()));
}

#[test]
fn wrong_configuration_exits_with_2_and_advice() {
    let shell = Shell::new();
    let good = "secret-file = session.secret";
    for (config, says) in [
        ("secret = tell-nobody", "from.conf: line 1: unknown key; the keys are secret-file"),
        ("", "from.conf: no secret"),
        ("secret-file = nowhere", "nowhere"),
        ("secret-file = weak.secret", "from.conf: --secret-file: secret is 6 bytes, need at least 32"),
        ("secret-file = session.secret\nencrypted\nsalt = x", "cannot be used with"),
        ("secret-file = session.secret\nhash = \u{1b}[31m", "from.conf: invalid value '\\u001b[31m'"),
        ("secret-file = session.secret\ncookie-name = a;b", "a;b"),
        ("secret-file = session.secret\ntimeout = 60", "from.conf: line 2: unknown key"),
    ] {
        let run = resign(&shell, config, good, JSON);
        let error = run.error(2);
        assert!(error.contains(says) && !error.contains("tell-nobody"), "{config}: {error}");
        let run = resign(&shell, good, config, JSON);
        assert!(run.error(2).contains(&says.replace("from.conf", "to.conf")), "{run:?}");
    }
    let run = shell.line("resign --from nowhere --to nowhere", JSON);
    assert!(run.error(2).contains("cannot read \"nowhere\""), "{run:?}");
    for line in ["resign", "resign --from from.conf", "resign --to to.conf"] {
        assert!(shell.line(line, "").error(2).contains("required"), "{line}");
    }
}
