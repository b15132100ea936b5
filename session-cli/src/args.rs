//! The commands of the program and their options.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use signed_session::Timestamp;
use signed_session::parts::session_core::SessionHandle;

use crate::help;
use crate::options::{CookieArgs, Limit, ReaderArgs, SecretArgs, TimeArgs, timestamp};
use crate::sessions::StoreArgs;

#[derive(Parser)]
#[command(
    name = "signed-session",
    version,
    about = "Signs, encrypts, verifies and shows session cookies, and ends sessions in a store",
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
    /// Sign or encrypt a session, a JSON object on standard input, and print the cookie's value
    #[command(long_about = help::SIGN, after_long_help = help::SIGN_AFTER)]
    Sign(SignArgs),
    /// Check a cookie, and show its contents only if it is valid
    #[command(long_about = help::VERIFY, after_long_help = help::VERIFY_AFTER)]
    Verify(CheckArgs),
    /// Check a cookie of any format, and show its contents even if it is not valid
    #[command(long_about = help::INSPECT, after_long_help = help::INSPECT_AFTER)]
    Inspect(CheckArgs),
    /// Read cookies, one per line, and convert them from one configuration to another
    #[command(long_about = help::RESIGN, after_long_help = help::RESIGN_AFTER)]
    Resign(ResignArgs),
    /// Say what is weak in a Set-Cookie line, in the secrets and in the timeouts
    #[command(long_about = help::DOCTOR, after_long_help = help::DOCTOR_AFTER)]
    Doctor(DoctorArgs),
    /// List and end a user's sessions in a store
    #[command(
        subcommand,
        long_about = help::SESSIONS,
        after_long_help = help::SESSIONS_AFTER,
        subcommand_value_name = "COMMAND",
        disable_help_subcommand = true
    )]
    Sessions(SessionsCommand),
}

/// The commands of `sessions`.
#[derive(Subcommand)]
pub(crate) enum SessionsCommand {
    /// Print the sessions of a user
    #[command(long_about = help::SESSIONS_LIST, after_long_help = help::SESSIONS_LIST_AFTER)]
    List(ListArgs),
    /// End a session, or the sessions of a user
    #[command(long_about = help::SESSIONS_END, after_long_help = help::SESSIONS_END_AFTER)]
    End(EndArgs),
}

/// The options of `sign`.
#[derive(Args)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    #[command(flatten)]
    pub(crate) cookie: CookieArgs,
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
    pub(crate) text: Option<OsString>,
    #[command(flatten)]
    pub(crate) reader: ReaderArgs,
    #[command(flatten)]
    pub(crate) times: TimeArgs,
}

/// The options of `resign`.
#[derive(Args)]
pub(crate) struct ResignArgs {
    /// The file with the configuration of the cookies on standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// The file with the configuration of the cookies to write
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
}

/// The options of `sessions list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The user: the text that the service passes to `set_owner`
    #[arg(long, value_name = "OWNER")]
    pub(crate) owner: String,
}

/// The options of `sessions end`.
#[derive(Args)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// The handle of the session, as `list` prints it
    #[arg(long, value_name = "HEX", required_unless_present = "owner", conflicts_with = "owner")]
    pub(crate) handle: Option<SessionHandle>,
    /// The user whose sessions end: the text that the service passes to `set_owner`
    #[arg(long, value_name = "OWNER")]
    pub(crate) owner: Option<String>,
    /// The handle of the one session to keep
    #[arg(long, value_name = "HEX", requires = "owner", conflicts_with = "handle")]
    pub(crate) except: Option<SessionHandle>,
}

/// The options of `doctor`.
#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// The Set-Cookie line, with or without the header's name, or all headers of a response. Default: standard input
    #[arg(value_name = "SET-COOKIE")]
    pub(crate) text: Option<OsString>,
    #[command(flatten)]
    pub(crate) reader: ReaderArgs,
    /// The timeout to check, in whole seconds, or `none`
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<Limit>,
    /// The lifetime to check, in whole seconds, or `none`
    #[arg(long, value_name = "SECONDS")]
    pub(crate) lifetime: Option<Limit>,
    /// The time at which browsers get the cookie, for the check of Expires, in Unix seconds. Default: now
    #[arg(long, value_name = "SECONDS", value_parser = timestamp, allow_negative_numbers = true)]
    pub(crate) now: Option<Timestamp>,
}
