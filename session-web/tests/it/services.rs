//! The services and futures of the layers.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::header::SET_COOKIE;
use http::{Request, Response, StatusCode};
use session_web::{CsrfLayer, SessionLayer};
use tower::{Layer, Service, service_fn};

use crate::memory::{Factory, Full, send, session_of};

/// A service that is never ready.
#[derive(Clone, Debug)]
struct Busy;

impl<B> Service<Request<B>> for Busy {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        ready(Ok(Response::new(String::new())))
    }
}

fn is_ready(mut service: impl Service<Request<Body>>) -> bool {
    service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn service_is_ready_when_inner_service_is() {
    let handler = service_fn(|_: Request<Body>| ready(Ok::<_, Infallible>(Response::new(String::new()))));
    let (sessions, csrf) = (SessionLayer::new(Factory::default()), CsrfLayer::default());
    assert!(is_ready(sessions.layer(handler)) && is_ready(csrf.layer(handler)));
    assert!(!is_ready(sessions.layer(Busy)) && !is_ready(csrf.layer(Busy)));
}

#[test]
fn session_is_saved_on_exception_if_status_is_5xx() {
    for (status, cookie) in [(200, "session="), (404, "session="), (500, "failed="), (503, "failed=")] {
        let handler = service_fn(|request: Request<()>| {
            session_of(&request).insert("user", "zoe").unwrap();
            let mut response = Response::new(String::new());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            ready(Ok::<_, Full>(response))
        });
        let response = send(SessionLayer::new(Factory::default()).layer(handler), Request::new(()));
        let set_cookie = response.headers()[SET_COOKIE].to_str().unwrap();
        assert!(set_cookie.starts_with(cookie), "{status}: {set_cookie}");
    }
}

#[test]
fn debug_names_types_and_shows_inner_service() {
    let csrf = CsrfLayer::default();
    let shown = format!("{csrf:?}");
    assert!(shown.starts_with("CsrfLayer { policy: CsrfPolicy("), "{shown}");
    let mut service = csrf.layer(Busy);
    let shown = format!("{service:?}");
    assert!(shown.starts_with("CsrfService { inner: Busy, policy: CsrfPolicy("), "{shown}");
    assert_eq!(format!("{:?}", service.call(Request::new(Body::empty()))), "CsrfFuture { .. }");

    let layer = SessionLayer::new(Factory::default());
    assert_eq!(
        format!("{layer:?}"),
        "SessionLayer { factory: Factory { fails: false, removes_old: false, state: {} }, .. }"
    );
    let mut service = layer.layer(Busy);
    let shown = "SessionService { inner: Busy, factory: Factory { fails: false, removes_old: false, state: {} }, .. }";
    assert_eq!(format!("{service:?}"), shown);
    assert_eq!(format!("{:?}", service.call(Request::new(()))), "SessionFuture { .. }");
}
