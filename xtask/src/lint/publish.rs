//! Checks that every published crate can be published: its manifest is complete, its folder has the licences, and it
//! needs no file outside its folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::SystemTime;

use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// Packs the crates as `cargo publish` does, builds each from its package, and uploads nothing.
///
/// Cargo unpacks a crate only once for each registry and version, and then reuses the unpacked source. The registry of
/// a dry run is in the build folder, so a second run in the same folder would build the first run's crates. So each run
/// has its own folder. The symbolic link `debug` in this folder lets the run reuse the dependencies that the workspace
/// compiled. Our crates are compiled again, because the path of their source is different.
///
/// # Errors
/// Returns an error if a crate has no licence, cannot be packed, or does not build without the rest of the repository.
pub(super) fn check(workspace: &Workspace) -> Result {
    for package in workspace.packages.iter().filter(|package| package.published) {
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            if !package.folder.join(licence).exists() {
                return Err(format!("{} has no {licence}; add a link to ../{licence}", package.name));
            }
        }
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let folder = workspace.target.join(format!("publish-{now}"));
    let debug = workspace.target.join("debug");
    fs::create_dir_all(&debug)
        .and_then(|()| fs::create_dir(&folder))
        .and_then(|()| symlink(debug, folder.join("debug")))
        .map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    // Contributors lint before they commit, so `--allow-dirty` accepts uncommitted changes.
    let publish = Sh::cargo().args(["publish", "--workspace", "--dry-run", "--allow-dirty", "--target-dir"]);
    // The contributor's configuration may separate the build folder from the target folder, so set both.
    let result = publish.args([&folder]).env("CARGO_BUILD_BUILD_DIR", &folder).run();
    // Ignore an error: leftover files only take up space.
    let _ = fs::remove_dir_all(folder);
    result
}
