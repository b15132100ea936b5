//! Checks that every published crate can be published: its manifest is complete, and it needs no file outside its folder.

use crate::sh::{Result, Sh};

/// Packs the crates as `cargo publish` does, builds each from its package, and uploads nothing.
///
/// # Errors
///
/// Returns an error if a crate cannot be packed, or does not build without the rest of the repository.
pub(super) fn check() -> Result {
    // Contributors lint before they commit.
    Sh::cargo().args(["publish", "--workspace", "--dry-run", "--allow-dirty"]).run()
}
