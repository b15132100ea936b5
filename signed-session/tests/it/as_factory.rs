//! The factory, used through the trait `SessionFactory` as the web layers use it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use session_core::SessionExt;
use signed_session::{CookieHeader, SessionFactory, SetCookie, SetCookies};

use crate::site::builder;

trait CookieFactory: SessionFactory<Request = CookieHeader, Response = SetCookies> {}

impl<F: SessionFactory<Request = CookieHeader, Response = SetCookies>> CookieFactory for F {}

/// Returns the output of a future that is ready at the first poll.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is not ready at the first poll"),
    }
}

/// Handles a request that writes an entry, and returns the cookie of its response. `failed` says whether the response
/// reports a failure.
fn written<F: CookieFactory>(sessions: &F, failed: bool) -> Option<SetCookie> {
    let mut session = at_once(sessions.load(CookieHeader::default())).unwrap();
    session.insert("user", "zoe").unwrap();
    let sent = if failed { sessions.save_on_exception(&mut session) } else { sessions.save(&mut session) };
    at_once(sent).unwrap().into_session_cookie()
}

#[test]
fn session_saved_through_trait_is_loaded() {
    let sessions = builder().build().unwrap();
    for failed in [false, true] {
        let sent = written(&sessions, failed).unwrap();
        let cookie = format!("{}={}", sent.name(), sent.value());
        let session = at_once(SessionFactory::load(&sessions, cookie.into())).unwrap();
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"));
        assert!(!session.is_new());
    }
}

#[test]
fn failure_without_set_on_exception_sends_nothing() {
    let sessions = builder().set_on_exception(false).build().unwrap();
    assert!(written(&sessions, true).is_none());
    assert!(written(&sessions, false).is_some());
}
