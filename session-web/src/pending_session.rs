//! The session that the layer puts into the request's extensions.

use std::future::poll_fn;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::error::SessionError;
use crate::head::RequestHead;
use crate::layer::OnRejection;
use crate::session::Session;
use crate::shared_session::{Shared, lock};
use crate::slot::Slot;

/// The session of a request, which may not be loaded yet. The layer puts a `PendingSession` into the request's
/// extensions.
pub(crate) struct PendingSession<N> {
    shared: Shared<dyn Slot>,
    /// Whether the session was loaded when the layer created it. Then there is no load to poll, and no need to lock.
    is_loaded: bool,
    on_rejection: Option<OnRejection>,
    name: PhantomData<fn() -> N>,
}

impl<N> PendingSession<N> {
    pub(crate) fn new(shared: Shared<dyn Slot>, is_loaded: bool, on_rejection: Option<OnRejection>) -> Self {
        Self { shared, is_loaded, on_rejection, name: PhantomData }
    }

    /// Loads the session, then calls [`report`](Self::report). `head` is the head of the request.
    pub(crate) async fn load<'r>(
        &self,
        head: impl Into<RequestHead<'r>>,
    ) -> Result<Session<N>, SessionError> {
        let session = poll_fn(|cx| self.poll_load(cx)).await?;
        self.report(head.into());
        Ok(session)
    }

    /// Polls the load of the session. After the load has succeeded, call [`report`](Self::report).
    pub(crate) fn poll_load(&self, cx: &mut Context<'_>) -> Poll<Result<Session<N>, SessionError>> {
        let loaded = if self.is_loaded { Poll::Ready(Ok(())) } else { lock(&self.shared).slot.poll_load(cx) };
        loaded.map_ok(|()| Session::new(Arc::clone(&self.shared)))
    }

    /// Returns the outcome of the load, or `Pending` if it has not ended. Does not poll the load.
    pub(crate) fn outcome(&self) -> Poll<Result<Session<N>, SessionError>> {
        lock(&self.shared).slot.outcome().map_ok(|()| Session::new(Arc::clone(&self.shared)))
    }

    /// Returns whether the layer should call [`report`](Self::report): the session is already loaded, and there is a
    /// hook.
    pub(crate) fn is_to_report(&self) -> bool {
        self.is_loaded && self.on_rejection.is_some()
    }

    /// Calls the layer's hook (`on_rejection`) if the cookie was rejected and the hook was not called before. Call this
    /// method only after the load has succeeded.
    pub(crate) fn report(&self, head: RequestHead<'_>) {
        let Some(on_rejection) = &self.on_rejection else { return };
        // The hook may use the session, so it runs without the lock.
        let rejection = lock(&self.shared).unreported_rejection();
        if let Some(rejection) = rejection {
            on_rejection(&rejection, head);
        }
    }

    /// Returns whether `self` and `other` belong to the same session.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<N> Clone for PendingSession<N> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared), self.is_loaded, self.on_rejection.clone())
    }
}
