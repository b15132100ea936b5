//! The responses of the frameworks, as the layers use them.

use session_cookie::SetCookies;

/// A framework's response, as a handler returns it.
///
/// The trait is public because it bounds implementations of public types. It is sealed: its module is private.
pub trait FrameworkResponse: Sized {
    /// The response as `on_save_error` takes and returns it.
    type Replaceable;
    /// The response as the layers send it.
    type Sent;

    /// Returns whether the status is 5xx.
    fn is_server_error(&self) -> bool;

    /// Returns the handler's response, ready to send.
    fn keep(self) -> Self::Sent;

    /// Returns the result of `replace`, ready to send, with the cookies of the session layers inside this one.
    fn replace(self, replace: impl FnOnce(Self::Replaceable) -> Self::Replaceable) -> Self::Sent;

    /// Adds the session's headers to the response; see `crate::headers::add_session_headers`.
    fn add_session_headers(sent: &mut Self::Sent, set_cookies: SetCookies, accessed: bool);
}
