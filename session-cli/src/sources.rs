//! The names of environment variables and the paths of secret files. Errors do not show a name or a path that could be
//! a secret, because a user may write `--secret-env "$SECRET"` by mistake.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// A name or a path with at least this many characters could be a secret, because a strong secret has at least 32
/// bytes.
const LONG: usize = 32;

/// Returns the error for a variable that cannot be used: `why` after the name. If the name could be a secret or a URL,
/// the error does not show the name.
pub(crate) fn variable_error(name: &str, why: impl fmt::Display) -> String {
    let is_name = name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        && name.starts_with(|first: char| !first.is_ascii_digit());
    match is_name && name.len() < LONG {
        true => format!("the environment variable {name} {why}"),
        false => "the name is not that of a variable; give the name, not the value".to_owned(),
    }
}

/// The path of a secret file.
#[derive(Clone)]
pub(crate) struct SecretPath {
    path: PathBuf,
    /// Whether the text of the path could be a secret.
    is_hidden: bool,
}

impl SecretPath {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Resolves a relative path against `folder`.
    pub(crate) fn move_into(&mut self, folder: &Path) {
        self.path = folder.join(&self.path);
    }

    /// Returns whether the text of the path could be a secret, so that an error must not show it.
    pub(crate) fn is_hidden(&self) -> bool {
        self.is_hidden
    }
}

/// Takes the text that an option or a configuration file gives.
impl From<OsString> for SecretPath {
    fn from(text: OsString) -> Self {
        let is_hidden = could_be_secret(&text.to_string_lossy());
        Self { path: text.into(), is_hidden }
    }
}

/// Returns whether a text could be a secret: it is long, and meets one of these conditions:
/// - It contains neither `/` nor `.`. Most long paths contain one of them.
/// - It looks like base64, which can contain `/`.
fn could_be_secret(text: &str) -> bool {
    let has = |test: fn(&char) -> bool| text.chars().any(|c| test(&c));
    let is_base64 = text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c))
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit);
    text.chars().count() >= LONG && (is_base64 || !text.contains(['/', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_identifier_is_shown() {
        for name in ["SESSION_SECRET", "_", "a1", &"X".repeat(31)] {
            assert_eq!(
                variable_error(name, "is not set"),
                format!("the environment variable {name} is not set")
            );
        }
        for name in ["", "1a", "a-b", "zoë", "redis://host", "a=b", &"X".repeat(32)] {
            let error = variable_error(name, "is not set");
            assert_eq!(error, "the name is not that of a variable; give the name, not the value");
        }
    }

    #[test]
    fn text_that_could_be_secret_is_hidden() {
        for (text, is_hidden) in [
            ("session.secret", false),
            ("8f39520cde8e4b1ba3f1c0a5d2b7e46", false),
            ("8f39520cde8e4b1ba3f1c0a5d2b7e466", true),
            ("Zm9v/mJhcg+XkT2hQ9pLs4vN8wRyUe1o6dKcBjGt5iA=", true),
            ("correct horse battery staple, twice", true),
            ("/run/secrets/session_secret_of_the_shop", false),
            ("session-secret-of-the-shop-in-may.txt", false),
            ("/srv/shop/current/configuration/secret", false),
        ] {
            assert_eq!(SecretPath::from(OsString::from(text)).is_hidden(), is_hidden, "{text}");
        }
    }
}
