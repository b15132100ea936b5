use std::fmt;

use super::policy::{CsrfPolicy, RequestHead, Verdict};
use crate::error::SessionError;
use crate::session::Session;

/// The check of one request. A `CsrfLayer` makes it, and leaves it in the request's extensions for
/// [`CsrfForm`](crate::CsrfForm). What is refused is logged with the reason.
pub struct CsrfCheck<N> {
    policy: CsrfPolicy,
    session: Session<N>,
    /// The token was checked, or the layer will have done so before the handler runs.
    passed: bool,
}

impl<N> CsrfCheck<N> {
    /// A request that was not checked yet.
    ///
    /// # Errors
    /// If there is no session.
    pub fn new(policy: CsrfPolicy, session: Option<Session<N>>) -> Result<Self, SessionError> {
        let session = session.ok_or_else(SessionError::no_layer::<N>)?;
        Ok(Self { policy, session, passed: false })
    }

    /// What a layer asks of the head.
    ///
    /// # Errors
    /// If the request has to be refused.
    pub fn head(&mut self, head: &impl RequestHead) -> Result<Verdict, SessionError> {
        let verdict = self.policy.check(head, &self.session);
        let verdict = verdict.map_err(|error| SessionError::csrf(&error, head))?;
        self.passed = verdict != Verdict::Unasked;
        Ok(verdict)
    }

    /// What an extractor asks of the head: nothing after a layer. Else no path is exempt and no method safe, as it is
    /// asked because the handler is about to change something.
    ///
    /// # Errors
    /// If the request has to be refused.
    #[cfg_attr(not(any(feature = "axum", feature = "actix")), allow(dead_code))]
    pub(crate) fn head_in_handler(&self, head: &impl RequestHead) -> Result<Verdict, SessionError> {
        if self.passed {
            return Ok(Verdict::Pass);
        }
        self.policy.check_any(head, &self.session).map_err(|error| SessionError::csrf(&error, head))
    }

    /// Looks for the token in a form that is the body, after [`Verdict::NeedsForm`].
    ///
    /// # Errors
    /// If the request has to be refused.
    pub fn form(&self, head: &impl RequestHead, form: &[u8]) -> Result<(), SessionError> {
        self.policy.check_form(form, &self.session).map_err(|error| SessionError::csrf(&error, head))
    }

    /// How many bytes of a form are to be read.
    pub fn max_form_len(&self) -> usize {
        self.policy.max_form_len()
    }
}

impl<N> Clone for CsrfCheck<N> {
    fn clone(&self) -> Self {
        Self { policy: self.policy.clone(), session: self.session.clone(), passed: self.passed }
    }
}

impl<N> fmt::Debug for CsrfCheck<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfCheck").field("passed", &self.passed).finish_non_exhaustive()
    }
}
