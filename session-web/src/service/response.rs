use session_cookie::SetCookie;

/// A framework's response, as a handler returns it.
///
/// It is public because it bounds implementations of public types. Its module is private, so nobody else can implement it.
pub trait FrameworkResponse: Sized {
    /// The response as `on_save_error` takes and returns it.
    type Replaceable;
    /// The response as the layers send it.
    type Sent;

    /// Whether the status is 5xx.
    fn is_server_error(&self) -> bool;

    /// Sends the handler's response.
    fn keep(self) -> Self::Sent;

    /// Sends what `replace` returns.
    fn replace(self, replace: impl FnOnce(Self::Replaceable) -> Self::Replaceable) -> Self::Sent;

    /// Adds the session's headers to the response that is sent; see `crate::headers::add_session_headers`.
    fn add_session_headers(sent: &mut Self::Sent, set_cookie: Option<SetCookie>, accessed: bool);
}
