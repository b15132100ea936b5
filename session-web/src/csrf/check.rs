//! The CSRF check of one request.

use std::task::Poll;

use super::policy::CsrfPolicy;
use super::rules::may_have_form;
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::pending_session::PendingSession;
use crate::session::Session;

/// The check of one request. A `CsrfLayer` that lets a request pass stores its check in the request's extensions, for
/// inner layers and for [`CsrfForm`](crate::CsrfForm). Each refusal is logged with its reason.
pub(crate) struct CsrfCheck<N> {
    policy: CsrfPolicy,
    session: PendingSession<N>,
    /// Whether the request's token was checked and is the token of `session`.
    passed: bool,
}

impl<N> CsrfCheck<N> {
    /// Creates the check of a request. `outer` is the check of a layer around the caller. It counts only if it checked
    /// the token of the same session: an application can by mistake have two session layers with the same name, and
    /// therefore two sessions. Returns an error if `session` is `None`, which means that no `SessionLayer` named `N` is
    /// around the caller.
    fn new(
        policy: CsrfPolicy,
        session: Option<PendingSession<N>>,
        outer: Option<&Self>,
    ) -> Result<Self, SessionError> {
        let session = session.ok_or_else(SessionError::no_layer::<N>)?;
        let passed = outer.is_some_and(|outer| outer.passed && outer.session.is_same(&session));
        Ok(Self { policy, session, passed })
    }

    /// Checks a request in a `CsrfLayer`, as far as possible without loading the session or reading the form. `Ready`
    /// means that the request passes. `Pending` means that the caller has to call [`token`](Self::token). `outer` is
    /// the check of an outer layer, which may have removed the token from the form. Returns an error if `session` is
    /// `None`, or if the request is refused.
    pub(crate) fn of_request(
        policy: CsrfPolicy,
        session: Option<PendingSession<N>>,
        outer: Option<&Self>,
        head: RequestHead<'_>,
    ) -> Result<(Self, Poll<()>), SessionError> {
        let mut check = Self::new(policy, session, outer)?;
        let needs_token = check.policy.check(head, check.passed);
        if !needs_token.map_err(|error| SessionError::csrf(error, head))? {
            return Ok((check, Poll::Ready(())));
        }
        if let Poll::Ready(session) = check.session.outcome() {
            check.passed = check.header(head, &session?)?;
        }
        let outcome = if check.passed { Poll::Ready(()) } else { Poll::Pending };
        Ok((check, outcome))
    }

    /// Returns this check with the token marked as checked.
    pub(crate) fn with_token(self) -> Self {
        Self { passed: true, ..self }
    }

    /// Returns the check for the extractor `CsrfForm`. `of_layer` is the check of a layer around the handler. Without a
    /// layer, `policy` returns the policy.
    pub(crate) fn in_handler(
        of_layer: Option<&Self>,
        session: Option<PendingSession<N>>,
        policy: impl FnOnce() -> CsrfPolicy,
    ) -> Result<Self, SessionError> {
        let policy = of_layer.map_or_else(policy, |check| check.policy.clone());
        Self::new(policy, session, of_layer)
    }

    /// Loads the session, and checks the token in the header. If the header has no token, returns the session whose
    /// token the form must have. [`form`](Self::form) checks this.
    pub(crate) async fn token<'r>(
        &self,
        head: impl Into<RequestHead<'r>> + Copy,
    ) -> Result<Option<Session<N>>, SessionError> {
        let session = self.session.load(head).await?;
        let has_token = self.header(head.into(), &session)?;
        Ok((!has_token).then_some(session))
    }

    /// Checks a request in the extractor `CsrfForm`, like [`token`](Self::token), unless a layer has checked the token.
    /// Requests with a safe method or an exempt path are checked too, because a handler with this extractor is about to
    /// change something. A request that passes must have a form.
    pub(crate) async fn token_in_handler<'r>(
        &self,
        head: impl Into<RequestHead<'r>> + Copy,
    ) -> Result<Option<Session<N>>, SessionError> {
        let mut session = None;
        if !self.passed {
            self.policy.check_any(head.into()).map_err(|error| SessionError::csrf(error, head.into()))?;
            session = self.token(head).await?;
        }
        may_have_form(head.into()).then_some(session).ok_or_else(|| SessionError::not_a_form(head.into()))
    }

    /// Checks the token in the header. Returns whether the header has one.
    fn header(&self, head: RequestHead<'_>, session: &Session<N>) -> Result<bool, SessionError> {
        self.policy.check_header(head, session).map_err(|error| SessionError::csrf(error, head))
    }

    /// Checks the token in a form, if [`token`](Self::token) has returned the session.
    pub(crate) fn form(
        &self,
        head: RequestHead<'_>,
        session: &Session<N>,
        form: &[u8],
    ) -> Result<(), SessionError> {
        self.policy.check_form(form, session).map_err(|error| SessionError::csrf(error, head))
    }

    /// Returns the maximum length, in bytes, of a form that is read for its token.
    pub(crate) fn max_form_len(&self) -> usize {
        self.policy.0.max_form_len
    }

    /// Creates the error for a form that is longer than [`max_form_len`](Self::max_form_len).
    pub(crate) fn too_large(&self, head: RequestHead<'_>) -> SessionError {
        let reason = format_args!("longer than the max_form_len of {} bytes", self.max_form_len());
        SessionError::body(413, reason, head)
    }
}

impl<N> Clone for CsrfCheck<N> {
    fn clone(&self) -> Self {
        Self { policy: self.policy.clone(), session: self.session.clone(), passed: self.passed }
    }
}
