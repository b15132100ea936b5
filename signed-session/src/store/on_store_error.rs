//! The outcome of loading a session while the store cannot be used.

/// The outcome of loading a session while the store cannot be used; see
/// [`Builder::on_store_error`](crate::Builder::on_store_error).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnStoreError {
    /// Loading fails. If the handler extracts the session, the response has the status 503 and the header
    /// `Retry-After`. The status is 500 if the store was reached but failed.
    #[default]
    Refuse,
    /// The session is new, as for a visitor without a cookie. If the handler changes it, the response is an error. The
    /// visitor keeps the cookie, and has the old session again when the store is back.
    StartNew,
    /// The session in the cookie is accepted, without checking whether it was revoked. Its accesses are not recorded in
    /// the store. Without the store, saving fails only if the handler sets an owner or a label, ends or renews the
    /// session, or removes all entries. Only factories with [`revocable`](crate::Builder::revocable) allow this
    /// variant, because a session in a store cannot be loaded without the store.
    Accept,
}
