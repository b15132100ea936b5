//! The trait for factories whose sessions a layer can use.

use session_cookie::{CookieHeader, SetCookies};
use session_core::SessionFactory;

/// A session factory that reads the header `Cookie` and writes `Set-Cookie`, such as the factories of `signed-session`.
///
/// Implemented for every `session_core::SessionFactory` that meets the bounds of this trait. A clone must be cheap, and
/// must load and save the same sessions as the original. A factory has to box futures that are not [`Unpin`].
///
/// The builder of a factory is not a factory. Without a call of its `build()`, a layer does not compile:
///
/// ```compile_fail,E0277
/// # extern crate session_web as signed_session;
/// # struct Builder;
/// # let builder = Builder;
/// let layer = signed_session::SessionLayer::new(builder);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a session factory that a layer can use",
    note = "call `.build()?` on a builder to get its factory",
    note = "a factory of your own has to implement `SessionFactory` and `Clone`, and meet the other bounds of \
            `CookieSessionFactory`, such as futures that are `Unpin`"
)]
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

// Makes the compiler show the message above once, instead of a longer message for each bound.
#[diagnostic::do_not_recommend]
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
