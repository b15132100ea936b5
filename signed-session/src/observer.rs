//! Observing what a factory loads and saves, and the failures of its store.

use std::sync::Arc;

use session_core::{CookieKey, Rejection};

/// An observer of the sessions that a factory loads and saves, for metrics. Set it with
/// [`Builder::observer`](crate::Builder::observer).
///
/// The methods run within the request, so they should be quick: count, and return. They must not use the session,
/// because the layer of a web framework can hold the session's lock while it calls them.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use signed_session::testing::mint_cookie;
/// use signed_session::{Load, Observer, Secret, SignedCookieSessionFactory};
///
/// /// Counts the sessions that a retired secret or an old format protects.
/// struct RotationProgress;
///
/// static OLD: AtomicU64 = AtomicU64::new(0);
///
/// impl Observer for RotationProgress {
///     fn loaded(&self, load: &Load<'_>) {
///         if load.key().is_some_and(|key| !key.is_current()) {
///             OLD.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?).observer(RotationProgress).build()?;
/// let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
/// sessions.rotate(Secret::generate()?)?;
/// sessions.load(cookie).get::<String>("user")?;
/// assert_eq!(OLD.load(Ordering::Relaxed), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Observer: Send + Sync {
    /// Called once for each loaded session, after the cookies were read and, if necessary, the store was asked. Without
    /// a store, a session is loaded at its first use, or by a layer with an `on_rejection` hook. With a store, it is
    /// loaded when a handler or a layer asks for it. A load that returns an error is not reported here.
    fn loaded(&self, load: &Load<'_>) {
        let _ = load;
    }

    /// Called when a session was saved in a cookie or in a store, or when its cookie is removed. Not called if a save
    /// only records an access in the store.
    fn saved(&self, save: &Save) {
        let _ = save;
    }

    /// Called when a call to the session store failed, or exceeded its time limit. Also called when a save gave up
    /// because other requests kept changing the session; [`is_conflict`](session_store::StoreError::is_conflict) is
    /// then true.
    #[cfg(feature = "store")]
    fn store_failed(&self, error: &session_store::StoreError) {
        let _ = error;
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn loaded(&self, load: &Load<'_>) {
        (**self).loaded(load);
    }

    fn saved(&self, save: &Save) {
        (**self).saved(save);
    }

    #[cfg(feature = "store")]
    fn store_failed(&self, error: &session_store::StoreError) {
        (**self).store_failed(error);
    }
}

/// The outcome of loading a request's session.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    pub(crate) rejection: Option<&'a Rejection>,
    pub(crate) key: Option<CookieKey>,
    pub(crate) bytes: usize,
}

impl<'a> Load<'a> {
    /// Returns why the cookies were rejected; `None` if a session was accepted. [`Rejection::kind`] is a label for
    /// metrics.
    pub fn rejection(&self) -> Option<&'a Rejection> {
        self.rejection
    }

    /// Returns the key that authenticated the cookie, even if the session in it has expired. Returns `None` if no
    /// cookie was authenticated, if the payload of an authentic cookie is not a session, or if the session is in a
    /// store that cannot be used.
    pub fn key(&self) -> Option<CookieKey> {
        self.key
    }

    /// Returns the length in bytes of the value of the accepted cookie or, if none was accepted, of the cookie whose
    /// rejection is reported. Returns 0 if there was no cookie, or if the session is in a store that cannot be used.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// A save of a session, in a cookie or in a store.
#[derive(Clone, Copy, Debug)]
pub struct Save {
    pub(crate) bytes: usize,
}

impl Save {
    /// Returns the length in bytes of the cookie's value, or of the session in a store; 0 if the cookie is removed.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
