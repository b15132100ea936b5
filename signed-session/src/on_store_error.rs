//! What to do while the store cannot be used.

/// What a request gets whose session cannot be loaded, because the store cannot be used; see
/// [`Builder::on_store_error`](crate::Builder::on_store_error).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnStoreError {
    /// An error: a response with the status 503 and `Retry-After`, if the handler takes the session.
    #[default]
    Refuse,
    /// A new session, as for a visitor without a cookie. If the handler changes it, the response is an error: the visitor
    /// keeps the cookie, and has the session again when the store is back.
    StartNew,
    /// The session as it is in its cookie, without the check whether it was revoked. Only for factories with
    /// [`revocable`](crate::Builder::revocable): a session in a store cannot be had without the store.
    Accept,
}
