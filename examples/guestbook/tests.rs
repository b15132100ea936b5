//! Requests to the application as a browser sends them.

mod contended;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    ALLOW, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, RETRY_AFTER, SET_COOKIE, USER_AGENT,
};
use axum::http::{HeaderMap, StatusCode, request};
use session_store_sqlx::SqliteStore;
use session_tests::servers::{PostgresServer, RedisServer};
use signed_session::Secret;
use signed_session::axum::CsrfPolicy;
use signed_session::{DynStore, MemoryStore};
use sqlx::sqlite::SqlitePoolOptions;
use tower::ServiceExt;

use crate::app;
use crate::options::Options;
use crate::sessions::Sessions;
use crate::state::App;
use crate::store::{OpenStore, Place};
use contended::Contended;

const PAGE: &str = "/account/sessions";

fn site(store: Option<DynStore>) -> Router {
    let options = Options::default();
    let sessions = Sessions::new(Secret::generate().unwrap().into(), store, &options).unwrap();
    let app = App::new(options.timeout, sessions.are_in_store());
    app::router(app, sessions, CsrfPolicy::builder().build().unwrap())
}

fn site_in_memory() -> Router {
    site(Some(DynStore::new(MemoryStore::new())))
}

/// A browser that visits the site, with the cookie that it keeps.
#[derive(Clone)]
struct Browser {
    site: Router,
    agent: &'static str,
    cookie: Option<String>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Browser {
    fn new(site: &Router, agent: &'static str) -> Self {
        Self { site: site.clone(), agent, cookie: None }
    }

    async fn signed_in(site: &Router, agent: &'static str, name: &str) -> Self {
        let mut browser = Self::new(site, agent);
        let answer = browser.submit("/account/sign-in", "/account/sign-in", &format!("name={name}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    async fn send(&mut self, request: request::Builder, body: String) -> Answer {
        let mut request = request.header(HOST, "book.test").header(USER_AGENT, self.agent);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        let response = self.site.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(line) = parts.headers.get(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let pair = line.split_once(';').unwrap().0.to_owned();
            self.cookie = (!line.contains("Max-Age=0")).then_some(pair);
        }
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), String::new()).await
    }

    /// Gets the page `from`, and submits a form to `to` with the CSRF token of that page.
    async fn submit(&mut self, from: &str, to: &str, fields: &str) -> Answer {
        let page = self.get(from).await;
        let token = values(&page.text, "csrf_token").remove(0);
        let request = Request::post(to)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ORIGIN, "http://book.test");
        self.send(request, format!("{fields}&csrf_token={token}")).await
    }

    async fn end(&mut self, handle: &str) -> Answer {
        self.submit(PAGE, "/account/sessions/end", &format!("handle={handle}")).await
    }

    async fn is_signed_in(&mut self) -> bool {
        self.get("/").await.text.contains("Sign out")
    }
}

/// Returns the values of the hidden fields with this name.
fn values(page: &str, name: &str) -> Vec<String> {
    let field = format!(r#"name="{name}" value=""#);
    page.split(&field).skip(1).map(|rest| rest.split_once('"').unwrap().0.to_owned()).collect()
}

#[tokio::test]
async fn user_ends_session_of_another_browser() {
    let site = site_in_memory();
    let mut desk = Browser::signed_in(&site, "Desk", "Ada").await;
    let mut phone = Browser::signed_in(&site, "Phone", "Ada").await;
    let page = desk.get(PAGE).await.text;
    assert!(page.contains("Desk") && page.contains("Phone"), "{page}");
    let [handle] = &values(&page, "handle")[..] else { panic!("expected one end button: {page}") };

    assert_eq!(desk.end(handle).await.headers[LOCATION], PAGE);
    let page = desk.get(PAGE).await.text;
    assert!(page.contains("The session has ended.") && !page.contains("Phone"), "{page}");
    let page = phone.get("/").await.text;
    assert!(page.contains("Your session has ended") && !page.contains("Sign out"), "{page}");
    assert_eq!(phone.cookie, None, "the response should remove the cookie");
    assert!(desk.is_signed_in().await);
}

#[tokio::test]
async fn session_of_another_user_is_not_ended() {
    let site = site_in_memory();
    let mut ada = Browser::signed_in(&site, "Desk", "Ada").await;
    let _phone = Browser::signed_in(&site, "Phone", "Ada").await;
    let mut eve = Browser::signed_in(&site, "Eve", "Eve").await;
    let handles = values(&ada.get(PAGE).await.text, "handle");
    for handle in [&*handles[0], &"0".repeat(64)] {
        assert_eq!(eve.end(handle).await.status, StatusCode::SEE_OTHER);
        assert!(eve.get(PAGE).await.text.contains("That session had ended already."), "{handle}");
    }
    for malformed in ["", "no handle"] {
        assert_eq!(eve.end(malformed).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{malformed}");
    }
    assert_eq!(values(&ada.get(PAGE).await.text, "handle"), handles);
}

#[tokio::test]
async fn ending_current_session_signs_out() {
    let site = site_in_memory();
    let mut ada = Browser::signed_in(&site, "Desk", "Ada").await;
    let page = ada.get(PAGE).await.text;
    assert!(values(&page, "handle").is_empty(), "the page should have no button to end the current session");
    let handle = page.split("<dd><code>").nth(1).unwrap()[..64].to_owned();
    assert_eq!(ada.end(&handle).await.headers[LOCATION], "/");
    assert!(!ada.is_signed_in().await);
}

#[tokio::test]
async fn other_sessions_are_ended_together() {
    let site = site_in_memory();
    let mut desk = Browser::signed_in(&site, "Desk", "Ada").await;
    let mut others =
        [Browser::signed_in(&site, "Phone", "Ada").await, Browser::signed_in(&site, "Laptop", "Ada").await];
    let mut zoe = Browser::signed_in(&site, "Zoe", "Zoe").await;
    desk.submit(PAGE, "/account/sessions/end-others", "").await;
    assert!(desk.get(PAGE).await.text.contains("2 other sessions have ended."));
    for other in &mut others {
        assert!(!other.is_signed_in().await);
    }
    assert!(zoe.is_signed_in().await);
}

#[tokio::test]
async fn every_store_lists_the_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let (redis, postgres) = (RedisServer::start(), PostgresServer::start());
    let mut urls = vec!["memory".to_owned(), format!("sqlite:{}", folder.path().join("book.db").display())];
    urls.extend(redis.as_ref().map(RedisServer::url));
    urls.extend(postgres.as_ref().map(PostgresServer::url));
    let places = urls.iter().map(|url| Place::parse(url).unwrap());
    for place in places.chain([Place::TemporaryFile]) {
        let open = OpenStore::open(&place).await.unwrap().unwrap();
        let site = site(Some(open.store.clone()));
        let mut ada = Browser::signed_in(&site, "Desk", "Ada").await;
        let page = ada.get(PAGE).await;
        assert!(page.status == StatusCode::OK && page.text.contains("Desk"), "{place:?}: {}", page.text);
    }
    assert!(OpenStore::open(&Place::Cookie).await.unwrap().is_none());
}

#[tokio::test]
async fn sign_out_ends_copies_of_the_cookie() {
    let mut ada = Browser::signed_in(&site_in_memory(), "Desk", "Ada").await;
    let mut copy = ada.clone();
    assert!(copy.is_signed_in().await);
    ada.submit("/", "/account/sign-out", "").await;
    assert!(!copy.is_signed_in().await);
}

#[tokio::test]
async fn session_list_needs_sign_in() {
    let mut visitor = Browser::new(&site_in_memory(), "Desk");
    assert_eq!(visitor.get(PAGE).await.headers[LOCATION], "/account/sign-in");
    assert!(visitor.get("/account/sign-in").await.text.contains("Sign in to see your sessions."));
}

#[tokio::test]
async fn user_agent_is_escaped() {
    let mut ada = Browser::signed_in(&site_in_memory(), "<script>\"&", "Ada").await;
    let page = ada.get(PAGE).await.text;
    assert!(page.contains("&#60;script&#62;&#34;&#38;") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn long_user_agent_is_shortened() {
    let agent: &'static str = "a".repeat(300).leak();
    let mut ada = Browser::signed_in(&site_in_memory(), agent, "Ada").await;
    let page = ada.get(PAGE).await.text;
    assert!(page.contains(&"a".repeat(200)) && !page.contains(&"a".repeat(201)), "{page}");
}

/// Regression: a form that was sent from another site got the page that says that the form is out of date.
#[tokio::test]
async fn refused_form_gets_page_with_the_reason() {
    let mut ada = Browser::signed_in(&site_in_memory(), "Desk", "Ada").await;
    for (origin, title) in [
        ("http://book.test", "This form is out of date"),
        ("http://elsewhere.test", "This form was not sent from our site"),
    ] {
        let request = Request::post("/")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ORIGIN, origin);
        let answer = ada.send(request, "text=Hello&csrf_token=wrong".to_owned()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text.contains(&format!("<h1>{title}</h1>")), "{}", answer.text);
    }
    assert!(!ada.get("/").await.text.contains("Hello"));
}

#[tokio::test]
async fn client_error_gets_page() {
    let mut ada = Browser::signed_in(&site_in_memory(), "Desk", "Ada").await;
    for (path, status, title, allowed) in [
        ("/nowhere", StatusCode::NOT_FOUND, "Page not found", None),
        ("/account/sign-out", StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", Some("POST")),
    ] {
        let answer = ada.get(path).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.get(ALLOW).map(|value| value.to_str().unwrap()), allowed);
        assert!(answer.text.contains(&format!("<h1>{title}</h1>")), "{}", answer.text);
        assert!(answer.text.contains("Sign out"), "the page should show that the visitor is signed in");
    }
    let answer = ada.submit("/", "/", &"x".repeat(1 << 22)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text.contains("<h1>Form too large</h1>"), "{}", answer.text);
}

#[tokio::test]
async fn unreachable_store_returns_503_page() {
    let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy("sqlite::memory:").unwrap();
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    let site = site(Some(DynStore::new(store)));
    let mut ada = Browser::signed_in(&site, "Desk", "Ada").await;
    let cookie = ada.cookie.clone();
    pool.close().await;

    let form = || Request::post("/").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    for request in [Request::get("/"), Request::get(PAGE), form()] {
        let answer = ada.send(request, "text=Hello".to_owned()).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers[RETRY_AFTER], "1");
        assert!(answer.text.contains("<h1>The sessions cannot be reached</h1>"), "{}", answer.text);
    }
    assert_eq!(ada.cookie, cookie, "the browser should keep its cookie");
    // A visitor without a cookie can read the guestbook, because that request does not ask the store.
    let mut visitor = Browser::new(&site, "Phone");
    assert_eq!(visitor.get("/").await.status, StatusCode::OK);
    // The sign-in form needs a CSRF token, which cannot be saved.
    assert_eq!(visitor.get("/account/sign-in").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// Regression: the page said that the server could not reach the store.
#[tokio::test(start_paused = true)]
async fn conflicting_requests_get_503_page() {
    let mut ada = Browser::signed_in(&site(Some(DynStore::new(Contended::default()))), "Desk", "Ada").await;
    let answer = ada.get("/").await; // takes the welcome message out of the session
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers[RETRY_AFTER], "1");
    assert!(answer.text.contains("<h1>The session could not be saved</h1>"), "{}", answer.text);
    assert!(!answer.text.contains("reach"), "{}", answer.text);
}

#[tokio::test]
async fn cookie_session_has_inspector_instead_of_list() {
    let mut ada = Browser::signed_in(&site(None), "Desk", "Ada").await;
    assert_eq!(ada.get(PAGE).await.status, StatusCode::NOT_FOUND);
    let page = ada.get("/session").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("The decrypted payload"));
}
