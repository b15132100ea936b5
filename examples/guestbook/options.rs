//! The command line.

use std::ffi::OsString;
use std::time::Duration;

use crate::store::Place;

pub(crate) const USAGE: &str = "\
Usage: guestbook [--store WHERE] [--port N] [--timeout SECONDS] [--https]

  --store WHERE      where the sessions are (default: in SQLite, in a temporary file)
                       sqlite:PATH     in SQLite, in this file
                       redis://…       in Redis
                       postgres://…    in PostgreSQL
                       memory          in the memory of this program
                       cookie          in the browser's cookie, encrypted; a page shows its parts
  --port N           port to listen on at 127.0.0.1; 0 for any free port (default: 3000)
  --timeout SECONDS  time without a request after which a session expires (default: 1200)
  --https            run behind a proxy that terminates TLS: the cookie is named __Host-session and
                     is Secure, and a form needs an https Origin or Referer of this site

The environment variable SESSION_SECRET holds the secret that protects the cookies: at least 32
random bytes. RETIRED_SESSION_SECRET holds the previous one, during a rotation.";

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) place: Place,
    pub(crate) port: u16,
    pub(crate) timeout: Duration,
    pub(crate) https: bool,
}

/// The lifetime of each session, which is the factory's default.
pub(crate) const LIFETIME: Duration = Duration::from_secs(MAX_TIMEOUT);

/// The longest allowed timeout in seconds. It equals the lifetime of each session.
const MAX_TIMEOUT: u64 = 43_200;

impl Default for Options {
    fn default() -> Self {
        Self { place: Place::TemporaryFile, port: 3000, timeout: Duration::from_secs(1200), https: false }
    }
}

impl Options {
    /// Parses the arguments. Returns `None` if they ask for help.
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, String> {
        let mut options = Self::default();
        let mut args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned());
        while let Some(arg) = args.next() {
            let (name, given) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (arg.as_str(), None),
            };
            let mut value = |what: &str| {
                given.clone().or_else(|| args.next()).ok_or_else(|| format!("{name} needs {what}"))
            };
            match name {
                "--store" => {
                    let place = "one of cookie, memory, sqlite:PATH, redis://…, postgres://…";
                    // The error does not quote the value, because a URL can contain a password.
                    options.place =
                        Place::parse(&value(place)?).ok_or_else(|| format!("--store: use {place}"))?;
                }
                "--port" => {
                    let number = "a number from 0 to 65535";
                    let text = value(number)?;
                    options.port = text.parse().map_err(|_| format!("--port: {text:?} is not {number}"))?;
                }
                "--timeout" => {
                    let seconds = format!("a number of seconds from 2 to {MAX_TIMEOUT}");
                    let text = value(&seconds)?;
                    options.timeout = match text.parse() {
                        Ok(secs @ 2..=MAX_TIMEOUT) => Duration::from_secs(secs),
                        _ => return Err(format!("--timeout: {text:?} is not {seconds}")),
                    };
                }
                "--https" if given.is_none() => options.https = true,
                "--help" | "-h" => return Ok(None),
                "--https" => return Err("--https takes no value".to_owned()),
                // Quote no more than the name of an option, because an unexpected argument can be a URL with a
                // password.
                _ if is_option_name(name) => return Err(format!("unknown option {name:?}")),
                _ => {
                    return Err(
                        "unexpected argument; each argument is an option, as in --port 3000".to_owned()
                    );
                }
            }
        }
        Ok(Some(options))
    }
}

fn is_option_name(name: &str) -> bool {
    name.starts_with('-') && name.chars().all(|c| c.is_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn options_are_parsed() {
        let secs = Duration::from_secs;
        let default = Options { place: Place::TemporaryFile, port: 3000, timeout: secs(1200), https: false };
        assert_eq!(parse(""), Ok(Some(default)));
        let all = Options { place: Place::Cookie, port: 0, timeout: secs(5), https: true };
        assert_eq!(parse("--https --store cookie --port 0 --timeout=5"), Ok(Some(all)));
        assert_eq!(parse("--port 1 --help"), Ok(None));
    }

    #[test]
    fn store_is_parsed() {
        for (text, place) in [
            ("memory", Place::Memory),
            ("sqlite:a/b.db", Place::Sqlite("a/b.db".into())),
            ("redis://host:1/2", Place::Redis("redis://host:1/2".into())),
            ("postgres://host/web", Place::Postgres("postgres://host/web".into())),
        ] {
            let options = Options { place, ..Options::default() };
            assert_eq!(parse(&format!("--store {text}")), Ok(Some(options)), "{text}");
        }
    }

    /// Regression: the error for an unknown option quoted the value.
    #[test]
    fn password_of_a_store_is_not_shown() {
        for (line, says) in [
            ("--store mysql://user:hunter2@host", "--store: use one of cookie, memory"),
            ("--sotre=postgres://user:hunter2@host", "unknown option \"--sotre\""),
            ("postgres://user:hunter2@host", "unexpected argument"),
            ("--store:postgres://user:hunter2@host", "unexpected argument"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.starts_with(says) && !error.contains("hunter2"), "{error}");
        }
        let options = parse("--store postgres://user:hunter2@host/web").unwrap();
        assert!(!format!("{options:?}").contains("hunter2"), "{options:?}");
    }

    #[test]
    fn invalid_option_returns_error() {
        for (line, error) in [
            ("--prot 1", "unknown option \"--prot\""),
            ("--https=yes", "--https takes no value"),
            ("--port", "--port needs a number from 0 to 65535"),
            ("--port 65536", "--port: \"65536\" is not a number from 0 to 65535"),
            ("--timeout 0", "--timeout: \"0\" is not a number of seconds from 2 to 43200"),
        ] {
            assert_eq!(parse(line), Err(error.to_owned()), "{line}");
        }
    }
}
