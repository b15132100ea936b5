/// The head of a request, as a framework's type holds it.
pub(crate) trait RequestHead {
    /// The method, in upper case.
    fn method(&self) -> &str;

    /// The path of the target, as it was sent.
    fn path(&self) -> &str;

    /// Whether the connection or the target is known to be https; HTTP/2 targets have a scheme.
    fn is_https(&self) -> bool;

    /// The host and port of the target, or else of the `Host` header.
    fn host(&self) -> Option<&str>;

    /// The values of all lines of a header.
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]>;
}

/// The outcome of checking the head of a request that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum HeadOutcome {
    /// The request needs no token: its method is safe or its path is exempt.
    Exempt,
    /// The token in the header is that of the session.
    Passed,
    /// The request passes if the form in its body has the token; see `CsrfCheck::form`.
    FormNeeded,
}
