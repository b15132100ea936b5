//! The warning about a secret file that other users can access.
#![cfg(unix)]

use crate::{JSON, Shell};

const WARNING: &str = "signed-session: warning: other users can access the secret file ";

#[test]
fn shared_secret_file_gets_warning() {
    let shell = Shell::new();
    for (mode, warns) in [
        (0o600, false),
        (0o400, false),
        (0o700, false),
        (0o640, true),
        (0o620, true),
        (0o604, true),
        (0o610, true),
        (0o644, true),
    ] {
        shell.set_mode("session.secret", mode);
        let run = shell.run_with_warnings(["sign", "--secret-file", "session.secret"], "{}");
        assert!(run.code == Some(0) && !run.stdout.is_empty(), "the secret should be used: {run:?}");
        let expected = format!("{WARNING}\"session.secret\" (mode {mode:03o}); run `chmod 600` on it\n");
        assert_eq!(run.stderr, if warns { expected } else { String::new() });
    }
}

#[test]
fn each_shared_secret_file_gets_warning() {
    let shell = Shell::new();
    shell.set_mode("session.secret", 0o644);
    shell.set_mode("old.secret", 0o644);
    let args = "verify --secret-file session.secret --retired-secret-file old.secret --";
    let run = shell.run_with_warnings(args.split(' ').chain([JSON]), "");
    assert_eq!(run.stderr.matches(WARNING).count(), 2, "{run:?}");
    assert!(run.stdout.contains("bad signature"), "{run:?}");
}

#[test]
fn doctor_and_resign_give_the_warning() {
    let shell = Shell::new();
    shell.set_mode("session.secret", 0o644);
    std::fs::write(shell.0.path().join("conf"), "secret-file = session.secret").unwrap();
    for (line, count) in [
        ("resign --from conf --to conf", 2),
        ("doctor --secret-file session.secret --cookie-name session session=x", 1),
    ] {
        let run = shell.run_with_warnings(line.split(' '), JSON);
        assert_eq!(run.stderr.matches(WARNING).count(), count, "{run:?}");
    }
}
