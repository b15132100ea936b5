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

const PROGRAMS: [Program; 4] =
    [("node", "nodejs"), ("npm", "npm"), ("nginx", "nginx"), ("openssl", "openssl")];

/// Chromium without a user interface. The tests take less than half of the processor time with it.
const HEADLESS: Program = ("chromium-headless-shell", "chromium-headless-shell");

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
        let chromium = || [HEADLESS.0, "chromium"].into_iter().find_map(debian::find);
        let mut programs = PROGRAMS.to_vec();
        if chromium().is_none() {
            programs.push(HEADLESS);
        }
        debian::provide(&programs, install)?;
        let npm = Sh::new("npm").args(["--prefix", FOLDER, "ci"]);
        npm.args(["--prefer-offline", "--no-audit", "--no-fund"]).run()?;
        Ok(Self { chromium: chromium().ok_or("the package of Chromium has no program")? })
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
