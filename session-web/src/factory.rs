//! The trait for factories whose sessions a layer can use.

use session_cookie::{CookieHeader, SetCookies};
use session_core::SessionFactory;

/// A session factory that reads the header `Cookie` and writes `Set-Cookie`, such as the factories of `signed-session`.
///
/// Implemented for every `session_core::SessionFactory` that meets the bounds of this trait. A clone must be cheap and
/// must have the same sessions as the original. A factory has to box futures that are not [`Unpin`].
pub trait CookieSessionFactory:
    SessionFactory<
        Request = CookieHeader,
        Response = SetCookies,
        Session: Send + 'static,
        Load: Send + Unpin + 'static,
        Save: Send + Unpin + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<F> CookieSessionFactory for F where
    F: SessionFactory<
            Request = CookieHeader,
            Response = SetCookies,
            Session: Send + 'static,
            Load: Send + Unpin + 'static,
            Save: Send + Unpin + 'static,
        > + Clone
        + Send
        + Sync
        + 'static
{
}
