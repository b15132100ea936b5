//! The two kinds of sessions, each in its own cookie.

use std::time::Duration;

use signed_session::{BuildError, Clock, EncryptedCookieSessionFactory, Secret};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The timeout of the session of a user who wants to be remembered. Each visit starts it again.
pub(crate) const REMEMBERED_TIMEOUT: Duration = DAY.saturating_mul(14);
/// The lifetime of the session of a user who wants to be remembered. After it, the user has to sign in again.
pub(crate) const REMEMBERED_LIFETIME: Duration = DAY.saturating_mul(60);

/// The name of the admin area's session: `Session<Admin>`.
pub(crate) struct Admin;

pub(crate) struct Sessions {
    pub(crate) site: EncryptedCookieSessionFactory,
    pub(crate) admin: EncryptedCookieSessionFactory,
    pub(crate) is_https: bool,
}

impl Sessions {
    /// Creates the factories. Both cookies can have one secret: each key is derived from the cookie's name as well, so
    /// one cookie is not accepted in place of the other.
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
        // Over http, browsers may refuse the names with `__Host-` and the attribute `Secure`.
        let (site, admin) = if is_https { (site, admin) } else { (site.development(), admin.development()) };
        Ok(Self { site: site.build()?, admin: admin.build()?, is_https })
    }
}
