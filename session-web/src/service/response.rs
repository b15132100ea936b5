//! The responses of the frameworks, as the layers use them.

use session_cookie::SetCookies;

/// A framework's response, as a handler returns it.
///
/// The trait is public because it is a bound in implementations for public types. Other crates cannot implement it,
/// because its module is private.
pub trait FrameworkResponse: Sized {
    /// The type of response that `on_save_error` takes and returns.
    type Replaceable;
    /// The type of response that the layers send.
    type Sent;

    /// Returns whether the status is 5xx.
    fn is_server_error(&self) -> bool;

    /// Converts the handler's response to the type that the layers send.
    fn keep(self) -> Self::Sent;

    /// Calls `replace` with the handler's response, and returns the new response. The new response keeps the session
    /// cookies that inner session layers have added to the handler's response.
    fn replace(self, replace: impl FnOnce(Self::Replaceable) -> Self::Replaceable) -> Self::Sent;

    /// Adds the session's headers to `sent`; see `crate::headers::add_session_headers`.
    fn add_session_headers(sent: &mut Self::Sent, set_cookies: SetCookies, accessed: bool);
}
