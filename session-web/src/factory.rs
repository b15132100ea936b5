//! The trait for factories whose sessions a layer can use.

use session_cookie::{CookieHeader, SetCookies};
use session_core::SessionFactory;

/// A factory whose sessions travel in the headers `Cookie` and `Set-Cookie`, such as those of `signed-session`.
///
/// Implemented for every `session_core::SessionFactory` with these associated types. Clones must be cheap and must
/// share their sessions. A factory has to box futures that are not [`Unpin`].
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
