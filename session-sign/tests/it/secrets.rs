//! A current secret with retired ones, and the file that contains them.

use session_sign::{Secret, SecretSource, Secrets};

fn exposed(secrets: &Secrets) -> Vec<&str> {
    let all = std::iter::once(secrets.current()).chain(secrets.retired());
    all.map(|secret| std::str::from_utf8(secret.expose_secret()).unwrap()).collect()
}

#[test]
fn replaced_secret_becomes_first_retired_secret() {
    let mut secrets = Secrets::from("a");
    secrets.push_retired("b");
    secrets.rotate("c");
    secrets.rotate(Secret::from("d"));
    assert_eq!(exposed(&secrets), ["d", "c", "a", "b"]);
    assert_eq!(format!("{secrets:?}"), "Secrets { retired: 3, .. }");
}

#[test]
fn duplicate_secret_is_dropped() {
    let mut secrets = Secrets::from("a");
    secrets.push_retired("b");
    secrets.push_retired("b");
    secrets.push_retired("a");
    assert_eq!(exposed(&secrets), ["a", "b"]);
    secrets.rotate("a");
    assert_eq!(exposed(&secrets), ["a", "b"]);
    // A retired secret becomes the current one.
    secrets.rotate("b");
    assert_eq!(exposed(&secrets), ["b", "a"]);
    // Text and bytes are never duplicates of each other, because only text is encoded when a key is derived.
    secrets.rotate(b"b");
    assert_eq!(exposed(&secrets), ["b", "b", "a"]);
}

#[test]
fn source_reads_changed_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    let source = SecretSource::file(&path);
    assert!(source.read().unwrap_err().is_unavailable());

    std::fs::write(&path, "new\r\n\nold\nmuch older").unwrap();
    assert_eq!(exposed(&source.read().unwrap()), ["new", "old", "much older"]);
    std::fs::write(&path, "newest\nnew\n").unwrap();
    assert_eq!(exposed(&source.read().unwrap()), ["newest", "new"]);

    std::fs::write(&path, "\n\r\n").unwrap();
    assert!(source.read().unwrap_err().is_empty());
    std::fs::write(&path, b"hush\xff\n").unwrap();
    let error = source.read().unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("not UTF-8"), "{error}");
    assert!(!format!("{error:?}").contains("hush"));
}

/// An editor may write a byte order mark at the start of the file. If the mark were part of the first secret, that
/// secret would change when a rotation moves it to another line.
#[test]
fn byte_order_mark_is_not_part_of_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    std::fs::write(&path, "\u{feff}new\nold\n").unwrap();
    assert_eq!(exposed(&SecretSource::file(&path).read().unwrap()), ["new", "old"]);
    assert_eq!(Secret::from_file(&path).unwrap().expose_secret(), b"new\nold");

    std::fs::write(&path, "\u{feff}\u{feff}\n").unwrap();
    assert!(SecretSource::file(&path).read().unwrap_err().to_string().contains("byte order mark"));
    std::fs::write(&path, "\u{feff}").unwrap();
    assert!(SecretSource::file(&path).read().unwrap_err().is_empty());
    assert!(Secret::from_file(&path).unwrap_err().is_empty());
}

#[test]
fn white_space_around_a_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    let source = SecretSource::file(&path);
    for (content, line) in [
        ("hush \nold", 1),
        ("new\n\n\thush", 3),
        ("new\nhush\r", 2),
        ("new\n  \nold", 2),
        // Regression: a byte order mark at the start of another line became a part of the secret, without an error.
        ("new\n\u{feff}hush", 2),
        ("new\rhush", 1),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = source.read().unwrap_err();
        assert!(error.is_unavailable() && std::error::Error::source(&error).is_none());
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("line {line} of secret file")) && text.contains("white space"),
            "{text}"
        );
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
    std::fs::write(&path, "white space inside\n").unwrap();
    assert_eq!(exposed(&source.read().unwrap()), ["white space inside"]);
}

#[test]
fn text_without_a_file_has_the_same_format() {
    assert_eq!(
        exposed(&Secrets::from_lines("new\r\n\nold\nmuch older").unwrap()),
        ["new", "old", "much older"]
    );
    assert!(Secrets::from_lines("\n").unwrap_err().is_empty());
    let error = Secrets::from_lines("new\n hush").unwrap_err();
    assert!(error.is_unavailable() && error.to_string().starts_with("line 2 begins or ends"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hush"));
}
