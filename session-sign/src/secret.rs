//! Secrets: generated, or read from a file or an environment variable.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::material::{Material, impl_from_text_or_bytes};
use crate::strength::{self, Weakness};

/// A secret to sign with: text or bytes, wiped on drop and never printed. `Debug` writes `Secret(..)`.
///
/// It does not implement `PartialEq`, because the time of a comparison would show how much of a guess is right.
///
/// ```
/// # extern crate session_sign as signed_session;
/// use signed_session::Secret;
///
/// let secret = Secret::generate()?; // do this once, and store the result
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
    /// Minimum length of a secret in bytes. 32 random bytes have 256 bits of entropy. A shorter secret is weak.
    pub const MIN_LEN: usize = strength::MIN_LEN;

    /// Generates a secret from 64 random bytes of the operating system.
    ///
    /// The secret is 128 lowercase hex characters, which can be printed, stored and pasted. Every HMAC accepts it as a
    /// key. It is too long for keyed BLAKE2b, which accepts at most 64 bytes.
    ///
    /// # Errors
    /// Returns an error if the operating system provides no random bytes ([`SecretError::is_unavailable`]).
    pub fn generate() -> Result<Self, SecretError> {
        let mut random = Zeroizing::new([0; 64]);
        getrandom::fill(&mut *random).map_err(|e| SecretError(Kind::Random(e)))?;
        let nibbles = random.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        // The capacity is exact, because a reallocation would leave a copy of the secret in memory.
        let mut text = Zeroizing::new(String::with_capacity(2 * random.len()));
        text.extend(nibbles.map(|nibble| char::from(b"0123456789abcdef"[usize::from(nibble)])));
        Ok(Self(Material::Text(text)))
    }

    /// Reads the text of an environment variable, without trimming it.
    ///
    /// # Errors
    /// Returns an error if the variable is not set or not Unicode ([`SecretError::is_unavailable`]), or if it is empty
    /// ([`SecretError::is_empty`]).
    pub fn from_env(name: &str) -> Result<Self, SecretError> {
        Self::from_variable(name, std::env::var_os(name))
    }

    fn from_variable(name: &str, value: Option<OsString>) -> Result<Self, SecretError> {
        let value = value.ok_or_else(|| SecretError(Kind::EnvUnset(name.to_owned())))?;
        let text = value.into_string().map_err(|_| SecretError(Kind::EnvNotUnicode(name.to_owned())))?;
        Self::from(text).non_empty()
    }

    /// Reads the contents of a file.
    ///
    /// UTF-8 contents are text. A byte order mark at the start and one trailing newline (`\n` or `\r\n`) are removed.
    /// Other white space belongs to the secret, and so do other line breaks: a file with several lines is one secret. A
    /// [`SecretSource`](crate::SecretSource) reads a file with one secret per line. Contents that are not UTF-8 are
    /// bytes, which are not changed.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is over 1 MiB ([`SecretError::is_unavailable`]), or if the secret
    /// in it is empty ([`SecretError::is_empty`]).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        let secret = match String::from_utf8(read(path.as_ref())?) {
            Ok(text) => {
                let mut text = without_mark(text);
                let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
                let len = line.map_or(text.len(), str::len);
                text.truncate(len);
                Self(Material::Text(text))
            }
            Err(not_text) => Self::from(not_text.into_bytes()),
        };
        secret.non_empty()
    }

    /// Reads a UTF-8 file and removes its byte order mark.
    pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>, SecretError> {
        match String::from_utf8(read(path)?) {
            Ok(text) => Ok(without_mark(text)),
            Err(not_text) => {
                drop(Zeroizing::new(not_text.into_bytes()));
                Err(SecretError(Kind::FileNotUnicode(path.to_owned())))
            }
        }
    }

    /// Returns the secret: text as UTF-8, bytes unchanged.
    ///
    /// Use this method to show a generated secret once, or to pass a secret to another library. Signing with this crate
    /// does not need the method.
    pub fn expose_secret(&self) -> &[u8] {
        self.0.as_utf8()
    }

    /// Checks that the secret is not easy to guess.
    ///
    /// A secret is weak if one of these is true:
    ///
    /// - It has fewer than [`MIN_LEN`](Self::MIN_LEN) bytes.
    /// - It has fewer than six distinct bytes.
    /// - It repeats itself: at a quarter or more of its positions, the four bytes that start there also start at an
    ///   earlier position, as in `passwordpasswordpasswordpassword`. Only the first 256 bytes count.
    /// - It is a sequence, such as `abcdefghijklmnopqrstuvwxyz012345`.
    /// - It is hex, and the decoded bytes meet one of the previous three conditions.
    /// - It is printed in the documentation of this project, Flask or jwt.io.
    /// - Django generated it for development: it begins with `django-insecure-`.
    ///
    /// A secret of 32 random bytes passes, raw or as hex or base64. But a secret that passes is not necessarily random.
    ///
    /// The length of text is counted in bytes of its encoding: latin-1 if every character of the secret is in latin-1,
    /// UTF-8 otherwise. A [`Key`](crate::Key) uses the same encoding, unless its salt needs UTF-8.
    ///
    /// # Errors
    /// Returns an error if the secret is weak ([`SecretError::is_weak`]) or empty ([`SecretError::is_empty`]).
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

/// Maximum length of a secret file in bytes. Without a limit, reading a device such as `/dev/zero` would never end.
const MAX_FILE_LEN: u64 = 1 << 20;

fn read(path: &Path) -> Result<Vec<u8>, SecretError> {
    let failure = |error| SecretError(Kind::File(path.to_owned(), error));
    let file = File::open(path).map_err(failure)?;
    let len = file.metadata().map_err(failure)?.len().min(MAX_FILE_LEN);
    // Reserve the whole length, because reallocations would leave copies of the secret in memory. Read up to one byte
    // more than the maximum, to detect a file that is too long.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(len).unwrap_or_default() + 1));
    file.take(MAX_FILE_LEN + 1).read_to_end(&mut bytes).map_err(failure)?;
    if bytes.len() as u64 > MAX_FILE_LEN {
        return Err(SecretError(Kind::FileTooLong(path.to_owned())));
    }
    Ok(std::mem::take(&mut *bytes))
}

/// Removes the byte order mark that some editors write at the start of a file.
///
/// When an editor inserts the line of a new secret at the start of the file, the mark stays in front of the first line.
/// If the mark counted as part of the first secret, the old secret would lose the mark when the secret moves to the
/// second line.
fn without_mark(text: String) -> Zeroizing<String> {
    let mut text = Zeroizing::new(text);
    if text.starts_with('\u{feff}') {
        // Moves the rest within the buffer, so no copy of the secret stays behind.
        text.remove(0);
    }
    text
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Error returned when a secret is empty, weak or unavailable.
pub struct SecretError(Kind);

enum Kind {
    Empty,
    Weak(Weakness),
    EnvUnset(String),
    EnvNotUnicode(String),
    File(PathBuf, io::Error),
    FileTooLong(PathBuf),
    FileNotUnicode(PathBuf),
    WhiteSpace(Option<PathBuf>, usize),
    Random(getrandom::Error),
}

impl SecretError {
    pub(crate) fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// Creates the error for white space, a carriage return or a byte order mark in a line. The first line has the
    /// number 1.
    pub(crate) fn white_space(line: usize) -> Self {
        Self(Kind::WhiteSpace(None, line))
    }

    /// Adds the path of the file that contains the secret, if the error is about a line.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        match self.0 {
            Kind::WhiteSpace(_, line) => Self(Kind::WhiteSpace(Some(path.to_owned()), line)),
            kind => Self(kind),
        }
    }

    /// Returns `true` if the secret is empty. With an empty secret, anyone can sign.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Kind::Empty)
    }

    /// Returns `true` if the secret is easy to guess; see [`Secret::check_strength`].
    pub fn is_weak(&self) -> bool {
        matches!(self.0, Kind::Weak(_))
    }

    /// Returns `true` if the secret could not be read or generated, for one of these reasons:
    ///
    /// - The environment variable is not set or not Unicode.
    /// - The file cannot be read, or is over 1 MiB.
    /// - The file of a [`SecretSource`](crate::SecretSource) is not UTF-8.
    /// - A line has white space around a secret, or contains a carriage return or a byte order mark; see
    ///   [`Secrets::from_lines`](crate::Secrets::from_lines).
    /// - The operating system provides no random bytes.
    pub fn is_unavailable(&self) -> bool {
        !self.is_empty() && !self.is_weak()
    }
}

/// Shows the text of the error, because a `main` that returns the error prints it with `Debug`.
impl fmt::Debug for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretError").field(&format_args!("{self}")).finish()
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Empty => {
                write!(f, "secret is empty, need at least {} random bytes", Secret::MIN_LEN)
            }
            Kind::Weak(weakness) => weakness.fmt(f),
            Kind::EnvUnset(name) => {
                write!(
                    f,
                    "environment variable {name:?} is not set; \
                     set it to the secret, such as the output of `openssl rand -hex 64`"
                )
            }
            Kind::EnvNotUnicode(name) => {
                write!(f, "environment variable {name:?} is not Unicode; put a binary secret into a file")
            }
            Kind::File(path, e) => write!(f, "cannot read secret file {path:?}: {e}"),
            Kind::FileTooLong(path) => {
                write!(f, "secret file {path:?} is over 1 MiB; give a file that contains only secrets")
            }
            Kind::FileNotUnicode(path) => {
                write!(f, "secret file {path:?} is not UTF-8; write one secret per line, in hex or base64")
            }
            Kind::WhiteSpace(path, line) => {
                let file = path.as_ref().map(|path| format!(" of secret file {path:?}")).unwrap_or_default();
                write!(
                    f,
                    "line {line}{file} begins or ends with white space, or contains a carriage return or a byte order \
                     mark; remove these characters"
                )
            }
            Kind::Random(e) => write!(f, "operating system provided no random bytes for a secret: {e}"),
        }
    }
}

impl Error for SecretError {
    /// Returns the error of the operating system, if there is one.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::File(_, error) => Some(error),
            Kind::Random(error) => Some(error),
            Kind::Empty
            | Kind::Weak(_)
            | Kind::EnvUnset(_)
            | Kind::EnvNotUnicode(_)
            | Kind::FileTooLong(_)
            | Kind::FileNotUnicode(_)
            | Kind::WhiteSpace(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A unit test, because setting an environment variable is `unsafe`.
    #[test]
    fn unset_or_empty_variable_is_an_error() {
        let text = Secret::from_variable("SECRET", Some("zoë\n".into())).unwrap();
        assert_eq!(text.expose_secret(), "zoë\n".as_bytes());

        let empty = Secret::from_variable("SECRET", Some("".into())).unwrap_err();
        assert!(empty.is_empty() && !empty.is_unavailable());

        let unset = Secret::from_variable("SECRET", None).unwrap_err();
        assert!(unset.is_unavailable() && unset.to_string().contains("\"SECRET\""));
    }

    #[cfg(unix)]
    #[test]
    fn non_unicode_variable_is_unavailable() {
        use std::os::unix::ffi::OsStringExt;
        let value = OsString::from_vec(b"hush\xff".to_vec());
        let error = Secret::from_variable("SECRET", Some(value)).unwrap_err();
        assert!(error.is_unavailable());
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
