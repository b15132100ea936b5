//! The result of checking a cookie.

use signed_session::parts::session_core::Record;
use signed_session::{KeyId, Rejection};

use crate::candidates::Checked;
use crate::cookie_line;
use crate::options::CookieArgs;
use crate::protection::Protection;
use crate::recognise::Recognised;

/// The result of checking a cookie.
#[derive(Default)]
pub(crate) struct Finding {
    /// Why the cookie is not valid, or why its validity is unknown; `None` if it is valid.
    pub(crate) reason: Option<String>,
    /// The key that authenticated the cookie.
    pub(crate) key: Option<KeyId>,
    pub(crate) is_expired: bool,
    /// Whether the cookie may be encrypted but could not be decrypted, because all given secrets are weak.
    pub(crate) lacks_strong_secret: bool,
    /// Length of the cookie's value in bytes; `None` if there is no cookie.
    pub(crate) bytes: Option<usize>,
    /// The protection and the serializer, as far as they are recognised.
    pub(crate) recognised: Recognised,
    /// The session. If `key` is `None`, anyone may have written it.
    pub(crate) record: Option<Record>,
}

impl Finding {
    /// Returns the result for a cookie that a factory has checked.
    pub(crate) fn checked(checked: &Checked<'_>, args: &CookieArgs) -> Self {
        let Checked { config, cookie, lacks_strong_secret } = checked;
        let recognised = match cookie.parts() {
            Some(parts) => {
                Recognised::verified(config.protection, cookie.value(), parts.payload(), config.serializer)
            }
            None => Recognised::new(cookie.value(), &args.protections(), args.reader()).unwrap_or_default(),
        };
        let lacks_strong_secret = *lacks_strong_secret
            && cookie.key().is_none()
            && recognised.protections.iter().any(Protection::is_encrypted);
        let reason = match config.protection {
            _ if lacks_strong_secret => Some(WEAK_SECRET.to_owned()),
            Protection::SessionId => Some(STORED.to_owned()),
            _ => cookie.rejection().map(ToString::to_string),
        };
        Self {
            reason,
            key: cookie.key(),
            is_expired: cookie.rejection().is_some_and(Rejection::is_expired),
            lacks_strong_secret,
            bytes: Some(cookie.value().len()),
            record: cookie.record().or(recognised.record.as_ref()).cloned(),
            recognised,
        }
    }

    /// Returns an unverified result, for a command that has no secret to verify the cookie with. Takes the first of
    /// `names` for which the text has a cookie, and the last cookie with that name. Returns `None` if there is no
    /// cookie.
    pub(crate) fn unverified(args: &CookieArgs, names: &[&str], text: &[u8]) -> Option<Self> {
        let value = names.iter().find_map(|name| {
            let cookies = cookie_line::cookies(text, name);
            cookies.values(name).next().map(<[u8]>::to_vec)
        })?;
        let recognised = Recognised::new(&value, &args.protections(), args.reader());
        let reason = match &recognised {
            Ok(Recognised { record: Some(_), .. }) => NO_SECRET.to_owned(),
            Ok(Recognised { key_id: Some(_), .. }) => format!("{NO_SECRET}; encryption hides the contents"),
            Ok(Recognised { protections, .. }) if protections.contains(&Protection::SessionId) => {
                format!("{NO_SECRET}; the cookie may hold the id of a session in a store")
            }
            Ok(_) => "malformed: neither a signed nor an encrypted session of this format".to_owned(),
            Err(error) => error.to_string(),
        };
        let recognised = recognised.unwrap_or_default();
        Some(Self {
            reason: Some(reason),
            bytes: Some(value.len()),
            record: recognised.record.clone(),
            recognised,
            ..Self::default()
        })
    }
}

/// The reason in the report for an authentic session id.
const STORED: &str = "the session is in a store, which this command does not read";

/// The reason in the report if the cookie may be encrypted, and all given secrets are weak.
const WEAK_SECRET: &str = "not verified: a weak secret cannot decrypt; give a strong one";

/// The reason in the report if no secret was given.
const NO_SECRET: &str = "not verified: no secret given";
