//! Third-party Cargo commands.

use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// Returns the command `cargo <name>`, without arguments. If the command is missing, installs release `version` of it
/// into Cargo's target folder.
///
/// # Errors
/// Returns an error if the command cannot be installed.
pub(crate) fn cargo(workspace: &Workspace, name: &str, version: &str) -> Result<Sh> {
    let program = format!("cargo-{name}");
    if Sh::new(&program).args([name, "--version"]).read().is_ok() {
        return Ok(Sh::new(program).args([name]));
    }
    let tools = workspace.target.join("tools");
    let ours = tools.join("bin").join(&program);
    if !ours.exists() {
        eprintln!("\n==> Installing {program} {version}, once; this takes minutes.");
        // An optimised build would take more time than it saves: the program runs briefly, or mostly waits for
        // compilers.
        let install = Sh::cargo().args(["install", &program, "--debug", "--locked", "--version", version]);
        install.args(["--root"]).args([&tools]).run()?;
    }
    Ok(Sh::new(ours).args([name]))
}
