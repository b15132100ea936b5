//! A future that runs to its end even if its caller is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;

/// A future that continues in a task if it is dropped before its end. The task ends at the latest after `limit`.
///
/// The caller itself polls the future, so a future that is not dropped early needs no task.
pub(super) struct ContinueOnDrop<F: Future<Output: Send> + Send + 'static> {
    /// `None` after the end.
    future: Option<Pin<Box<F>>>,
    limit: Duration,
}

impl<F: Future<Output: Send> + Send + 'static> ContinueOnDrop<F> {
    pub(super) fn new(limit: Duration, future: F) -> Self {
        Self { future: Some(Box::pin(future)), limit }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for ContinueOnDrop<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // If the future panics, it is dropped here, so no task polls it again.
        let mut future = self.future.take().expect("the future has not ended");
        let poll = future.as_mut().poll(context);
        if poll.is_pending() {
            self.future = Some(future);
        }
        poll
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for ContinueOnDrop<F> {
    fn drop(&mut self) {
        let Some(future) = self.future.take() else { return };
        // Outside a runtime, nothing can continue the future, so it is dropped here.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout_in_task(self.limit, future));
        }
    }
}

/// Runs a future for at most `limit`. Unlike tokio's `timeout`, creates the timer only when the task runs. So dropping
/// a future never panics, even in a runtime without timers.
async fn timeout_in_task<F: Future>(limit: Duration, future: Pin<Box<F>>) {
    // The result is dropped: the caller no longer waits for it.
    let _ = timeout(limit, future).await;
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};

    use tokio::sync::oneshot::{self, error::TryRecvError};

    use super::*;

    /// Polls a future once, and drops it.
    async fn poll_and_drop(mut future: impl Future<Output: Send> + Unpin) {
        let polled = poll_fn(|context| Poll::Ready(Pin::new(&mut future).poll(context).is_pending()));
        assert!(polled.await);
    }

    #[tokio::test]
    async fn dropped_future_continues() {
        let (sender, receiver) = oneshot::channel();
        let (ended, end) = oneshot::channel();
        let future = async move { ended.send(receiver.await) };
        poll_and_drop(ContinueOnDrop::new(Duration::from_secs(60), future)).await;
        sender.send(7).unwrap();
        assert_eq!(end.await.unwrap(), Ok(7));
    }

    #[tokio::test]
    async fn dropped_future_ends_after_limit() {
        let (ended, end) = oneshot::channel::<()>();
        let future = async move {
            let _ended = ended;
            pending::<()>().await
        };
        poll_and_drop(ContinueOnDrop::new(Duration::from_millis(1), future)).await;
        assert!(end.await.is_err(), "the future should have been dropped");
    }

    #[test]
    fn future_dropped_outside_runtime_is_only_dropped() {
        let (ended, mut end) = oneshot::channel::<()>();
        drop(ContinueOnDrop::new(Duration::from_secs(60), async move { ended.is_closed() }));
        assert_eq!(end.try_recv(), Err(TryRecvError::Closed));
    }
}
