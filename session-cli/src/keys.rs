//! Secrets, and the keys that are made of them.

use std::path::Path;

use signed_session::parts::session_sign::{Algorithm, Key, SecretError};
use signed_session::{KeyRing, Secret, Sign};

use crate::args::{CheckArgs, EnvelopeArgs, SecretArgs, SignArgs};
use crate::{Failure, stdio};

/// The keys that sign and verify. What they are made of is known at run time only.
pub(crate) type Keys = KeyRing<Box<dyn Sign>>;

/// Prints a new secret.
pub(crate) fn generate() -> Result<(), Failure> {
    let secret = Secret::generate().map_err(Failure::data)?;
    stdio::write(str::from_utf8(secret.expose_secret()).map_err(Failure::data)?)?;
    stdio::write("\n")
}

impl SignArgs {
    /// The key to sign with.
    pub(crate) fn keys(&self) -> Result<Keys, Failure> {
        required(current(&self.secret, &self.envelope)?)
    }
}

impl CheckArgs {
    /// The keys to verify with, if there is a secret.
    pub(crate) fn keys(&self) -> Result<Option<Keys>, Failure> {
        let Some(mut keys) = current(&self.secret, &self.envelope)? else {
            return match &self.retired_secret_file[..] {
                [] => Ok(None),
                _ => required(None).map(Some),
            };
        };
        for path in &self.retired_secret_file {
            let retired = Source {
                option: "--retired-secret-file",
                secret: from_file(path),
                allow_weak: self.allow_weak_retired_secrets,
                allow_option: "--allow-weak-retired-secrets",
            };
            keys = keys.with_retired(retired.signer(&self.envelope)?);
        }
        Ok(Some(keys))
    }
}

/// Refuses to go on without a secret.
pub(crate) fn required<T>(keys: Option<T>) -> Result<T, Failure> {
    keys.ok_or_else(|| Failure::usage("no secret: give --secret-file or --secret-env"))
}

fn current(args: &SecretArgs, envelope: &EnvelopeArgs) -> Result<Option<Keys>, Failure> {
    let (option, secret) = match (&args.secret_file, &args.secret_env) {
        (Some(path), _) => ("--secret-file", from_file(path)),
        (None, Some(name)) => ("--secret-env", Secret::from_env(name)),
        (None, None) => return Ok(None),
    };
    let allow_option = "--allow-weak-secret";
    let current = Source { option, secret, allow_weak: args.allow_weak_secret, allow_option };
    Ok(Some(KeyRing::new(current.signer(envelope)?)))
}

/// Reads a secret, and warns if other users can access the file.
fn from_file(path: &Path) -> Result<Secret, SecretError> {
    let secret = Secret::from_file(path)?;
    if let Some(mode) = shared_mode(path) {
        stdio::complain(&format!(
            "warning: other users can access the secret file {path:?} (mode {mode:03o}); run `chmod 600` on it"
        ));
    }
    Ok(secret)
}

/// The permissions of a regular file that its group or others have any on.
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

/// A secret, and the options that concern it.
struct Source {
    /// The option that named the secret.
    option: &'static str,
    secret: Result<Secret, SecretError>,
    allow_weak: bool,
    /// The option that accepts the secret if it is weak.
    allow_option: &'static str,
}

impl Source {
    fn signer(self, envelope: &EnvelopeArgs) -> Result<Box<dyn Sign>, Failure> {
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
        let key = Key::derive(&envelope.salt.as_str().into(), &secret).map_err(failure)?;
        envelope.hash.signer(key.as_ref()).map_err(Failure::usage)
    }
}
