//! The commands and options of the command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use signed_session::parts::session_cookie::CookieTemplate;
use signed_session::{DEFAULT_MAX_LEN, HashAlg, Timestamp};

use crate::Failure;
use crate::format::Format;
use crate::help;

#[derive(Parser)]
#[command(
    name = "signed-session",
    version,
    about = "Signs session cookies, verifies them and shows what is in them",
    long_about = help::ABOUT,
    after_long_help = help::AFTER,
    subcommand_value_name = "COMMAND",
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print a new secret
    #[command(long_about = help::KEYGEN, after_long_help = help::KEYGEN_AFTER)]
    Keygen,
    /// Sign a session, a JSON object on standard input, and print the cookie's value
    #[command(long_about = help::SIGN, after_long_help = help::SIGN_AFTER)]
    Sign(SignArgs),
    /// Check a cookie, and show its contents only if it is valid
    #[command(long_about = help::VERIFY, after_long_help = help::VERIFY_AFTER)]
    Verify(CheckArgs),
    /// Check a cookie, and show its contents even if it is not valid
    #[command(long_about = help::INSPECT, after_long_help = help::INSPECT_AFTER)]
    Inspect(CheckArgs),
}

/// The options of `sign`.
#[derive(Args)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    #[command(flatten)]
    pub(crate) envelope: EnvelopeArgs,
    /// The time of the last access, in Unix seconds. Default: now, in whole seconds
    #[arg(long, value_name = "SECONDS", value_parser = timestamp, allow_negative_numbers = true)]
    pub(crate) accessed: Option<Timestamp>,
    /// The time at which the session began, in Unix seconds. Default: now
    #[arg(long, value_name = "SECONDS", value_parser = timestamp, allow_negative_numbers = true)]
    pub(crate) created: Option<Timestamp>,
}

/// The options of `verify` and `inspect`.
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// The cookie: its value, or a Cookie or Set-Cookie line, with or without the header's name. A value may begin with
    /// `-`, so put `--` before it. Default: standard input
    #[arg(value_name = "COOKIE")]
    pub(crate) cookie: Option<String>,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    /// A file with a retired secret, which still verifies cookies. Can be given several times; the report calls the
    /// first one `retired:1`
    #[arg(long, value_name = "FILE")]
    pub(crate) retired_secret_file: Vec<PathBuf>,
    /// Accept retired secrets that can be guessed
    #[arg(long)]
    pub(crate) allow_weak_retired_secrets: bool,
    #[command(flatten)]
    pub(crate) envelope: EnvelopeArgs,
    /// Whole seconds without an access after which a session expires, or `none`
    #[arg(long, value_name = "SECONDS", default_value = "1200")]
    pub(crate) timeout: Timeout,
    /// The time to check the cookie at, in Unix seconds. Default: now
    #[arg(long, value_name = "SECONDS", value_parser = timestamp, allow_negative_numbers = true)]
    pub(crate) now: Option<Timestamp>,
}

/// The source of the secret: a file or an environment variable. Every user of the machine can see the command line, so
/// it never contains the secret.
#[derive(Args)]
pub(crate) struct SecretArgs {
    /// The file with the secret. A newline at its end is ignored. If other users can access the file, a warning is
    /// printed
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The environment variable with the secret
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_env: Option<String>,
    /// Accept a current secret that can be guessed, such as one of fewer than 32 bytes
    #[arg(long)]
    pub(crate) allow_weak_secret: bool,
}

/// The options that the writer and the reader of a cookie share.
#[derive(Args)]
pub(crate) struct EnvelopeArgs {
    /// The hash of the HMAC, by its name in Python's hashlib: sha224, sha256, sha384, sha512, sha3_224, sha3_256,
    /// sha3_384, sha3_512, blake2b or blake2s; md5 or sha1 for the cookies of old applications
    #[arg(long, default_value = "sha512")]
    pub(crate) hash: HashAlg,
    /// The salt, which separates this use of the secret from others
    #[arg(long, value_name = "TEXT", default_value = "pyramid.session.")]
    pub(crate) salt: String,
    /// The format of the session in the cookie
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) serializer: Format,
    /// The name of the cookie. Browsers accept 4096 bytes of name and value
    #[arg(long, value_name = "NAME", default_value = "session")]
    pub(crate) cookie_name: String,
}

impl EnvelopeArgs {
    /// Returns the maximum size of the cookie's value in bytes. A report without a secret has no factory to ask for it.
    pub(crate) fn limit(&self) -> Result<usize, Failure> {
        // Names with a prefix such as `__Host-` require the attributes.
        let template = CookieTemplate::builder(&self.cookie_name).secure(true).httponly(true).build();
        template.map(|template| template.max_value_len().min(DEFAULT_MAX_LEN)).map_err(Failure::usage)
    }
}

/// How long a session lives without an access; `None` if it never expires.
#[derive(Clone, Copy)]
pub(crate) struct Timeout(pub(crate) Option<Duration>);

impl FromStr for Timeout {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            secs => match secs.parse() {
                Ok(0) => Err("give at least one second, or `none`"),
                Ok(secs) => Ok(Self(Some(Duration::from_secs(secs)))),
                Err(_) => Err("give whole seconds, or `none`"),
            },
        }
    }
}

fn timestamp(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().ok().and_then(Timestamp::from_secs).ok_or("give a finite number of Unix seconds")
}
