//! The options that several commands share.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use signed_session::{HashAlg, Timestamp};

use crate::factory::{Config, Times};
use crate::format::Format;
use crate::protection::{Aead, Protection};
use crate::sources::SecretPath;

/// The source of the secret: a file or an environment variable. Every user of the machine can see the command line, so
/// it never contains the secret.
#[derive(Args)]
pub(crate) struct SecretArgs {
    /// The file with the secret, or with one secret per line: the current one, then retired ones, as the library's
    /// `SecretSource` reads them. A secret with a line break needs --secret-env. If other users can access the file, a
    /// warning is printed
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    pub(crate) secret_file: Option<SecretPath>,
    /// The environment variable with the secret
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_env: Option<String>,
    /// Accept a current secret that can be guessed, such as one of fewer than 32 bytes. A weak secret
    /// cannot encrypt
    #[arg(long, conflicts_with = "encrypted")]
    pub(crate) allow_weak_secret: bool,
}

/// The options of retired secrets, which verify and decrypt cookies but write none.
#[derive(Args)]
pub(crate) struct RetiredArgs {
    /// A file with a retired secret, or with one per line. Retired secrets still verify or decrypt cookies. Can be
    /// given several times. The report numbers the retired secrets from `retired:1`: first those in --secret-file, then
    /// those in these files
    #[arg(long, value_name = "FILE")]
    pub(crate) retired_secret_file: Vec<SecretPath>,
    /// Accept retired secrets that can be guessed. Weak secrets cannot decrypt
    #[arg(long, conflicts_with = "encrypted")]
    pub(crate) allow_weak_retired_secrets: bool,
}

/// The options that must be the same when a cookie is written and when it is read.
#[derive(Args)]
pub(crate) struct CookieArgs {
    /// The cookie is encrypted. Its key depends on the cookie's name, not on a hash or a salt
    #[arg(long)]
    encrypted: bool,
    /// The algorithm of an encrypted cookie. Default: aes-256-gcm-siv
    #[arg(long, value_enum, requires = "encrypted")]
    aead: Option<Aead>,
    /// The hash of the HMAC, by its name in Python's hashlib: sha224, sha256, sha384, sha512, sha3_224, sha3_256,
    /// sha3_384, sha3_512, blake2b or blake2s; md5 or sha1 for the cookies of old applications. Default: sha512
    #[arg(long, conflicts_with = "encrypted")]
    hash: Option<HashAlg>,
    /// The salt of a signed cookie, which separates this use of the secret from others. Default: `pyramid.session.`
    #[arg(long, value_name = "TEXT", conflicts_with = "encrypted")]
    salt: Option<String>,
    /// The format of the session in the cookie. Default: json, or compact-json with --encrypted
    #[arg(long, value_enum)]
    serializer: Option<Format>,
    /// The name of the cookie. Browsers accept 4096 bytes of name and value. Default: session, or __Host-session with
    /// --encrypted
    #[arg(long, value_name = "NAME")]
    cookie_name: Option<String>,
}

/// The options for reading cookies: the secrets, and the options that must be the same as when the cookies are written.
#[derive(Args)]
pub(crate) struct ReaderArgs {
    #[command(flatten)]
    pub(crate) secret: SecretArgs,
    #[command(flatten)]
    pub(crate) retired: RetiredArgs,
    #[command(flatten)]
    pub(crate) cookie: CookieArgs,
}

/// The default names of signed and of encrypted cookies.
const NAMES: [&str; 2] = ["session", "__Host-session"];

impl CookieArgs {
    /// Returns the configuration, with the library's default for each option that is not given.
    pub(crate) fn config(&self) -> Config<'_> {
        let protection = match (self.encrypted, self.hash) {
            (true, _) => Protection::Encrypted(self.aead.unwrap_or_default()),
            (false, Some(hash)) => Protection::Signed(hash),
            (false, None) => Protection::default(),
        };
        let [signed, encrypted] = NAMES;
        let (serializer, name) = match protection {
            Protection::Signed(_) => (Format::Json, signed),
            _ => (Format::CompactJson, encrypted),
        };
        Config {
            protection,
            salt: self.salt.as_deref().unwrap_or("pyramid.session."),
            serializer: self.serializer.unwrap_or(serializer),
            cookie_name: self.cookie_name.as_deref().unwrap_or(name),
        }
    }

    /// Returns all configurations that the given options allow. The first one equals [`config`](Self::config), except
    /// for its serializer, which [`reader`](Self::reader) returns.
    pub(crate) fn configs(&self) -> Vec<Config<'_>> {
        self.names().into_iter().flat_map(|name| self.configs_of(name)).collect()
    }

    /// Returns all configurations that the given options allow for a cookie of this name.
    pub(crate) fn configs_of<'a>(&'a self, cookie_name: &'a str) -> Vec<Config<'a>> {
        let (salt, serializer) = (self.config().salt, self.reader());
        let protections = self.protections().into_iter();
        protections.map(|protection| Config { protection, salt, serializer, cookie_name }).collect()
    }

    /// Returns all protections that the given options allow, the default first.
    pub(crate) fn protections(&self) -> Vec<Protection> {
        let default = self.config().protection;
        match (self.encrypted, self.aead, self.hash) {
            (_, Some(_), _) | (_, _, Some(_)) => vec![default],
            (true, None, None) => Protection::all().filter(Protection::is_encrypted).collect(),
            (false, None, None) if self.salt.is_some() => {
                Protection::all().filter(Protection::is_signed).collect()
            }
            (false, None, None) => Protection::all().collect(),
        }
    }

    /// Returns the cookie name that is given, or else the default names that the options allow.
    pub(crate) fn names(&self) -> Vec<&str> {
        match &self.cookie_name {
            Some(name) => vec![name],
            None if self.encrypted => vec![NAMES[1]],
            None => NAMES.to_vec(),
        }
    }

    pub(crate) fn given_name(&self) -> Option<&str> {
        self.cookie_name.as_deref()
    }

    /// Returns the format that is given, or [`Format::Any`], which recognises all formats.
    pub(crate) fn reader(&self) -> Format {
        self.serializer.unwrap_or(Format::Any)
    }
}

/// The limits of a session's life.
#[derive(Args)]
pub(crate) struct TimeArgs {
    /// A session expires if it is not accessed for this many seconds. Give whole seconds, or `none` for no limit
    #[arg(long, value_name = "SECONDS", default_value = "1200")]
    timeout: Limit,
    /// A session expires this many seconds after it began. Give whole seconds, or `none` for no limit. Default: none,
    /// or 43200 for an encrypted cookie unless --timeout is longer
    #[arg(long, value_name = "SECONDS")]
    lifetime: Option<Limit>,
    /// The longest timeout and the longest lifetime that a session can set for itself, in whole seconds. With `none`,
    /// the limits that a session has set for itself are ignored
    #[arg(long, value_name = "SECONDS", default_value = "none")]
    max_lifetime: Limit,
    /// The time at which the cookie is checked, in Unix seconds. Default: now
    #[arg(long, value_name = "SECONDS", value_parser = timestamp, allow_negative_numbers = true)]
    pub(crate) now: Option<Timestamp>,
}

/// The default lifetime of an encrypted session, as in the library.
const ENCRYPTED_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

impl TimeArgs {
    pub(crate) fn times(&self, protection: Protection, now: Timestamp) -> Times {
        // The library refuses a lifetime below the timeout. So if the timeout is above the default lifetime, the
        // service has set a lifetime of its own, which is not known here.
        let fits = self.timeout.0.is_none_or(|timeout| timeout <= ENCRYPTED_LIFETIME);
        let is_default = protection.is_encrypted() && fits;
        let lifetime = self.lifetime.unwrap_or(Limit(is_default.then_some(ENCRYPTED_LIFETIME)));
        Times { timeout: self.timeout.0, lifetime: lifetime.0, max_lifetime: self.max_lifetime.0, now }
    }
}

/// A limit of a session's life; `None` if there is no limit.
#[derive(Clone, Copy)]
pub(crate) struct Limit(pub(crate) Option<Duration>);

impl FromStr for Limit {
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

pub(crate) fn timestamp(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().ok().and_then(Timestamp::from_secs).ok_or("give a finite number of Unix seconds")
}
