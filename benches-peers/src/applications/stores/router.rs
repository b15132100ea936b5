//! An axum application, called in process without a network connection.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use tokio::runtime::Handle;
use tower::Service;

use super::tasks::{Client, Tasks};
use super::{Engine, Kind, SIZE, StoreSubject, TASKS};
use crate::subject::{Job, SETUP};

#[derive(Clone)]
struct RouterClient {
    router: Router,
    cookies: Arc<[HeaderValue]>,
}

impl Client for RouterClient {
    async fn send(&mut self, job: Job, number: usize) {
        let request = Request::get(job.path()).header(COOKIE, self.cookies[number].clone());
        let request = request.body(Body::empty()).expect("the request is valid");
        let response = self.router.call(request).await.expect("the application answers");
        assert!(response.status().is_success(), "{}", response.status());
    }
}

/// Creates the sessions of an application, and returns the application as a subject.
pub(super) async fn subject(
    name: &'static str,
    engine: Engine,
    kind: Kind,
    runtime: &Handle,
    mut router: Router,
) -> Box<dyn StoreSubject> {
    let mut cookies = Vec::new();
    for _ in 0..TASKS {
        let request =
            Request::get(format!("{SETUP}?size={SIZE}")).body(Body::empty()).expect("the request is valid");
        let response = router.call(request).await.expect("the application answers");
        assert!(response.status().is_success(), "{name}: {}", response.status());
        let line = response
            .headers()
            .get(SET_COOKIE)
            .expect("the response sets a cookie")
            .to_str()
            .expect("`Set-Cookie` is ASCII");
        let pair = line.split(';').next().unwrap_or_default();
        cookies.push(HeaderValue::from_str(pair).expect("the cookie is a valid header value"));
    }
    // `axum::serve` calls `with_state`, too. Without that call, every request applies the layers to its route again.
    let client = RouterClient { router: router.with_state::<()>(()), cookies: cookies.into() };
    Box::new(Tasks { name, engine, kind, runtime: runtime.clone(), client })
}
