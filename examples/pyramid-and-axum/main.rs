//! The part of the site that has moved to Rust: `/orders` and all paths below it. See README.md in this folder.
//!
//! ```text
//! SESSION_SECRET=… cargo run -p session-examples --example pyramid-and-axum [PORT]
//! ```

use std::error::Error;
use std::{env, io};

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::{Deserialize, Serialize};
use signed_session::axum::{
    CsrfLayer, CsrfToken, FlashMessages, Level, Session, SessionError, SessionLayer, TypedSession,
};
use signed_session::{JsonSerializer, Secret, Serializer, SignedCookieSessionFactory};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init(); // logs refused requests

    // app.py uses the same secret. Both sides use the default name, salt and hash of the cookie.
    let secret = Secret::from_env("SESSION_SECRET")?;
    let sessions = SignedCookieSessionFactory::builder(secret).httponly(true).build()?;

    let app = Router::new()
        .route("/orders", get(orders).post(order))
        .route("/orders/sign-out", post(sign_out))
        .layer(CsrfLayer::default())
        .layer(SessionLayer::new(sessions));

    let port = env::args().nth(1).map_or(Ok(3000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// The session's data, shared by both sides. Python reads `session["user"]` and `session["orders"]`.
#[derive(Default, Serialize, Deserialize)]
struct Account {
    user: Option<String>,
    orders: Vec<String>,
}

/// A page with the same layout and style as in app.py.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Orders</title>
<style>{{ style|safe }}</style>
</head>
<body>
<header>
<nav><a href="/">Home</a> <a href="/orders">Orders</a></nav>
{% if let Some(user) = account.user %}<p class="user">Signed in as <b>{{ user }}</b></p>{% endif %}
</header>
<main>
<h1>Orders</h1>
{% for message in messages %}<p class="flash {{ message.level }}" role="status">{{ message.text }}</p>{% endfor %}
{% if let Some(user) = account.user %}
<ul>{% for item in account.orders %}<li>{{ item }}</li>{% else %}<li>Nothing yet</li>{% endfor %}</ul>
<form method="post" action="/rename">{{ token.field()|safe }}
<label>Your name <input name="user" value="{{ user }}" autocomplete="username" required></label>
<button>Change</button></form>
<form method="post" action="/orders/sign-out">{{ token.field()|safe }}<button>Sign out</button></form>
{% else %}
<p><a class="button" href="/sign-in">Sign in</a> to see your orders.</p>
{% endif %}
</main>
<footer>Served by <b class="axum">axum</b></footer>
</body>
</html>
"#
)]
struct Page {
    style: &'static str,
    account: Account,
    messages: FlashMessages,
    token: CsrfToken,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        self.render().map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR).into_response()
    }
}

async fn orders(
    account: TypedSession<Account>,
    messages: FlashMessages,
    token: CsrfToken,
) -> Result<Page, SessionError> {
    Ok(Page { style: include_str!("style.css"), account: account.get()?, messages, token })
}

#[derive(Deserialize)]
struct Order {
    item: String,
}

/// The maximum length of the account as JSON, in bytes. The session has to fit into its cookie, together with the CSRF
/// token and the flash messages.
const MAX_ACCOUNT_LEN: usize = 2800;

async fn order(account: TypedSession<Account>, Form(order): Form<Order>) -> Result<Redirect, SessionError> {
    let mut current = account.get()?;
    if current.user.is_none() {
        // A client may send the form many times and never load a page, so queue the message only once.
        account.session().flash_unless_queued("Sign in first", Level::Error)?;
        return Ok(Redirect::to("/sign-in"));
    }
    current.orders.push(order.item);
    if JsonSerializer.dumps(&current).map_or(true, |json| json.len() > MAX_ACCOUNT_LEN) {
        account.session().flash_unless_queued("axum cannot take more orders", Level::Error)?;
        return Ok(Redirect::to("/"));
    }
    account.set(&current)?;
    account.session().flash_unless_queued("axum has taken your order", Level::Success)?;
    Ok(Redirect::to("/"))
}

async fn sign_out(session: Session) -> Result<Redirect, SessionError> {
    session.invalidate();
    session.flash("axum has signed you out", Level::Info)?;
    Ok(Redirect::to("/"))
}
