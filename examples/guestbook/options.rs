//! The command line.

use std::ffi::OsString;
use std::time::Duration;

pub(crate) const USAGE: &str = "\
Usage: guestbook [--port N] [--timeout SECONDS] [--https]

  --port N           port to listen on at 127.0.0.1; 0 for any free port (default: 3000)
  --timeout SECONDS  time without a request after which a session expires (default: 1200)
  --https            run behind a proxy that terminates TLS: the cookie is named __Host-session and
                     is Secure, and forms must come from this site

The environment variable SESSION_SECRET holds the secret that encrypts the sessions: at least 32
random bytes. RETIRED_SESSION_SECRET holds the previous one, during a rotation.";

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) port: u16,
    pub(crate) timeout: Duration,
    pub(crate) https: bool,
}

/// The lifetime of each session, which is the factory's default.
pub(crate) const LIFETIME: Duration = Duration::from_secs(MAX_TIMEOUT);

/// The longest timeout in seconds: the lifetime of each session.
const MAX_TIMEOUT: u64 = 43_200;

impl Options {
    /// Parses the arguments. Returns `None` if they ask for help.
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, String> {
        let mut options = Self { port: 3000, timeout: Duration::from_secs(1200), https: false };
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
                "--port" => {
                    let number = "a number from 0 to 65535";
                    let text = value(number)?;
                    options.port = text.parse().map_err(|_| format!("--port: {text:?} is not {number}"))?;
                }
                "--timeout" => {
                    let seconds = format!("a number of seconds from 1 to {MAX_TIMEOUT}");
                    let text = value(&seconds)?;
                    options.timeout = match text.parse() {
                        Ok(secs @ 1..=MAX_TIMEOUT) => Duration::from_secs(secs),
                        _ => return Err(format!("--timeout: {text:?} is not {seconds}")),
                    };
                }
                "--https" if given.is_none() => options.https = true,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown option {arg:?}")),
            }
        }
        Ok(Some(options))
    }
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
        assert_eq!(parse(""), Ok(Some(Options { port: 3000, timeout: secs(1200), https: false })));
        let all = Options { port: 0, timeout: secs(5), https: true };
        assert_eq!(parse("--https --port 0 --timeout=5"), Ok(Some(all)));
        assert_eq!(parse("--port 1 --help"), Ok(None));
    }

    /// The factory refuses a timeout that is longer than its lifetime.
    #[test]
    fn lifetime_is_that_of_the_factory() {
        let with_timeout = |timeout| {
            let secret = signed_session::Secret::generate().unwrap();
            signed_session::EncryptedCookieSessionFactory::builder(secret).timeout(timeout).build()
        };
        assert!(with_timeout(LIFETIME).is_ok());
        assert_eq!(with_timeout(LIFETIME + Duration::from_secs(1)).unwrap_err().option(), "timeout");
    }

    #[test]
    fn invalid_option_returns_error() {
        for (line, error) in [
            ("--prot 1", "unknown option \"--prot\""),
            ("--https=yes", "unknown option \"--https=yes\""),
            ("--port", "--port needs a number from 0 to 65535"),
            ("--port 65536", "--port: \"65536\" is not a number from 0 to 65535"),
            ("--timeout 0", "--timeout: \"0\" is not a number of seconds from 1 to 43200"),
        ] {
            assert_eq!(parse(line), Err(error.to_owned()), "{line}");
        }
    }
}
