//! Wrong command lines, unusable input, and output that fails.

use std::ffi::OsStr;
use std::process::Stdio;

use crate::{JSON, Shell};

#[test]
fn wrong_call_exits_with_2_and_advice() {
    let shell = Shell::new();
    for (line, says) in [
        ("", "no command"),
        ("frobnicate", "frobnicate"),
        ("verify", "give --secret-file or --secret-env"),
        ("sign", "give --secret-file or --secret-env"),
        ("inspect --retired-secret-file old.secret", "give --secret-file or --secret-env"),
        ("verify --secret-file session.secret --secret-env OLD_SECRET", "cannot be used with"),
        ("verify --secret-file nowhere", "nowhere"),
        ("verify --secret-file .", "cannot read"),
        ("verify --secret-file empty --allow-weak-secret", "empty"),
        ("sign --secret-env NOWHERE", "NOWHERE"),
        ("sign --secret-file weak.secret", "--secret-file: secret is 6 bytes, need at least 32"),
        ("sign --secret-file weak.secret", "--allow-weak-secret"),
        (
            "verify --secret-file session.secret --retired-secret-file weak.secret --allow-weak-secret",
            "--retired-secret-file: secret is 6 bytes, need at least 32; --allow-weak-retired-secrets accepts it",
        ),
        (
            "verify --secret-file weak.secret --retired-secret-file weak.secret --allow-weak-retired-secrets",
            "--secret-file: secret is 6 bytes, need at least 32; --allow-weak-secret accepts it",
        ),
        ("inspect --secret-file weak.secret", "--allow-weak-secret"),
        ("inspect --hash shake_128", "sha3_256"),
        ("inspect --serializer yaml", "messagepack"),
        ("inspect --timeout 0", "at least one second"),
        ("inspect --timeout 1.5", "whole seconds, or `none`"),
        ("inspect --timeout=-1", "whole seconds, or `none`"),
        ("inspect --now nan", "finite"),
        ("sign --secret-file session.secret --accessed inf", "finite"),
        ("sign --secret-file session.secret --created soon", "finite"),
        ("sign --secret-file session.secret stray", "stray"),
        ("inspect --cookie-name a;b", "a;b"),
        ("keygen --secret-file session.secret", "--secret-file"),
    ] {
        let run = shell.line(line, "{}");
        assert!(run.error(2).contains(says), "{line}: {run:?}");
    }
}

#[test]
fn secret_on_command_line_is_refused_and_not_shown() {
    let shell = Shell::new();
    for line in ["verify --secret=tell-nobody x", "sign --secret=tell-nobody"] {
        let run = shell.line(line, "{}");
        assert!(!run.error(2).contains("tell-nobody"), "{run:?}");
    }
}

/// Regression: if a secret was given in place of the name of its variable or the path of its file, the error quoted the
/// secret.
#[test]
fn secret_in_place_of_name_or_path_is_not_shown() {
    const HEX: &str = "8f39520cde8e4b1ba3f1c0a5d2b7e4668f39520cde8e4b1ba3f1c0a5d2b7e466";
    const BASE64: &str = "Zm9v/mJhcg+XkT2hQ9pLs4vN8wRyUe1o6dKcBjGt5iA=";
    const IDENTIFIER: &str = "a8f39520cde8e4b1ba3f1c0a5d2b7e46";
    let shell = Shell::new();
    let folder = shell.0.path().join("etc");
    std::fs::create_dir(&folder).unwrap();
    let not_a_name = "--secret-env: the name is not that of a variable; give the name, not the value";
    let not_a_path = "give its path, not the secret";
    for secret in [HEX, BASE64, IDENTIFIER] {
        for (option, says) in [
            ("secret-env", not_a_name),
            ("secret-file", not_a_path),
            ("secret-file = session.secret\nretired-secret-file", not_a_path),
        ] {
            let line = option.replace(" = ", " ").replace('\n', " --");
            let run = shell.line(&format!("inspect --{line} {secret} x"), "");
            assert!(run.error(2).contains(says) && !run.stderr.contains(secret), "{run:?}");

            std::fs::write(
                folder.join("conf"),
                format!("{option} = {secret}").replace("session", "../session"),
            )
            .unwrap();
            let run = shell.line("resign --from etc/conf --to etc/conf", "");
            assert!(run.error(2).contains(says) && !run.stderr.contains(secret), "{run:?}");
        }
    }
}

/// Regression: if one cookie was not UTF-8, the commands refused the whole input, although a server accepts such a
/// request.
#[test]
fn other_cookie_can_have_any_bytes() {
    let shell = Shell::new();
    let value = shell.sign("--secret-file session.secret", "{}");
    let header = [b"Cookie: other=\xe9; session=", value.as_bytes(), b"; \xff\n"].concat();
    for command in ["verify", "inspect"] {
        let line = format!("{command} --secret-file session.secret --now 1700000000");
        assert_eq!(shell.line(&line, &header).report().0, 0);
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let args = line.split(' ').map(OsStr::new).chain([OsStr::from_bytes(&header)]);
            assert_eq!(shell.run(args, "").report().0, 0);
        }
    }
    let (code, report) = shell.line("inspect", b"session=\xff").report();
    assert_eq!((code, &report["reason"]), (1, &"malformed: not URL-safe base64".into()));

    std::fs::write(shell.0.path().join("conf"), "secret-file = session.secret").unwrap();
    let run = shell.line("resign --from conf --to conf", &header);
    assert_eq!((run.code, run.stdout), (Some(0), format!("session={value}\n")));

    let attributes = "Path=/; Secure; HttpOnly; SameSite=Lax";
    let other = format!("set-cookie: __Host-session={value}; {attributes}\nset-cookie: other=");
    let run = shell.line("doctor --secret-file session.secret", [other.as_bytes(), b"\xff"].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn closed_pipe_is_not_an_error() {
    let shell = Shell::new();
    for (line, code) in [
        ("keygen", 0),
        ("--help", 0),
        ("inspect --help", 0),
        (&format!("inspect {JSON}"), 1),
        (&format!("verify --secret-file weak.secret --allow-weak-secret --timeout none {JSON}"), 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = shell.command();
        command.args(line.split(' ')).stdin(Stdio::null()).stdout(writer);
        let output = command.output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(code), Vec::new()), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_an_error() {
    let shell = Shell::new();
    for line in ["keygen", "--help"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = shell.command().args([line]).stdin(Stdio::null()).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stderr.starts_with(b"signed-session: cannot write"));
    }
}

/// Regression: a secret or a configuration was read from an endless file until the memory was full.
#[cfg(target_os = "linux")]
#[test]
fn endless_file_is_refused() {
    let shell = Shell::new();
    std::fs::write(shell.0.path().join("conf"), "secret-file = /dev/zero").unwrap();
    for line in [
        "sign --secret-file /dev/full",
        "verify --secret-file session.secret --retired-secret-file /dev/zero",
        "doctor --secret-file /dev/zero a=b",
        "resign --from conf --to conf",
        "resign --from /dev/zero --to conf",
    ] {
        assert!(shell.line(line, "").error(2).contains("over 1 MiB; give a file"), "{line}");
    }
}

#[test]
fn non_utf8_configuration_is_refused() {
    let shell = Shell::new();
    std::fs::write(shell.0.path().join("conf"), b"salt = \xff").unwrap();
    let run = shell.line("resign --from conf --to conf", "");
    assert!(run.error(2).contains("\"conf\" is not UTF-8"), "{run:?}");
}
