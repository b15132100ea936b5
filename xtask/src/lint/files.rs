//! Checks of single files: the versions in the READMEs, and the length of Rust files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::sh::Result;
use crate::workspace::{Package, Workspace, read_text};

/// Maximum lines of a file. A longer file usually holds more than one idea.
const MAX_LINES: usize = 400;

/// Checks that every `crate = "version"` in a README matches the version in that crate's manifest.
pub(super) fn check_readmes(workspace: &Workspace) -> Result {
    let folders = workspace.packages.iter().map(|package| &package.folder);
    for readme in folders.chain([&workspace.root]).map(|folder| folder.join("README.md")) {
        match fs::read_to_string(&readme) {
            Ok(text) => check_readme(&workspace.packages, &text)
                .map_err(|error| format!("{}: {error}", readme.display()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("cannot read {}: {error}", readme.display())),
        }
    }
    Ok(())
}

fn check_readme(packages: &[Package], text: &str) -> Result {
    for line in text.lines() {
        let Some((name, requirement)) = line.split_once('=') else { continue };
        let Some(package) = packages.iter().find(|package| package.name == name.trim()) else { continue };
        let Some(version) = required(requirement) else { continue };
        if package.version != version && !package.version.starts_with(&format!("{version}.")) {
            return Err(format!("`{}`, but {} is at {}", line.trim(), package.name, package.version));
        }
    }
    Ok(())
}

/// Returns the version in `"0.1"` or `{ version = "0.1", … }`.
fn required(requirement: &str) -> Option<&str> {
    let requirement = requirement.trim_start();
    let quoted = match requirement.strip_prefix('{') {
        Some(table) => table.split_once("version")?.1.trim_start().strip_prefix('=')?.trim_start(),
        None => requirement,
    };
    Some(quoted.strip_prefix('"')?.split_once('"')?.0)
}

/// Warns about Rust files that are too long, and returns their number.
pub(super) fn warn_of_long(workspace: &Workspace) -> Result<usize> {
    let files = files_with_extension("rs", &workspace.root, &workspace.target)?;
    let mut long = 0;
    for file in files {
        let lines = read_text(&file)?.lines().count();
        if lines > MAX_LINES {
            long += 1;
            eprintln!("warning: {} has {lines} lines, more than {MAX_LINES}", file.display());
        }
    }
    Ok(long)
}

/// Returns the files below `folder` that have this extension, in order, except those in hidden folders, in target
/// folders, and in packages from npm.
pub(super) fn files_with_extension(extension: &str, folder: &Path, target: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect_files(folder, target, &mut files)
        .map_err(|error| format!("cannot list the files in {}: {error}", folder.display()))?;
    files.retain(|file| file.extension().is_some_and(|its| its == extension));
    files.sort();
    Ok(files)
}

fn collect_files(folder: &Path, target: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if !entry.file_type()?.is_dir() {
            files.push(path);
        } else if path != target
            && name != "target"
            && name != "node_modules"
            && !name.as_encoded_bytes().starts_with(b".")
        {
            collect_files(&path, target, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result {
        let package = Package {
            name: "signed-session".into(),
            version: "0.12.3".into(),
            folder: "signed-session".into(),
            features: vec![],
            examples: vec![],
            benches: vec![],
            published: true,
        };
        check_readme(&[package], &format!("```toml\n[dependencies]\n{line}\n```\n"))
    }

    #[test]
    fn requirement_of_current_version_passes() {
        for line in [
            r#"signed-session = "0.12""#,
            r#"signed-session = "0.12.3""#,
            r#"signed-session = { version = "0.12", features = ["pickle"] }"#,
            r#"signed-session = { path = "../signed-session" }"#,
            r#"other = "7""#,
        ] {
            assert_eq!(check(line), Ok(()), "{line}");
        }
    }

    #[test]
    fn requirement_of_another_version_is_an_error() {
        for line in [
            r#"signed-session = "0.1""#,
            r#"signed-session = "0.12.2""#,
            r#"signed-session = { features = ["pickle"], version = "0.13" }"#,
            r#"signed-session="1""#,
        ] {
            let error = check(line).unwrap_err();
            assert_eq!(error, format!("`{line}`, but signed-session is at 0.12.3"));
        }
    }

    #[test]
    fn files_with_extension_skips_target_folder() {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = files_with_extension("rs", crate_folder, &crate_folder.join("src/lint")).unwrap();
        assert!(files.contains(&crate_folder.join("src/main.rs")));
        assert!(!files.iter().any(|file| file.starts_with(crate_folder.join("src/lint"))));
        assert!(!files.contains(&crate_folder.join("Cargo.toml")));
    }
}
