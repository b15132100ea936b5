//! Generates secrets, and reads and checks those that the options name.

use std::error::Error;
use std::path::Path;

use signed_session::{Secret, SecretError, Secrets};

use crate::options::{RetiredArgs, SecretArgs};
use crate::sources::{SecretPath, variable_error};
use crate::{Failure, stdio};

/// Prints a new secret.
pub(crate) fn generate() -> Result<(), Failure> {
    let secret = Secret::generate().map_err(Failure::data)?;
    stdio::write(str::from_utf8(secret.expose_secret()).map_err(Failure::data)?)?;
    stdio::write("\n")
}

/// Reads and checks the current secret and the retired ones. Returns `None` if no secret is given.
pub(crate) fn secrets(args: &SecretArgs, retired: Option<&RetiredArgs>) -> Result<Option<Secrets>, Failure> {
    let given = read(args, retired)?;
    given.iter().try_for_each(GivenSecret::check)?;
    Ok(join(given))
}

/// Joins a list of secrets: the first one is the current secret, the others are retired. Returns `None` if the list is
/// empty.
pub(crate) fn join(given: Vec<GivenSecret>) -> Option<Secrets> {
    let mut secrets = given.into_iter().map(|given| given.secret);
    let mut joined = Secrets::from(secrets.next()?);
    secrets.for_each(|secret| joined.push_retired(secret));
    Some(joined)
}

/// Returns the value. If it is `None`, returns the error for a missing secret.
pub(crate) fn required<T>(value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::usage("no secret: give --secret-file or --secret-env"))
}

/// Reads the secrets: the current one, then the retired ones. A weak secret is not an error here. Returns an empty list
/// if no secret is given, and an error if only retired secrets are given.
pub(crate) fn read(args: &SecretArgs, retired: Option<&RetiredArgs>) -> Result<Vec<GivenSecret>, Failure> {
    let (option, secrets) = match (&args.secret_file, &args.secret_env) {
        (Some(path), _) => ("--secret-file", from_file(path)),
        (None, Some(name)) => ("--secret-env", from_env(name).map(Secrets::from)),
        (None, None) if retired.is_some_and(|retired| !retired.retired_secret_file.is_empty()) => {
            return required(None);
        }
        (None, None) => return Ok(Vec::new()),
    };
    let failure = |option, error| Failure::usage(format_args!("{option}: {error}"));
    let secrets = secrets.map_err(|error| failure(option, error))?;
    let current = Allowance { allows_weak: args.allow_weak_secret, option: "--allow-weak-secret" };
    let old = Allowance {
        allows_weak: retired.is_some_and(|retired| retired.allow_weak_retired_secrets),
        option: "--allow-weak-retired-secrets",
    };
    let mut given = all_of(option, &secrets, current, old);
    match retired {
        Some(retired) => {
            for path in &retired.retired_secret_file {
                let option = "--retired-secret-file";
                let secrets = from_file(path).map_err(|error| failure(option, error))?;
                given.extend(all_of(option, &secrets, old, old));
            }
        }
        // The command only writes, so it uses no retired secret.
        None => given.truncate(1),
    }
    Ok(given)
}

/// Returns the secrets that an option names. `first` applies to the first one, and `others` to the ones after it.
fn all_of(option: &str, secrets: &Secrets, first: Allowance, others: Allowance) -> Vec<GivenSecret> {
    let mut given = vec![GivenSecret::new(option.to_owned(), secrets.current(), first)];
    given.extend(
        (2..)
            .zip(secrets.retired())
            .map(|(number, secret)| GivenSecret::new(format!("{option}, secret {number}"), secret, others)),
    );
    given
}

/// Reads a secret from an environment variable.
fn from_env(name: &str) -> Result<Secret, String> {
    Secret::from_env(name).map_err(|error| match error.is_unavailable() {
        true => variable_error(name, "is not set, or not Unicode; set it to the secret"),
        false => error.to_string(),
    })
}

/// Reads a file with one secret per line, and warns if other users can access it. A file with a single line or with
/// bytes that are not UTF-8 is one secret, as in [`Secret::from_file`].
fn from_file(file: &SecretPath) -> Result<Secrets, String> {
    let path = file.path();
    let secret = Secret::from_file(path).map_err(|error| match error.source() {
        // The library's error shows the path, so show only its cause.
        Some(cause) if file.is_hidden() => {
            format!("cannot read the secret file: {cause}; give its path, not the secret")
        }
        _ => error.to_string(),
    })?;
    if let Some(mode) = shared_mode(path) {
        stdio::write_error(&format!(
            "warning: other users can access the secret file {path:?} (mode {mode:03o}); run `chmod 600` on it"
        ));
    }
    match str::from_utf8(secret.expose_secret()) {
        Ok(text) if text.contains('\n') => Secrets::from_lines(text).map_err(|error| error.to_string()),
        _ => Ok(secret.into()),
    }
}

/// Returns the permission bits of a regular file if they give its group or other users any access.
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

/// Whether a weak secret is allowed, and the option that allows it.
#[derive(Clone, Copy)]
struct Allowance {
    allows_weak: bool,
    option: &'static str,
}

/// A secret that an option names, and the options that concern it.
pub(crate) struct GivenSecret {
    /// The option that says where the secret is, such as `--secret-file`, and the number of a later secret in the file.
    pub(crate) source: String,
    secret: Secret,
    /// Why the secret is weak; `None` if it is strong.
    pub(crate) weakness: Option<SecretError>,
    allowance: Allowance,
}

impl GivenSecret {
    fn new(source: String, secret: &Secret, allowance: Allowance) -> Self {
        Self { source, secret: secret.clone(), weakness: secret.check_strength().err(), allowance }
    }

    /// Returns whether the secret may be weak.
    pub(crate) fn allows_weak(&self) -> bool {
        self.allowance.allows_weak
    }

    /// Checks that the secret is strong, or that a weak one is allowed.
    fn check(&self) -> Result<(), Failure> {
        match &self.weakness {
            Some(weakness) if !self.allows_weak() => {
                let Self { source, allowance, .. } = self;
                Err(Failure::usage(format_args!("{source}: {weakness}; {} accepts it", allowance.option)))
            }
            _ => Ok(()),
        }
    }
}
