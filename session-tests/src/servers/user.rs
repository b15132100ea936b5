//! The user that runs the servers.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// If this program runs as root, returns the IDs of another user and group for a server, because PostgreSQL and
/// PgBouncer refuse to run as root. Returns `None` if this program runs as another user, or if the system has neither
/// the user `postgres` nor `nobody`.
pub(super) fn unprivileged() -> Option<(u32, u32)> {
    if fs::metadata(Path::new("/proc/self")).is_ok_and(|process| process.uid() != 0) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let mut fields =
            users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody"))
}
