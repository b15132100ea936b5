//! The command line.

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
    /// Make the value of a cookie from a JSON object on standard input
    #[command(long_about = help::SIGN, after_long_help = help::SIGN_AFTER)]
    Sign(SignArgs),
    /// Check a cookie; its contents are shown only if it is valid
    #[command(long_about = help::VERIFY, after_long_help = help::VERIFY_AFTER)]
    Verify(CheckArgs),
    /// Check a cookie, and show its contents in any case
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
    /// When the session was last accessed, in Unix seconds. Default: now, as a whole second
    #[arg(long, value_name = "SECONDS", value_parser = moment, allow_negative_numbers = true)]
    pub(crate) accessed: Option<Timestamp>,
    /// When the session began, in Unix seconds. Default: now
    #[arg(long, value_name = "SECONDS", value_parser = moment, allow_negative_numbers = true)]
    pub(crate) created: Option<Timestamp>,
}

/// The options of `verify` and `inspect`.
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// The cookie: a value, or a whole Cookie or Set-Cookie line, with the header's name or without. Default: standard
    /// input. A value may begin with `-`, so put `--` before it
    #[arg(value_name = "COOKIE")]
    pub(crate) cookie: Option<String>,
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    /// A file with a secret that was in use before, which still verifies; the first is `retired:1` in the report. Can be
    /// given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) retired_secret_file: Vec<PathBuf>,
    /// Accept retired secrets that can be guessed
    #[arg(long)]
    pub(crate) allow_weak_retired_secrets: bool,
    #[command(flatten)]
    pub(crate) envelope: EnvelopeArgs,
    /// Whole seconds without an access after which a session is expired, or `none`
    #[arg(long, value_name = "SECONDS", default_value = "1200")]
    pub(crate) timeout: Timeout,
    /// Check as of this moment, in Unix seconds. Default: now
    #[arg(long, value_name = "SECONDS", value_parser = moment, allow_negative_numbers = true)]
    pub(crate) now: Option<Timestamp>,
}

/// Where the secret comes from. Never from the command line itself, which every user of the machine can see.
#[derive(Args)]
pub(crate) struct SecretArgs {
    /// The file with the secret; one newline at its end does not count. There is a warning if other users can access it
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The environment variable with the secret
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_env: Option<String>,
    /// Accept a current secret that can be guessed, such as one of fewer than 32 bytes
    #[arg(long)]
    pub(crate) allow_weak_secret: bool,
}

/// What both sides of a cookie have to agree on.
#[derive(Args)]
pub(crate) struct EnvelopeArgs {
    /// The hash under the HMAC, as Python's hashlib calls it: sha224, sha256, sha384, sha512, sha3_224, sha3_256,
    /// sha3_384, sha3_512, blake2b, blake2s, and to read what old applications signed, md5 and sha1
    #[arg(long, default_value = "sha512")]
    pub(crate) hash: HashAlg,
    /// The salt, which keeps this use of the secret apart from others
    #[arg(long, value_name = "TEXT", default_value = "pyramid.session.")]
    pub(crate) salt: String,
    /// How the session is serialized
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) serializer: Format,
    /// The name of the cookie; together with it, browsers take 4096 bytes
    #[arg(long, value_name = "NAME", default_value = "session")]
    pub(crate) cookie_name: String,
}

impl EnvelopeArgs {
    /// Returns how many bytes the cookie's value may have. For a report without a secret: a factory knows it as well.
    pub(crate) fn limit(&self) -> Result<usize, Failure> {
        // Names with a prefix such as `__Host-` ask for both.
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

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().ok().and_then(Timestamp::from_secs).ok_or("give a finite number of Unix seconds")
}
