//! The future of the session layer's service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use session_cookie::SetCookies;
use session_core::FactoryError;

use super::response::FrameworkResponse;
use super::save_error::ResponseForSaveError;
use crate::factory::CookieSessionFactory;
use crate::request_session::{RequestSession, Saving, Usage};

pin_project! {
    /// The future of a [`SessionService`](crate::service::SessionService).
    #[must_use = "futures do nothing unless polled"]
    pub struct SessionFuture<Fut, F, H>
    where
        Fut: Future,
        F: CookieSessionFactory,
    {
        #[pin]
        state: State<Fut, F>,
        on_save_error: H,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<Fut, F>
    where
        Fut: Future,
        F: CookieSessionFactory,
    {
        Running { #[pin] inner: Fut, session: Option<RequestSession<F>> },
        /// The handler's outcome is kept until the session is saved.
        Saving { outcome: Option<Fut::Output>, save: F::Save, usage: Usage },
    }
}

impl<Fut: Future, F: CookieSessionFactory, H> SessionFuture<Fut, F, H> {
    pub(crate) fn new(inner: Fut, session: RequestSession<F>, on_save_error: H) -> Self {
        Self { state: State::Running { inner, session: Some(session) }, on_save_error }
    }
}

impl<Fut, F, H, R, E> Future for SessionFuture<Fut, F, H>
where
    Fut: Future<Output = Result<R, E>>,
    F: CookieSessionFactory,
    H: ResponseForSaveError<F::Error, R::Replaceable>,
    R: FrameworkResponse,
{
    type Output = Result<R::Sent, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let next = match this.state.as_mut().project() {
            StateProjection::Running { inner, session } => {
                let outcome = ready!(inner.poll(cx));
                let (response, session) = match (outcome, session.take()) {
                    (Ok(response), Some(session)) => (response, session),
                    (Err(error), session) => {
                        if let Some(session) = session {
                            session.abandon();
                        }
                        return Poll::Ready(Err(error));
                    }
                    // Only reached if the caller polls the future after completion.
                    (Ok(response), None) => return Poll::Ready(Ok(response.keep())),
                };
                let Saving { save, usage } = session.save(response.is_server_error());
                let Some(mut save) = save else {
                    return Poll::Ready(Ok(send::<F, _, _>(
                        response,
                        Ok(SetCookies::default()),
                        usage,
                        this.on_save_error,
                    )));
                };
                match Pin::new(&mut save).poll(cx) {
                    Poll::Ready(saved) => {
                        return Poll::Ready(Ok(send::<F, _, _>(response, saved, usage, this.on_save_error)));
                    }
                    Poll::Pending => State::Saving { outcome: Some(Ok(response)), save, usage },
                }
            }
            StateProjection::Saving { outcome, save, usage } => {
                let saved = ready!(Pin::new(save).poll(cx));
                let outcome = outcome.take().expect("the future is not polled after completion");
                return Poll::Ready(
                    outcome.map(|response| send::<F, _, _>(response, saved, *usage, this.on_save_error)),
                );
            }
        };
        this.state.set(next);
        Poll::Pending
    }
}

/// Adds the headers of the session to the response. If a changed session could not be saved, replaces the response.
fn send<F, H, R>(response: R, saved: Result<SetCookies, F::Error>, usage: Usage, on_save_error: &H) -> R::Sent
where
    F: CookieSessionFactory,
    H: ResponseForSaveError<F::Error, R::Replaceable>,
    R: FrameworkResponse,
{
    let (mut sent, set_cookies) = match saved {
        Ok(set_cookies) => (response.keep(), set_cookies),
        // A failed re-issue of a session that was only read loses nothing.
        Err(error) if !usage.is_written => {
            if error.retry_after().is_none() {
                tracing::warn!(%error, "session not re-issued; it was only read, and the browser keeps its cookie");
            }
            (response.keep(), SetCookies::default())
        }
        Err(error) => {
            if error.retry_after().is_none() {
                tracing::error!(%error, "session not saved");
            }
            (response.replace(|response| on_save_error.response(error, response)), SetCookies::default())
        }
    };
    R::add_session_headers(&mut sent, set_cookies, usage.is_accessed);
    sent
}

impl<Fut: Future, F: CookieSessionFactory, H> fmt::Debug for SessionFuture<Fut, F, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").finish_non_exhaustive()
    }
}
