//! A guestbook without a database. Its sessions are in encrypted cookies, and a page shows the parts of the cookie.
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
use signed_session::{EncryptedCookieSessionFactory, Secret, SecretError, Secrets};
use tokio::net::TcpListener;

use crate::options::{Options, USAGE};

/// The environment variable with the secret that encrypts the sessions. Use the same value on each start and each
/// server.
const SECRET: &str = "SESSION_SECRET";
/// The environment variable with the previous secret, during a rotation.
const RETIRED_SECRET: &str = "RETIRED_SESSION_SECRET";

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
    let mut builder = EncryptedCookieSessionFactory::builder(secrets()?).timeout(options.timeout);
    if !options.https {
        builder = builder.development(); // the cookie has no `Secure`, and no `__Host-` in its name
    }
    let sessions = builder.build()?;
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
