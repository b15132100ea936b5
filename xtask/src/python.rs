//! The Python environments with the pinned versions of Pyramid.

use std::fs;
use std::path::{Path, PathBuf};

use crate::debian::{self, Install};
use crate::sh::{Result, Sh};
use crate::workspace::{Workspace, read_text};

/// A version of Pyramid.
#[derive(Clone, Copy)]
pub(crate) enum Pyramid {
    Current,
    /// The last version whose sessions are pickles by default.
    V1_10,
}

impl Pyramid {
    /// Returns the environment's name in the target folder, and its requirements file.
    fn environment(self) -> (&'static str, &'static str) {
        match self {
            Self::Current => ("python", "session-tests/pyramid/requirements.txt"),
            Self::V1_10 => ("python-1.10", "session-tests/pyramid/requirements-1.10.txt"),
        }
    }

    /// Returns the environment variable that holds the path of the interpreter for the tests. Without the variable,
    /// tests that need Pyramid are skipped, or fail in CI.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Current => "SIGNED_SESSION_PYTHON",
            Self::V1_10 => "SIGNED_SESSION_PYTHON_1_10",
        }
    }
}

/// A Python environment with Pyramid.
pub(crate) struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// Returns the environment in the target folder. Creates it first if it is missing or if the pinned requirements
    /// have changed.
    ///
    /// # Errors
    /// Returns an error if `python3` or its `venv` is missing and cannot or may not be installed, or if pip cannot
    /// install the requirements.
    pub(crate) fn set_up(workspace: &Workspace, pyramid: Pyramid, install: Install) -> Result<Self> {
        let (name, requirements_file) = pyramid.environment();
        let folder = workspace.target.join(name);
        let python = Self { interpreter: folder.join("bin/python") };
        let requirements = read_text(requirements_file)?;
        // The stamp is written last, so an environment without it is incomplete.
        let stamp = folder.join("requirements.stamp");
        if python.interpreter.exists() && fs::read_to_string(&stamp).is_ok_and(|old| old == requirements) {
            return Ok(python);
        }

        // Debian's python3 does not contain `ensurepip`.
        if Sh::new("python3").args(["-c", "import venv, ensurepip"]).read().is_err() {
            debian::require(&["python3", "python3-venv"], install)?;
        }
        eprintln!(
            "\n==> Creating the Python environment {} from {requirements_file}, once.",
            folder.display()
        );
        python
            .install(&folder, requirements_file)
            .map_err(|error| format!("{error}\nThe Python environment needs access to PyPI."))?;
        fs::write(&stamp, requirements)
            .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
        Ok(python)
    }

    fn install(&self, folder: &Path, requirements_file: &str) -> Result {
        Sh::new("python3").args(["-m", "venv", "--clear"]).args([folder]).run()?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements_file];
        self.sh().args(pip).run()
    }

    /// Returns the absolute path of the interpreter.
    pub(crate) fn interpreter(&self) -> &Path {
        &self.interpreter
    }

    /// Returns a command that runs the interpreter.
    pub(crate) fn sh(&self) -> Sh {
        Sh::new(&self.interpreter)
    }
}
