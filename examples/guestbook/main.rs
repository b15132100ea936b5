//! A guestbook whose users can see their sessions and end them. The sessions are in a store: SQLite, Redis, PostgreSQL
//! or memory. With `--store cookie`, they are in encrypted cookies instead, and a page shows the parts of the cookie.
//!
//! ```text
//! cargo run --example guestbook [-- [--store WHERE] [--port N] [--timeout SECONDS] [--https]]
//! ```

mod app;
mod book;
mod cookie;
mod devices;
mod error;
mod inspector;
mod layout;
mod options;
mod pages;
mod sessions;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod time;
mod user_agent;
mod visit;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fmt};

use signed_session::axum::CsrfPolicy;
use signed_session::{Secret, SecretError, Secrets};
use tokio::net::TcpListener;

use crate::options::{Options, USAGE};
use crate::sessions::Sessions;
use crate::state::App;
use crate::store::OpenStore;

/// The environment variable with the secret that protects the cookies. Use the same value on each start and each
/// server.
const SECRET: &str = "SESSION_SECRET";
/// The environment variable with the previous secret, during a rotation.
const RETIRED_SECRET: &str = "RETIRED_SESSION_SECRET";
/// Maximum time that a running request may take to finish after Ctrl-C or SIGTERM.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            // A closed pipe, for example to `head`, is not a failure.
            let _ = writeln!(io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return failure(2, format_args!("{error}\n\n{USAGE}")),
    };
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(io::stderr).init();
    match serve(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(1, error),
    }
}

async fn serve(options: &Options) -> Result<(), Box<dyn Error>> {
    let open = OpenStore::open(&options.place).await?;
    let store = open.as_ref().map(|open| open.store.clone());
    let sessions = Sessions::new(secrets()?, store, options)?;
    let csrf = CsrfPolicy::builder().assume_https(options.https).max_form_len(16 * 1024).build()?;
    let app = app::router(App::new(options.timeout, sessions.are_in_store()), sessions, csrf);

    let listener = TcpListener::bind(("127.0.0.1", options.port)).await.map_err(|error| {
        format!("cannot listen on port {}: {error}; choose another with --port N", options.port)
    })?;
    let port = listener.local_addr()?.port();
    if options.https {
        eprintln!("A proxy must terminate TLS and pass the Host header on.");
    }
    let mut stdout = io::stdout();
    writeln!(stdout, "Listening on http://localhost:{port}")?;
    stdout.flush()?;
    let late = async {
        interrupted().await;
        tokio::time::sleep(SHUTDOWN_LIMIT).await;
    };
    tokio::select! {
        served = axum::serve(listener, app).with_graceful_shutdown(interrupted()) => served?,
        () = late => {}
    }
    Ok(())
}

fn secrets() -> Result<Secrets, Box<dyn Error>> {
    let current = secret(SECRET)?;
    if current.is_none() {
        eprintln!("{SECRET} is not set, so a new secret is generated: sessions end when this program ends.");
    }
    let mut secrets = Secrets::from(current.map_or_else(Secret::generate, Ok)?);
    if let Some(retired) = secret(RETIRED_SECRET)? {
        secrets.push_retired(retired);
    }
    Ok(secrets)
}

/// Returns the secret in an environment variable, or `None` if the variable is not set.
fn secret(name: &str) -> Result<Option<Secret>, String> {
    let strong = |secret: Secret| -> Result<Secret, SecretError> { secret.check_strength().map(|()| secret) };
    let secret = env::var_os(name).map(|_| Secret::from_env(name).and_then(strong));
    secret.transpose().map_err(|error| format!("{name}: {error}"))
}

/// Waits for Ctrl-C or SIGTERM. `serve` then returns and drops the store, which removes its temporary file.
async fn interrupted() {
    let pressed = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "cannot listen for Ctrl-C");
            std::future::pending().await
        }
    };
    tokio::select! {
        () = pressed => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut signals) => drop(signals.recv().await),
        Err(error) => {
            tracing::warn!(%error, "cannot listen for SIGTERM");
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

fn failure(code: u8, error: impl fmt::Display) -> ExitCode {
    eprintln!("guestbook: {error}");
    ExitCode::from(code)
}
