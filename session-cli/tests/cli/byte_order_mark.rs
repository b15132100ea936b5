//! Input that begins with a byte order mark, as some editors and shells write it.

use std::fs;

use crate::Shell;

const MARK: &str = "\u{feff}";

/// Regression: a byte order mark was ignored only in secret files. With a mark, the errors said that a configuration
/// file has an unknown key, that JSON is not an object, and that a cookie is not base64.
#[test]
fn mark_at_start_of_input_is_ignored() {
    let shell = Shell::new();
    let key = "--secret-file session.secret";
    let cookie = shell.sign(key, &format!("{MARK}{{\"a\": 1}}"));
    for line in [format!("{MARK}{cookie}"), format!("{MARK}Cookie: session={cookie}")] {
        for command in ["verify", "inspect"] {
            let args = format!("{command} {key} --now 1700000060");
            assert_eq!(shell.line(&args, &line).report().0, 0, "{command} {line}");
            let run = shell.run(args.split(' ').chain(["--", &line]), "");
            assert_eq!(run.report().0, 0, "{command} {line}");
        }
    }

    let line = format!("{MARK}Set-Cookie: __Host-session={cookie}; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_eq!(shell.line(&format!("doctor {key}"), &line).code, Some(0));
    let run = shell.run(["doctor", "--secret-file", "session.secret", "--", &line], "");
    assert_eq!(run.code, Some(0), "{run:?}");

    fs::write(shell.0.path().join("conf"), format!("{MARK}secret-file = session.secret")).unwrap();
    let input = format!("{MARK}{cookie}\n{cookie}\n");
    let run = shell.line("resign --from conf --to conf", input);
    assert_eq!((run.code, run.stdout), (Some(0), format!("{cookie}\n{cookie}\n")));
}

#[test]
fn mark_elsewhere_is_not_ignored() {
    let shell = Shell::new();
    let cookie = shell.sign("--secret-file session.secret", "{}");
    fs::write(shell.0.path().join("conf"), "secret-file = session.secret").unwrap();
    let run = shell.run_with_warnings(
        ["resign", "--from", "conf", "--to", "conf"],
        format!("{cookie}\n{MARK}{cookie}\n"),
    );
    assert_eq!((run.code, run.stdout), (Some(1), format!("{cookie}\n")));
    assert!(run.stderr.contains("line 2: malformed: not URL-safe base64"), "{}", run.stderr);
    assert_eq!(shell.line("sign --secret-file session.secret", format!("{MARK}{MARK}{{}}")).code, Some(1));
}
