//! The factory of the sessions, and its layer.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use signed_session::DynStore;
use signed_session::axum::SessionLayer;
use signed_session::{
    BuildError, Builder, EncryptedCookieSessionFactory, SaveError, Secrets, StoredSessionFactory,
};

use crate::error::AppError;
use crate::options::Options;
use crate::state::App;
use crate::{devices, inspector};

/// The factory of the sessions. A real application needs only one of these two; the example shows both.
pub(crate) enum Sessions {
    /// The cookie holds an id. The store holds the sessions, so the server can list and end them.
    InStore(StoredSessionFactory<DynStore>),
    /// The cookie holds the session, encrypted.
    InCookie(EncryptedCookieSessionFactory),
}

impl Sessions {
    /// Creates the factory. Without a store, the sessions are in cookies.
    pub(crate) fn new(
        secrets: Secrets,
        store: Option<DynStore>,
        options: &Options,
    ) -> Result<Self, BuildError> {
        Ok(match store {
            Some(store) => {
                let builder = StoredSessionFactory::builder(secrets, store);
                Self::InStore(configured(builder, options).build()?)
            }
            None => {
                let builder = EncryptedCookieSessionFactory::builder(secrets);
                Self::InCookie(configured(builder, options).build()?)
            }
        })
    }

    pub(crate) fn are_in_store(&self) -> bool {
        matches!(self, Self::InStore(_))
    }

    /// Returns the routes of the page about sessions: the list of the user's sessions, or the contents of the cookie.
    pub(crate) fn pages(&self) -> Router<Arc<App>> {
        match self {
            Self::InStore(sessions) => devices::routes().layer(Extension(sessions.clone())),
            Self::InCookie(sessions) => inspector::routes().layer(Extension(sessions.clone())),
        }
    }

    /// Puts the session layer around the pages.
    pub(crate) fn around(self, pages: Router<Arc<App>>) -> Router<Arc<App>> {
        match self {
            Self::InStore(sessions) => pages.layer(SessionLayer::new(sessions).on_save_error(not_saved)),
            Self::InCookie(sessions) => pages.layer(SessionLayer::new(sessions).on_save_error(not_saved)),
        }
    }
}

fn configured<P>(builder: Builder<P>, options: &Options) -> Builder<P> {
    let builder = builder.timeout(options.timeout);
    match options.https {
        true => builder,
        // The cookie has no `Secure`, and no `__Host-` in its name.
        false => builder.development(),
    }
}

/// Returns the page for a session that could not be saved.
fn not_saved(error: SaveError, _: Response) -> Response {
    match error.is_too_large() {
        true => inspector::too_large(&error),
        false => AppError::from(error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use signed_session::MemoryStore;
    use signed_session::Secret;

    use super::*;
    use crate::options::LIFETIME;

    /// Both factories refuse a timeout that is longer than the lifetime, so the longest accepted timeout is the default
    /// lifetime.
    #[test]
    fn lifetime_equals_factory_default() {
        for store in [None, Some(DynStore::new(MemoryStore::new()))] {
            let place = if store.is_some() { "a store" } else { "cookies" };
            let with_timeout = |timeout| {
                let secrets = Secret::generate().unwrap().into();
                Sessions::new(secrets, store.clone(), &Options { timeout, ..Options::default() }).map(drop)
            };
            assert_eq!(with_timeout(LIFETIME), Ok(()), "{place}");
            let error = with_timeout(LIFETIME + Duration::from_secs(1)).unwrap_err();
            assert_eq!(error.option(), "timeout", "{place}");
        }
    }
}
