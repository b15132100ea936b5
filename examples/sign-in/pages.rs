//! The pages.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use signed_session::axum::{CsrfToken, FlashMessages, Level, Session};
use signed_session::{CompactJsonSerializer, Serializer};

use crate::error::AppError;
use crate::sessions::Admin;
use crate::state::App;
use crate::who::{AdminUser, CurrentAdmin, CurrentUser};

/// The key of the session entry that holds the cart.
const CART: &str = "cart";
/// Maximum size of the cart as JSON, in bytes. The session has to fit into a cookie, which has space for about 3000
/// bytes.
const MAX_CART_LEN: usize = 2000;
/// Maximum length of an item's name, in characters.
const MAX_NAME_LEN: usize = 40;

/// The layout of all pages.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ title }}</title>
<style>
body { max-width: 36rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif }
form { margin: 1rem 0 } label { display: block; margin: .5rem 0 } .error { color: #a00 }
</style>
</head>
<body>
<nav><a href="/">Shop</a> <a href="/account">Account</a> <a href="/admin">Administration</a></nav>
<h1>{{ title }}</h1>
{% for message in messages %}<p class="{{ message.level }}" role="status">{{ message.text }}</p>
{% endfor %}{{ content|safe }}
</body>
</html>
"#
)]
struct Page<C: Template + Display> {
    title: &'static str,
    messages: FlashMessages,
    content: C,
}

impl<C: Template + Display> IntoResponse for Page<C> {
    fn into_response(self) -> Response {
        self.render()
            .map_or_else(|error| AppError::from(error).into_response(), |html| Html(html).into_response())
    }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% match user %}{% when Some(user) %}<p>Hello, {{ user.name }}.</p>
{% when None %}<p><a href="/sign-in">Sign in</a>, or fill your cart first.</p>{% endmatch %}
<ul>{% for item in cart %}<li>{{ item }}</li>{% else %}<li>Your cart is empty.</li>{% endfor %}</ul>
<form method="post" action="/cart">{{ token.field()|safe }}
<label>Item <input name="item" maxlength="{{ MAX_NAME_LEN }}" required></label> <button>Add to cart</button></form>"#
)]
struct Shop {
    user: Option<CurrentUser>,
    cart: Vec<String>,
    token: CsrfToken,
}

/// `GET /`
pub(crate) async fn shop(
    State(app): State<Arc<App>>,
    session: Session,
    messages: FlashMessages,
    token: CsrfToken,
) -> Result<impl IntoResponse, AppError> {
    let user = CurrentUser::of(&app, &session)?;
    let cart = session.get(CART)?.unwrap_or_default();
    Ok(Page { title: "Shop", messages, content: Shop { user, cart, token } })
}

#[derive(Deserialize)]
pub(crate) struct Item {
    item: String,
}

/// `POST /cart`. Visitors need no sign-in.
pub(crate) async fn add_to_cart(session: Session, Form(form): Form<Item>) -> Result<Redirect, AppError> {
    let mut cart: Vec<String> = session.get(CART)?.unwrap_or_default();
    let is_too_long = form.item.chars().count() > MAX_NAME_LEN;
    cart.push(form.item);
    // `flash_unless_queued`, because each further copy of a message would also take space in the cookie.
    if is_too_long {
        let text = format!("The name of an item has at most {MAX_NAME_LEN} characters.");
        session.flash_unless_queued(text, Level::Warning)?;
    } else if CompactJsonSerializer.dumps(&cart)?.len() > MAX_CART_LEN {
        session.flash_unless_queued("Your cart is full.", Level::Warning)?;
    } else {
        session.insert(CART, cart)?;
    }
    Ok(Redirect::to("/"))
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<form method="post">{{ token.field()|safe }}
<label>Name <input name="name" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<label><input name="remember" type="checkbox"> Remember me on this device</label>
<button>Sign in</button></form>"#
)]
struct SignInForm {
    token: CsrfToken,
}

/// `GET /sign-in`
pub(crate) async fn sign_in_form(messages: FlashMessages, token: CsrfToken) -> impl IntoResponse {
    Page { title: "Sign in", messages, content: SignInForm { token } }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>You are signed in as {{ user.name }}.</p>
<p>Your session began {{ age }} ago.
{% if let Some(left) = left %}Without another request, it expires in {{ left }}.{% endif %}</p>
<form method="post" action="/sign-out">{{ token.field()|safe }}<button>Sign out</button></form>"#
)]
struct Account {
    user: CurrentUser,
    age: String,
    left: Option<String>,
    token: CsrfToken,
}

/// `GET /account`
pub(crate) async fn account(
    user: CurrentUser,
    session: Session,
    messages: FlashMessages,
    token: CsrfToken,
) -> impl IntoResponse {
    let (age, left) = (span(session.age()), time_left(&session).map(span));
    Page { title: "Account", messages, content: Account { user, age, left, token } }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>You are signed in as the administrator {{ user.name }}.
{% if let Some(left) = left %}Without another request here, you need the password again in {{ left }}.{% endif %}</p>"#
)]
struct Administration {
    user: CurrentUser,
    left: Option<String>,
}

/// `GET /admin`
pub(crate) async fn admin(
    CurrentAdmin(user): CurrentAdmin,
    session: Session<Admin>,
    messages: FlashMessages,
) -> impl IntoResponse {
    let left = time_left(&session).map(span);
    Page { title: "Administration", messages, content: Administration { user, left } }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>{{ user.name }}, enter your password again.</p>
<form method="post">{{ token.field()|safe }}
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Continue</button></form>"#
)]
struct AdminSignInForm {
    user: CurrentUser,
    token: CsrfToken,
}

/// `GET /admin/sign-in`
pub(crate) async fn admin_sign_in_form(
    AdminUser(user): AdminUser,
    messages: FlashMessages,
    token: CsrfToken,
) -> impl IntoResponse {
    Page { title: "Administration", messages, content: AdminSignInForm { user, token } }
}

/// Returns the time until the session expires if no other request uses it.
fn time_left<N>(session: &Session<N>) -> Option<Duration> {
    let lifetime = session.expires_at()?.secs_since(session.created());
    Duration::try_from_secs_f64(lifetime).ok()?.checked_sub(session.age())
}

/// Formats a duration, rounded to minutes or days.
fn span(time: Duration) -> String {
    const DAY: f64 = 24.0 * 60.0;
    match (time.as_secs_f64() / 60.0).round() {
        0.0 => "less than a minute".to_owned(),
        1.0 => "1 minute".to_owned(),
        minutes if minutes < 2.0 * DAY => format!("{minutes} minutes"),
        minutes => format!("{:.0} days", minutes / DAY),
    }
}
