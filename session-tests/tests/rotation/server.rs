//! A server of the site.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpServer, rt};
use axum::Router;
use axum::routing::{get, post};
use signed_session::{BaseCookieSessionFactory, Serializer};
use tokio::sync::oneshot;

use crate::handlers;

/// The framework of a server.
#[derive(Clone, Copy)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

/// A running server, which stops when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start<S: Serializer>(framework: Framework, sessions: BaseCookieSessionFactory<S>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || match framework {
            Framework::Axum => serve_axum(listener, sessions, stopped),
            Framework::Actix => serve_actix(listener, sessions, stopped),
        });
        Self { address, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn serve_axum<S: Serializer>(
    listener: TcpListener,
    sessions: BaseCookieSessionFactory<S>,
    stop: oneshot::Receiver<()>,
) {
    let routes = Router::new()
        .route("/sign-in", post(handlers::sign_in))
        .route("/sign-out", post(handlers::sign_out))
        .route("/hit", post(handlers::hit))
        .route("/home", get(handlers::home))
        .route("/key", get(handlers::key));
    let app = routes.clone().nest("/shop", routes).layer(signed_session::axum::SessionLayer::new(sessions));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let server = axum::serve(listener, app);
        tokio::select! {
            ended = async { server.await } => ended.unwrap(),
            _ = stop => {}
        }
    });
}

fn serve_actix<S: Serializer>(
    listener: TcpListener,
    sessions: BaseCookieSessionFactory<S>,
    stop: oneshot::Receiver<()>,
) {
    let routes = |config: &mut ServiceConfig| {
        config
            .route("/sign-in", web::post().to(handlers::sign_in))
            .route("/sign-out", web::post().to(handlers::sign_out))
            .route("/hit", web::post().to(handlers::hit))
            .route("/home", web::get().to(handlers::home))
            .route("/key", web::get().to(handlers::key));
    };
    let app = move || {
        let layer = signed_session::actix::SessionLayer::new(sessions.clone());
        App::new().service(web::scope("/shop").configure(routes)).configure(routes).wrap(layer)
    };
    let ended = rt::System::new().block_on(async {
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        rt::spawn(async move {
            let _ = stop.await;
            handle.stop(false).await;
        });
        server.await
    });
    ended.unwrap();
}
