//! Temporary folders.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that only its owner can read, and that is deleted on drop.
///
/// The folder is in the system's temporary folder and not in the repository: if the tests run as root, PostgreSQL runs
/// as another user, who often cannot enter the repository.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

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
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
