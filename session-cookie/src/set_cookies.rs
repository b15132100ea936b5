//! The `Set-Cookie` lines of one response.

use std::fmt;
use std::iter::Chain;
use std::{option, slice, vec};

use crate::set_cookie::SetCookie;

/// The `Set-Cookie` lines of one response: none, one or more.
///
/// Most responses need no line, or only the one that sets or removes the session's own cookie. A response that moves a
/// session to another cookie name also removes the old cookie. Send every line as a header of its own, because a
/// browser reads one cookie per header.
///
/// ```
/// # extern crate session_cookie as signed_session;
/// use signed_session::SetCookies;
///
/// # fn main() -> Result<(), session_cookie::CookieError> {
/// # use session_cookie::CookieTemplate;
/// # let (new, old) = (CookieTemplate::builder("session").build()?, CookieTemplate::builder("sid").build()?);
/// let mut lines = SetCookies::from(new.set("abc")?); // `new` and `old` are the templates of two cookies
/// lines.push_removal(old.removal());
/// assert_eq!(lines.session_cookie().map(|cookie| cookie.name()), Some("session"));
///
/// let mut headers = Vec::new();
/// for set_cookie in lines {
///     headers.push(("Set-Cookie", String::from(set_cookie)));
/// }
/// assert!(headers[0].1.starts_with("sid=; Max-Age=0; "));
/// assert_eq!(headers[1], ("Set-Cookie", "session=abc; Path=/; SameSite=Lax".to_owned()));
/// # Ok(())
/// # }
/// ```
///
/// `Debug` shows the names of the cookies only. Without removals, the type allocates nothing.
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "the browser keeps its old cookies unless each line is sent as a Set-Cookie header"]
pub struct SetCookies(Lines);

/// The representation of [`SetCookies`]. Most responses have no removals, and should not need space for them. So the
/// removals are behind a pointer, and the type is no larger than an `Option<SetCookie>`.
#[derive(Clone, PartialEq, Eq)]
enum Lines {
    Session(Option<SetCookie>),
    WithRemovals(Box<WithRemovals>),
}

#[derive(Clone, PartialEq, Eq)]
struct WithRemovals {
    session: Option<SetCookie>,
    removals: Vec<SetCookie>,
}

impl Default for Lines {
    fn default() -> Self {
        Self::Session(None)
    }
}

impl SetCookies {
    /// Returns whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of lines.
    pub fn len(&self) -> usize {
        usize::from(self.session_cookie().is_some()) + self.removals().len()
    }

    /// Returns an iterator over the lines. The line of the session's own cookie comes last, so that no removal can undo
    /// it: if a removal has no path, the browser fills in a path, and the removal may then apply to the session's own
    /// cookie.
    pub fn iter(&self) -> <&Self as IntoIterator>::IntoIter {
        self.removals().iter().chain(self.session())
    }

    /// Adds a line that removes another cookie, such as the session's cookie under an old name.
    pub fn push_removal(&mut self, removal: SetCookie) {
        match &mut self.0 {
            Lines::WithRemovals(lines) => lines.removals.push(removal),
            Lines::Session(session) => {
                let lines = WithRemovals { session: session.take(), removals: vec![removal] };
                self.0 = Lines::WithRemovals(Box::new(lines));
            }
        }
    }

    /// Returns the line that sets or removes the session's own cookie, if there is one.
    pub fn session_cookie(&self) -> Option<&SetCookie> {
        self.session().as_ref()
    }

    /// Returns the line that sets or removes the session's own cookie, if there is one. Drops the other lines.
    pub fn into_session_cookie(self) -> Option<SetCookie> {
        match self.0 {
            Lines::Session(session) => session,
            Lines::WithRemovals(lines) => lines.session,
        }
    }

    fn session(&self) -> &Option<SetCookie> {
        match &self.0 {
            Lines::Session(session) => session,
            Lines::WithRemovals(lines) => &lines.session,
        }
    }

    fn removals(&self) -> &[SetCookie] {
        match &self.0 {
            Lines::Session(_) => &[],
            Lines::WithRemovals(lines) => &lines.removals,
        }
    }
}

/// Creates `SetCookies` with the line of the session's own cookie.
impl From<SetCookie> for SetCookies {
    fn from(session: SetCookie) -> Self {
        Some(session).into()
    }
}

/// Creates `SetCookies` with the line of the session's own cookie, or without lines.
impl From<Option<SetCookie>> for SetCookies {
    fn from(session: Option<SetCookie>) -> Self {
        Self(Lines::Session(session))
    }
}

impl fmt::Debug for SetCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let removals: Vec<&str> = self.removals().iter().map(SetCookie::name).collect();
        f.debug_struct("SetCookies")
            .field("session", &self.session_cookie().map(SetCookie::name))
            .field("removals", &removals)
            .finish()
    }
}

impl IntoIterator for SetCookies {
    type Item = SetCookie;
    type IntoIter = Chain<vec::IntoIter<SetCookie>, option::IntoIter<SetCookie>>;

    fn into_iter(self) -> Self::IntoIter {
        let (session, removals) = match self.0 {
            Lines::Session(session) => (session, Vec::new()),
            Lines::WithRemovals(lines) => (lines.session, lines.removals),
        };
        removals.into_iter().chain(session)
    }
}

impl<'a> IntoIterator for &'a SetCookies {
    type Item = &'a SetCookie;
    type IntoIter = Chain<slice::Iter<'a, SetCookie>, option::Iter<'a, SetCookie>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
