//! A server in a thread of its own.

use std::future::IntoFuture;
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use actix_web::dev::Server;
use actix_web::rt;
use axum::Router;
use tokio::sync::oneshot;

/// A running server, which stops when it is dropped.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts a thread that calls `serve` with a listener on a free port. `serve` returns when the receiver is ready.
    pub(crate) fn start(serve: impl FnOnce(TcpListener, oneshot::Receiver<()>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || serve(listener, stopped));
        Self { address, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            ended.expect("the thread is joined once").expect("the server ends without a panic");
        }
    }
}

/// Serves an application on axum until `stop` is ready.
pub(crate) fn axum(listener: TcpListener, app: Router, stop: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let server = axum::serve(listener, app).into_future();
        tokio::select! {
            ended = server => ended.unwrap(),
            _ = stop => {}
        }
    });
}

/// Runs a server on actix-web until `stop` is ready.
pub(crate) fn actix(server: Server, stop: oneshot::Receiver<()>) {
    let ended = rt::System::new().block_on(async {
        let handle = server.handle();
        rt::spawn(async move {
            let _ = stop.await;
            handle.stop(false).await;
        });
        server.await
    });
    ended.unwrap();
}
