//! A guestbook without a database. Its sessions are in signed cookies, and a page shows the parts of the cookie.
//!
//! ```text
//! cargo run --example guestbook [-- --port N] [--timeout SECONDS] [--https]
//! ```

mod app;
mod book;
mod cookie;
mod error;
mod inspector;
mod layout;
mod options;
mod pages;
mod state;
mod time;
mod visit;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, fmt};

use signed_session::axum::CsrfPolicy;
use signed_session::{Secret, SignedCookieSessionFactory};
use tokio::net::TcpListener;

use crate::options::{Options, USAGE};

/// The environment variable with the secret that signs the sessions. Use the same value on each start and each server.
const SECRET: &str = "SESSION_SECRET";

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
    let sessions = SignedCookieSessionFactory::builder(secret()?)
        .timeout(options.timeout)
        .cookie_name(if options.https { "__Host-session" } else { "session" })
        .secure(options.https)
        .httponly(true)
        .build()?;
    let csrf = CsrfPolicy::builder().assume_https(options.https).max_form_len(16 * 1024).build()?;
    let app = app::router(sessions, csrf, options.timeout)?;

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
    axum::serve(listener, app).with_graceful_shutdown(interrupted()).await?;
    Ok(())
}

fn secret() -> Result<Secret, Box<dyn Error>> {
    if env::var_os(SECRET).is_some() {
        let strong = Secret::from_env(SECRET).and_then(|secret| secret.check_strength().map(|()| secret));
        return strong.map_err(|error| format!("{SECRET}: {error}").into());
    }
    eprintln!("{SECRET} is not set, so a new secret is generated: sessions end when this program ends.");
    Ok(Secret::generate()?)
}

/// Waits for Ctrl-C.
async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "cannot listen for Ctrl-C");
        std::future::pending().await
    }
}

fn failure(code: u8, error: impl fmt::Display) -> ExitCode {
    eprintln!("guestbook: {error}");
    ExitCode::from(code)
}
