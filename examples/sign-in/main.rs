//! A shop where visitors sign in with a password: "remember me", sign-out, and an admin area with its own session.
//!
//! ```text
//! cargo run -p session-examples --example sign-in [-- PORT]
//! ```

mod app;
mod error;
mod pages;
mod sessions;
mod sign_in;
mod state;
#[cfg(test)]
mod tests;
mod users;
mod who;

use std::error::Error;
use std::{env, io};

use argon2::Argon2;
use signed_session::{Secret, SystemClock};

use crate::sessions::Sessions;
use crate::users::Users;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init(); // logs refused requests

    // In production, read the secret: Secret::from_env("SESSION_SECRET")?
    let secret = Secret::generate()?;
    let is_https = false; // with true, the cookies have their production settings
    let sessions = Sessions::new(is_https, secret, SystemClock)?;
    let users = Users::demo(&Argon2::default())?;

    let port = env::args().nth(1).map_or(Ok(3000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    println!(
        "Sign in as zoe with the password {:?}, or as the administrator ada with {:?}.",
        users::ZOE,
        users::ADA
    );
    axum::serve(listener, app::router(sessions, users)?).await?;
    Ok(())
}
