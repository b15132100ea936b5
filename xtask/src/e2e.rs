//! The browser tests in `e2e/`, which run two examples of `session-examples`.

use std::path::PathBuf;

use crate::debian::{self, Install, Program};
use crate::python::{Pyramid, Python};
use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// The crate of the example servers. Servers do not terminate, so the stage `examples` of `cargo xtask test` leaves out
/// this crate.
pub(crate) const EXAMPLES: &str = "session-examples";

const FOLDER: &str = "e2e";

const PROGRAMS: [Program; 5] = [
    ("node", "nodejs"),
    ("npm", "npm"),
    ("chromium", "chromium"),
    ("nginx", "nginx"),
    ("openssl", "openssl"),
];

/// The browser tests, after their programs and npm packages were installed.
pub(crate) struct Browser {
    chromium: PathBuf,
}

impl Browser {
    /// Checks for the programs that the tests need, and installs the pinned npm packages into `e2e/node_modules`.
    /// Installs missing programs if `install` allows it.
    ///
    /// # Errors
    /// Returns an error if a program is missing and cannot or may not be installed, or if npm cannot install its
    /// packages.
    pub(crate) fn set_up(install: Install) -> Result<Self> {
        debian::provide(&PROGRAMS, install)?;
        let npm = Sh::new("npm").args(["--prefix", FOLDER, "ci"]);
        npm.args(["--prefer-offline", "--no-audit", "--no-fund"]).run()?;
        Ok(Self { chromium: debian::find("chromium").ok_or("the package chromium has no program chromium")? })
    }

    /// Runs the browser tests against the example servers, which are already built. Without Python, the tests of the
    /// example `pyramid-and-axum` are skipped.
    pub(crate) fn test(&self, workspace: &Workspace, python: Option<&Python>) -> Result {
        let tests = Sh::new("npm").args(["--prefix", FOLDER, "test"]).env("CHROMIUM", &self.chromium);
        let tests = tests.env("GUESTBOOK", workspace.example("guestbook"));
        let tests = tests.env("PYRAMID_AND_AXUM", workspace.example("pyramid-and-axum"));
        match python {
            Some(python) => tests.env(Pyramid::Current.variable(), python.interpreter()).run(),
            None => tests.run(),
        }
    }
}
