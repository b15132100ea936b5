//! `cargo xtask lint`: cheap checks first.

mod advisories;
mod architecture;
mod docs;
mod features;
mod files;
mod oldest;
mod publish;
mod supply;

use crate::bench::peers;
use crate::fuzz;
use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// The manifests of the crates that are workspaces of their own.
const OWN: [&str; 2] = [fuzz::MANIFEST, peers::MANIFEST];

pub(crate) fn run(workspace: &Workspace) -> Result {
    Sh::cargo().args(["fmt", "--all", "--check"]).run()?;
    for manifest in OWN {
        Sh::cargo().args(["fmt", "--manifest-path", manifest, "--check"]).run()?;
    }
    architecture::check(workspace)?;
    files::check_readmes(workspace)?;
    let named = docs::check(workspace)?;
    let versions = supply::rust_versions()?;
    supply::deny(workspace)?;
    let advisories = advisories::check(workspace)?;

    let all = ["--workspace", "--all-features"];
    let deny = ["--", "-D", "warnings"];
    Sh::cargo().args(["clippy", "--all-targets"]).args(all).args(deny).run()?;
    for manifest in OWN {
        // In the same folder: most of their dependencies are those that have just been checked there.
        let clippy =
            Sh::cargo().args(["clippy", "--all-targets", "--manifest-path", manifest, "--target-dir"]);
        clippy.args([&workspace.target]).args(deny).run()?;
    }
    Sh::cargo().args(["doc", "--no-deps"]).args(all).env("RUSTDOCFLAGS", "-D warnings").run()?;
    let builds = features::check(workspace)?;
    let oldest = oldest::check(workspace)?;
    publish::check()?;

    let long = files::warn_of_long(workspace)?;
    println!(
        "\nxtask lint: passed: rustfmt, architecture, READMEs, names in documents ({named}), clippy, rustdoc, \
         sets of features ({builds}), packages, \
         licences and sources of dependencies, their Rust versions ({versions}), the oldest that are allowed \
         ({oldest}), {advisories}; too long files ({long})"
    );
    Ok(())
}
