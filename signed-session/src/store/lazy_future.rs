//! A future that begins with its first poll.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A future that begins with its first poll. Until then, it only holds its arguments `A`, and allocates nothing.
pub(crate) enum LazyFuture<A, T> {
    NotBegun(A),
    Running(Boxed<T>),
    Done,
}

/// The outcome of beginning a [`LazyFuture`].
pub(crate) enum Begun<T> {
    Ready(T),
    Running(Boxed<T>),
}

impl<A, T> LazyFuture<A, T> {
    /// Polls the future. The first poll calls `begin`.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, begin: impl FnOnce(A) -> Begun<T>) -> Poll<T> {
        *self = match mem::replace(self, Self::Done) {
            Self::NotBegun(arguments) => match begin(arguments) {
                Begun::Ready(output) => return Poll::Ready(output),
                Begun::Running(running) => Self::Running(running),
            },
            begun => begun,
        };
        match self {
            Self::Running(running) => running.as_mut().poll(cx),
            // `NotBegun` was replaced above. `Done` is only reached if the caller polls the future again after
            // completion or a panic.
            Self::NotBegun(_) | Self::Done => Poll::Pending,
        }
    }
}
