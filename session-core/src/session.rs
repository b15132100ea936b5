use std::fmt::Write;

use subtle::ConstantTimeEq;

use crate::error::EntryError;
use crate::rejection::Rejection;
use crate::state::{Keys, State};
use crate::timestamp::Timestamp;

/// The key under which the CSRF token is kept, as in Pyramid.
pub const CSRF_KEY: &str = "_csrft_";

/// Random bytes of a CSRF token; the token is twice as many hex characters.
const CSRF_BYTES: usize = 20;

/// A session of one user: Pyramid's `ISession`. (What a handler of a web framework takes is not this trait but the
/// `Session` of that framework's module, such as `signed_session::axum::Session`.)
///
/// An implementation brings the six required methods; dictionary access and CSRF tokens come with this trait, typed
/// access and flash messages with [`SessionExt`](crate::SessionExt). The trait can be used as `dyn Session`.
///
/// ```
/// use session_core::{Session, SessionExt, State, Timestamp};
///
/// /// A session that is nowhere but in memory.
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
    /// When the session began.
    fn created(&self) -> Timestamp;

    /// Whether the session began with this request.
    fn is_new(&self) -> bool;

    /// Why the session that the request brought was not taken; `None` if it was, or if the session was invalidated since.
    /// Asking is no access. What is provided gives no reasons.
    fn rejection(&self) -> Option<&Rejection> {
        None
    }

    /// Says that the session has to be saved. Every write says so by itself.
    fn changed(&mut self);

    /// Ends this session and begins a new, empty one: data, flash messages and CSRF token go, [`created`] is now,
    /// [`is_new`] is true.
    ///
    /// [`created`]: Session::created
    /// [`is_new`]: Session::is_new
    fn invalidate(&mut self);

    /// What the session holds. Every call counts as an access, which may extend the session's life.
    fn state(&self) -> &State;

    /// What the session holds, to be changed. Every call counts as a change, even if nothing is changed.
    fn state_mut(&mut self) -> &mut State;

    /// Whether there is an entry under `key`.
    fn contains(&self, key: &str) -> bool {
        self.state().contains_key(key)
    }

    /// The keys in the order in which they were first inserted, those of flash messages and of the CSRF token too.
    fn keys(&self) -> Keys<'_> {
        self.state().keys()
    }

    /// How many entries there are.
    fn len(&self) -> usize {
        self.state().len()
    }

    /// Whether there are no entries.
    fn is_empty(&self) -> bool {
        self.state().is_empty()
    }

    /// Removes the entry under `key` without reading it. Returns false if there was none.
    /// [`SessionExt::remove`](crate::SessionExt::remove) returns the value.
    fn discard(&mut self, key: &str) -> bool {
        self.state_mut().discard(key)
    }

    /// Removes every entry; the session itself goes on. To end it, as at a logout, use
    /// [`invalidate`](Session::invalidate).
    fn clear(&mut self) {
        self.state_mut().clear();
    }

    /// The session's CSRF token; makes one if there is none. Pyramid's `get_csrf_token`.
    ///
    /// # Errors
    /// If a token had to be made and the system gave no random bytes.
    fn csrf_token(&mut self) -> Result<String, EntryError> {
        match self.state().get::<String>(CSRF_KEY) {
            Ok(Some(token)) if !token.is_empty() => Ok(token),
            _ => self.new_csrf_token(),
        }
    }

    /// A new CSRF token in place of the old one: 40 lowercase hex characters.
    ///
    /// # Errors
    /// If the system gave no random bytes.
    fn new_csrf_token(&mut self) -> Result<String, EntryError> {
        let mut bytes = [0; CSRF_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| EntryError::random())?;
        let mut token = String::with_capacity(2 * CSRF_BYTES);
        for byte in bytes {
            // Writing to a String does not fail.
            let _ = write!(token, "{byte:02x}");
        }
        self.state_mut().insert(CSRF_KEY, &token)?;
        Ok(token)
    }

    /// Whether `supplied` is the session's CSRF token; takes the same time wherever the two differ.
    ///
    /// Unlike in Pyramid an empty token never passes, and a check never makes a token.
    #[must_use = "it refuses nothing by itself"]
    fn check_csrf_token(&self, supplied: &str) -> bool {
        match self.state().get::<String>(CSRF_KEY) {
            Ok(Some(token)) => !token.is_empty() && bool::from(token.as_bytes().ct_eq(supplied.as_bytes())),
            _ => false,
        }
    }
}

/// All of the trait: an implementation may have its own way for any of it.
macro_rules! forward {
    ($pointer:ty {
        $(fn $method:ident(&self $(, $argument:ident: $type:ty)?) -> $result:ty;)*
    } {
        $(fn $mut_method:ident(&mut self $(, $mut_argument:ident: $mut_type:ty)?) $(-> $mut_result:ty)?;)*
    }) => {
        impl<S: Session + ?Sized> Session for $pointer {
            $(fn $method(&self $(, $argument: $type)?) -> $result {
                (**self).$method($($argument)?)
            })*
            $(fn $mut_method(&mut self $(, $mut_argument: $mut_type)?) $(-> $mut_result)? {
                (**self).$mut_method($($mut_argument)?)
            })*
        }
    };
    ($($pointer:ty),*) => {$(
        forward! { $pointer {
            fn created(&self) -> Timestamp;
            fn is_new(&self) -> bool;
            fn rejection(&self) -> Option<&Rejection>;
            fn state(&self) -> &State;
            fn contains(&self, key: &str) -> bool;
            fn keys(&self) -> Keys<'_>;
            fn len(&self) -> usize;
            fn is_empty(&self) -> bool;
            fn check_csrf_token(&self, supplied: &str) -> bool;
        } {
            fn changed(&mut self);
            fn invalidate(&mut self);
            fn state_mut(&mut self) -> &mut State;
            fn discard(&mut self, key: &str) -> bool;
            fn clear(&mut self);
            fn csrf_token(&mut self) -> Result<String, EntryError>;
            fn new_csrf_token(&mut self) -> Result<String, EntryError>;
        } }
    )*};
}

forward!(&mut S, Box<S>);
