//! The examples of `session-examples` in a browser: the tests in `e2e/`.

use std::env;
use std::path::PathBuf;

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
        let missing: Vec<_> = PROGRAMS.iter().filter(|(program, _)| find(program).is_none()).collect();
        if !missing.is_empty() {
            install(missing.iter().map(|(_, package)| *package).collect())?;
        }
        Sh::new("npm")
            .args(["--prefix", FOLDER, "ci", "--prefer-offline", "--no-audit", "--no-fund"])
            .run()?;
        Ok(Self { chromium: find("chromium").ok_or("the package chromium has no chromium")? })
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

/// Where a program is.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian's nginx is in a folder that is not in everybody's PATH.
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Installs Debian packages, if this is a Debian and we are root.
fn install(packages: Vec<&str>) -> Result {
    let is_root = Sh::new("id").args(["-u"]).read().is_ok_and(|id| id.trim() == "0");
    if !is_root || find("apt-get").is_none() {
        return Err(format!(
            "programs are missing; these Debian packages have them: {}",
            packages.join(", ")
        ));
    }
    let apt_get = || Sh::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive");
    apt_get().args(["update", "--quiet"]).run()?;
    apt_get().args(["install", "--quiet", "--yes", "--no-install-recommends"]).args(packages).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there() {
        assert!(find("rustc").is_some_and(|path| path.is_absolute()));
        assert_eq!(find("program-that-does-not-exist"), None);
    }
}
