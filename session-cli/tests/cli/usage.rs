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

#[test]
fn non_utf8_input_is_error() {
    let shell = Shell::new();
    assert!(shell.line("inspect", b"session=\xff").error(1).contains("UTF-8"));
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        shell.run([OsStr::new("inspect"), OsStr::from_bytes(b"session=\xff")], "").error(2);
    }
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
