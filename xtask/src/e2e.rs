//! The examples of `session-examples` in a browser: the tests in `e2e/`.

use std::path::PathBuf;

use crate::debian;
use crate::python::Python;
use crate::sh::{Result, Sh};
use crate::test::INTERPRETER;
use crate::workspace::Workspace;

/// The crate whose examples are servers: they do not end, and it is the browser that tests them.
pub(crate) const EXAMPLES: &str = "session-examples";

const FOLDER: &str = "e2e";

/// A program that the tests need, and the Debian package that has it.
const PROGRAMS: [(&str, &str); 5] = [
    ("node", "nodejs"),
    ("npm", "npm"),
    ("chromium", "chromium"),
    ("nginx", "nginx"),
    ("openssl", "openssl"),
];

/// A machine that has all that the tests need.
pub(crate) struct Browser {
    chromium: PathBuf,
}

impl Browser {
    /// Installs what is missing: Debian packages if we may, and the pinned npm packages into `e2e/node_modules`.
    ///
    /// # Errors
    ///
    /// A program is missing and cannot be installed, or npm cannot install its packages.
    pub(crate) fn set_up() -> Result<Self> {
        debian::provide(&PROGRAMS)?;
        Sh::new("npm")
            .args(["--prefix", FOLDER, "ci", "--prefer-offline", "--no-audit", "--no-fund"])
            .run()?;
        Ok(Self { chromium: debian::find("chromium").ok_or("the package chromium has no chromium")? })
    }

    /// Builds the examples and runs the tests; without Python those of the site that is half Pyramid are skipped.
    pub(crate) fn test(&self, workspace: &Workspace, python: Option<&Python>) -> Result {
        Sh::cargo().args(["build", "-p", EXAMPLES, "--examples"]).run()?;
        let guestbook = workspace.target.join("debug/examples/guestbook");
        let tests = Sh::new("npm").args(["--prefix", FOLDER, "test"]);
        let tests = tests.env("CHROMIUM", &self.chromium).env("GUESTBOOK", guestbook);
        match python {
            Some(python) => tests.env(INTERPRETER, python.interpreter()).run(),
            None => tests.run(),
        }
    }
}
