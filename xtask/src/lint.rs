//! `cargo xtask lint`: all checks that run no tests. The cheap ones run first, but the one that only warns runs last.

mod advisories;
mod architecture;
mod cycles;
mod docs;
mod examples;
mod features;
mod files;
mod includes;
mod links;
mod oldest;
mod publish;
mod supply;

use crate::sh::{Result, Sh};
use crate::stages::Stages;
use crate::workspace::Workspace;
use crate::{bench, fuzz, test};

/// The manifests of the separate workspaces.
const OTHER_WORKSPACES: [&str; 3] = [fuzz::MANIFEST, bench::MANIFEST, test::TLS_MANIFEST];

const ALL: [&str; 2] = ["--workspace", "--all-features"];

pub(crate) fn run(workspace: &Workspace, stages: &mut Stages) -> Result {
    stages.run("rustfmt", || {
        Sh::cargo().args(["fmt", "--all", "--check"]).run()?;
        OTHER_WORKSPACES
            .iter()
            .try_for_each(|manifest| Sh::cargo().args(["fmt", "--manifest-path", manifest, "--check"]).run())
    })?;
    stages.run("architecture", || architecture::check(workspace))?;
    let crates = stages.run("cycles between files", || cycles::check(workspace, &OTHER_WORKSPACES))?;
    stages.note(format!("{crates} crates and programs"));
    let included = stages.run("included files", || includes::check(workspace))?;
    stages.note(format!("{included} files"));
    let (named, links) = stages.run("documents", || {
        files::check_readmes(workspace)?;
        examples::check(workspace)?;
        Ok((docs::check(workspace)?, links::check(workspace)?))
    })?;
    stages.note(format!("{named} names of files and functions, {links} links"));
    let packages = stages.run("licences, sources, Rust versions", || {
        supply::deny(workspace)?;
        supply::rust_versions()
    })?;
    stages.note(format!("{packages} packages"));
    let advisories = stages.run("advisories", || advisories::check(workspace))?;
    stages.note(advisories);

    stages.run("clippy", || clippy(workspace))?;
    stages.run("rustdoc", || {
        Sh::cargo().args(["doc", "--no-deps"]).args(ALL).env("RUSTDOCFLAGS", "-D warnings").run()
    })?;
    let builds = stages.run("sets of features", || features::check(workspace))?;
    stages.note(format!("{builds} builds"));
    let packages = stages.run("packages", || publish::pack(workspace))?;
    let oldest = stages.run("packages with oldest dependencies", || oldest::check(workspace, &packages))?;
    stages.note(format!("{oldest} dependencies"));

    let long = stages.run("length of files", || files::warn_of_long(workspace))?;
    stages.note(format!("{long} too long"));
    Ok(())
}

fn clippy(workspace: &Workspace) -> Result {
    let deny = ["--", "-D", "warnings"];
    Sh::cargo().args(["clippy", "--all-targets"]).args(ALL).args(deny).run()?;
    OTHER_WORKSPACES.iter().try_for_each(|manifest| {
        // Use our target folder, because most dependencies of these workspaces were just checked there.
        let clippy = ["clippy", "--all-targets", "--manifest-path", manifest, "--target-dir"];
        Sh::cargo().args(clippy).args([&workspace.target]).args(deny).run()
    })
}
