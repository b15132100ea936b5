//! Sessions that are not loaded at once: the tasks that wait for a load, and the responses if it fails.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, poll_fn, ready};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response};
use session_web::{Session, SessionError, SessionLayer};
use tower::{Layer, service_fn};

use crate::log::Log;
use crate::memory::send;
use crate::sites::{TAKES_SESSION, plain_sites};
use crate::stored::{Outage, Stored, TOKEN, Task};

const MESSAGE: &str = "The session could not be loaded. Try again later.";

/// Sends a request through a session layer. After the response was sent, returns the request's head as the handler
/// received it.
fn answered(factory: &Stored) -> Parts {
    let mut kept = None;
    let handler = service_fn(|request: Request<()>| {
        kept = Some(request.into_parts().0);
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    let request = Request::get("/page").header("cookie", "session=accepted").body(()).unwrap();
    send(SessionLayer::new(factory.clone()).layer(handler), request);
    kept.unwrap()
}

#[test]
fn request_without_session_extractor_loads_no_session() {
    let factory = Stored::closed();
    for site in plain_sites(&factory) {
        for path in ["/ignore", "/missing"] {
            let answer = site.get(path).output();
            assert_eq!((answer.header("vary"), answer.header("set-cookie")), (None, None), "{path}");
        }
    }
    assert_eq!((factory.load.polls(), factory.save.polls()), (0, 0));
}

#[test]
fn extractor_waits_for_load() {
    for path in TAKES_SESSION {
        for framework in 0..2 {
            let factory = Stored::closed();
            factory.save.open();
            let site = &plain_sites(&factory)[framework];
            let answer = site.get(path).output_after(|| factory.load.open());
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            assert_eq!(answer.header("vary"), Some("Cookie"), "{path}");
            if path == "/token" {
                assert_eq!(answer.body, TOKEN);
            }
        }
    }
}

#[test]
fn optional_session_waits_for_load_in_axum() {
    let factory = Stored::closed();
    let [axum, _] = plain_sites(&factory);
    assert_eq!(axum.get("/optional").output_after(|| factory.load.open()).body, "true");
    factory.load.fail(Some(Duration::from_secs(1)));
    assert_eq!(axum.get("/optional").output().status, 503, "a failed load should be an error, not `None`");
}

/// actix-web's own extractor for `Option<T>` turns every error of the extractor `T` into `None`.
#[test]
fn optional_session_that_cannot_be_loaded_is_none_in_actix() {
    let factory = Stored::closed();
    let [_, actix] = plain_sites(&factory);
    assert_eq!(actix.get("/optional").output_after(|| factory.load.fail(None)).body, "false");
}

#[test]
fn session_extracted_twice_is_loaded_once() {
    let factory = Stored::open();
    for site in plain_sites(&factory) {
        let before = factory.load.polls();
        assert_eq!(site.get("/two").output().body, "1");
        assert_eq!(factory.load.polls(), before + 1);
    }
}

/// The future of a load keeps only the waker of its last poll, so the layer has to wake the other tasks.
#[test]
fn end_of_load_wakes_every_waiting_task() {
    let factory = Stored::closed();
    let parts = answered(&factory);
    let mut tasks = [0, 1, 2].map(|_| Task::new(Session::of(&parts)));
    assert!(tasks.iter_mut().all(|task| task.poll().is_pending() && !task.is_woken()));
    factory.load.open();
    assert!(tasks.iter().all(Task::is_woken));
    assert!(tasks.map(|task| task.output().unwrap().contains("_csrft_")).iter().all(|loaded| *loaded));
}

#[test]
fn task_that_completes_load_wakes_the_other_task() {
    let factory = Stored::closed();
    let parts = answered(&factory);
    let (mut one, mut other) = (Task::new(Session::of(&parts)), Task::new(Session::of(&parts)));
    assert!(one.poll().is_pending());
    factory.load.open_silently();
    assert!(other.poll().is_ready());
    assert!(one.is_woken() && !other.is_woken());
    assert!(one.poll().is_ready());
}

/// One task waits for the load in two extractors. The load ends between their polls, without waking the task. The
/// second extractor completes the load, and has to wake the task, because the first extractor is still pending.
#[test]
fn load_completed_by_second_extractor_wakes_task() {
    let factory = Stored::closed();
    let parts = answered(&factory);
    let (mut one, mut other) = (pin!(Session::of(&parts)), pin!(Session::of(&parts)));
    let mut task = Task::new(poll_fn(|cx| {
        if one.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        factory.load.open_silently();
        assert!(other.as_mut().poll(cx).is_ready());
        Poll::Pending
    }));
    assert!(task.poll().is_pending() && task.is_woken());
    assert!(task.poll().is_ready());
}

#[test]
fn load_that_is_ready_does_not_wake_its_task() {
    let factory = Stored::open();
    let parts = answered(&factory);
    let mut task = Task::new(Session::of(&parts));
    assert!(task.poll().is_ready() && !task.is_woken());
}

#[test]
fn dropped_extractor_leaves_load_to_the_next_one() {
    let factory = Stored::closed();
    let parts = answered(&factory);
    let (mut dropped, mut other) = (Task::new(Session::of(&parts)), Task::new(Session::of(&parts)));
    assert!(other.poll().is_pending() && dropped.poll().is_pending());
    drop(dropped);
    assert!(other.output_after(|| factory.load.open()).is_ok());
    assert!(Task::new(Session::of(&parts)).output().is_ok());
    assert_eq!(factory.load.polls(), 4, "a complete load should not be polled again");
}

#[test]
fn failed_load_returns_503_with_retry_after() {
    let log = Log::default();
    let _guard = log.collect();
    for (retry_after, header) in [
        (Duration::from_secs(30), "30"),
        (Duration::from_millis(1200), "2"),
        (Duration::from_millis(1), "1"),
        (Duration::ZERO, "1"),
    ] {
        let factory = Stored::closed();
        factory.load.fail(Some(retry_after));
        for site in plain_sites(&factory) {
            for path in TAKES_SESSION {
                let answer = site.get(path).output();
                assert_eq!((answer.status, &*answer.body), (503, MESSAGE), "{path}");
                assert_eq!(answer.header("retry-after"), Some(header), "{path}");
                assert_eq!(answer.header("set-cookie"), None, "the browser should keep its cookie");
            }
        }
        assert_eq!(factory.save.polls(), 0);
    }
    assert_eq!(log.lines(), [""; 0], "only the factory should log an outage");
}

#[test]
fn failed_load_without_retry_after_returns_500_and_is_logged() {
    let factory = Stored::closed();
    factory.load.fail(None);
    for site in plain_sites(&factory) {
        let log = Log::default();
        let _guard = log.collect();
        let answer = site.get("/read").output();
        assert_eq!((answer.status, &*answer.body), (500, MESSAGE));
        assert_eq!(answer.header("retry-after"), None);
        let lines = log.lines();
        assert!(lines.len() == 1 && lines[0].contains("session not loaded: an outage"), "{lines:?}");
    }
}

#[test]
fn every_task_gets_error_of_failed_load() {
    let factory = Stored::closed();
    let parts = answered(&factory);
    factory.load.fail(Some(Duration::from_secs(3)));
    for _ in 0..2 {
        let error: SessionError = Task::new(Session::of(&parts)).output().unwrap_err();
        assert!(error.is_load() && error.retry_after() == Some(Duration::from_secs(3)));
        assert_eq!((error.status(), error.message()), (503, MESSAGE));
        assert_eq!(error.to_string(), "session not loaded: an outage");
        assert!(error.source().is_some_and(|source| source.is::<Outage>()));
        assert_eq!(error, error.clone());
    }
    assert_eq!(factory.load.polls(), 1);
}

#[test]
fn use_of_session_loaded_after_response_is_logged() {
    let factory = Stored::open();
    let parts = answered(&factory);
    assert_eq!(factory.load.polls(), 0);
    let log = Log::default();
    let _guard = log.collect();
    let session = Task::new(Session::of(&parts)).output().unwrap();
    assert_eq!(session.csrf_token().unwrap(), TOKEN);
    session.insert("user", "zoe").unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("session first used after the head"), "{lines:?}");
    assert!(lines[1].contains("session change lost"), "{lines:?}");
    assert_eq!(factory.save.polls(), 0);
}
