//! Presets, which set several options at once.

use std::time::Duration;

use session_cookie::SameSite;

use crate::builder::Builder;

/// The timeout of production sites.
const TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// The lifetime of production sites.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

impl<P> Builder<P> {
    /// Sets the options that a site on https should have. They are the defaults of `EncryptedCookieSessionFactory` and
    /// `StoredSessionFactory`. Call this method first, because it replaces earlier values of these options. Later calls
    /// can change each of them. A later call of [`cookie_name`](Self::cookie_name) sets the name without adding a
    /// prefix.
    ///
    /// | option | value |
    /// |---|---|
    /// | [`cookie_name`](Self::cookie_name) | gets the prefix `__Host-`, so the default is `__Host-session` |
    /// | [`path`](Self::path), [`domain`](Self::domain) | `/`, none |
    /// | [`secure`](Self::secure), [`httponly`](Self::httponly) | true |
    /// | [`samesite`](Self::samesite) | `Lax` |
    /// | [`timeout`](Self::timeout) | 20 minutes |
    /// | [`reissue_time`](Self::reissue_time) | a tenth of the timeout or, without a timeout, of [`max_lifetime`](Self::max_lifetime); at most a tenth of [`max_age`](Self::max_age), and at most 40 days; `None` if none of these is set |
    /// | [`lifetime`](Self::lifetime) | 12 hours |
    ///
    /// ```
    /// use signed_session::{Secret, SignedCookieSessionFactory};
    ///
    /// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?).production().build()?;
    /// assert_eq!(sessions.cookie_name(), "__Host-session");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn production(self) -> Self {
        let mut builder = self
            .host_prefix(true)
            .path("/")
            .domain(None)
            .secure(true)
            .httponly(true)
            .samesite(SameSite::Lax)
            .timeout(TIMEOUT)
            .lifetime(LIFETIME);
        builder.options.reissue_is_tenth = true;
        builder.options.is_development = false;
        builder
    }

    /// Sets the cookie's options for http on localhost: a name without a prefix such as `__Host-`, no `Secure` and no
    /// `Partitioned`. A browser may refuse a `Secure` cookie over http, and the prefixes and `Partitioned` require
    /// `Secure`. The other options stay as they are. A site that works in a frame uses `SameSite=None`, which requires
    /// `Secure`, too: set another [`samesite`](Self::samesite) for development.
    ///
    /// Building the factory logs a warning, so that this option is noticed in production.
    ///
    /// ```
    /// use signed_session::{EncryptedCookieSessionFactory, Secret};
    ///
    /// let mut builder = EncryptedCookieSessionFactory::builder(Secret::generate()?);
    /// if cfg!(debug_assertions) {
    ///     builder = builder.development();
    /// }
    /// let sessions = builder.build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn development(mut self) -> Self {
        self.options.is_development = true;
        self.host_prefix(false).secure(false).partitioned(false)
    }

    fn host_prefix(mut self, host_prefix: bool) -> Self {
        self.options.cookie = self.options.cookie.host_prefix(host_prefix);
        self
    }
}
