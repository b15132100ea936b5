//! Escaping of invisible characters and control sequences in cookies and arguments.

use serde_json::json;

use crate::Shell;

const KEY: &str = "--secret-file session.secret";

/// ESC, a C1 control character, DEL, direction marks, separators, zero-width characters, a Unicode tag character and a
/// private-use character.
const HOSTILE: &str =
    "\u{1b}[31m\u{9b}1m\u{7f}\u{61c}\u{202e}\u{2066}\u{2028}\u{2029}\u{200b}\u{feff}\u{e0041}\u{e000}";

/// Returns whether the text has an invisible character of [`HOSTILE`], or a control character other than a line break.
fn is_hostile(text: &str) -> bool {
    let visible = |c: char| c.is_ascii_graphic();
    text.contains(|c: char| c != '\n' && (c.is_control() || HOSTILE.contains(c) && !visible(c)))
}

#[test]
fn cookie_with_hostile_text_is_printed_escaped() {
    let shell = Shell::new();
    let state = json!({"a": HOSTILE, HOSTILE: 1, "é": "e\u{301}🍪"});
    for text in [state.to_string(), format!("{{\"a\":\r\n\t{}}}", json!(HOSTILE))] {
        // JSON allows DEL and non-ASCII characters unescaped in a string, but not ESC.
        assert!(text.contains("\u{9b}1m\u{7f}\u{61c}"), "{text:?}");
        let value = shell.sign(KEY, &text);
        for command in ["verify", "inspect"] {
            let run = shell.line(&format!("{command} {KEY} --now 1700000000 -- {value}"), "");
            assert!(!is_hostile(&run.stdout), "{:?}", run.stdout);
            let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(run.report().1["state"], expected);
        }
    }
    let value = shell.sign(KEY, &state.to_string());
    let run = shell.line(&format!("verify {KEY} --now 1700000000 -- {value}"), "");
    assert!(run.stdout.contains("e\u{301}🍪"), "visible text should not be escaped: {}", run.stdout);
}

#[test]
fn argument_with_hostile_text_is_escaped_in_error() {
    let shell = Shell::new();
    let hostile = format!("{HOSTILE}\nsigned-session: all is well");
    let option = format!("--{hostile}");
    let with_value = format!("--now={hostile}");
    for (args, code) in [
        (&[&*hostile][..], 2),
        (&["inspect", &option], 2),
        (&["inspect", "cookie", &hostile], 2),
        (&["inspect", &with_value], 2),
        (&["inspect", "--hash", &hostile], 2),
        (&["inspect", "--serializer", &hostile], 2),
        (&["inspect", "--timeout", &hostile], 2),
        (&["inspect", "--cookie-name", &hostile], 2),
        (&["inspect", "--secret-file", &hostile], 2),
        (&["inspect", "--secret-env", &hostile], 2),
        (&["sign", "--secret-file", &hostile, "--secret-env", &hostile], 2),
        (&["keygen", &hostile], 2),
        (&["resign", "--from", &hostile, "--to", "to.conf"], 2),
        (&["doctor", &hostile], 1),
        (&["doctor", "--timeout", &hostile], 2),
        (&["doctor", "--cookie-name", &hostile, "a=b"], 1),
    ] {
        let run = shell.run(args, "{}");
        let error = run.error(code);
        assert!(!is_hostile(error), "{args:?}: {error:?}");
        assert!(error.lines().all(|line| !line.starts_with("signed-session: all")), "{args:?}: {error}");
    }
    let quoted = shell.run([&hostile], "").error(2).to_owned();
    assert!(quoted.contains("\\u001b[31m\\u009b1m\\u007f\\u061c\\u202e"), "{quoted}");
    assert!(quoted.contains("\\udb40\\udc41\\ue000\\u000asigned-session: all is well'"), "{quoted}");
}
