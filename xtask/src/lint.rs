//! `cargo xtask lint`: cheap checks first.

mod architecture;
mod docs;
mod features;
mod files;
mod supply;

use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result {
    Sh::cargo().args(["fmt", "--all", "--check"]).run()?;
    architecture::check(workspace)?;
    files::check_readmes(workspace)?;
    let named = docs::check(workspace)?;
    let versions = supply::rust_versions()?;
    supply::deny(workspace)?;

    let all = ["--workspace", "--all-features"];
    Sh::cargo().args(["clippy"]).args(all).args(["--all-targets", "--", "-D", "warnings"]).run()?;
    Sh::cargo().args(["doc", "--no-deps"]).args(all).env("RUSTDOCFLAGS", "-D warnings").run()?;
    let builds = features::check(workspace)?;

    let long = files::warn_of_long(workspace)?;
    println!(
        "\nxtask lint: passed: rustfmt, architecture, READMEs, names in documents ({named}), clippy, rustdoc, \
         sets of features ({builds}), \
         licences and sources of dependencies, their Rust versions ({versions}); too long files ({long})"
    );
    Ok(())
}
