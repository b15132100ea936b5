//! `build()` refuses every secret that the documents, examples and rustdoc of this repository show.

use std::fs;
use std::path::{Path, PathBuf};

use session_sign::Secret;

/// How many characters before a string literal are searched for a word from [`MARKS`].
const CONTEXT: usize = 40;

/// Words in lower case that mark the next string literal as a secret.
const MARKS: [&str; 3] = ["secret", "builder(", "sessionfactory("];

/// Returns the root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Returns the lines of a file that users may copy: all lines of a document or an example, and only the doc comments of
/// a source file. `path` starts at the root of the repository, because a folder above the root can be named `src`.
fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let is_source = path.components().any(|part| part.as_os_str() == "src");
    let shown = |line: &str| {
        let line = line.trim_start();
        let comment = line.strip_prefix("//!").or_else(|| line.strip_prefix("///"));
        if is_source { comment.map(str::to_owned) } else { Some(line.to_owned()) }
    };
    text.lines().filter_map(shown).collect()
}

/// Returns the string literals that a word from [`MARKS`] marks as secrets, and the unquoted values after `SECRET=`.
fn secrets(lines: &[String], quotes: &[char]) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = String::new();
    for line in lines {
        for (at, _) in line.to_ascii_lowercase().match_indices("secret=") {
            let value = &line[at + "secret=".len()..];
            let value = value.split(|c: char| c.is_whitespace() || "\"'`,;)".contains(c)).next();
            found.extend(value.filter(|value| !value.is_empty()).map(str::to_owned));
        }
        let mut rest = line.as_str();
        while let Some((code, literal)) = rest.split_once(quotes) {
            before.push_str(code);
            let quote = rest[code.len()..].chars().next().unwrap();
            let Some((literal, after)) = split_at_closing(literal, quote) else { break };
            let context: String = before.to_lowercase().chars().rev().take(CONTEXT).collect();
            let context: String = context.chars().rev().collect();
            if MARKS.iter().any(|mark| context.contains(mark)) {
                found.push(literal.to_owned());
            }
            before.clear();
            rest = after;
        }
        before.push_str(rest);
        // A call or an assignment can continue on the next line. After any other line, the context starts afresh.
        if !before.trim_end().ends_with(['(', '=', ',', ':']) {
            before.clear();
        }
    }
    found
}

fn split_at_closing(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = text.find(|c| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    })?;
    Some((&text[..end], &text[end + 1..]))
}

/// Returns the documents, sources and examples from which users may copy code. Their paths start at the root of the
/// repository.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                let is_foreign =
                    name.starts_with('.') || ["target", "tests", "node_modules", "corpus"].contains(&&*name);
                if !is_foreign {
                    folders.push(path);
                }
                continue;
            }
            let inner = path.strip_prefix(root()).unwrap();
            let shows = |part: &str| inner.components().any(|component| component.as_os_str() == part);
            match inner.extension().and_then(|extension| extension.to_str()) {
                Some("md") => files.push(inner.to_owned()),
                Some("rs") if shows("src") || shows("examples") => files.push(inner.to_owned()),
                Some("py" | "conf" | "toml" | "html") if shows("examples") => files.push(inner.to_owned()),
                _ => {}
            }
        }
    }
    files
}

#[test]
fn documented_secret_is_refused() {
    let files = files();
    let shown = |name: &str| files.iter().any(|file| file.ends_with(name));
    assert!(
        shown("README.md") && shown("docs/options.md") && shown("session-sign/src/secret.rs"),
        "{files:?}"
    );
    assert!(
        shown("examples/guestbook/main.rs") && shown("signed-session/examples/roundtrip.rs"),
        "{files:?}"
    );

    let mut seen = 0;
    for file in files {
        let quotes: &[char] =
            if file.extension().is_some_and(|extension| extension == "py") { &['"', '\''] } else { &['"'] };
        for secret in secrets(&lines(&file), quotes) {
            seen += 1;
            assert!(
                Secret::from(&secret).check_strength().is_err(),
                "{} shows {secret:?}, which build() should refuse; show how to generate or read a secret, \
                 or list this one in session-sign/src/strength.rs",
                file.display()
            );
        }
    }
    assert!(seen >= 10, "at least 10 secrets should be found, not {seen}");
}

#[test]
fn secrets_are_found_in_documents() {
    for (text, expected) in [
        (r#"let secret = "one";"#, &["one"][..]),
        (r#"const SECRET: &[u8] = b"one";"#, &["one"]),
        (r#"Secret::from("one"), Salt::from(b"two")"#, &["one"]),
        ("let sessions = SignedCookieSessionFactory::builder(\n    \"one\",\n)", &["one"]),
        (r#".retired_secret("o\"ne").salt("two")"#, &[r#"o\"ne"#]),
        (r#"config.set_session_factory(SignedCookieSessionFactory("one", salt="two"))"#, &["one"]),
        ("$ SESSION_SECRET=one cargo run", &["one"]),
        (r#"SignedCookieSessionFactory(secret="one")"#, &["one"]),
        ("the secret is short.\nprintln!(\"two\")", &[]),
    ] {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        assert_eq!(secrets(&lines, &['"']), expected, "{text}");
    }
}
