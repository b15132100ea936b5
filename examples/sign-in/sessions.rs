//! The two kinds of sessions, each in its own cookie.

use std::time::Duration;

use signed_session::{BuildError, Clock, EncryptedCookieSessionFactory, Secret};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The timeout of a "remember me" session. A visit restarts the timeout if it changes the session, or if the
/// cookie is older than the factory's re-issue time: two minutes.
pub(crate) const REMEMBERED_TIMEOUT: Duration = DAY.saturating_mul(14);
/// The lifetime of a "remember me" session. After this time, the user has to sign in again.
pub(crate) const REMEMBERED_LIFETIME: Duration = DAY.saturating_mul(60);

/// The type that names the admin area's session: `Session<Admin>`.
pub(crate) struct Admin;

pub(crate) struct Sessions {
    pub(crate) site: EncryptedCookieSessionFactory,
    pub(crate) admin: EncryptedCookieSessionFactory,
    pub(crate) is_https: bool,
}

impl Sessions {
    /// Creates the factories. They can share one secret: each factory derives its key from the secret and the name of
    /// its cookie, so neither accepts the cookie of the other.
    pub(crate) fn new(
        is_https: bool,
        secret: Secret,
        clock: impl Clock + Clone + 'static,
    ) -> Result<Self, BuildError> {
        let site = EncryptedCookieSessionFactory::builder(secret.clone())
            .clock(clock.clone())
            .max_lifetime(REMEMBERED_LIFETIME); // allows "remember me"
        let admin = EncryptedCookieSessionFactory::builder(secret)
            .clock(clock)
            .cookie_name("__Host-admin")
            .timeout(5 * MINUTE)
            .lifetime(30 * MINUTE);
        // Over http, browsers may refuse cookies with the prefix `__Host-` or the attribute `Secure`.
        let (site, admin) = if is_https { (site, admin) } else { (site.development(), admin.development()) };
        Ok(Self { site: site.build()?, admin: admin.build()?, is_https })
    }
}
