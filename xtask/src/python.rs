//! The Python environment with the pinned Pyramid that our cookies are compared with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

const REQUIREMENTS: &str = "session-tests/pyramid/requirements.txt";

/// An environment that has Pyramid.
pub(crate) struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// The environment in `python/` in the target folder, created anew if the pinned requirements have changed.
    ///
    /// # Errors
    ///
    /// `python3` is missing, has no `venv`, or pip cannot install the requirements.
    pub(crate) fn set_up(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.target.join("python");
        let python = Self { interpreter: folder.join("bin/python") };
        let requirements = fs::read_to_string(REQUIREMENTS)
            .map_err(|error| format!("cannot read {REQUIREMENTS}: {error}"))?;
        // The last thing written: an environment without it was interrupted while it was created.
        let stamp = folder.join("requirements.stamp");
        if python.interpreter.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == requirements) {
            return Ok(python);
        }

        eprintln!("\n==> Creating the Python environment {} from {REQUIREMENTS}.", folder.display());
        eprintln!("==> It downloads Pyramid and is done once; it can take a minute.");
        python.install(&folder).map_err(|error| {
            format!(
                "{error}\nThe Python environment needs python3 with venv and pip (Debian: python3-venv), \
                 and access to PyPI."
            )
        })?;
        fs::write(&stamp, requirements)
            .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
        Ok(python)
    }

    fn install(&self, folder: &Path) -> Result {
        Sh::new("python3").args(["-m", "venv", "--clear"]).args([folder]).run()?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS];
        self.sh().args(pip).run()
    }

    /// The absolute path of the interpreter.
    pub(crate) fn interpreter(&self) -> &Path {
        &self.interpreter
    }

    /// A call of the interpreter.
    pub(crate) fn sh(&self) -> Sh {
        Sh::new(&self.interpreter)
    }
}
