//! The command `doctor`.

use signed_session::testing::mint_cookie;
use signed_session::{EncryptedCookieSessionFactory, SameSite, SignedCookieSessionFactory};

use crate::check::signed_value;
use crate::{JSON, OLD_SECRET, PICKLE, Run, SECRET, Shell};

const KEY: &str = "--secret-file session.secret";

/// The attributes that a session cookie should have.
pub(crate) const GOOD: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";

/// Runs `doctor` on a line, as an argument and from standard input. Checks that the output is the same.
pub(crate) fn doctor(shell: &Shell, options: &str, line: &str) -> Run {
    let args = ["doctor"].into_iter().chain(options.split_whitespace());
    let run = shell.run(args.clone().chain(["--", line]), "");
    assert_eq!(run.stdout, shell.run(args, line).stdout, "{line}");
    run
}

impl Run {
    /// Returns the subject of each weakness in the output. Also checks the form of the output, and the exit code.
    pub(crate) fn weaknesses(&self) -> Vec<&str> {
        assert_eq!(self.stderr, "");
        let weak: Vec<_> = self.stdout.lines().filter_map(|line| line.strip_prefix("weak: ")).collect();
        assert_eq!(self.code, Some(i32::from(!weak.is_empty())), "{self:?}");
        for line in self.stdout.lines() {
            let is_remark = line.starts_with("weak: ") || line.starts_with("note: ");
            // A remark says what was found, why it matters, and what to do.
            let is_complete = line.matches(": ").count() >= 2 && line.contains("; ");
            assert!(is_remark && is_complete || line.starts_with("fine: no weakness"), "{line}");
        }
        assert_eq!(weak.is_empty(), self.stdout.contains("fine: "), "{self:?}");
        weak.into_iter().map(|line| line.split(": ").next().unwrap()).collect()
    }

    /// Returns the subject of each note in the output.
    pub(crate) fn notes(&self) -> Vec<&str> {
        let notes = self.stdout.lines().filter_map(|line| line.strip_prefix("note: "));
        notes.map(|line| line.split(": ").next().unwrap()).collect()
    }
}

#[test]
fn default_encrypted_cookie_of_library_is_fine() {
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let mut session = sessions.load(None::<&str>);
    session.insert("user", "zoe").unwrap();
    let line = saved(session.save().unwrap());
    let run = doctor(&Shell::new(), &format!("{KEY} --timeout 1200 --lifetime 43200"), &line);
    assert_eq!((run.code, &*run.stdout), (Some(0), "fine: no weakness in the cookie \"__Host-session\"\n"));
}

#[test]
fn cookie_name_without_prefix_is_weak() {
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).cookie_name("admin").build().unwrap();
    let mut session = sessions.load(None::<&str>);
    session.insert("user", "zoe").unwrap();
    let run = doctor(&Shell::new(), KEY, &saved(session.save().unwrap()));
    assert_eq!(run.weaknesses(), ["name \"admin\""]);
    assert!(run.stdout.contains("; use \"__Host-admin\""), "{run:?}");
}

/// Returns the `Set-Cookie` line of a saved session. Checks that it is the only one.
fn saved(lines: impl IntoIterator<Item = signed_session::SetCookie>) -> String {
    let mut lines = lines.into_iter();
    let line = lines.next().unwrap().to_string();
    assert!(lines.next().is_none());
    line
}

#[test]
fn each_attribute_is_checked() {
    let shell = Shell::new();
    let host = "__Host-s";
    for (name, attributes, expected) in [
        (host, GOOD, &[][..]),
        (host, "path=/;secure;HTTPONLY;samesite=STRICT", &[]),
        ("__Secure-s", GOOD, &["name \"__Secure-s\""]),
        ("__Http-s", GOOD, &["name \"__Http-s\""]),
        ("__Host-Http-s", GOOD, &[]),
        ("s", GOOD, &["name \"s\""]),
        ("__Host-s", "Path=/; HttpOnly; SameSite=Lax", &["no Secure", "name \"__Host-s\""]),
        ("__Secure-s", "Path=/; HttpOnly; SameSite=Lax", &["no Secure", "name \"__Secure-s\""]),
        ("__hOST-s", "Path=/a; Secure; HttpOnly; SameSite=Lax", &["name \"__hOST-s\""]),
        ("__Host-s", "Secure; HttpOnly; SameSite=Lax", &["name \"__Host-s\"", "no Path"]),
        ("__Secure-s", "Path=a; Secure; HttpOnly; SameSite=Lax", &["name \"__Secure-s\"", "Path=a"]),
        (host, &format!("{GOOD}; Domain=example.com"), &["name \"__Host-s\"", "Domain=example.com"]),
        (
            "__Secure-s",
            &format!("{GOOD}; Domain=example.com"),
            &["name \"__Secure-s\"", "Domain=example.com"],
        ),
        (host, &format!("{GOOD}; Domain="), &[]),
        (host, "Path=/; Secure; SameSite=Lax", &["no HttpOnly"]),
        ("__Http-s", "Path=/; Secure; SameSite=Lax", &["no HttpOnly", "name \"__Http-s\""]),
        (host, "Path=/; Secure; HttpOnly", &["no SameSite"]),
        (host, "Path=/; Secure; HttpOnly; SameSite=None", &["SameSite=None"]),
        (host, "Path=/; Secure; HttpOnly; SameSite=Lux", &["SameSite \"Lux\""]),
        (
            "__s",
            "Path=/; HttpOnly; SameSite=None",
            &["no Secure", "SameSite=None without Secure", "name \"__s\""],
        ),
        // If an attribute is repeated, the last one counts.
        (host, &format!("SameSite=None; {GOOD}"), &[]),
        (host, &format!("{GOOD}; Path=/a"), &["name \"__Host-s\""]),
        (host, &format!("{GOOD}; Max-Age=34560000"), &[]),
        (host, &format!("{GOOD}; Max-Age=34560001"), &["Max-Age=34560001"]),
        (host, &format!("{GOOD}; Max-Age=99999999999999999999"), &["Max-Age=99999999999999999999"]),
        (host, &format!("{GOOD}; Max-Age=0"), &["Max-Age=0"]),
        (host, &format!("{GOOD}; Max-Age=-99999999999999999999"), &["Max-Age=-99999999999999999999"]),
        (host, &format!("{GOOD}; Max-Age=1h"), &["Max-Age=1h"]),
        (host, &format!("{GOOD}; Max-Age"), &["Max-Age="]),
        (host, &format!("{GOOD}; Partitioned"), &[]),
        (
            "__s",
            "Path=/; HttpOnly; SameSite=Lax; Partitioned",
            &["no Secure", "name \"__s\"", "Partitioned without Secure"],
        ),
        ("session", "", &["no Secure", "no HttpOnly", "no SameSite", "name \"session\"", "no Path"]),
    ] {
        let run = doctor(&shell, "", &format!("Set-Cookie: {name}={JSON}; {attributes}"));
        assert_eq!(run.weaknesses(), expected, "{name} {attributes}");
    }
}

#[test]
fn size_is_checked() {
    let shell = Shell::new();
    for (size, expected) in [
        (3686, &[][..]),
        (3687, &["3687 bytes of name and value"]),
        (4096, &["4096 bytes of name and value"]),
        (4097, &["4097 bytes of name and value"]),
    ] {
        let value = "A".repeat(size - "__Host-s".len());
        let run = doctor(&shell, "", &format!("__Host-s={value}; {GOOD}"));
        assert_eq!(run.weaknesses(), expected);
    }
}

#[test]
fn path_below_root_is_noted() {
    let run = doctor(&Shell::new(), "", &format!("__Secure-s={JSON}; {GOOD}; Path=/app"));
    assert_eq!(run.weaknesses(), ["name \"__Secure-s\""]);
    assert_eq!(run.notes(), ["Path=/app", "value", "contents"]);
}

/// Regression: a name with one of these prefixes got no remark, although other subdomains can plant the cookie.
#[test]
fn better_prefix_is_named() {
    for (name, better) in [("__secure-s", "__Host-s"), ("__Http-s", "__Host-Http-s")] {
        let run = doctor(&Shell::new(), "", &format!("{name}={JSON}; {GOOD}"));
        let remark = format!("another subdomain can plant a cookie of this name; use \"{better}\"\n");
        assert!(run.stdout.contains(&remark), "{run:?}");
    }
}

/// Regression: `Expires` was ignored.
#[test]
fn expiry_date_is_checked() {
    let shell = Shell::new();
    let at = "Expires=Tue, 14 Nov 2023 22:13:20 GMT"; // 1700000000
    for (now, attributes, expected) in [
        ("1699999999.5", at, &[][..]),
        ("1700000000", at, &[at]),
        ("1665440000", at, &[]),
        ("1665439999", at, &[at]),
        ("0", "Expires=never", &["Expires=never"]),
        // A valid `Max-Age` takes precedence.
        ("1800000000", &format!("{at}; Max-Age=60"), &[]),
        ("1800000000", &format!("{at}; Max-Age=1h"), &[at]),
        ("1699999999", &format!("{at}; Max-Age=1h"), &["Max-Age=1h"]),
        ("1699999999", &format!("{at}; Max-Age=0"), &["Max-Age=0"]),
    ] {
        let line = format!("__Host-s={JSON}; {GOOD}; {attributes}");
        let run = doctor(&shell, &format!("--now {now}"), &line);
        // The subject of a remark ends at the first `: `, which is not part of the date.
        assert_eq!(run.weaknesses(), expected, "{now} {attributes}");
    }
    // Without `--now`, the time is that of the system.
    let line = format!("__Host-s={JSON}; {GOOD}; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    assert!(doctor(&shell, "", &line).stdout.contains("browsers remove the cookie at once"));
}

#[test]
fn readable_contents_are_noted() {
    let shell = Shell::new();
    let sessions = SignedCookieSessionFactory::builder(SECRET).production().build().unwrap();
    let mut session = sessions.load(None::<&str>);
    session.insert("colour", "violet").unwrap();
    let line = saved(session.save().unwrap());
    let run = doctor(&shell, KEY, &line);
    assert_eq!((run.weaknesses(), run.notes()), (vec![], vec!["contents"]));
    assert!(!run.stdout.contains("violet") && !run.stdout.contains("colour"), "{run:?}");
    // Without the secret, the value is not verified.
    assert_eq!(doctor(&shell, "", &line).notes(), ["value", "contents"]);
    // A value whose format is not recognised may be readable, too.
    assert_eq!(doctor(&shell, "", &format!("__Host-s=x; {GOOD}")).notes(), ["value", "value"]);
}

#[test]
fn secrets_are_checked() {
    let shell = Shell::new();
    let line = format!("__Host-session={JSON}; {GOOD}");
    let weak = "--secret-file";
    assert_eq!(doctor(&shell, "--secret-file weak.secret", &line).weaknesses(), [weak]);
    let allowed = doctor(&shell, "--secret-file weak.secret --allow-weak-secret", &line);
    assert_eq!((allowed.weaknesses(), allowed.notes()), (vec![], vec![weak, "contents"]));
    let retired = doctor(&shell, &format!("{KEY} --retired-secret-file weak.secret"), &line);
    assert_eq!(retired.weaknesses(), ["--retired-secret-file"]);
    assert_eq!(retired.notes(), ["value", "contents"]);
    assert!(retired.stdout.contains("a retired secret has signed or encrypted it"), "{retired:?}");
    // The library refuses a weak secret for encryption, so the value is not verified.
    let encrypted = doctor(&shell, "--secret-file weak.secret --encrypted", &line);
    assert_eq!((encrypted.weaknesses(), encrypted.notes()), (vec![weak], vec!["value", "value"]));
    assert!(encrypted.stdout.contains("give a strong secret"), "{encrypted:?}");
}

#[test]
fn value_is_verified() {
    let shell = Shell::new();
    let encrypted = EncryptedCookieSessionFactory::builder(OLD_SECRET).build().unwrap();
    let encrypted = mint_cookie(&encrypted, |session| session.insert("a", 1));
    let signed = format!("__Host-session={}", shell.sign("--secret-file old.secret --hash sha256", "{}"));
    for cookie in [&encrypted, &signed] {
        let line = format!("{cookie}; {GOOD}");
        assert_eq!(doctor(&shell, KEY, &line).weaknesses(), ["value (bad signature)"]);
        // The session in the signed cookie has expired, which is not a weakness.
        assert_eq!(doctor(&shell, "--secret-env OLD_SECRET", &line).weaknesses(), [""; 0]);
    }
    let renamed = format!("{}; {GOOD}", encrypted.replace("__Host-session", "__Host-other"));
    assert_eq!(doctor(&shell, "--secret-env OLD_SECRET", &renamed).weaknesses(), ["value (bad signature)"]);
    let salted = format!("{signed}; {GOOD}");
    assert_eq!(
        doctor(&shell, "--secret-env OLD_SECRET --salt other", &salted).weaknesses(),
        ["value (bad signature)"]
    );
    let line = format!("__Host-session={}; {GOOD}", signed_value(SECRET, b"[]"));
    let run = doctor(&shell, KEY, &line);
    assert!(run.stdout.starts_with("weak: value (malformed: "), "{run:?}");
    assert!(run.stdout.contains("holds no session"), "{run:?}");
}

#[test]
fn old_hashes_and_pickle_are_weak() {
    let shell = Shell::new();
    for (option, expected) in [
        ("--hash md5", "hash md5"),
        ("--hash sha1", "hash sha1"),
        ("--serializer pickle", "serializer pickle"),
    ] {
        let value = shell.sign(&format!("{KEY} {option}"), "{}");
        // `doctor` finds the weakness in the cookie, with and without the secret. If it does not recognise the value's
        // format, it checks the option.
        for (options, value) in [("", &*value), (KEY, &*value), (option, "x")] {
            let run = doctor(&shell, options, &format!("__Host-session={value}; {GOOD}"));
            assert_eq!(run.weaknesses(), [expected], "{option}");
        }
    }
    let run = doctor(&shell, "", &format!("__Host-session={PICKLE}; {GOOD}"));
    assert_eq!(run.weaknesses(), ["serializer pickle"]);
}

#[test]
fn timeouts_are_checked() {
    let shell = Shell::new();
    let line = format!("__Host-session={JSON}; {GOOD}");
    for (options, expected) in [
        ("--timeout 86400 --lifetime 2592000", &[][..]),
        ("--timeout 86401", &["timeout 86401"]),
        ("--timeout none", &["timeout none"]),
        ("--timeout none --lifetime 43200", &[]),
        ("--timeout none --lifetime none", &["timeout none", "lifetime none"]),
        ("--timeout 1200 --lifetime none", &["lifetime none"]),
        ("--lifetime 2592001", &["lifetime 2592001"]),
    ] {
        assert_eq!(doctor(&shell, options, &line).weaknesses(), expected, "{options}");
    }
}

#[test]
fn session_is_found_among_headers() {
    let shell = Shell::new();
    let headers = |names: &[&str]| {
        let lines = names.iter().map(|name| format!("set-cookie: {name}={JSON}; {GOOD}\r\n"));
        format!("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n{}\r\n", lines.collect::<String>())
    };
    let fine = |name: &str| format!("fine: no weakness in the cookie \"{name}\"\n");
    for (options, names, found) in [
        ("", &["__Host-other"][..], "__Host-other"),
        ("", &["a", "__Host-session", "b"], "__Host-session"),
        ("--cookie-name __Host-b", &["__Host-session", "__Host-b"], "__Host-b"),
        ("--encrypted", &["session", "__Host-session"], "__Host-session"),
    ] {
        let run = doctor(&shell, options, &headers(names));
        assert!(run.code == Some(0) && run.stdout.ends_with(&fine(found)), "{names:?} {run:?}");
    }
    for (options, text, says) in [
        ("", headers(&["a", "b"]), "among \"a\", \"b\"; choose one with --cookie-name"),
        ("", headers(&["session", "__Host-session"]), "choose one with --cookie-name"),
        ("--cookie-name c", headers(&["a", "b"]), "no cookie called \"c\" among \"a\", \"b\""),
        ("", headers(&[]), "no Set-Cookie line"),
        ("", "\n".to_owned(), "no Set-Cookie line"),
        ("", "Set-Cookie: session".to_owned(), "no `name=value`"),
        ("", "Set-Cookie: session=; Max-Age=0".to_owned(), "removes the cookie"),
        ("", "Set-Cookie: a b=1".to_owned(), "\"a b\" is not a token"),
    ] {
        let args = ["doctor"].into_iter().chain(options.split_whitespace());
        assert!(shell.run(args, &text).error(1).contains(says), "{text}");
    }
}

/// Regression: the response `moved` was an error, because it has a line for each of the two default cookie names. The
/// response `flag` was an error because of its line without `=`.
#[test]
fn other_lines_of_response_are_ignored() {
    let shell = Shell::new();
    let secret = || SignedCookieSessionFactory::builder(SECRET);
    let old = secret().salt("old.").build().unwrap();
    let cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let new = secret().production().lifetime(None).also_reads(old).build().unwrap();
    let mut session = new.load(cookie);
    session.insert("user", "max").unwrap();
    let lines: Vec<_> = session.save().unwrap().into_iter().map(|line| line.to_string()).collect();
    assert_eq!((lines.len(), lines.iter().filter(|line| line.starts_with("session=;")).count()), (2, 1));
    let moved: String = lines.iter().map(|line| format!("Set-Cookie: {line}\r\n")).collect();
    let flag = format!("set-cookie: flag\r\nset-cookie: __Host-session={JSON}; {GOOD}\r\n");
    for response in [moved, flag] {
        assert_eq!(doctor(&shell, "", &response).weaknesses(), [""; 0], "{response}");
    }
}

/// Regression: with `--cookie-name`, the error still said "choose one with --cookie-name".
#[test]
fn repeated_cookie_of_given_name_is_an_error() {
    let line = format!("set-cookie: a={JSON}\r\n").repeat(2);
    let run = Shell::new().run(["doctor", "--cookie-name", "a"], line);
    assert!(run.error(1).contains("several lines for the cookie \"a\"; give only one"), "{run:?}");
}

/// Regression: with a weak secret, every error was ignored, even if the secret was not its cause.
#[test]
fn error_that_weak_secret_does_not_cause_is_reported() {
    let line = format!("{}={JSON}; {GOOD}", "a".repeat(4090));
    for secret in ["weak.secret", "session.secret"] {
        let run = Shell::new().run(["doctor", "--encrypted", "--secret-file", secret, "--", &line], "");
        assert!(run.error(2).contains("an empty session needs"), "{run:?}");
    }
}

#[test]
fn hostile_line_is_printed_escaped() {
    let shell = Shell::new();
    for (attribute, shown) in [
        ("SameSite", r#"SameSite "\u{1b}[31m\u{202e}\u{9b}1m":"#),
        ("Domain", r"Domain=\u001b[31m\u202e\u009b1m:"),
        ("Path=/", r"Path=/=\u001b[31m\u202e\u009b1m:"),
        ("Max-Age", r"Max-Age=\u001b[31m\u202e\u009b1m:"),
    ] {
        let line = format!("__Host-s=\u{1b}[31m; {attribute}=\u{1b}[31m\u{202e}\u{9b}1m");
        let run = doctor(&shell, "", &line);
        assert!(!run.stdout.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{run:?}");
        assert!(run.stdout.contains(shown), "{run:?}");
    }
}

#[test]
fn samesite_none_of_library_is_weak() {
    let builder = SignedCookieSessionFactory::builder(SECRET).production().samesite(SameSite::None);
    let sessions = builder.build().unwrap();
    let mut session = sessions.load(None::<&str>);
    session.insert("user", "zoe").unwrap();
    let line = saved(session.save().unwrap());
    assert_eq!(doctor(&Shell::new(), KEY, &line).weaknesses(), ["SameSite=None"]);
}

#[test]
fn readme_shows_the_output() {
    let readme = include_str!("../../README.md");
    let (_, example) = readme.split_once("$ line='").unwrap();
    let (line, output) = example.split_once("'\n$ signed-session doctor \"$line\" || true\n").unwrap();
    let (output, _) = output.split_once("```").unwrap();
    assert_eq!(doctor(&Shell::new(), "", line).stdout, output);
}
