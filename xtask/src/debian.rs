//! External programs, and the Debian packages that contain them.

use std::env;
use std::path::PathBuf;

use crate::sh::{Result, Sh};

/// Whether missing programs may be installed.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Install {
    /// Install the Debian packages of missing programs; needs root.
    #[arg(long)]
    install: bool,
}

/// A program and the Debian package that contains it.
pub(crate) type Program = (&'static str, &'static str);

/// Checks that the programs exist, and installs missing ones if `install` allows it.
///
/// # Errors
/// Returns an error if a program is missing and `install` does not allow its installation, or if the installation
/// fails.
pub(crate) fn provide(programs: &[Program], install: Install) -> Result {
    let missing = programs.iter().filter(|(program, _)| find(program).is_none());
    let packages: Vec<_> = missing.map(|(_, package)| *package).collect();
    require(&packages, install)
}

/// Installs `packages`, which are missing Debian packages, if `install` allows it.
///
/// # Errors
/// Returns an error if `install` does not allow the installation, or if the installation fails.
pub(crate) fn require(packages: &[&str], install: Install) -> Result {
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(", ");
    if !install.install {
        return Err(format!(
            "missing Debian packages: {names}; install them, or run `cargo xtask ci --install` (`cargo xtask test \
             --install` installs only what the tests need)"
        ));
    }
    let is_root = Sh::new("id").args(["-u"]).read().is_ok_and(|id| id.trim() == "0");
    if !is_root || find("apt-get").is_none() {
        return Err(format!("missing Debian packages: {names}; --install needs Debian and root"));
    }
    let apt_get = || Sh::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(["-qq"]);
    apt_get().args(["update"]).run()?;
    apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages).run()
}

/// Returns the path of a program, if the program is installed.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian has nginx in /usr/sbin, which is not in every user's PATH.
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn present_program_is_found() {
        assert!(find("rustc").is_some_and(|path| path.is_absolute()));
        assert_eq!(find("program-that-does-not-exist"), None);
    }

    #[test]
    fn present_program_is_not_installed_again() {
        let programs = [("rustc", "package-that-does-not-exist")];
        assert_eq!(provide(&programs, Install { install: true }), Ok(()));
    }

    #[test]
    fn missing_program_without_flag_names_package_and_flag() {
        let error = provide(&[("program-that-does-not-exist", "package")], Install::default()).unwrap_err();
        assert!(
            error.starts_with("missing Debian packages: package;") && error.contains("--install"),
            "{error}"
        );
    }
}
