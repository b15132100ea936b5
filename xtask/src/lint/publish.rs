//! Packs the published crates as `cargo publish` does.

use std::path::{Path, PathBuf};

use crate::sh::{Result, Sh};
use crate::workspace::{Workspace, remove_folder};

/// Packs the published crates, unpacks each package again, and uploads nothing. Returns the folder that contains a
/// folder for each package, named as in [`unpacked`].
///
/// # Errors
/// Returns an error if a crate has no licence, or cannot be packed.
pub(super) fn pack(workspace: &Workspace) -> Result<PathBuf> {
    let published: Vec<_> = workspace.packages.iter().filter(|package| package.published).collect();
    for package in &published {
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            if !package.folder.join(licence).exists() {
                return Err(format!("{} has no {licence}; add a link to ../{licence}", package.name));
            }
        }
    }
    // A folder of its own, so that no package of an earlier run is left in it.
    let folder = workspace.target.join("publish");
    remove_folder(&folder)?;
    // Contributors lint before they commit, so `--allow-dirty` accepts uncommitted changes. Without `--no-verify`,
    // Cargo would compile each package alone, with all its dependencies.
    let names = published.iter().flat_map(|package| ["-p", &package.name]);
    let pack = Sh::cargo().args(["package", "--no-verify", "--allow-dirty", "--target-dir"]).args([&folder]);
    pack.args(names).run()?;
    let packages = folder.join("package");
    for package in published {
        let archive = packages.join(format!("{}-{}.crate", package.name, package.version));
        // `m` gives the files the present time. All files in a package have the same old time, so Cargo would take them
        // for the files of an earlier run.
        Sh::new("tar").args(["-xzmf"]).args([&archive]).args(["-C"]).args([&packages]).run()?;
    }
    Ok(packages)
}

/// Returns the folder of an unpacked package.
pub(super) fn unpacked(packages: &Path, name: &str, version: &str) -> PathBuf {
    packages.join(format!("{name}-{version}"))
}
