//! Sessions that are not saved at once, or that cannot be saved.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::mpsc;
use std::time::Duration;

use http::{HeaderValue, Request, Response};
use session_web::{Session, SessionLayer};
use tower::{Layer, Service, service_fn};

use crate::log::Log;
use crate::sites::{Hooks, plain_sites, sites};
use crate::stored::{Outage, Stored, Task};

/// Returns a factory whose loads end at their first poll. Its saves wait until the test opens the gate `factory.save`.
fn loaded() -> Stored {
    let factory = Stored::closed();
    factory.load.open();
    factory
}

fn request() -> Request<()> {
    Request::get("/page").header("cookie", "session=accepted").body(()).unwrap()
}

#[test]
fn response_waits_for_save() {
    for framework in 0..2 {
        let factory = loaded();
        let site = &plain_sites(&factory)[framework];
        let answer = site.get("/change").output_after(|| factory.save.open());
        assert_eq!((answer.status, &*answer.body), (200, "changed"));
        assert!(answer.header("set-cookie").unwrap().starts_with("session="));
        assert_eq!(answer.header("vary"), Some("Cookie"));
        assert_eq!(factory.save.polls(), 2);
    }
}

#[test]
fn response_waits_for_save_of_read_session() {
    for framework in 0..2 {
        let factory = loaded();
        let site = &plain_sites(&factory)[framework];
        let answer = site.get("/read").output_after(|| factory.save.open());
        assert_eq!((answer.header("vary"), answer.header("set-cookie")), (Some("Cookie"), None));
    }
}

#[test]
fn change_after_save_began_is_logged_as_lost() {
    let factory = loaded();
    let (keep, kept) = mpsc::channel();
    let handler = service_fn(|request: Request<()>| {
        let parts = request.into_parts().0;
        let session = Task::new(Session::of(&parts)).output().unwrap();
        session.insert("user", "zoe").unwrap();
        keep.send(session).unwrap();
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    let mut service = SessionLayer::new(factory.clone()).layer(handler);
    let mut task = Task::new(service.call(request()));
    assert!(task.poll().is_pending());
    let log = Log::default();
    let _guard = log.collect();
    kept.recv().unwrap().insert("late", true).unwrap();
    let lines = log.lines();
    assert!(lines.len() == 1 && lines[0].contains("session change lost"), "{lines:?}");
    factory.save.open();
    assert!(task.output().unwrap().headers().contains_key("set-cookie"));
}

#[test]
fn failed_save_of_change_returns_503_with_retry_after() {
    let log = Log::default();
    let _guard = log.collect();
    for (retry_after, header) in [(Duration::from_secs(30), "30"), (Duration::from_millis(2001), "3")] {
        for framework in 0..2 {
            let factory = loaded();
            let site = &plain_sites(&factory)[framework];
            let answer = site.get("/change").output_after(|| factory.save.fail(Some(retry_after)));
            assert_eq!((answer.status, &*answer.body), (503, ""));
            assert_eq!(answer.header("retry-after"), Some(header));
            assert_eq!((answer.header("vary"), answer.header("set-cookie")), (Some("Cookie"), None));
        }
    }
    assert_eq!(log.lines(), [""; 0], "only the factory should log an outage");
}

#[test]
fn failed_save_without_retry_after_returns_500() {
    let factory = loaded();
    factory.save.fail(None);
    for site in plain_sites(&factory) {
        let log = Log::default();
        let _guard = log.collect();
        let answer = site.get("/change").output();
        assert_eq!((answer.status, &*answer.body, answer.header("retry-after")), (500, "", None));
        let lines = log.lines();
        assert!(lines.len() == 1 && lines[0].contains("session not saved error=an outage"), "{lines:?}");
    }
}

#[test]
fn on_save_error_replaces_response_of_late_failure() {
    let hooks = Hooks { replaces_save_error: true, ..Hooks::default() };
    for framework in 0..2 {
        let factory = loaded();
        let site = &sites(&SessionLayer::new(factory.clone()), hooks)[framework];
        let answer = site.get("/change").output_after(|| factory.save.fail(Some(Duration::from_secs(1))));
        assert_eq!((answer.status, &*answer.body), (507, "an outage"));
        assert_eq!(answer.header("vary"), Some("Cookie"));
    }
}

/// Regression: when the outer layer's save failed, the layer replaced the response and lost the cookie of the inner
/// session. The inner layer had already saved that session under a new id, which the browser then never got.
#[test]
fn failed_save_of_outer_session_keeps_cookie_of_inner_one() {
    struct Outer;

    async fn handler(request: Request<()>) -> Result<Response<String>, Infallible> {
        let parts = request.into_parts().0;
        Session::of(&parts).await.unwrap().insert("user", "zoe").unwrap();
        Session::<Outer>::of_named(&parts).await.unwrap().insert("user", "zoe").unwrap();
        let response = Response::builder().header("set-cookie", "lang=en").header("x-page", "1");
        Ok(response.body("page".to_owned()).unwrap())
    }
    fn lines(response: &Response<String>) -> Vec<&str> {
        let lines = response.headers().get_all("set-cookie").iter();
        lines.map(|line| line.to_str().unwrap().split('=').next().unwrap()).collect()
    }

    let inner = SessionLayer::new(Stored::open());
    let failing = Stored::open();
    failing.save.fail(Some(Duration::from_secs(1)));
    let outer = SessionLayer::new(failing).named::<Outer>();

    let mut service = outer.layer(inner.layer(service_fn(handler)));
    let response = Task::new(service.call(request())).output().unwrap();
    assert_eq!((response.status().as_u16(), lines(&response)), (503, vec!["session"]));
    assert_eq!(response.headers()["cache-control"], "no-cache=\"Set-Cookie\", private");
    assert!(!response.headers().contains_key("x-page"));

    // Three hooks follow: `replaces` returns a new response, `removes` returns a new response that removes the inner
    // session's cookie, and `keeps` returns the handler's response.
    let replaces = outer.clone().on_save_error(|_: Outage, _: Response<String>| Response::default());
    let mut service = replaces.layer(inner.layer(service_fn(handler)));
    let response = Task::new(service.call(request())).output().unwrap();
    assert_eq!((response.status().as_u16(), lines(&response)), (200, vec!["session"]));
    let removes = outer.clone().on_save_error(|_: Outage, _: Response<String>| {
        let removal = "session=; Path=/; Max-Age=0";
        Response::builder().header("set-cookie", removal).body(String::new()).unwrap()
    });
    let mut service = removes.layer(inner.layer(service_fn(handler)));
    let response = Task::new(service.call(request())).output().unwrap();
    assert_eq!(lines(&response), ["session"], "the hook's cookie should replace the inner session's");
    assert_eq!(response.headers()["set-cookie"], "session=; Path=/; Max-Age=0");
    let keeps = outer.on_save_error(|_: Outage, response: Response<String>| response);
    let mut service = keeps.layer(inner.layer(service_fn(handler)));
    let response = Task::new(service.call(request())).output().unwrap();
    assert_eq!(lines(&response), ["lang", "session"], "no `Set-Cookie` line should be sent twice");
}

#[test]
fn failed_save_of_read_session_keeps_response() {
    let hooks = Hooks { replaces_save_error: true, ..Hooks::default() };
    for (retry_after, logged) in [(Some(Duration::from_secs(1)), 0), (None, 1)] {
        for framework in 0..2 {
            let factory = loaded();
            let site = &sites(&SessionLayer::new(factory.clone()), hooks)[framework];
            let log = Log::default();
            let _guard = log.collect();
            let answer = site.get("/read").output_after(|| factory.save.fail(retry_after));
            assert_eq!((answer.status, &*answer.body, answer.header("vary")), (200, "1", Some("Cookie")));
            let lines = log.lines();
            assert_eq!(lines.len(), logged, "{lines:?}");
            assert!(lines.iter().all(|line| line.contains("session not re-issued")), "{lines:?}");
        }
    }
}

#[test]
fn service_error_saves_nothing() {
    let factory = loaded();
    let log = Log::default();
    let _guard = log.collect();
    let handler = service_fn(|request: Request<()>| async {
        let parts = request.into_parts().0;
        Session::of(&parts).await.unwrap().insert("user", "zoe").unwrap();
        Err::<Response<String>, _>(Outage(None))
    });
    let outcome = Task::new(SessionLayer::new(factory.clone()).layer(handler).call(request())).output();
    assert!(outcome.is_err());
    assert_eq!(factory.save.polls(), 0);
    let lines = log.lines();
    assert!(lines.len() == 1 && lines[0].contains("failed without a response"), "{lines:?}");
}

#[test]
fn service_error_during_load_saves_nothing() {
    let factory = Stored::closed();
    let log = Log::default();
    let _guard = log.collect();
    let handler = service_fn(|request: Request<()>| {
        let parts = request.into_parts().0;
        assert!(Task::new(Session::of(&parts)).poll().is_pending());
        ready(Err::<Response<String>, _>(Outage(None)))
    });
    assert!(Task::new(SessionLayer::new(factory.clone()).layer(handler).call(request())).output().is_err());
    assert_eq!((factory.save.polls(), log.lines().len()), (0, 0));
}

#[test]
fn response_does_not_wait_for_load_that_nothing_awaits() {
    let factory = Stored::closed();
    let handler = service_fn(|request: Request<()>| {
        let parts = request.into_parts().0;
        assert!(Task::new(Session::of(&parts)).poll().is_pending());
        ready(Ok::<_, Infallible>(Response::new("done".to_owned())))
    });
    let service = Task::new(SessionLayer::new(factory.clone()).layer(handler).call(request()));
    let response = service.output().unwrap();
    // Regression: a page that was made without the session had no `Vary`, so a cache could send it to all visitors.
    assert_eq!(
        (response.headers().len(), &response.headers()["vary"]),
        (1, &HeaderValue::from_static("Cookie"))
    );
    assert_eq!(factory.save.polls(), 0);
}

#[test]
fn dropped_request_saves_nothing() {
    let factory = loaded();
    let handler = service_fn(|request: Request<()>| async {
        let parts = request.into_parts().0;
        Session::of(&parts).await.unwrap().insert("user", "zoe").unwrap();
        pending::<Result<Response<String>, Infallible>>().await
    });
    let mut task = Task::new(SessionLayer::new(factory.clone()).layer(handler).call(request()));
    assert!(task.poll().is_pending());
    drop(task);
    assert_eq!(factory.save.polls(), 0);
}
