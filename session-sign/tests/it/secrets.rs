//! Several secrets, and the file that they come from.

use session_sign::{Secret, SecretSource, Secrets};

fn exposed(secrets: &Secrets) -> Vec<&str> {
    let all = std::iter::once(secrets.current()).chain(secrets.retired());
    all.map(|secret| std::str::from_utf8(secret.expose_secret()).unwrap()).collect()
}

#[test]
fn rotated_secret_is_tried_first_of_retired_ones() {
    let mut secrets = Secrets::from("a");
    secrets.push_retired("b");
    secrets.rotate("c");
    secrets.rotate(Secret::from("d"));
    assert_eq!(exposed(&secrets), ["d", "c", "a", "b"]);
    assert_eq!(format!("{secrets:?}"), "Secrets { retired: 3, .. }");
}

#[test]
fn secrets_have_no_doubles() {
    let mut secrets = Secrets::from("a");
    secrets.push_retired("b");
    secrets.push_retired("b");
    secrets.push_retired("a");
    assert_eq!(exposed(&secrets), ["a", "b"]);
    secrets.rotate("a");
    assert_eq!(exposed(&secrets), ["a", "b"]);
    // The secret was announced as a retired one before.
    secrets.rotate("b");
    assert_eq!(exposed(&secrets), ["b", "a"]);
    // Text and bytes give different keys.
    secrets.rotate(b"b");
    assert_eq!(exposed(&secrets), ["b", "b", "a"]);
}

#[test]
fn source_reads_changed_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    let source = SecretSource::file(&path);
    assert!(source.read().unwrap_err().is_unavailable());

    std::fs::write(&path, "new\r\n\nold\n  older  ").unwrap();
    assert_eq!(exposed(&source.read().unwrap()), ["new", "old", "  older  "]);
    std::fs::write(&path, "newest\nnew\n").unwrap();
    assert_eq!(exposed(&source.read().unwrap()), ["newest", "new"]);

    std::fs::write(&path, "\n\r\n").unwrap();
    assert!(source.read().unwrap_err().is_empty());
    std::fs::write(&path, b"hush\xff\n").unwrap();
    let error = source.read().unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("not UTF-8"), "{error}");
    assert!(!format!("{error:?}").contains("hush"));
}
