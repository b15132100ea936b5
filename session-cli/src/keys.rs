//! Secrets: generated, or read and checked.

use std::path::Path;

use signed_session::{Secret, SecretError, Secrets};

use crate::options::{RetiredArgs, SecretArgs};
use crate::{Failure, stdio};

/// Prints a new secret.
pub(crate) fn generate() -> Result<(), Failure> {
    let secret = Secret::generate().map_err(Failure::data)?;
    stdio::write(str::from_utf8(secret.expose_secret()).map_err(Failure::data)?)?;
    stdio::write("\n")
}

/// Reads and checks the current secret and the retired ones; `None` if no secret is given.
pub(crate) fn secrets(args: &SecretArgs, retired: Option<&RetiredArgs>) -> Result<Option<Secrets>, Failure> {
    let retired_files = retired.map_or(&[][..], |retired| &retired.retired_secret_file);
    let Some(current) = current(args) else {
        return if retired_files.is_empty() { Ok(None) } else { required(None).map(Some) };
    };
    let mut secrets = Secrets::from(current.checked()?);
    for path in retired_files {
        let retired = SecretOption {
            option: "--retired-secret-file",
            secret: from_file(path),
            allow_weak: retired.is_some_and(|retired| retired.allow_weak_retired_secrets),
            allow_option: "--allow-weak-retired-secrets",
        };
        secrets.push_retired(retired.checked()?);
    }
    Ok(Some(secrets))
}

/// Returns the value, or the error for a missing secret.
pub(crate) fn required<T>(value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::usage("no secret: give --secret-file or --secret-env"))
}

fn current(args: &SecretArgs) -> Option<SecretOption> {
    let (option, secret) = match (&args.secret_file, &args.secret_env) {
        (Some(path), _) => ("--secret-file", from_file(path)),
        (None, Some(name)) => ("--secret-env", Secret::from_env(name)),
        (None, None) => return None,
    };
    let allow_option = "--allow-weak-secret";
    Some(SecretOption { option, secret, allow_weak: args.allow_weak_secret, allow_option })
}

/// Reads a secret, and warns if other users can access the file.
fn from_file(path: &Path) -> Result<Secret, SecretError> {
    let secret = Secret::from_file(path)?;
    if let Some(mode) = shared_mode(path) {
        stdio::write_error(&format!(
            "warning: other users can access the secret file {path:?} (mode {mode:03o}); run `chmod 600` on it"
        ));
    }
    Ok(secret)
}

/// Returns the permissions of a regular file, if its group or other users have any.
#[cfg(unix)]
fn shared_mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn shared_mode(_: &Path) -> Option<u32> {
    None
}

/// A secret, and the options for it.
struct SecretOption {
    /// The option that named the secret.
    option: &'static str,
    secret: Result<Secret, SecretError>,
    allow_weak: bool,
    /// The option that accepts the secret if it is weak.
    allow_option: &'static str,
}

impl SecretOption {
    /// Returns the secret if it is strong, or if a weak one is allowed.
    fn checked(self) -> Result<Secret, Failure> {
        let failure = |error: SecretError| {
            let option = self.option;
            let hint =
                if error.is_weak() { format!("; {} accepts it", self.allow_option) } else { String::new() };
            Failure::usage(format_args!("{option}: {error}{hint}"))
        };
        let secret = self.secret.map_err(failure)?;
        if !self.allow_weak {
            secret.check_strength().map_err(failure)?;
        }
        Ok(secret)
    }
}
