//! Temporary folders.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that only its owner can read, and that is deleted on drop.
///
/// The folder is in the system's temporary folder and not in the repository: if the tests run as root, PostgreSQL runs
/// as another user, who often cannot enter the repository.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    owner: Option<(u32, u32)>,
}

impl Folder {
    /// Creates a folder that belongs to a user ID and group ID, or with `None` to the current user and group.
    pub(super) fn create(name: &str, owner: Option<(u32, u32)>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("session-tests-{name}-{}-{number}", process::id()));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .and_then(|()| owner.map_or(Ok(()), |(uid, gid)| chown(&path, Some(uid), Some(gid))))
            .unwrap_or_else(|error| panic!("cannot create {}: {error}", path.display()));
        Self { path, owner }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a command that runs a program as the owner of the folder.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.owner {
            // This user often cannot enter the current folder.
            command.uid(uid).gid(gid).current_dir("/");
        }
        command
    }

    /// Creates the file `log`, or empties it.
    pub(super) fn create_log(&self) -> File {
        let path = self.path.join("log");
        File::create(&path).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()))
    }

    /// Returns the contents of the file `log`.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.path.join("log")).unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
