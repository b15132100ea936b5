//! The trait that every session implements.

use std::fmt::Write;
use std::time::Duration;

use subtle::ConstantTimeEq;

use crate::clock::{Clock, SystemClock};
use crate::cookie_key::CookieKey;
use crate::error::EntryError;
use crate::handle::SessionHandle;
use crate::keys::Keys;
use crate::own_keys::CSRF_KEY;
use crate::rejection::Rejection;
use crate::state::State;
use crate::timestamp::Timestamp;
use crate::value::Encoded;

/// The advice for a session that cannot have its own timeout or lifetime.
const UNSUPPORTED_LIFETIME_HINT: &str = "set the factory's option that allows it, such as `max_lifetime`";

/// Number of random bytes in a CSRF token. The token has twice as many hex digits.
const CSRF_BYTES: usize = 20;

/// A function that repeats a change to the entries of a session; see [`Session::replace_state`].
pub type Redo = Box<dyn FnMut(&mut State) -> Result<(), EntryError> + Send + Sync>;

/// The session of one user: Pyramid's `ISession`.
///
/// An implementation provides the six required methods. This trait adds dictionary access, CSRF tokens and renewal;
/// [`SessionExt`](crate::SessionExt) adds typed access and flash messages. The trait is object safe.
///
/// In the handlers of a web framework, use the `Session` type of the framework's module, such as
/// `signed_session::axum::Session`, instead of this trait.
///
/// ```
/// use session_core::{Session, SessionExt, State, Timestamp};
///
/// /// A session in memory.
/// #[derive(Default)]
/// struct InMemory {
///     state: State,
///     created: Timestamp,
///     changed: bool,
/// }
///
/// impl Session for InMemory {
///     fn created(&self) -> Timestamp { self.created }
///     fn is_new(&self) -> bool { true }
///     fn changed(&mut self) { self.changed = true }
///     fn invalidate(&mut self) { *self = Self::default() }
///     fn state(&self) -> &State { &self.state }
///     fn state_mut(&mut self) -> &mut State {
///         self.changed();
///         &mut self.state
///     }
/// }
///
/// let mut session = InMemory::default();
/// session.insert("hits", 1).unwrap();
/// session.flash("Welcome!", "").unwrap();
///
/// let session: &mut dyn Session = &mut session;
/// assert_eq!(session.get::<u32>("hits").unwrap(), Some(1));
/// assert_eq!(session.pop_flash::<String>("").unwrap(), ["Welcome!"]);
/// ```
pub trait Session {
    /// Returns the time when the session began.
    fn created(&self) -> Timestamp;

    /// Returns whether the session began with this request.
    fn is_new(&self) -> bool;

    /// Returns why the session in the request was rejected, or `None` if it was accepted. A missing session counts as
    /// rejected. [`invalidate`](Session::invalidate) and [`renew`](Session::renew) reset the rejection to `None`,
    /// unless the session's store cannot be used.
    ///
    /// The call does not count as an access. The default implementation returns `None`.
    fn rejection(&self) -> Option<&Rejection> {
        None
    }

    /// Returns the key that authenticated the session in the request. Returns `None` for a new session.
    ///
    /// The call does not count as an access. The default implementation returns `None`.
    fn cookie_key(&self) -> Option<CookieKey> {
        None
    }

    /// Returns the current time of the session's clock. The default implementation returns the system's time.
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// Returns the time since the session began, or zero if the clock was set back.
    fn age(&self) -> Duration {
        self.now().duration_since(self.created())
    }

    /// Returns when the session expires if it is not accessed again, or `None` if it never expires. The default
    /// implementation returns `None`.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    /// Marks the session as changed, so that it is saved. Every write does this, too.
    fn changed(&mut self);

    /// Ends this session and begins a new, empty one. Entries, flash messages and the CSRF token are removed,
    /// [`created`] returns the current time, and [`is_new`] returns true.
    ///
    /// [`created`]: Session::created
    /// [`is_new`]: Session::is_new
    fn invalidate(&mut self);

    /// Begins a new session with the entries and the flash messages of this one. Call it at a sign-in that keeps the
    /// visitor's data, such as a cart. If nothing should stay, call [`invalidate`] instead.
    ///
    /// [`created`] returns the current time, and [`is_new`] returns true. The CSRF token is removed, and the next call
    /// of [`csrf_token`](Session::csrf_token) creates a new one. A page that was opened before the sign-in has the old
    /// token, so it has to be loaded again before its form can be sent. The session's own
    /// [timeout](Session::set_timeout) and [lifetime](Session::set_lifetime), its [owner](Session::set_owner) and its
    /// label are removed, too.
    ///
    /// [`created`]: Session::created
    /// [`invalidate`]: Session::invalidate
    /// [`is_new`]: Session::is_new
    fn renew(&mut self) {
        let mut state = self.state().clone();
        state.discard_own_entries();
        self.invalidate();
        *self.state_mut() = state;
    }

    /// Sets the timeout of this session: the maximum time between two accesses. It is stored in the session in whole
    /// seconds, and replaces the factory's timeout. [`clear`](Session::clear), [`renew`](Session::renew) and
    /// [`invalidate`](Session::invalidate) remove it.
    ///
    /// # Errors
    /// Returns an error if the timeout is less than one second, or if the session's factory does [not
    /// allow](EntryError::is_unsupported_lifetime) it. For example, a factory may refuse every timeout, a timeout that
    /// is too long, or one with which the session would already be over. The default implementation allows none.
    fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError> {
        let _ = timeout;
        Err(EntryError::unsupported_lifetime(UNSUPPORTED_LIFETIME_HINT))
    }

    /// Sets the lifetime of this session: the maximum time since [`created`](Session::created). Accesses do not extend
    /// it. "Remember me" sets a long lifetime. A lifetime is stored and removed like a [timeout](Session::set_timeout).
    ///
    /// # Errors
    /// Returns the same errors as [`set_timeout`](Session::set_timeout).
    fn set_lifetime(&mut self, lifetime: Duration) -> Result<(), EntryError> {
        let _ = lifetime;
        Err(EntryError::unsupported_lifetime(UNSUPPORTED_LIFETIME_HINT))
    }

    /// Returns the name of this session in its store, or `None` if the session is not in a store. Use it to find the
    /// current session in a list of the user's sessions. The name does not give access to the session. The default
    /// implementation returns `None`.
    fn handle(&self) -> Option<SessionHandle> {
        None
    }

    /// Sets the owner of this session: a text by which the application identifies the user, such as an id. Call it at a
    /// sign-in, after [`renew`](Session::renew) or [`invalidate`](Session::invalidate), which remove the owner. The
    /// store then lists the session as one of the owner's, and can end it.
    ///
    /// # Errors
    /// Returns an error if the factory has [no store](EntryError::is_unsupported_owner), if the owner is [too
    /// long](EntryError::is_owner_too_long), or if the system provides no random bytes. The default implementation
    /// always returns the error for a missing store.
    fn set_owner(&mut self, owner: &str) -> Result<(), EntryError> {
        let _ = owner;
        Err(EntryError::unsupported_owner())
    }

    /// Sets the label of this session: a description for a list of the owner's sessions, such as the user agent. The
    /// label is removed together with the [owner](Session::set_owner).
    ///
    /// A revocable cookie session without an owner is not in the store. It keeps a label only if the same request also
    /// sets the owner.
    ///
    /// # Errors
    /// Returns an error if the factory has [no store](EntryError::is_unsupported_owner). The default implementation
    /// always returns this error.
    fn set_label(&mut self, label: &str) -> Result<(), EntryError> {
        let _ = label;
        Err(EntryError::unsupported_owner())
    }

    /// Returns the entries of the session. Every call counts as an access, which may extend the session. In
    /// `signed-session`, a factory with `reissue_time(None)` does not record the access if the request only reads the
    /// session.
    fn state(&self) -> &State;

    /// Returns the entries of the session for changes. Every call counts as a change, even if no entry is changed.
    fn state_mut(&mut self) -> &mut State;

    /// Replaces the entries with `state`, the result of a change that `redo` can repeat. If another request saves the
    /// session between this request's load and save, the save of a session in a store calls `redo` with the entries
    /// that the other request saved.
    ///
    /// The default implementation replaces the entries, and drops `redo`.
    fn replace_state(&mut self, state: State, redo: Redo) {
        drop(redo);
        *self.state_mut() = state;
    }

    /// Adds an encoded message to a queue; [`State::encode`] encodes it. [`flash`](crate::SessionExt::flash) makes both
    /// calls. If the session is behind a lock, encode the message before you take the lock: only the encoding runs code
    /// of the message's type. Without `allow_duplicate`, a message that the queue already has is not added.
    ///
    /// # Errors
    /// Returns the same errors as [`State::flash`].
    fn flash_encoded(
        &mut self,
        message: Encoded,
        queue: &str,
        allow_duplicate: bool,
    ) -> Result<(), EntryError> {
        self.state_mut().flash(&message, queue, allow_duplicate)
    }

    /// Returns whether there is an entry under `key`.
    fn contains(&self, key: &str) -> bool {
        self.state().contains_key(key)
    }

    /// Returns the keys in the order in which they were inserted, including those of the library's own entries, such as
    /// flash messages and the CSRF token.
    fn keys(&self) -> Keys<'_> {
        self.state().keys()
    }

    /// Returns the number of entries.
    fn len(&self) -> usize {
        self.state().len()
    }

    /// Returns whether there are no entries.
    fn is_empty(&self) -> bool {
        self.state().is_empty()
    }

    /// Removes the entry under `key` without reading it. Returns false if there was no such entry. Even then, the
    /// session counts as changed, as after Pyramid's `pop`. To get the value, use
    /// [`SessionExt::remove`](crate::SessionExt::remove).
    fn discard(&mut self, key: &str) -> bool {
        self.state_mut().discard(key)
    }

    /// Removes every entry, including the library's own, such as the CSRF token, the session's timeout and lifetime,
    /// and the id of a revocable cookie session. Also removes the owner and the label. To end the session, as at a
    /// logout, use [`invalidate`](Session::invalidate).
    ///
    /// The session continues with the factory's limits. If it is older than the factory's lifetime, this request is its
    /// last one, and entries that are inserted after the call are lost. To keep a longer life, set the
    /// [lifetime](Session::set_lifetime) again after the call, and then the [timeout](Session::set_timeout).
    fn clear(&mut self) {
        self.state_mut().clear();
    }

    /// Returns the session's CSRF token, and creates one if the session has no valid token: Pyramid's `get_csrf_token`.
    ///
    /// # Errors
    /// Returns an error if a new token is needed and the system provides no random bytes.
    fn csrf_token(&mut self) -> Result<String, EntryError> {
        match self.state().csrf_token() {
            Some(token) => Ok(token),
            None => self.new_csrf_token(),
        }
    }

    /// Replaces the CSRF token with a new one, 40 lowercase hex characters, and returns it.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    fn new_csrf_token(&mut self) -> Result<String, EntryError> {
        let mut bytes = [0; CSRF_BYTES];
        getrandom::fill(&mut bytes).map_err(EntryError::random)?;
        let mut token = String::with_capacity(2 * CSRF_BYTES);
        for byte in bytes {
            // Writing to a `String` cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        self.state_mut().insert(CSRF_KEY, &token)?;
        Ok(token)
    }

    /// Returns whether `supplied` is the session's CSRF token. If the two texts have the same length, the comparison
    /// takes the same time wherever they differ.
    ///
    /// Unlike in Pyramid, an empty token never passes, and the check never creates a token.
    #[must_use = "the caller has to refuse the request if the check fails"]
    fn check_csrf_token(&self, supplied: &str) -> bool {
        let token = self.state().csrf_token();
        token.is_some_and(|token| token.as_bytes().ct_eq(supplied.as_bytes()).into())
    }
}

/// Implements [`Session`] for a pointer to a session. Forwards every method, including the provided ones, because an
/// implementation may override them. The Clippy lint reports a method that is missing from the list.
macro_rules! forward {
    ($pointer:ty {
        $(fn $method:ident(&self $(, $argument:ident: $type:ty)*) -> $result:ty;)*
    } {
        $(fn $mut_method:ident(&mut self $(, $mut_argument:ident: $mut_type:ty)*) $(-> $mut_result:ty)?;)*
    }) => {
        #[warn(clippy::missing_trait_methods)]
        impl<S: Session + ?Sized> Session for $pointer {
            $(fn $method(&self $(, $argument: $type)*) -> $result {
                (**self).$method($($argument),*)
            })*
            $(fn $mut_method(&mut self $(, $mut_argument: $mut_type)*) $(-> $mut_result)? {
                (**self).$mut_method($($mut_argument),*)
            })*
        }
    };
    ($($pointer:ty),*) => {$(
        forward! { $pointer {
            fn created(&self) -> Timestamp;
            fn is_new(&self) -> bool;
            fn rejection(&self) -> Option<&Rejection>;
            fn cookie_key(&self) -> Option<CookieKey>;
            fn now(&self) -> Timestamp;
            fn age(&self) -> Duration;
            fn expires_at(&self) -> Option<Timestamp>;
            fn handle(&self) -> Option<SessionHandle>;
            fn state(&self) -> &State;
            fn contains(&self, key: &str) -> bool;
            fn keys(&self) -> Keys<'_>;
            fn len(&self) -> usize;
            fn is_empty(&self) -> bool;
            fn check_csrf_token(&self, supplied: &str) -> bool;
        } {
            fn changed(&mut self);
            fn invalidate(&mut self);
            fn renew(&mut self);
            fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError>;
            fn set_lifetime(&mut self, lifetime: Duration) -> Result<(), EntryError>;
            fn set_owner(&mut self, owner: &str) -> Result<(), EntryError>;
            fn set_label(&mut self, label: &str) -> Result<(), EntryError>;
            fn state_mut(&mut self) -> &mut State;
            fn replace_state(&mut self, state: State, redo: Redo);
            fn flash_encoded(&mut self, message: Encoded, queue: &str, allow_duplicate: bool) -> Result<(), EntryError>;
            fn discard(&mut self, key: &str) -> bool;
            fn clear(&mut self);
            fn csrf_token(&mut self) -> Result<String, EntryError>;
            fn new_csrf_token(&mut self) -> Result<String, EntryError>;
        } }
    )*};
}

forward!(&mut S, Box<S>);
