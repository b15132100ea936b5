//! Checks that every published crate can be published: its manifest is complete, and it needs no file outside its folder.

use std::fs;
use std::time::SystemTime;

use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// Packs the crates as `cargo publish` does, builds each from its package, and uploads nothing.
///
/// Cargo unpacks a crate once for each registry and version. Its registry for a dry run is a folder below the target
/// folder, so a second run in the same place would build against the first run's crates. So each run has a place of its own.
///
/// # Errors
/// Returns an error if a crate cannot be packed, or does not build without the rest of the repository.
pub(super) fn check(workspace: &Workspace) -> Result {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let folder = workspace.target.join(format!("publish-{now}"));
    // Contributors lint before they commit.
    let publish = Sh::cargo().args(["publish", "--workspace", "--dry-run", "--allow-dirty", "--target-dir"]);
    let result = publish.args([&folder]).run();
    // What is left behind only takes room.
    let _ = fs::remove_dir_all(folder);
    result
}
