//! The CSRF check of one request.

use std::task::{Poll, ready};

use super::policy::CsrfPolicy;
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::pending_session::PendingSession;
use crate::session::Session;

/// The outcome of checking the request head before the session is loaded. A refused request gets an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum HeadOutcome {
    /// The request needs no token: its method is safe or its path is exempt.
    Exempt,
    /// A `CsrfLayer` around the layer or handler that makes this check has already checked the token.
    Passed,
    /// The request passes only if its header or form has the session's token. Call [`CsrfCheck::token`] next.
    TokenNeeded,
}

/// The outcome of checking the token in the header. A refused request gets an error instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum TokenOutcome {
    /// The header has the token.
    Passed,
    /// The header has no token. The request passes only if the form in its body has the token. [`CsrfCheck::form`]
    /// checks this.
    FormNeeded,
}

/// The check of one request. A `CsrfLayer` that lets a request pass stores its check in the request's extensions, for
/// inner layers and for [`CsrfForm`](crate::CsrfForm). Each refusal is logged with its reason.
pub(crate) struct CsrfCheck<N> {
    policy: CsrfPolicy,
    pub(crate) session: PendingSession<N>,
    /// Whether the request's token was checked and is the token of `session`.
    passed: bool,
}

impl<N> CsrfCheck<N> {
    /// Creates the check of a request. Returns an error if `session` is `None`, which means that no `SessionLayer`
    /// named `N` is around the caller.
    pub(crate) fn new(policy: CsrfPolicy, session: Option<PendingSession<N>>) -> Result<Self, SessionError> {
        let session = session.ok_or_else(SessionError::no_layer::<N>)?;
        Ok(Self { policy, session, passed: false })
    }

    /// Checks a request's head in a `CsrfLayer`. `outer` is the check of an outer layer, which may have removed the
    /// token from the form. The outer check counts only if it checked the token of the same session: an application
    /// can by mistake have two session layers with the same name, and therefore two sessions. Returns an error if
    /// `session` is `None`, or if the request is refused.
    pub(crate) fn of_head(
        policy: CsrfPolicy,
        session: Option<PendingSession<N>>,
        outer: Option<&Self>,
        head: RequestHead<'_>,
    ) -> Result<(Self, HeadOutcome), SessionError> {
        let mut check = Self::new(policy, session)?;
        let is_token_checked = outer.is_some_and(|outer| outer.counts_for(&check.session));
        let outcome = check.policy.check(head, is_token_checked);
        let outcome = outcome.map_err(|error| SessionError::csrf(error, head))?;
        check.passed = is_token_checked;
        Ok((check, outcome))
    }

    /// Returns this check with the token marked as checked.
    pub(crate) fn with_token(self) -> Self {
        Self { passed: true, ..self }
    }

    /// Returns the check for the extractor `CsrfForm`. `of_layer` is the check of a layer around the handler. Its
    /// outcome counts only if it checked the token of `session`, the session that the handler gets. Without a layer,
    /// `policy` returns the policy.
    pub(crate) fn in_handler(
        of_layer: Option<&Self>,
        session: Option<PendingSession<N>>,
        policy: impl FnOnce() -> CsrfPolicy,
    ) -> Result<Self, SessionError> {
        let policy = of_layer.map_or_else(policy, |check| check.policy.clone());
        let mut check = Self::new(policy, session)?;
        check.passed = of_layer.is_some_and(|of_layer| of_layer.counts_for(&check.session));
        Ok(check)
    }

    /// Returns whether this check has found the token of `session` in the request.
    fn counts_for(&self, session: &PendingSession<N>) -> bool {
        self.passed && self.session.is_same(session)
    }

    /// Checks a request's head in the extractor `CsrfForm`, unless a layer has checked the token. Requests with a
    /// safe method or an exempt path are checked too, because a handler with this extractor is about to change
    /// something.
    pub(crate) fn head_in_handler(&self, head: RequestHead<'_>) -> Result<HeadOutcome, SessionError> {
        if self.passed {
            return Ok(HeadOutcome::Passed);
        }
        self.policy.check_any(head).map_err(|error| SessionError::csrf(error, head))
    }

    /// Loads the session, and checks the token in the header. Call it after [`HeadOutcome::TokenNeeded`].
    pub(crate) async fn token<'r>(
        &self,
        head: impl Into<RequestHead<'r>> + Copy,
    ) -> Result<(Session<N>, TokenOutcome), SessionError> {
        let session = self.session.load(head).await?;
        let outcome = self.header(head.into(), &session)?;
        Ok((session, outcome))
    }

    /// Like [`token`](Self::token), but does not load the session. Returns `Pending` if the session is not loaded yet.
    pub(crate) fn token_at_once(&self, head: RequestHead<'_>) -> Poll<Result<TokenOutcome, SessionError>> {
        let session = ready!(self.session.outcome());
        Poll::Ready(session.and_then(|session| self.header(head, &session)))
    }

    fn header(&self, head: RequestHead<'_>, session: &Session<N>) -> Result<TokenOutcome, SessionError> {
        self.policy.check_header(head, session).map_err(|error| SessionError::csrf(error, head))
    }

    /// Checks the token in a form. Call it after [`TokenOutcome::FormNeeded`].
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
        self.policy.max_form_len()
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
