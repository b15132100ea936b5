//! `cargo xtask vectors`: mints the golden vectors.

use crate::debian::Install;
use crate::python::{Pyramid, Python};
use crate::sh::Result;
use crate::workspace::Workspace;

/// The script that mints the golden vectors or checks them.
pub(crate) const MINT: &str = "session-tests/pyramid/mint.py";

pub(crate) fn run(workspace: &Workspace) -> Result {
    Python::set_up(workspace, Pyramid::Current, Install::default())?.sh().args([MINT]).run()?;
    println!("\nxtask vectors: session-tests/vectors written; `git diff` shows the changes");
    Ok(())
}
