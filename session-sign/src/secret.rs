//! The secret, and where it comes from.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::material::{Material, impl_from_text_or_bytes};
use crate::strength::{self, Weakness};

/// What signs. Text or bytes, wiped on drop, never printed: `Debug` is `Secret(..)`.
///
/// There is no `PartialEq`, whose early exit would tell how much of a guess is right.
///
/// ```
/// # extern crate session_sign as signed_session;
/// use signed_session::Secret;
///
/// let secret = Secret::generate()?; // once; a service reads its own with from_file() or from_env()
/// secret.check_strength()?;
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
///
/// let guessable = Secret::from("correct horse battery staple");
/// assert!(guessable.check_strength().unwrap_err().is_weak());
/// # Ok::<(), signed_session::SecretError>(())
/// ```
#[derive(Clone)]
pub struct Secret(pub(crate) Material);

impl_from_text_or_bytes!(Secret);

impl Secret {
    /// The length below which a secret is weak, in bytes: 256 bits, if they are random.
    pub const MIN_LEN: usize = strength::MIN_LEN;

    /// A new secret: 64 random bytes of the operating system, as 128 lowercase hex characters, so that it can be
    /// printed, stored and pasted.
    ///
    /// As a key it is longer than the 64 bytes that keyed BLAKE2b takes at most; every HMAC takes it.
    ///
    /// # Errors
    ///
    /// [`SecretError::is_unavailable`] if the operating system has no randomness to give.
    pub fn generate() -> Result<Self, SecretError> {
        let mut random = Zeroizing::new([0; 64]);
        getrandom::fill(&mut *random).map_err(|e| SecretError(Kind::Random(e)))?;
        let nibbles = random.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        // The capacity is exact: a string that grew would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(2 * random.len()));
        text.extend(nibbles.map(|nibble| char::from(b"0123456789abcdef"[usize::from(nibble)])));
        Ok(Self(Material::Text(text)))
    }

    /// The text of an environment variable, exactly as it is.
    ///
    /// # Errors
    ///
    /// [`SecretError::is_unavailable`] if the variable is not set or not Unicode, [`SecretError::is_empty`] if it is
    /// empty.
    pub fn from_env(name: &str) -> Result<Self, SecretError> {
        Self::from_variable(name, std::env::var_os(name))
    }

    fn from_variable(name: &str, value: Option<OsString>) -> Result<Self, SecretError> {
        let value = value.ok_or_else(|| SecretError(Kind::EnvUnset(name.to_owned())))?;
        let text = value.into_string().map_err(|_| SecretError(Kind::EnvNotUnicode(name.to_owned())))?;
        Self::from(text).non_empty()
    }

    /// The contents of a file: text if they are UTF-8, without one trailing newline (`\n` or `\r\n`); if not, bytes,
    /// every one of them.
    ///
    /// # Errors
    ///
    /// [`SecretError::is_unavailable`] if the file cannot be read, [`SecretError::is_empty`] if nothing is in it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|e| SecretError(Kind::File(path.to_owned(), e)))?;
        let secret = match String::from_utf8(bytes) {
            Ok(text) => {
                let mut text = Zeroizing::new(text);
                let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
                let len = line.map_or(text.len(), str::len);
                text.truncate(len);
                Self(Material::Text(text))
            }
            Err(not_text) => Self::from(not_text.into_bytes()),
        };
        secret.non_empty()
    }

    /// The secret itself: text as UTF-8, bytes as they are. For a tool that shows a generated secret once; a program
    /// that serves requests has no use for it.
    pub fn expose_secret(&self) -> &[u8] {
        self.0.as_utf8()
    }

    /// Refuses a secret that can be guessed:
    ///
    /// - one of fewer than [`MIN_LEN`](Self::MIN_LEN) bytes;
    /// - one of fewer than six distinct bytes;
    /// - one that repeats a block of up to half its length, such as `passwordpasswordpasswordpassword`;
    /// - a sequence, such as `abcdefghijklmnopqrstuvwxyz012345`, also one written in hex;
    /// - one printed in the documentation of this project, Flask, Django or jwt.io.
    ///
    /// A secret of 32 random bytes, raw or as hex or base64, passes. The check cannot tell whether a secret that passes
    /// is random. The length of text is that of its encoding in a [`Key`](crate::Key) without a salt: latin-1 if every
    /// character is in latin-1, UTF-8 otherwise.
    ///
    /// # Errors
    ///
    /// [`SecretError::is_weak`] or [`SecretError::is_empty`].
    pub fn check_strength(&self) -> Result<(), SecretError> {
        let len = self.0.latin1().map_or(self.0.as_utf8().len(), Iterator::count);
        let weakness = match len {
            0 => return Err(SecretError::empty()),
            1..Self::MIN_LEN => Some(Weakness::Short(len)),
            _ => strength::weakness(self.expose_secret()),
        };
        weakness.map_or(Ok(()), |weakness| Err(SecretError(Kind::Weak(weakness))))
    }

    fn non_empty(self) -> Result<Self, SecretError> {
        if self.0.as_utf8().is_empty() { Err(SecretError::empty()) } else { Ok(self) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// There is no usable secret.
#[derive(Debug)]
pub struct SecretError(Kind);

#[derive(Debug)]
enum Kind {
    Empty,
    Weak(Weakness),
    EnvUnset(String),
    EnvNotUnicode(String),
    File(PathBuf, io::Error),
    Random(getrandom::Error),
}

impl SecretError {
    pub(crate) fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// The secret is empty. With an empty secret anybody can sign.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Kind::Empty)
    }

    /// The secret can be guessed; see [`Secret::check_strength`].
    pub fn is_weak(&self) -> bool {
        matches!(self.0, Kind::Weak(_))
    }

    /// There was nothing to read: no such variable or one that is not Unicode, no readable file, no randomness.
    pub fn is_unavailable(&self) -> bool {
        !self.is_empty() && !self.is_weak()
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Empty => {
                write!(f, "secret is empty, need at least {} random bytes", Secret::MIN_LEN)
            }
            Kind::Weak(weakness) => weakness.fmt(f),
            Kind::EnvUnset(name) => write!(f, "no secret: set the environment variable {name:?}"),
            Kind::EnvNotUnicode(name) => {
                write!(f, "the environment variable {name:?} is not Unicode: put a binary secret into a file")
            }
            Kind::File(path, e) => write!(f, "cannot read the secret file {path:?}: {e}"),
            Kind::Random(e) => write!(f, "the operating system gave no random bytes for a secret: {e}"),
        }
    }
}

impl Error for SecretError {
    /// The error of the operating system, if it gave one.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::File(_, error) => Some(error),
            Kind::Random(error) => Some(error),
            Kind::Empty | Kind::Weak(_) | Kind::EnvUnset(_) | Kind::EnvNotUnicode(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Without `unsafe`, a test cannot set an environment variable of its own process.
    #[test]
    fn the_value_of_a_variable() {
        let text = Secret::from_variable("SECRET", Some("zoë\n".into())).unwrap();
        assert_eq!(text.expose_secret(), "zoë\n".as_bytes());

        let empty = Secret::from_variable("SECRET", Some("".into())).unwrap_err();
        assert!(empty.is_empty() && !empty.is_unavailable());

        let unset = Secret::from_variable("SECRET", None).unwrap_err();
        assert!(unset.is_unavailable() && unset.to_string().contains("\"SECRET\""));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_unicode() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(b"hush\xff".to_vec());
        let error = Secret::from_variable("SECRET", Some(value)).unwrap_err();
        assert!(error.is_unavailable());
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
