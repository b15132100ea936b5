//! The future of the session layer's service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use session_cookie::SetCookies;

use super::response::FrameworkResponse;
use super::save_error::ResponseForSaveError;
use crate::factory::CookieSessionFactory;
use crate::request_session::RequestSession;

pin_project! {
    /// The future of a [`SessionService`](crate::service::SessionService).
    #[must_use = "futures do nothing unless polled"]
    pub struct SessionFuture<Fut, F, H>
    where
        F: CookieSessionFactory,
    {
        #[pin]
        inner: Fut,
        session: Option<RequestSession<F>>,
        on_save_error: H,
    }
}

impl<Fut, F: CookieSessionFactory, H> SessionFuture<Fut, F, H> {
    pub(crate) fn new(inner: Fut, session: RequestSession<F>, on_save_error: H) -> Self {
        Self { inner, session: Some(session), on_save_error }
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
        let this = self.project();
        let outcome = ready!(this.inner.poll(cx));
        let session = this.session.take();
        Poll::Ready(match (outcome, session) {
            (Ok(response), Some(session)) => Ok(save(session, response, this.on_save_error)),
            (Err(error), session) => {
                if let Some(session) = session {
                    session.abandon();
                }
                Err(error)
            }
            // Only reached if the caller polls the future after completion.
            (Ok(response), None) => Ok(response.keep()),
        })
    }
}

/// Saves the session and adds its headers to the response.
fn save<F, H, R>(session: RequestSession<F>, response: R, on_save_error: &H) -> R::Sent
where
    F: CookieSessionFactory,
    H: ResponseForSaveError<F::Error, R::Replaceable>,
    R: FrameworkResponse,
{
    let saved = session.save(response.is_server_error());
    let (mut sent, set_cookies) = match saved.set_cookies {
        Ok(set_cookies) => (response.keep(), set_cookies),
        Err(error) => {
            tracing::error!(%error, "session not saved");
            (response.replace(|response| on_save_error.response(error, response)), SetCookies::default())
        }
    };
    R::add_session_headers(&mut sent, set_cookies, saved.accessed);
    sent
}

impl<Fut, F: CookieSessionFactory, H> fmt::Debug for SessionFuture<Fut, F, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").finish_non_exhaustive()
    }
}
