//! The hook `on_rejection`, with sessions that are loaded when an extractor needs them, and with immediate loads
//! (`LOADS_AT_ONCE`).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use session_web::{CSRF_HEADER, CookieSessionFactory, SessionLayer};

use crate::sites::{Hooks, Site, sites};
use crate::stored::{Outage, Stored, TOKEN, Task};

type Calls = Arc<Mutex<Vec<String>>>;

/// Returns the site on each framework, with the list of calls of its `on_rejection` hook.
fn hooked<F: CookieSessionFactory<Error = Outage>>(factory: &F) -> [(Site, Calls); 2] {
    [0, 1].map(|framework| {
        let calls = Calls::default();
        let layer = SessionLayer::new(factory.clone()).on_rejection({
            let calls = Arc::clone(&calls);
            move |rejection, head| {
                calls.lock().unwrap().push(format!("{} {rejection} {}", head.method(), head.path()));
            }
        });
        (sites(&layer, Hooks::default()).into_iter().nth(framework).unwrap(), calls)
    })
}

fn get(site: &Site, path: &str, cookie: &str) -> Task<'static, crate::sites::Answer> {
    site.send(Request::get(path).header("cookie", cookie), "")
}

fn taken(calls: &Calls) -> Vec<String> {
    std::mem::take(&mut *calls.lock().unwrap())
}

#[test]
fn hook_is_called_once_when_session_is_extracted() {
    for (site, calls) in hooked(&Stored::open()) {
        for path in ["/read", "/of", "/two", "/token", "/typed", "/messages"] {
            get(&site, path, "session=forged").output();
            assert_eq!(taken(&calls), [format!("GET bad signature {path}")]);
        }
        get(&site, "/read", "session=expired").output();
        assert_eq!(taken(&calls).len(), 1);
        for cookie in ["session=accepted", "other=1"] {
            get(&site, "/read", cookie).output();
            assert_eq!(taken(&calls), [""; 0], "{cookie}");
        }
    }
}

#[test]
fn hook_is_called_after_load() {
    for framework in 0..2 {
        let factory = Stored::closed();
        factory.save.open();
        let (site, calls) = &hooked(&factory)[framework];
        get(site, "/two", "session=forged").output_after(|| {
            assert_eq!(taken(calls), [""; 0]);
            factory.load.open();
        });
        assert_eq!(taken(calls), ["GET bad signature /two"]);
    }
}

#[test]
fn hook_is_not_called_if_session_is_not_extracted() {
    let factory = Stored::open();
    for (site, calls) in hooked(&factory) {
        get(&site, "/ignore", "session=forged").output();
        get(&site, "/csrf/ignore", "session=forged").output();
        assert_eq!(taken(&calls), [""; 0]);
    }
    assert_eq!(factory.load.polls(), 0);
}

#[test]
fn hook_is_called_once_by_csrf_check() {
    for is_late in [false, true] {
        for framework in 0..2 {
            let factory = Stored::closed();
            factory.save.open();
            let (site, calls) = &hooked(&factory)[framework];
            let request = Request::post("/csrf/read").header("cookie", "session=forged");
            let task = site.send(request.header(CSRF_HEADER, TOKEN), "");
            let answer = if is_late {
                task.output_after(|| factory.load.open())
            } else {
                factory.load.open();
                task.output()
            };
            assert_eq!(answer.status, 403);
            assert_eq!(taken(calls), ["POST bad signature /csrf/read"]);
        }
    }
}

#[test]
fn immediate_load_calls_hook_even_for_unused_session() {
    let factory = Stored::<true>::default();
    factory.load.open();
    factory.save.open();
    for (site, calls) in hooked(&factory) {
        for path in ["/ignore", "/read", "/missing"] {
            get(&site, path, "session=forged").output();
            assert_eq!(taken(&calls), [format!("GET bad signature {path}")]);
        }
    }
}

#[test]
fn failed_load_does_not_call_hook() {
    let factory = Stored::closed();
    factory.load.fail(Some(Duration::from_secs(1)));
    for (site, calls) in hooked(&factory) {
        assert_eq!(get(&site, "/read", "session=forged").output().status, 503);
        assert_eq!(taken(&calls), [""; 0]);
    }
}

/// Regression: the layer panicked if an immediate load failed.
#[test]
fn failed_immediate_load_does_not_call_hook() {
    let factory = Stored::<true>::default();
    factory.load.fail(Some(Duration::from_secs(1)));
    for (site, calls) in hooked(&factory) {
        assert_eq!(get(&site, "/ignore", "session=forged").output().status, 200);
        assert_eq!(get(&site, "/read", "session=forged").output().status, 503);
        assert_eq!(taken(&calls), [""; 0]);
    }
}

/// The factory has `LOADS_AT_ONCE`, but its load is not ready at the first poll.
#[test]
fn pending_immediate_load_is_awaited() {
    for framework in 0..2 {
        let factory = Stored::<true>::default();
        factory.save.open();
        let (site, calls) = &hooked(&factory)[framework];
        get(site, "/read", "session=forged").output_after(|| factory.load.open());
        assert_eq!(taken(calls), ["GET bad signature /read"]);
    }
}
