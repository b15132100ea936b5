//! Known vulnerabilities of the dependencies.

use std::fs;
use std::path::{Path, PathBuf};

use super::supply;
use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// cargo-deny stores a database in a folder whose name starts with this prefix.
const DATABASE: &str = "advisory-db-";

/// Looks up the dependencies in the RustSec advisory database and returns a note for the summary.
///
/// Fetches the database first. Without network, the database of an earlier fetch is used. Without any database, the
/// check is skipped with a warning, even in CI. The database is on GitHub, so a machine that can build everything from
/// the crate registry may still be unable to fetch the database.
///
/// # Errors
/// Returns an error if a dependency has an advisory, or if there is a database but cargo-deny cannot be installed or
/// cannot read the database.
pub(super) fn check(workspace: &Workspace) -> Result<String> {
    if let Err(error) = fetch(workspace) {
        eprintln!("\nWARNING: cannot fetch the advisory database: {error}");
    }
    let Some(database) = databases().and_then(|folder| find(&folder)) else {
        let rule = "=".repeat(80);
        eprintln!("\n{rule}\nWARNING: there is no advisory database.");
        eprintln!("SKIPPING the advisories: known vulnerabilities of dependencies are not detected.");
        eprintln!("Run `cargo deny fetch db` where github.com can be reached.\n{rule}");
        return Ok("but SKIPPED, see the warning above".to_owned());
    };
    supply::cargo_deny(workspace)?.args(["--offline", "check", "advisories"]).run()?;
    Ok(format!("database of {}", date_of(&database)?))
}

fn fetch(workspace: &Workspace) -> Result {
    let deny = supply::cargo_deny(workspace)?.args(["fetch", "db"]);
    // A server that does not answer must not block the other checks.
    deny.env("GIT_HTTP_LOW_SPEED_LIMIT", "1000").env("GIT_HTTP_LOW_SPEED_TIME", "20").read().map(drop)
}

/// Returns the folder of cargo-deny's databases.
fn databases() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))?;
    Some(home.join("advisory-dbs"))
}

/// Returns the path of the database in `folder`. Ignores a database without a commit, which is left over from an
/// interrupted fetch.
fn find(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let is_named =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(DATABASE));
    entries.filter(is_named).find(|path| date_of(path).is_ok())
}

/// Returns the date of the database's last commit.
fn date_of(database: &Path) -> Result<String> {
    let git = Sh::new("git").args(["-C"]).args([database]).args(["log", "-1", "--format=%cs"]);
    git.read().map(|date| date.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folder_with_commit_is_database() {
        let folder = std::env::temp_dir().join(format!("xtask-advisories-{}", std::process::id()));
        assert_eq!(find(&folder), None, "a missing folder has no database");
        let database = folder.join("advisory-db-0123456789abcdef");
        fs::create_dir_all(&database).unwrap();
        fs::create_dir_all(folder.join("another")).unwrap();
        assert_eq!(find(&folder), None, "a folder without a repository is not a database");

        let git = |args: &[&str]| Sh::new("git").args(["-C"]).args([&database]).args(args).read().unwrap();
        git(&["init", "--quiet"]);
        assert_eq!(find(&folder), None, "a repository without a commit is not a database");
        let author = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost"];
        git(&[&author[..], &["commit", "--quiet", "--allow-empty", "--message", "advisories"]].concat());
        assert_eq!(find(&folder), Some(database.clone()));
        assert_eq!(date_of(&database).unwrap().len(), "2026-11-24".len());
        fs::remove_dir_all(&folder).unwrap();
    }
}
