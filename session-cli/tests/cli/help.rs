//! The help texts and their examples.

use crate::Shell;

/// The help pages, and the options that each page must explain, apart from those in [`COMMON`].
const PAGES: [(&str, &[&str]); 10] = [
    ("", &["--help", "--version"]),
    ("keygen", &["--help"]),
    ("sign", &["--accessed", "--created"]),
    ("verify", CHECK),
    ("inspect", CHECK),
    ("resign", &["--from", "--to"]),
    (
        "doctor",
        &["--retired-secret-file", "--allow-weak-retired-secrets", "--timeout", "--lifetime", "--now"],
    ),
    ("sessions", &[]),
    ("sessions list", &["--store", "--store-env", "--table", "--prefix", "--owner"]),
    ("sessions end", &["--store", "--store-env", "--table", "--prefix", "--handle", "--owner", "--except"]),
];

/// The options of `verify` and `inspect`, in addition to those in [`COMMON`].
const CHECK: &[&str] = &[
    "--retired-secret-file",
    "--allow-weak-retired-secrets",
    "--timeout",
    "--lifetime",
    "--max-lifetime",
    "--now",
];

/// The options that `sign`, `verify`, `inspect` and `doctor` share.
const COMMON: &[&str] = &[
    "--secret-file",
    "--secret-env",
    "--allow-weak-secret",
    "--encrypted",
    "--aead",
    "--hash",
    "--salt",
    "--serializer",
    "--cookie-name",
];

fn page(shell: &Shell, command: &str) -> String {
    let run = shell.line(&format!("{command} --help"), "");
    assert_eq!(run.code, Some(0));
    run.stdout
}

#[test]
fn help_lists_exactly_the_options() {
    let shell = Shell::new();
    for (command, options) in PAGES {
        let page = page(&shell, command);
        let without_cookie = ["", "keygen", "resign"].contains(&command) || command.starts_with("sessions");
        let common = if without_cookie { &[][..] } else { COMMON };
        let mut expected: Vec<_> = options.iter().chain(common).copied().chain(["--help"]).collect();
        expected.sort_unstable();
        expected.dedup();

        let is_option = |line: &&str| line.starts_with("      --") || line.starts_with("  -");
        let mut found: Vec<_> = page
            .lines()
            .filter(is_option)
            .map(|line| line.split_whitespace().find(|word| word.starts_with("--")).unwrap())
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{command}");
    }
}

#[test]
fn help_lists_all_hashes() {
    let page = page(&Shell::new(), "sign");
    let words: Vec<_> = page.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    for name in signed_session::HashAlg::names() {
        assert!(words.contains(&name), "{name}");
    }
}

#[test]
fn help_fits_80_columns_and_shows_cookie_format() {
    let shell = Shell::new();
    for (command, _) in PAGES {
        for line in page(&shell, command).lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
    }
    assert!(page(&shell, "").contains("base64url( tag ‖ [accessed, created, state] )"));
}

#[cfg(unix)]
#[test]
fn help_examples_run() {
    use std::path::Path;
    use std::process::Command;

    let bin = Path::new(crate::BIN).parent().unwrap();
    let path = std::env::join_paths(
        [bin.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    // The page of `sessions` has no examples. The examples of its two commands need SQLite.
    let is_run = |command: &str| match command {
        "sessions" => false,
        _ => cfg!(feature = "sqlite") || !command.starts_with("sessions"),
    };
    let commands = PAGES.iter().map(|(command, _)| *command).filter(|command| is_run(command));
    let pages: Vec<_> = commands.map(|command| page(&Shell::new(), command)).collect();
    for page in pages.iter().map(String::as_str).chain([include_str!("../../README.md")]) {
        let script: Vec<_> = page
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("$ "))
            .filter(|line| !line.starts_with("cargo "))
            .collect();
        assert!(script.len() >= 3, "{page}");
        let dir = tempfile::tempdir().unwrap();
        #[cfg(feature = "sqlite")]
        crate::sessions::engines::write_database(dir.path());
        let output = Command::new("sh")
            .args(["-euc", &script.join("\n")])
            .current_dir(dir.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && stderr.is_empty(), "{page}: {stderr}");
        assert!(!output.stdout.is_empty());
    }
}
