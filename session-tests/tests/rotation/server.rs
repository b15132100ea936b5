//! A server of the site.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::routing::{get, post};
use signed_session::axum::{Session, SessionError, SessionLayer};
use signed_session::{BaseCookieSessionFactory, Builder, Protection, Serializer};
use tokio::sync::oneshot;

/// A running server, which stops when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start<S: Serializer>(sessions: BaseCookieSessionFactory<S>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let server = axum::serve(listener, app(sessions));
                tokio::select! {
                    ended = async { server.await } => ended.unwrap(),
                    _ = stopped => {}
                }
            });
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

/// The configuration of a server, and its name in messages.
pub(crate) struct Configuration {
    pub(crate) name: &'static str,
    start: Box<dyn Fn() -> Server>,
}

impl Configuration {
    pub(crate) fn new<P: Protection>(name: &'static str, builder: impl Fn() -> Builder<P> + 'static) -> Self {
        Self { name, start: Box::new(move || Server::start(builder().build().unwrap())) }
    }

    pub(crate) fn start(&self) -> Server {
        (self.start)()
    }
}

fn app<S: Serializer>(sessions: BaseCookieSessionFactory<S>) -> Router {
    Router::new()
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/hit", post(hit))
        .route("/", get(home))
        .route("/key", get(key))
        .layer(SessionLayer::new(sessions))
}

async fn sign_in(session: Session, user: String) -> Result<(), SessionError> {
    session.renew();
    session.insert("user", user)?;
    session.flash("signed in", "")
}

async fn sign_out(session: Session) {
    session.invalidate();
}

/// Counts a request of a signed-in user. Returns 0 for other visitors.
async fn hit(session: Session) -> Result<String, SessionError> {
    if !session.contains("user") {
        return Ok("0".to_owned());
    }
    let hits = session.get::<u32>("hits")?.unwrap_or(0) + 1;
    session.insert("hits", hits)?;
    Ok(hits.to_string())
}

/// Returns the user, the flash messages, and the CSRF token, which is created once.
async fn home(session: Session) -> Result<String, SessionError> {
    let (user, messages): (Option<String>, Vec<String>) = (session.get("user")?, session.pop_flash("")?);
    Ok(serde_json::json!([user, messages, session.csrf_token()?]).to_string())
}

/// Returns the label of the key that authenticated the session.
async fn key(session: Session) -> String {
    session.cookie_key().map_or_else(|| "none".to_owned(), |key| key.to_string())
}
