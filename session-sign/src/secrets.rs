//! The current secret and the retired secrets, and the file that contains them.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::{Secret, SecretError};

/// A current secret and any number of retired ones. Every secret verifies; only the current one signs.
///
/// Anything that converts into a [`Secret`] converts into `Secrets` without retired ones.
///
/// ```
/// # extern crate session_sign as signed_session;
/// use signed_session::{Secret, Secrets};
///
/// let mut secrets = Secrets::from(Secret::generate()?);
/// secrets.rotate(Secret::generate()?);
/// assert_eq!(secrets.retired().len(), 1);
/// # Ok::<(), session_sign::SecretError>(())
/// ```
#[derive(Clone)]
pub struct Secrets {
    current: Secret,
    retired: Vec<Secret>,
}

impl<T: Into<Secret>> From<T> for Secrets {
    fn from(current: T) -> Self {
        Self { current: current.into(), retired: Vec::new() }
    }
}

impl Secrets {
    /// Reads one secret per line of a text. The first one is the current secret, and the others are retired.
    ///
    /// The format is that of a [`SecretSource`], except that a byte order mark at the beginning is an error. Use this
    /// function for a text that does not come from a file.
    ///
    /// # Errors
    /// Returns an error if the text has white space, a carriage return or a byte order mark where it is not allowed
    /// ([`SecretError::is_unavailable`]), or if it has no secret ([`SecretError::is_empty`]).
    ///
    /// ```
    /// # extern crate session_sign as signed_session;
    /// use signed_session::Secrets;
    ///
    /// let secrets = Secrets::from_lines("new secret\nold secret\n")?;
    /// assert_eq!(secrets.current().expose_secret(), b"new secret");
    /// assert_eq!(secrets.retired().len(), 1);
    /// # Ok::<(), session_sign::SecretError>(())
    /// ```
    pub fn from_lines(text: &str) -> Result<Self, SecretError> {
        let is_unclear = |line: &str| line.trim() != line || line.contains(['\r', '\u{feff}']);
        if let Some((number, _)) = (1..).zip(text.lines()).find(|(_, line)| is_unclear(line)) {
            return Err(SecretError::white_space(number));
        }
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let mut secrets = Self::from(lines.next().ok_or_else(SecretError::empty)?);
        lines.for_each(|line| secrets.push_retired(line));
        Ok(secrets)
    }

    /// Returns the secret that signs.
    pub fn current(&self) -> &Secret {
        &self.current
    }

    /// Returns the secrets that only verify, in the order in which they are tried.
    pub fn retired(&self) -> &[Secret] {
        &self.retired
    }

    /// Adds a retired secret, which is tried after the existing secrets. Does nothing if the new secret equals one of
    /// them.
    pub fn push_retired(&mut self, secret: impl Into<Secret>) {
        let secret = secret.into();
        if !is_same(&secret, &self.current) && self.retired.iter().all(|retired| !is_same(&secret, retired)) {
            self.retired.push(secret);
        }
    }

    /// Makes `secret` the current one. The secret that was current becomes the first retired one. If `secret` was
    /// retired, it is removed from the retired secrets. Does nothing if `secret` already is the current one.
    pub fn rotate(&mut self, secret: impl Into<Secret>) {
        let secret = secret.into();
        if is_same(&secret, &self.current) {
            return;
        }
        self.retired.retain(|retired| !is_same(&secret, retired));
        let retired = std::mem::replace(&mut self.current, secret);
        self.retired.insert(0, retired);
    }
}

/// Compares two configured secrets. An attacker chooses neither, so the time of the comparison reveals nothing.
fn is_same(a: &Secret, b: &Secret) -> bool {
    a.0.is_same(&b.0)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("retired", &self.retired.len()).finish_non_exhaustive()
    }
}

/// A file of secrets that can be read again when it has changed.
///
/// The file is UTF-8 and has one secret per line. The first one is the current secret, and the others are retired.
/// Empty lines and a byte order mark at the beginning are skipped. White space at the beginning or the end of a line is
/// an error, because its meaning is not clear: an editor may have added it by accident, but for [`Secret::from_env`]
/// and [`Secret::from_file`] it is a part of the secret. A carriage return within a line and a byte order mark
/// elsewhere in the file are errors for the same reason.
///
/// To change the file, write a new file and rename it over the old one. Otherwise, the application may read a
/// half-written file with a truncated secret. [`Secret::check_strength`] detects a truncated secret only if fewer than
/// 32 bytes are left.
#[derive(Clone, Debug)]
pub struct SecretSource {
    path: PathBuf,
}

impl SecretSource {
    /// Creates a source that reads the file at `path`. The file is not read yet.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned() }
    }

    /// Reads the secrets.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is over 1 MiB, is not UTF-8, or has white space, a carriage return
    /// or a byte order mark where it is not allowed: [`SecretError::is_unavailable`] then returns `true`. Also returns
    /// an error if the file has no secret ([`SecretError::is_empty`]).
    pub fn read(&self) -> Result<Secrets, SecretError> {
        let text = Secret::read_text(&self.path)?;
        Secrets::from_lines(&text).map_err(|error| error.in_file(&self.path))
    }
}
