//! Configuration files, which say how cookies are written. Each line sets one option of the command line, as
//! `key = value`.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

use clap::{ArgAction, CommandFactory, Parser};

use crate::factory::{Sessions, Times};
use crate::options::ReaderArgs;
use crate::{Failure, escape_arguments, keys, stdio};

/// A configuration file. Its keys are parsed as options of the command line.
#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub(crate) struct ConfigFile {
    #[command(flatten)]
    reader: ReaderArgs,
}

impl ConfigFile {
    /// Reads a file. Relative paths in it are relative to the folder of the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = File::open(path)
            .and_then(stdio::read_limited)
            .map_err(|error| Failure::usage(format_args!("cannot read {path:?}: {error}")))?
            .and_then(|bytes| String::from_utf8(stdio::without_mark(&bytes).to_owned()).ok())
            .ok_or_else(|| {
                Failure::usage(format_args!(
                    "{path:?} is not UTF-8, or over 1 MiB; give a file with settings"
                ))
            })?;
        let mut config = Self::parse_text(&text).map_err(|failure| failure.at(path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let ReaderArgs { secret, retired, .. } = &mut config.reader;
        for file in secret.secret_file.iter_mut().chain(&mut retired.retired_secret_file) {
            file.move_into(folder);
        }
        Ok(config)
    }

    fn parse_text(text: &str) -> Result<Self, Failure> {
        let mut args = Vec::new();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if !line.is_empty() && !line.starts_with('#') {
                args.extend(argument(line).map_err(|failure| failure.at(format_args!("line {number}")))?);
            }
        }
        Self::try_parse_from(args).map_err(|error| {
            let text = escape_arguments(error).to_string();
            // Drop the command line usage, which follows the message.
            let message = text.split("\n\n").next().unwrap_or_default();
            Failure::usage(message.strip_prefix("error: ").unwrap_or(message).trim_end())
        })
    }

    /// Returns a factory for the cookies. Its sessions never expire.
    pub(crate) fn sessions(&self) -> Result<Box<dyn Sessions>, Failure> {
        let secrets = keys::required(keys::secrets(&self.reader.secret, Some(&self.reader.retired))?)?;
        self.reader.cookie.config().sessions(&secrets, &Times::unlimited())
    }

    pub(crate) fn cookie_name(&self) -> &str {
        self.reader.cookie.config().cookie_name
    }
}

/// Returns the command line argument for a line, or `None` for a flag that is false. The errors of this function show
/// no part of the line except a known key, because the rest may be a secret.
fn argument(line: &str) -> Result<Option<OsString>, Failure> {
    let (key, value) =
        line.split_once('=').map_or((line, None), |(key, value)| (key.trim(), Some(value.trim())));
    let command = ConfigFile::command();
    let Some(option) = command.get_arguments().find(|option| option.get_long() == Some(key)) else {
        let keys: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        // Do not show the key: on a line with only a secret, base64 padding looks like the `=` after a key.
        let what = if value.is_some() { "unknown key" } else { "no `key = value`" };
        return Err(Failure::usage(format_args!("{what}; the keys are {}", keys.join(", "))));
    };
    match (option.get_action(), value) {
        (ArgAction::SetTrue, None | Some("true")) => Ok(Some(format!("--{key}").into())),
        (ArgAction::SetTrue, Some("false")) => Ok(None),
        (ArgAction::SetTrue, Some(_)) => Err(Failure::usage(format_args!("{key} is either true or false"))),
        (_, Some(value)) => Ok(Some(format!("--{key}={value}").into())),
        (_, None) => Err(Failure::usage(format_args!("no value; write `{key} = value`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protection::{Aead, Protection};
    use crate::sources::SecretPath;

    fn parse(text: &str) -> Result<ConfigFile, String> {
        ConfigFile::parse_text(text).map_err(|failure| match failure {
            Failure::Usage(message) => message,
            Failure::Data(message) => panic!("{message}"),
        })
    }

    #[test]
    fn keys_set_command_line_options() {
        let file = parse(
            "# The old application\n\nsecret-file=one\n  retired-secret-file = two\nretired-secret-file = three\r\n\
             salt = a = b \nhash = sha256\ncookie-name = s\nencrypted = false\n",
        );
        let file = file.unwrap();
        assert_eq!(file.reader.secret.secret_file.as_ref().map(SecretPath::path), Some(Path::new("one")));
        let retired: Vec<_> = file.reader.retired.retired_secret_file.iter().map(SecretPath::path).collect();
        assert_eq!(retired, [Path::new("two"), Path::new("three")]);
        let config = file.reader.cookie.config();
        assert!(config.protection == Protection::Signed("sha256".parse().unwrap()));
        assert_eq!((config.salt, config.cookie_name, file.cookie_name()), ("a = b", "s", "s"));
    }

    #[test]
    fn flag_needs_no_value() {
        for flag in ["encrypted", "encrypted = true"] {
            let file = parse(&format!("{flag}\naead = xchacha20-poly1305")).unwrap();
            let config = file.reader.cookie.config();
            assert!(config.protection == Protection::Encrypted(Aead::XChaCha20Poly1305));
            assert_eq!(config.cookie_name, "__Host-session");
        }
    }

    #[test]
    fn invalid_line_error_gives_reason_without_secret() {
        for (text, says) in [
            ("\nsecret = tell-nobody", "line 2: unknown key; the keys are secret-file, secret-env"),
            ("tell-nobody", "line 1: no `key = value`; the keys are secret-file"),
            ("salt", "line 1: no value; write `salt = value`"),
            ("encrypted = yes", "line 1: encrypted is either true or false"),
            ("encrypted\nsalt = x", "cannot be used with"),
            ("hash = shake_128", "shake_128"),
            ("salt = a\nsalt = b", "--salt"),
        ] {
            let message = parse(text).err().unwrap();
            assert!(message.contains(says) && !message.contains("tell-nobody"), "{text}: {message}");
            assert!(!message.contains("Usage"), "{message}");
        }
    }

    /// Regression: the error quoted the text before the first `=`, even if it was a secret in base64 with padding.
    #[test]
    fn line_with_only_a_padded_secret_is_not_shown() {
        for line in ["c2VjcmV0c2VjcmV0cw==", "c2VjcmV0c2VjcmV0cw=", "c2VjcmV0c2VjcmV0cw = true"] {
            let message = parse(line).err().unwrap();
            assert!(message.starts_with("line 1: unknown key; the keys are secret-file"), "{message}");
            assert!(!message.contains("c2VjcmV0"), "{message}");
        }
    }
}
