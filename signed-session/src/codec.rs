//! The codec that reads a cookie into a record, and writes a record as a cookie. A factory shares its codec with its
//! sessions.

use std::sync::Arc;

use arc_swap::ArcSwap;
use base64_simd::URL_SAFE_NO_PAD;
use session_cookie::{
    CookieHeader, CookieTemplate, MAX_NAME_AND_VALUE, SetCookie, SetCookies, is_same_cookie,
};
use session_core::{Clock, Record};
use session_serde::{LoadError, Loaded, Serializer};

use crate::error::{BuildError, SaveError};
use crate::observer::{Observer, Save};
use crate::old_format::{OldFormat, Probe, Reader, check_keys, probes};
use crate::rotation::Rotation;
use crate::times::Times;

/// The options that a factory shares with its sessions.
pub(crate) struct Codec<S> {
    /// Replaced when the secrets change.
    pub(crate) serializer: ArcSwap<S>,
    /// The secrets that the serializer is created from; `None` if the factory was built with a serializer.
    pub(crate) rotation: Option<Rotation<S>>,
    pub(crate) old_formats: Vec<OldFormat>,
    /// The cookie names of the old formats, each once.
    pub(crate) old_names: Vec<String>,
    pub(crate) template: CookieTemplate,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) times: Times,
    pub(crate) set_on_exception: bool,
    /// Maximum length of the cookie's value in bytes.
    pub(crate) max_len: usize,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// Rejects a value of over 4096 bytes, the maximum length of name and value together in browsers. Called before the
/// value is decoded.
pub(crate) fn check_len(value: &[u8]) -> Result<(), LoadError> {
    if value.len() > MAX_NAME_AND_VALUE {
        return Err(LoadError::malformed("longer than any cookie"));
    }
    Ok(())
}

impl<S> Codec<S> {
    /// Tells the observer of a save, if a `Set-Cookie` line for the session's own cookie is sent.
    pub(crate) fn observe_save(&self, cookie: Option<&SetCookie>) {
        if let (Some(cookie), Some(observer)) = (cookie, &self.observer) {
            observer.saved(&Save { bytes: cookie.value().len() });
        }
    }
}

impl<S: Serializer> Codec<S> {
    pub(crate) fn read(&self, value: &[u8]) -> Result<Loaded, LoadError> {
        check_len(value)?;
        self.serializer.load().loads_record(value.into())
    }

    /// Checks that no old format shares a key with the current format or with another old format.
    pub(crate) fn check_keys(&self) -> Result<(), BuildError> {
        check_keys(self.template.name(), &**self.serializer.load(), &self.retired()?, &self.old_formats)
    }

    /// Returns a serializer for each retired secret.
    fn retired(&self) -> Result<Vec<S>, BuildError> {
        self.rotation.as_ref().map_or(Ok(Vec::new()), Rotation::retired)
    }

    /// Appends the cookie's value to `out`.
    pub(crate) fn encode(&self, record: &Record, mut out: Vec<u8>) -> Result<Vec<u8>, SaveError> {
        self.serializer.load().dumps_record(record, &mut out).map_err(SaveError::unserializable)?;
        Ok(out)
    }

    pub(crate) fn set_cookie(&self, record: &Record) -> Result<SetCookie, SaveError> {
        // A signature usually adds a tag of at most 64 bytes, and encryption adds fewer bytes. If the value is longer
        // than this capacity, the buffer grows.
        let value_capacity = URL_SAFE_NO_PAD.encoded_length(record.json_capacity() + 64);
        let started = self.template.start(value_capacity).into_bytes();
        let prefix_len = started.len();
        let encoded = self.encode(record, started)?;
        let len = encoded.len() - prefix_len;
        if len > self.max_len {
            return Err(SaveError::too_large(Some(self.template.name()), len, self.max_len, &record.state));
        }
        self.finish(encoded, record)
    }
}

impl<S> Codec<S> {
    /// Finishes a cookie whose name and value are in `started`. If the session has its own timeout or lifetime, and
    /// `max_lifetime` is set, the cookie gets a `Max-Age` that lasts until the session expires, at most 400 days.
    pub(crate) fn finish(&self, started: Vec<u8>, record: &Record) -> Result<SetCookie, SaveError> {
        let text = String::from_utf8(started).map_err(|_| SaveError::invalid_cookie_value())?;
        let max_age = match self.times.has_own_limits(&record.state) {
            true => self.times.max_age(record, self.clock.now()),
            false => None,
        };
        let finished = match max_age {
            Some(max_age) => self.template.finish_with_max_age(text, max_age),
            None => self.template.finish(text),
        };
        finished.map_err(|_| SaveError::invalid_cookie_value())
    }

    /// Adds a removal to `set_cookies` for each old format whose cookie is in the request, unless another line replaces
    /// that cookie.
    ///
    /// After `invalidate` or `renew`, `ends_old_session` is true. Old cookies that are not in the request are then
    /// removed as well, because the browser may have old cookies for paths that do not match the request.
    pub(crate) fn remove_old_cookies(
        &self,
        cookies: &CookieHeader,
        ends_old_session: bool,
        set_cookies: &mut SetCookies,
    ) {
        for old in &self.old_formats {
            if !ends_old_session && cookies.values(old.cookie_name()).next().is_none() {
                continue;
            }
            let removal = old.removal();
            let is_replaced = set_cookies.iter().any(|line| is_same_cookie(line, &removal));
            if !is_replaced {
                set_cookies.push_removal(removal);
            }
        }
    }
}

impl<S: Serializer> Reader for Codec<S> {
    fn cookie_name(&self) -> &str {
        self.template.name()
    }

    fn removal(&self) -> SetCookie {
        self.template.removal()
    }

    fn read(&self, value: &[u8]) -> Result<Loaded, LoadError> {
        Codec::read(self, value)
    }

    fn probes(&self) -> Result<Vec<Probe>, BuildError> {
        Ok(probes(&**self.serializer.load(), &self.retired()?))
    }
}
