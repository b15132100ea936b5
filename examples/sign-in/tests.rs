//! Requests to the application as a browser sends them.

use std::collections::BTreeMap;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode, request};
use signed_session::{CookieSession, EncryptedCookieSessionFactory, EncryptedSerializer};
use signed_session::{ManualClock, Secret, Timestamp};
use tower::ServiceExt;

use crate::app;
use crate::sessions::{REMEMBERED_TIMEOUT, Sessions};
use crate::users::{ADA, Users, ZOE};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns an Argon2 that takes little time and protects nothing.
pub(crate) fn weak_argon2() -> Argon2<'static> {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A browser that visits the application, with the cookies that it keeps.
struct Browser {
    app: Router,
    site: EncryptedCookieSessionFactory,
    clock: ManualClock,
    cookies: BTreeMap<String, String>,
}

/// A response. The browser has already stored its cookies.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    location: Option<String>,
    set_cookies: Vec<String>,
    text: String,
}

impl Browser {
    fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
        let sessions = Sessions::new(true, Secret::generate().unwrap(), clock.clone()).unwrap();
        let site = sessions.site.clone();
        let app = app::router(sessions, Users::demo(&weak_argon2()).unwrap()).unwrap();
        Self { app, site, clock, cookies: BTreeMap::new() }
    }

    fn cookie_header(&self) -> String {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    /// Loads the shop's session from the browser's cookie.
    fn session(&self) -> CookieSession<EncryptedSerializer> {
        self.site.load(self.cookie_header())
    }

    fn token(&self) -> String {
        self.session().csrf_token().unwrap()
    }

    async fn send(&mut self, request: request::Builder, body: String) -> Answer {
        let request = request.header(HOST, "shop.test").header(COOKIE, self.cookie_header());
        let response = self.app.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let set_cookies: Vec<_> = response.headers().get_all(SET_COOKIE).iter().map(text).collect();
        for line in &set_cookies {
            let (name, value) = line.split_once(';').unwrap().0.split_once('=').unwrap();
            if line.contains("; Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, location) = (response.status(), response.headers().get(LOCATION).map(text));
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, location, set_cookies, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), String::new()).await
    }

    /// Posts a form with this CSRF token.
    async fn post_with(&mut self, token: &str, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(ORIGIN, "https://shop.test")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, format!("csrf_token={token}&{form}")).await
    }

    /// Opens the shop, then posts a form with the current CSRF token of the session.
    async fn post(&mut self, path: &str, form: &str) -> Answer {
        self.get("/").await;
        self.post_with(&self.token(), path, form).await
    }

    async fn sign_in(&mut self, name: &str, password: &str, more: &str) -> Answer {
        self.post("/sign-in", &format!("name={name}&password={}{more}", password.replace(' ', "+"))).await
    }

    /// Returns the user's name from the account page, or `None` if that page redirects to the sign-in.
    async fn user(&mut self) -> Option<String> {
        let answer = self.get("/account").await;
        let (_, rest) = answer.text.split_once("You are signed in as ")?;
        Some(rest.split_once('.')?.0.to_owned())
    }
}

#[tokio::test]
async fn right_password_renews_session() {
    let mut browser = Browser::new();
    browser.post("/cart", "item=tea").await;
    let (old, old_token) = (browser.session().created(), browser.token());
    browser.clock.advance(MINUTE);

    let answer = browser.sign_in("zoe", ZOE, "").await;
    assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::SEE_OTHER, Some("/account")));
    let session = browser.session();
    assert_eq!(session.created().secs_since(old), 60.0);
    assert_eq!(session.get("cart").unwrap(), Some(vec!["tea"]));
    assert_ne!(browser.token(), old_token);

    let answer = browser.post_with(&old_token, "/cart", "item=milk").await;
    assert_eq!(
        answer.status,
        StatusCode::FORBIDDEN,
        "a form with the token from before the sign-in should be refused"
    );
    assert_eq!(browser.post("/cart", "item=milk").await.status, StatusCode::SEE_OTHER);
    let page = browser.get("/").await.text;
    assert!(page.contains("Hello, zoe") && page.contains("<li>tea</li><li>milk</li>"), "{page}");
}

#[tokio::test]
async fn wrong_password_is_reported_once_on_form() {
    let mut browser = Browser::new();
    browser.post("/cart", "item=tea").await;
    let token = browser.token();
    for (name, password) in [("zoe", ADA), ("eve", ZOE)] {
        let answer = browser.sign_in(name, password, "&remember=on").await;
        assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::SEE_OTHER, Some("/sign-in")));
        assert_eq!(answer.text, "");

        let message = r#"<p class="error" role="status">Wrong name or password.</p>"#;
        assert!(browser.get("/sign-in").await.text.contains(message), "{name}");
        assert!(!browser.get("/sign-in").await.text.contains(message), "{name}");
        assert_eq!(browser.user().await, None);
    }
    assert_eq!(browser.token(), token);
    assert_eq!(browser.session().get("cart").unwrap(), Some(vec!["tea"]));
}

/// Regression: a client that sent forms and loaded no page filled its cookie with messages. Then the session could not
/// be saved.
#[tokio::test]
async fn repeated_sign_in_queues_message_once() {
    let mut browser = Browser::new();
    browser.get("/").await;
    let token = browser.token();
    for _ in 0..100 {
        let answer = browser.post_with(&token, "/sign-in", "name=zoe&password=wrong").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(browser.get("/sign-in").await.text.matches("Wrong name or password.").count(), 1);
}

#[tokio::test]
async fn sign_in_of_another_user_empties_cart() {
    let mut browser = Browser::new();
    browser.sign_in("zoe", ZOE, "&remember=on").await;
    browser.post("/cart", "item=tea").await;
    browser.sign_in("zoe", ZOE, "").await;
    assert_eq!(browser.session().get("cart").unwrap(), Some(vec!["tea"]));

    let token = browser.token();
    browser.sign_in("ada", ADA, "").await;
    assert_eq!(browser.user().await.as_deref(), Some("ada"));
    assert!(!browser.session().contains("cart"));
    assert_ne!(browser.token(), token);
}

/// Regression: the limit was a number of items, so items of wide or escaped characters exceeded the size of a cookie.
#[tokio::test]
async fn full_cart_fits_into_cookie() {
    for character in ["x", "%22", "%01", "%F0%9F%8D%AA"] {
        let mut browser = Browser::new();
        let item = format!("item={}", character.repeat(40));
        let is_full = |page: &str| page.contains("Your cart is full.");
        while !is_full(&browser.get("/").await.text) {
            let token = browser.token();
            let answer = browser.post_with(&token, "/cart", &item).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{character}");
        }
        assert!(browser.session().get::<Vec<String>>("cart").unwrap().unwrap().len() >= 8, "{character}");

        browser.sign_in("ada", ADA, "&remember=on").await;
        browser.get("/").await; // creates the new CSRF token
        let token = browser.token();
        // Messages that no page has shown yet also take space in the cookie.
        for item in [&*item, &*format!("item={}", "x".repeat(41))].repeat(50) {
            let answer = browser.post_with(&token, "/cart", item).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{character}");
        }
        let page = browser.get("/").await.text;
        assert!(is_full(&page) && page.contains("at most 40 characters"), "{page}");
        assert_eq!(browser.user().await.as_deref(), Some("ada"), "{character}");
    }
}

#[tokio::test]
async fn remembered_user_stays_signed_in() {
    let mut browser = Browser::new();
    let answer = browser.sign_in("zoe", ZOE, "&remember=on").await;
    let [cookie] = &*answer.set_cookies else { panic!("{answer:?}") };
    assert!(cookie.starts_with("__Host-session=") && cookie.contains("; Max-Age=1209600;"), "{cookie}");
    assert!(browser.get("/account").await.text.contains("it expires in 14 days"));

    // Each of these visits restarts the timeout. The lifetime of 60 days still ends the session.
    for _ in 0..4 {
        browser.clock.advance(REMEMBERED_TIMEOUT);
        assert_eq!(browser.user().await.as_deref(), Some("zoe"));
    }
    assert!(browser.get("/account").await.text.contains("began 56 days ago"));
    browser.clock.advance(4 * DAY + MINUTE);
    assert_eq!(browser.user().await, None);
}

#[tokio::test]
async fn sign_in_without_remember_me_ends_after_idle_time() {
    let mut browser = Browser::new();
    browser.sign_in("zoe", ZOE, "&remember=on").await;
    let answer = browser.sign_in("zoe", ZOE, "").await; // no longer remembered
    let [cookie] = &*answer.set_cookies else { panic!("{answer:?}") };
    assert!(cookie.starts_with("__Host-session=") && !cookie.contains("Max-Age"), "{cookie}");
    browser.clock.advance(5 * MINUTE);
    let page = browser.get("/account").await.text;
    assert!(page.contains("began 5 minutes ago") && page.contains("expires in 20 minutes"), "{page}");
    browser.clock.advance(21 * MINUTE);
    assert_eq!(browser.user().await, None);
    assert!(browser.get("/sign-in").await.text.contains("Sign in first."));
}

/// Regression: the page said "0 minutes" and "1 minutes".
#[tokio::test]
async fn short_times_are_written_in_plain_words() {
    let mut browser = Browser::new();
    browser.sign_in("zoe", ZOE, "").await;
    for (secs, shown) in
        [(0, "less than a minute"), (29, "less than a minute"), (31, "1 minute"), (60, "2 minutes")]
    {
        browser.clock.advance(Duration::from_secs(secs));
        let page = browser.get("/account").await.text;
        assert!(page.contains(&format!("began {shown} ago")), "{page}");
    }
}

#[tokio::test]
async fn sign_out_ends_both_sessions() {
    let mut browser = Browser::new();
    browser.sign_in("ada", ADA, "&remember=on").await;
    browser.post("/cart", "item=tea").await;
    browser.post("/admin/sign-in", &format!("password={}", ADA.replace(' ', "+"))).await;
    assert_eq!(browser.cookies.len(), 2);

    let answer = browser.post("/sign-out", "").await;
    assert_eq!(answer.location.as_deref(), Some("/"));
    assert!(!browser.cookies.contains_key("__Host-admin"), "{answer:?}");
    let session = browser.session();
    assert!(!session.contains("user") && !session.contains("cart"));
    assert!(browser.get("/").await.text.contains("You have signed out."));
    assert_eq!(browser.user().await, None);
}

#[tokio::test]
async fn admin_area_asks_for_password_again() {
    let mut browser = Browser::new();
    browser.sign_in("ada", ADA, "").await;
    assert_eq!(browser.get("/admin").await.location.as_deref(), Some("/admin/sign-in"));
    let answer = browser.post("/admin/sign-in", "password=guess").await;
    assert_eq!(answer.location.as_deref(), Some("/admin/sign-in"));
    assert!(browser.get("/admin/sign-in").await.text.contains("Wrong password."));

    let answer = browser.post("/admin/sign-in", &format!("password={}", ADA.replace(' ', "+"))).await;
    assert_eq!(answer.location.as_deref(), Some("/admin"));
    assert!(browser.get("/admin").await.text.contains("the password again in 5 minutes"));

    browser.clock.advance(6 * MINUTE);
    assert_eq!(browser.get("/admin").await.location.as_deref(), Some("/admin/sign-in"));
    assert_eq!(browser.user().await.as_deref(), Some("ada"), "the session of the shop should live longer");
}

#[tokio::test]
async fn admin_area_is_only_for_administrators() {
    let mut browser = Browser::new();
    assert_eq!(browser.get("/admin").await.location.as_deref(), Some("/sign-in"));
    browser.sign_in("zoe", ZOE, "").await;
    assert_eq!(browser.get("/admin").await.status, StatusCode::FORBIDDEN);
    let answer = browser.post("/admin/sign-in", &format!("password={}", ZOE.replace(' ', "+"))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!browser.cookies.contains_key("__Host-admin"));
}
