//! Sessions that are used after the response, or whose request gets no response.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use http::{Request, Response};
use session_web::{Session, SessionLayer, TypedSession};
use tower::{Layer, Service, service_fn};

use crate::data::Visit;
use crate::log::Log;
use crate::memory::{Factory, Full, send, session_of};

const LATE_CHANGE: &str =
    " WARN session_web::session: session change lost: the head of the response was already sent";

const WITHOUT_RESPONSE: &str =
    " WARN session_web::session: session change lost: the request has ended without a response";

/// Sends a request to a handler that calls `use_session`. Returns the session after the response was sent.
fn answered(use_session: fn(&Session)) -> Session {
    let mut kept = None;
    let handler = service_fn(|request: Request<()>| {
        let session = kept.insert(session_of(&request));
        use_session(session);
        ready(Ok::<_, Full>(Response::new(String::new())))
    });
    send(SessionLayer::new(Factory::default()).layer(handler), Request::new(()));
    kept.unwrap()
}

/// Returns the log of a request whose service fails after `use_session`.
fn log_of_failure(factory: Factory, use_session: fn(&Session)) -> Vec<String> {
    let log = Log::default();
    let _guard = log.collect();
    let handler = service_fn(|request: Request<()>| {
        use_session(&session_of(&request));
        ready(Err::<Response<String>, _>(Full))
    });
    let mut service = SessionLayer::new(factory).layer(handler);
    let outcome = pin!(service.call(Request::new(()))).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(outcome, Poll::Ready(Err(Full))));
    log.lines()
}

#[test]
fn late_change_is_logged_as_lost() {
    let changes: [fn(&Session); 4] = [
        |session| session.insert("user", "zoe").unwrap(),
        |session| session.write(&[("user", "zoe")].map(owned).into_iter().collect::<Entries>()).unwrap(),
        Session::clear,
        Session::invalidate,
    ];
    for change in changes {
        let session = answered(|session| assert!(session.is_empty()));
        let log = Log::default();
        let _guard = log.collect();
        change(&session);
        assert_eq!(log.lines(), [LATE_CHANGE]);
    }
}

type Entries = std::collections::BTreeMap<String, String>;

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn late_read_is_logged_unless_session_was_used_before() {
    let log = Log::default();
    let _guard = log.collect();
    let session = answered(|session| drop(session.csrf_token().unwrap()));
    assert!(!session.is_empty());
    // The token exists, so `csrf_token` only reads.
    assert_eq!(session.csrf_token().unwrap().len(), 40);
    assert_eq!(log.lines(), [""; 0]);

    let session = answered(|_| ());
    assert!(session.is_empty() && session.is_empty());
    let lines = log.lines();
    assert!(lines.len() == 1 && lines[0].contains("session first used after the head"), "{lines:?}");
}

/// Regression: the log said that the head of the response was sent, and that the response had no `Vary`, although there
/// was no response.
#[test]
fn change_after_dropped_request_is_logged_as_lost() {
    let mut kept = None;
    let handler = service_fn(|request: Request<()>| {
        kept = Some(session_of(&request));
        pending::<Result<Response<String>, Full>>()
    });
    drop(SessionLayer::new(Factory::default()).layer(handler).call(Request::new(())));
    let session = kept.unwrap();
    let log = Log::default();
    let _guard = log.collect();
    session.insert("user", "zoe").unwrap();
    assert_eq!(log.lines(), [WITHOUT_RESPONSE]);
}

/// Regression: nothing was logged. So if a time limit dropped a request that had signed a user out, the log did not
/// show that the sign-out was lost.
#[test]
fn dropped_request_loses_changes_with_warning() {
    const LOST: &str = "session changes lost: the request was dropped before its response was ready";
    let log_of = |use_session: fn(&Session)| {
        let log = Log::default();
        let _guard = log.collect();
        let handler = service_fn(|request: Request<()>| {
            use_session(&session_of(&request));
            pending::<Result<Response<String>, Full>>()
        });
        drop(SessionLayer::new(Factory::default()).layer(handler).call(Request::new(())));
        log.lines()
    };
    let lines = log_of(|session| session.invalidate());
    assert!(lines.len() == 1 && lines[0].contains(" WARN ") && lines[0].contains(LOST), "{lines:?}");
    assert_eq!(log_of(|session| assert!(session.is_empty())), [""; 0]);
}

#[test]
fn change_after_failed_service_is_logged_as_lost() {
    let mut kept = None;
    let handler = service_fn(|request: Request<()>| {
        kept = Some(session_of(&request));
        ready(Err::<Response<String>, _>(Full))
    });
    let mut service = SessionLayer::new(Factory::default()).layer(handler);
    let outcome = pin!(service.call(Request::new(()))).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(outcome, Poll::Ready(Err(Full))));
    drop(service);
    let session = kept.unwrap();
    let log = Log::default();
    let _guard = log.collect();
    session.write(&[("user", "zoe")].map(owned).into_iter().collect::<Entries>()).unwrap();
    assert_eq!(log.lines(), [WITHOUT_RESPONSE]);
}

#[test]
fn failed_service_loses_changes_with_warning() {
    const LOST: &str = "session changes lost: the service failed without a response";
    let change = |session: &Session| session.insert("user", "zoe").unwrap();
    let lines = log_of_failure(Factory::default(), change);
    assert!(lines.len() == 1 && lines[0].contains(" WARN ") && lines[0].contains(LOST), "{lines:?}");

    let read = |session: &Session| assert!(session.is_empty());
    assert_eq!(log_of_failure(Factory::default(), read), [""; 0]);
}

/// Regression: a session kept the closures passed to `update` if the request was dropped, or if `update` was called
/// after the head of the response was sent. If such a closure owned a clone of the session, neither was ever freed.
#[test]
fn closure_with_clone_of_session_is_freed() {
    let update = |session: &Session, closure: &Arc<()>| {
        let (closure, clone) = (Arc::clone(closure), session.clone());
        let visit = TypedSession::<Visit>::from(session.clone());
        let change = move |visit: &mut Visit| {
            visit.hits += Arc::strong_count(&closure) as u32 + u32::from(clone.contains("no"));
        };
        visit.update(change).unwrap();
    };

    let closure = Arc::new(());
    let handler = service_fn(|request: Request<()>| {
        update(&session_of(&request), &closure);
        pending::<Result<Response<String>, Full>>()
    });
    let running = SessionLayer::new(Factory::default()).layer(handler).call(Request::new(()));
    assert_eq!(Arc::strong_count(&closure), 2);
    drop(running);
    assert_eq!(Arc::strong_count(&closure), 1, "dropped request");

    let mut kept = None;
    let handler = service_fn(|request: Request<()>| {
        kept = Some(session_of(&request));
        ready(Ok::<_, Full>(Response::new(String::new())))
    });
    send(SessionLayer::new(Factory::default()).layer(handler), Request::new(()));
    update(&kept.take().unwrap(), &closure);
    assert_eq!(Arc::strong_count(&closure), 1, "late change");
}

/// A value whose `Drop` uses the session.
struct UsesSession(Session);

impl Drop for UsesSession {
    fn drop(&mut self) {
        self.0.contains("hits");
    }
}

/// Regression: the layer dropped the closures passed to `update` while it had locked the session. If dropping a closure
/// used the session, the request deadlocked.
#[test]
fn closure_may_use_session_when_dropped() {
    let update = |request: &Request<()>| {
        let session = session_of(request);
        let guard = UsesSession(session.clone());
        let visit = TypedSession::<Visit>::from(session);
        visit.update(move |visit| visit.hits += u32::from(!guard.0.is_new()) + 1).unwrap();
    };
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let saved = service_fn(|request: Request<()>| {
            update(&request);
            ready(Ok::<_, Full>(Response::new(String::new())))
        });
        send(SessionLayer::new(Factory::default()).layer(saved), Request::new(()));
        sender.send("response").unwrap();

        let dropped = service_fn(|request: Request<()>| {
            update(&request);
            pending::<Result<Response<String>, Full>>()
        });
        drop(SessionLayer::new(Factory::default()).layer(dropped).call(Request::new(())));
        sender.send("dropped request").unwrap();
    });
    for case in ["response", "dropped request"] {
        // The limit only keeps a failing test from running for ever.
        assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok(case));
    }
}
