//! Inherent methods of each session type, which call the traits `Session` and `SessionExt`. So applications need not
//! import the trait `Session`, whose name clashes with the type `Session` of the modules `axum`, `tower` and `actix`.

/// Implements the methods for a session type. The expansion has imports, so invoke the macro in a module of its own.
macro_rules! inherent_methods {
    ([$($generics:tt)*] $session:ty) => {
        use std::time::Duration;

        use serde::de::DeserializeOwned;
        use serde::{Deserialize, Serialize};
        use session_core::{
            CookieKey, EntryError, Keys, Rejection, Session, SessionExt, SessionHandle, State, Timestamp,
        };

        /// Entries.
        impl<$($generics)*> $session {
            /// Returns the value under `key` as a `T`, which may borrow from the session; `None` if there is no entry.
            ///
            /// Read a string that may have escapes or non-ASCII characters as a `String` or a `Cow<str>`, not as a
            /// `&str`. JSON `null`, Python's `None`, is a value: read it as an `Option`.
            ///
            /// # Errors
            /// Returns an error if the value is not a `T`.
            pub fn get<'s, T: Deserialize<'s>>(&'s self, key: &str) -> Result<Option<T>, EntryError> {
                SessionExt::get(self, key)
            }

            /// Sets the value under `key`.
            ///
            /// # Errors
            /// Returns the same errors as [`State::insert`].
            pub fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), EntryError> {
                SessionExt::insert(self, key, value)
            }

            /// Removes the entry under `key` and returns its value as a `T`; `None` if there was no entry.
            ///
            /// # Errors
            /// Returns an error if the value is not a `T`. The entry then stays; [`discard`](Self::discard) removes any
            /// entry.
            pub fn remove<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, EntryError> {
                SessionExt::remove(self, key)
            }

            /// Removes the entry under `key` without reading it. Returns whether there was one.
            pub fn discard(&mut self, key: &str) -> bool {
                Session::discard(self, key)
            }

            /// Returns whether there is an entry under `key`.
            pub fn contains(&self, key: &str) -> bool {
                Session::contains(self, key)
            }

            /// Returns the keys in the order of insertion, including those of flash messages and the CSRF token.
            pub fn keys(&self) -> Keys<'_> {
                Session::keys(self)
            }

            /// Returns the number of entries.
            pub fn len(&self) -> usize {
                Session::len(self)
            }

            /// Returns whether there are no entries.
            pub fn is_empty(&self) -> bool {
                Session::is_empty(self)
            }

            /// Removes all entries, the session's own timeout and lifetime, and the owner and the label. A
            /// [revocable](crate::Builder::revocable) session loses its id as well. [`invalidate`](Self::invalidate)
            /// ends the session.
            ///
            /// The session continues with the factory's limits. If it is older than the factory's
            /// [`lifetime`](crate::Builder::lifetime), this request is its last one, and entries that are inserted
            /// after this call are lost. To keep a longer life, call [`set_lifetime`](Self::set_lifetime) and then
            /// [`set_timeout`](Self::set_timeout) again.
            pub fn clear(&mut self) {
                Session::clear(self);
            }

            /// Returns the whole session as a `T`, without the library's own entries, such as flash messages and the
            /// CSRF token. See [`SessionExt::read`](session_core::SessionExt::read).
            ///
            /// # Errors
            /// Returns an error if the session is not a `T`. A new session is empty, so give each field a default with
            /// `#[serde(default)]`.
            pub fn read<T: DeserializeOwned>(&self) -> Result<T, EntryError> {
                SessionExt::read(self)
            }

            /// Writes a `T` so that [`read`](Self::read) returns it. Entries that `T` does not name stay.
            ///
            /// # Errors
            /// Returns an error if `value` is not a struct or map, cannot be serialized, has a field for one of the
            /// library's own entries, or cannot be read back. The session then stays unchanged.
            pub fn write<T: Serialize + DeserializeOwned>(&mut self, value: &T) -> Result<(), EntryError> {
                SessionExt::write(self, value)
            }

            /// Returns the entries, including the library's own. Every call counts as an access, unless the
            /// [`reissue_time`](crate::Builder::reissue_time) is `None`.
            pub fn state(&self) -> &State {
                Session::state(self)
            }

            /// Returns the entries for modification, including the library's own. Every call counts as a change.
            pub fn state_mut(&mut self) -> &mut State {
                Session::state_mut(self)
            }
        }

        /// The life cycle of the session.
        impl<$($generics)*> $session {
            /// Returns when the session began.
            pub fn created(&self) -> Timestamp {
                Session::created(self)
            }

            /// Returns whether the session began with this request.
            pub fn is_new(&self) -> bool {
                Session::is_new(self)
            }

            /// Returns why the request's cookie was rejected; `None` if it was accepted. A missing cookie counts as
            /// rejected. This call does not count as an access.
            ///
            /// If several cookies have the session's name, this is the rejection of the last verified one, such as an
            /// expired cookie. If none can be verified, it is the rejection of the last one in the header.
            ///
            /// After [`invalidate`](Self::invalidate) or [`renew`](Self::renew), this method returns `None`, unless the
            /// session's store cannot be used.
            pub fn rejection(&self) -> Option<&Rejection> {
                Session::rejection(self)
            }

            /// Returns the key that authenticated the request's cookie; `None` for a new session. This call does not
            /// count as an access.
            pub fn cookie_key(&self) -> Option<CookieKey> {
                Session::cookie_key(self)
            }

            /// Returns the time since the session began, by the factory's clock; zero if the clock was set back.
            pub fn age(&self) -> Duration {
                Session::age(self)
            }

            /// Returns when the session expires if it is not accessed again; `None` if it never does. This call does
            /// not count as an access.
            pub fn expires_at(&self) -> Option<Timestamp> {
                Session::expires_at(self)
            }

            /// Sets the timeout of this session in place of the [factory's](crate::Builder::timeout), in whole seconds.
            /// The browser keeps the cookie until the session expires, but for at most 400 days.
            ///
            /// # Errors
            /// Returns an error if the factory has no [`max_lifetime`](crate::Builder::max_lifetime), if the timeout
            /// exceeds it, or if the timeout is less than two seconds. Also returns an error if the session is already
            /// older than the lifetime that it would then have. In this case, call [`renew`](Self::renew) first.
            pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError> {
                Session::set_timeout(self, timeout)
            }

            /// Sets the lifetime of this session in place of the [factory's](crate::Builder::lifetime), in whole
            /// seconds. The browser keeps the cookie until the session expires, but for at most 400 days.
            ///
            /// # Errors
            /// Returns the same errors as [`set_timeout`](Self::set_timeout), but the lifetime can be one second.
            pub fn set_lifetime(&mut self, lifetime: Duration) -> Result<(), EntryError> {
                Session::set_lifetime(self, lifetime)
            }

            /// Returns the name of this session in its store; `None` if its factory has no store, or if the store does
            /// not have the session. The name gives no access to the session. Use it to find this session in the list
            /// that [`sessions_of`](https://docs.rs/session-store/latest/session_store/trait.ManageSessions.html)
            /// returns.
            pub fn handle(&self) -> Option<SessionHandle> {
                Session::handle(self)
            }

            /// Sets the owner of this session: the application's id of the user. The store can then list and end the
            /// user's sessions. Call this at sign-in, after [`renew`](Self::renew) or [`invalidate`](Self::invalidate),
            /// which remove the owner.
            ///
            /// # Errors
            /// Returns an error if the owner has more than 1024 bytes, if the factory has no
            /// [store](EntryError::is_unsupported_owner), or if the system provides no random bytes for an id.
            pub fn set_owner(&mut self, owner: &str) -> Result<(), EntryError> {
                Session::set_owner(self, owner)
            }

            /// Sets the description that a list of the owner's sessions shows, such as the user agent. Only the first
            /// 512 characters are kept, which are at most 2048 bytes. A [revocable](crate::Builder::revocable) session
            /// without an owner has no label.
            ///
            /// # Errors
            /// Returns an error if the factory has no [store](EntryError::is_unsupported_owner).
            pub fn set_label(&mut self, label: &str) -> Result<(), EntryError> {
                Session::set_label(self, label)
            }

            /// Marks the session as changed, so that it is saved. Every write does this, too.
            pub fn changed(&mut self) {
                Session::changed(self);
            }

            /// Begins a new session that keeps the entries of this one, except the CSRF token and the session's own
            /// timeout and lifetime. The new session has a new [`created`](Self::created), and neither an owner nor a
            /// label. Call this method at sign-in, to keep the visitor's cart and messages.
            pub fn renew(&mut self) {
                Session::renew(self);
            }

            /// Ends this session and begins a new, empty one. Call this method at sign-out, and at sign-in if none of
            /// the visitor's data should stay.
            pub fn invalidate(&mut self) {
                Session::invalidate(self);
            }
        }

        /// Flash messages and the CSRF token.
        impl<$($generics)*> $session {
            /// Adds a message to a queue. The queue's name is a string, or a `Level`, which the modules `axum`, `tower`
            /// and `actix` export. The name `""` is Pyramid's default queue.
            ///
            /// # Errors
            /// Returns an error if the message cannot be serialized, or if the value under the queue's key is not a
            /// list.
            pub fn flash<T: Serialize>(&mut self, message: T, queue: impl AsRef<str>) -> Result<(), EntryError> {
                SessionExt::flash(self, message, queue)
            }

            /// Adds a message to a queue, unless the queue has an equal one. This is Pyramid's `allow_duplicate=False`.
            ///
            /// # Errors
            /// Returns the same errors as [`flash`](Self::flash).
            pub fn flash_unless_queued<T: Serialize>(
                &mut self,
                message: T,
                queue: impl AsRef<str>,
            ) -> Result<(), EntryError> {
                SessionExt::flash_unless_queued(self, message, queue)
            }

            /// Returns the messages of a queue, oldest first, and keeps them.
            ///
            /// # Errors
            /// Returns an error if one of them is not a `T`, or if the value under the queue's key is not a list.
            pub fn peek_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, EntryError> {
                SessionExt::peek_flash(self, queue)
            }

            /// Returns the messages of a queue, oldest first, and removes them.
            ///
            /// # Errors
            /// Returns the same errors as [`peek_flash`](Self::peek_flash). The messages then stay.
            pub fn pop_flash<T: DeserializeOwned>(&mut self, queue: impl AsRef<str>) -> Result<Vec<T>, EntryError> {
                SessionExt::pop_flash(self, queue)
            }

            /// Removes the messages of a queue and returns each of them, oldest first. A message that is not a `T`
            /// becomes an `Err` with a text to show; see [`SessionExt::pop_flash_each`].
            pub fn pop_flash_each<T: DeserializeOwned>(
                &mut self,
                queue: impl AsRef<str>,
            ) -> Vec<Result<T, String>> {
                SessionExt::pop_flash_each(self, queue)
            }

            /// Returns the session's CSRF token, and generates one if there is none.
            ///
            /// # Errors
            /// Returns an error if the system provides no random bytes for a new token.
            pub fn csrf_token(&mut self) -> Result<String, EntryError> {
                Session::csrf_token(self)
            }

            /// Replaces the CSRF token with a new one, and returns the new one.
            ///
            /// # Errors
            /// Returns an error if the system provides no random bytes.
            pub fn new_csrf_token(&mut self) -> Result<String, EntryError> {
                Session::new_csrf_token(self)
            }

            /// Returns whether `supplied` is the session's CSRF token. The comparison of two texts of the same length
            /// takes the same time wherever they differ. An empty token never matches.
            #[must_use = "the request is not refused unless you check the result"]
            pub fn check_csrf_token(&self, supplied: &str) -> bool {
                Session::check_csrf_token(self, supplied)
            }
        }
    };
}

/// The methods of a [`CookieSession`](crate::CookieSession).
mod cookie {
    use session_serde::Serializer;

    use crate::session::CookieSession;

    inherent_methods!([S: Serializer] CookieSession<S>);
}

/// The methods of a [`StoredSession`](crate::StoredSession).
#[cfg(feature = "store")]
mod stored {
    use session_serde::Serializer;
    use session_store::Store;

    use crate::stored::StoredSession;

    inherent_methods!([St: Store, S: Serializer] StoredSession<St, S>);
}

/// The methods of a [`RevocableSession`](crate::RevocableSession).
#[cfg(feature = "store")]
mod revocable {
    use session_serde::Serializer;
    use session_store::Store;

    use crate::revocable::RevocableSession;

    inherent_methods!([S: Serializer, St: Store] RevocableSession<S, St>);
}
