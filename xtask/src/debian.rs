//! Programs that are not Cargo's, and the Debian packages that have them.

use std::env;
use std::path::PathBuf;

use crate::sh::{Result, Sh};

/// Installs the packages of those programs that are missing, if this is a Debian and we are root.
///
/// # Errors
///
/// If something is missing and cannot be installed.
pub(crate) fn provide(programs: &[(&str, &str)]) -> Result {
    let missing = programs.iter().filter(|(program, _)| find(program).is_none());
    let packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() { Ok(()) } else { install(packages) }
}

/// Where a program is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian's nginx is in a folder that is not in everybody's PATH.
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

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

    #[test]
    fn what_is_there_is_not_installed() {
        assert_eq!(provide(&[("rustc", "package-that-does-not-exist")]), Ok(()));
    }
}
