//! Secrets, and the factory that signs and verifies with them.

use std::path::Path;

use signed_session::{
    Builder, DynSignedCookieSessionFactory, HashAlg, ManualClock, Secret, SecretError,
    SignedCookieSessionFactory, Signing,
};

use crate::args::{CheckArgs, EnvelopeArgs, SecretArgs, SignArgs};
use crate::format::Format;
use crate::{Failure, stdio};

/// The library's factory, with the options of the command line.
pub(crate) type Factory = DynSignedCookieSessionFactory<Format>;

/// Prints a new secret.
pub(crate) fn generate() -> Result<(), Failure> {
    let secret = Secret::generate().map_err(Failure::data)?;
    stdio::write(str::from_utf8(secret.expose_secret()).map_err(Failure::data)?)?;
    stdio::write("\n")
}

impl SignArgs {
    /// Returns the factory that signs the cookie.
    pub(crate) fn factory(&self) -> Result<Factory, Failure> {
        let secret = required(current(&self.secret)?)?;
        self.envelope.builder(secret)?.build().map_err(Failure::usage)
    }
}

impl CheckArgs {
    /// Returns the factory that verifies the cookie by a clock; `None` if there is no secret.
    pub(crate) fn factory(&self, clock: ManualClock) -> Result<Option<Factory>, Failure> {
        let Some(secret) = current(&self.secret)? else {
            return match &self.retired_secret_file[..] {
                [] => Ok(None),
                _ => required(None).map(Some),
            };
        };
        let mut builder =
            self.envelope.builder(secret)?.timeout(self.timeout.0).reissue_time(None).clock(clock);
        for path in &self.retired_secret_file {
            let retired = SecretOption {
                option: "--retired-secret-file",
                secret: from_file(path),
                allow_weak: self.allow_weak_retired_secrets,
                allow_option: "--allow-weak-retired-secrets",
            };
            builder = builder.retired_secret(retired.checked()?);
        }
        builder.build().map(Some).map_err(Failure::usage)
    }
}

impl EnvelopeArgs {
    /// Returns the builder of a factory. It accepts weak secrets, because [`SecretOption::checked`] checks their
    /// strength.
    fn builder(&self, secret: Secret) -> Result<Builder<Signing<HashAlg, Format>>, Failure> {
        let builder = SignedCookieSessionFactory::builder(secret)
            .allow_weak_secret()
            .allow_weak_retired_secrets()
            .salt(self.salt.as_str())
            .cookie_name(&self.cookie_name)
            // Names with a prefix such as `__Host-` require the attributes.
            .secure(true)
            .httponly(true)
            .serializer(self.serializer)
            .hashalg(self.hash.name());
        builder.map_err(Failure::usage)
    }
}

/// Returns the value, or the error for a missing secret.
pub(crate) fn required<T>(value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::usage("no secret: give --secret-file or --secret-env"))
}

fn current(args: &SecretArgs) -> Result<Option<Secret>, Failure> {
    let (option, secret) = match (&args.secret_file, &args.secret_env) {
        (Some(path), _) => ("--secret-file", from_file(path)),
        (None, Some(name)) => ("--secret-env", Secret::from_env(name)),
        (None, None) => return Ok(None),
    };
    let allow_option = "--allow-weak-secret";
    let current = SecretOption { option, secret, allow_weak: args.allow_weak_secret, allow_option };
    current.checked().map(Some)
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
