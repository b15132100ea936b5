//! Timeout, re-issue and end of a session, with a manual clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use signed_session::{
    BaseCookieSessionFactory, Clock, CookieSession, JsonSerializer, LoadError, Serializer, SystemClock,
    Timestamp,
};

use crate::site::{START, Site, at, builder};

#[test]
fn untouched_session_does_no_work() {
    /// A serializer and a clock that count their calls.
    #[derive(Clone, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl Serializer for Counting {
        fn dumps<T: serde::Serialize + ?Sized>(
            &self,
            value: &T,
        ) -> Result<Vec<u8>, signed_session::DumpError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            // `build` checks that the serializer's output is valid in a cookie, which JSON is not.
            let json = JsonSerializer.dumps(value)?;
            Ok(json.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect())
        }

        fn loads<T: serde::de::DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            JsonSerializer.loads(bytes)
        }
    }

    impl Clock for Counting {
        fn now(&self) -> Timestamp {
            self.0.fetch_add(1, Ordering::SeqCst);
            SystemClock.now()
        }
    }

    let work = Counting::default();
    let sessions =
        BaseCookieSessionFactory::with_serializer(work.clone()).clock(work.clone()).build().unwrap();
    work.0.store(0, Ordering::SeqCst);
    let mut session = sessions.load("session=anything");
    assert!(sessions.save(&mut session).unwrap().is_empty());
    assert_eq!(work.0.load(Ordering::SeqCst), 0);

    session = sessions.load("session=anything");
    assert!(!session.contains("a"));
    assert!(work.0.load(Ordering::SeqCst) > 0);
}

#[test]
fn session_expires_strictly_after_timeout() {
    for (waited, survives) in [(1199.0, true), (1200.0, true), (1200.001, false), (1201.0, false)] {
        let mut site = Site::new(builder());
        site.request(|session| session.insert("user", "zoe").unwrap());
        site.wait(waited);
        let session = site.load();
        assert_eq!(session.contains("user"), survives, "after {waited} s");
        assert_eq!(session.is_new(), !survives);
        assert_eq!(session.rejection().is_some_and(|why| why.is_expired()), !survives);
        assert_eq!(session.created(), at(if survives { START } else { START + waited }));
    }
}

#[test]
fn session_without_timeout_never_expires() {
    let mut site = Site::new(builder().timeout(None));
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(1e9);
    assert!(site.load().contains("user"));
}

#[test]
fn future_times_are_accepted() {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.clock.set(at(START - 86_400.0));
    assert!(site.load().contains("user"));
    // A read does not re-issue the cookie: the new cookie would have an earlier access time.
    assert!(!site.sends(|session| assert!(session.contains("user"))));
}

#[test]
fn access_is_recorded_in_whole_seconds() {
    let mut site = Site::new(builder());
    site.wait(0.75);
    site.request(|session| session.insert("a", 1).unwrap());
    let session = site.load();
    assert_eq!(session.accessed(), at(START));
    assert_eq!(session.created(), at(START + 0.75));
}

#[test]
fn read_after_reissue_time_reissues_cookie() {
    // Pyramid's rule is int(now) - renewed > reissue_time. With a re-issue time of 0, reads re-issue the cookie once a
    // second.
    for (reissue_time, waited, sent) in
        [(0, 0.999, false), (0, 1.0, true), (60, 60.999, false), (60, 61.0, true)]
    {
        let mut site = Site::new(builder().reissue_time(Duration::from_secs(reissue_time)));
        site.request(|session| session.insert("a", 1).unwrap());
        site.wait(waited);
        let now = at((START + waited).trunc());
        assert_eq!(
            site.sends(|session| {
                assert!(session.contains("a"));
                assert_eq!(session.accessed(), now, "a read is an access, even if it sends no cookie");
            }),
            sent,
            "{reissue_time} s, after {waited} s"
        );
        if sent {
            assert_eq!(site.load().accessed(), now);
        }
    }
}

#[test]
fn every_read_counts_as_access() {
    type Read = fn(&mut CookieSession);
    let reads: [(&str, Read); 8] = [
        ("get", |session| assert_eq!(session.get("a").unwrap(), Some(1))),
        ("contains", |session| assert!(!session.contains("b"))),
        ("len", |session| assert_eq!(session.len(), 2)),
        ("keys", |session| assert_eq!(session.keys().len(), 2)),
        ("peek_flash", |session| assert!(session.peek_flash::<String>("").unwrap().is_empty())),
        ("read", |session| assert!(session.read::<std::collections::HashMap<String, i32>>().is_ok())),
        ("csrf_token", |session| assert_eq!(session.csrf_token().unwrap().len(), 40)),
        ("check_csrf_token", |session| assert!(!session.check_csrf_token("no"))),
    ];
    for (name, read) in reads {
        let mut site = Site::new(builder());
        site.request(|session| {
            session.insert("a", 1).unwrap();
            session.new_csrf_token().unwrap();
        });
        assert!(!site.sends(read), "{name} sends nothing in the same second");
        site.wait(1.0);
        assert!(site.sends(read), "{name} re-issues the cookie a second later");
    }
}

#[test]
fn reading_metadata_sends_nothing() {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("a", 1).unwrap());
    site.wait(100.0);
    assert!(!site.sends(|session| {
        let _ = (session.created(), session.is_new(), session.accessed());
        assert!(session.rejection().is_none());
        assert!(session.encoded_len().unwrap() > 100);
    }));
}

#[test]
fn without_reissue_time_only_writes_extend_life() {
    let mut site = Site::new(builder().reissue_time(None));
    site.request(|session| session.insert("a", 1).unwrap());
    site.wait(1000.0);
    assert!(!site.sends(|session| assert!(session.contains("a"))));
    assert!(site.sends(|session| session.insert("a", 2).unwrap()));
    site.wait(1000.0);
    assert!(site.load().contains("a"));
    site.wait(201.0);
    assert!(!site.load().contains("a"));
}

#[test]
fn every_write_sends_cookie() {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("a", 1).unwrap());
    assert!(site.sends(|session| session.insert("a", 1).unwrap()));
    assert!(site.sends(|session| assert!(!session.discard("b"))));
    assert!(site.sends(|session| assert!(session.pop_flash::<String>("").unwrap().is_empty())));
    assert!(site.sends(|session| session.changed()));
    assert!(site.sends(|session| session.clear()));
}

#[test]
fn changed_stores_current_time() {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("a", 1).unwrap());
    site.wait(10.0);
    site.request(|session| session.changed());
    assert_eq!(site.load().accessed(), at(START + 10.0));
}

#[test]
fn reading_new_session_sends_no_cookie() {
    // In Pyramid, reading an empty new session sends a cookie if the clock's second has changed since the session was
    // created.
    let mut site = Site::new(builder());
    let clock = site.clock.clone();
    assert!(!site.sends(|session| {
        assert!(session.is_empty() && session.is_new());
        clock.advance(Duration::from_secs(5));
        assert!(session.rejection().is_some_and(|why| why.is_missing()));
        assert!(session.peek_flash::<String>("").unwrap().is_empty());
        // Pyramid also sends a cookie after `pop_flash`. Pages call `pop_flash` to show messages, so every visitor
        // would get a cookie.
        assert!(session.pop_flash::<String>("").unwrap().is_empty());
    }));
}

#[test]
fn rejected_cookie_stays_until_session_is_written() {
    let mut site = Site::new(builder());
    site.cookie = Some("session=forged".into());
    assert!(!site.sends(|session| assert!(session.is_empty())));
    assert!(site.sends(|session| session.insert("a", 1).unwrap()));
    assert!(site.load().contains("a"));
}

#[test]
fn repeated_save_sends_one_cookie() {
    let site = Site::new(builder());
    let mut session = site.load();
    session.insert("a", 1).unwrap();
    assert!(!site.sessions.save(&mut session).unwrap().is_empty());
    assert!(site.sessions.save(&mut session).unwrap().is_empty());
    site.wait(1.0);
    assert!(session.contains("a"));
    assert!(site.sessions.save(&mut session).unwrap().is_empty());
    session.insert("a", 2).unwrap();
    assert!(!site.sessions.save(&mut session).unwrap().is_empty());
}

#[test]
fn clearing_new_session_after_save_removes_cookie() {
    let site = Site::new(builder());
    let mut session = site.load();
    session.insert("user", "zoe").unwrap();
    assert!(!site.sessions.save(&mut session).unwrap().is_empty());
    session.clear();
    let removal = site.sessions.save(&mut session).unwrap().into_session_cookie().unwrap();
    assert!(removal.as_str().contains("Max-Age=0"));
    session.clear();
    assert!(site.sessions.save(&mut session).unwrap().is_empty(), "the removal is not sent again");
}

#[test]
fn invalidated_session_has_no_rejection() {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("a", 1).unwrap());
    let mut session = site.load();
    session.invalidate();
    site.wait(5.0);
    assert!(!session.save().unwrap().is_empty());
    assert_eq!([session.created(), session.accessed()], [at(START); 2]);
    assert!(session.is_new() && session.is_empty() && session.rejection().is_none());
}

#[test]
fn invalidate_removes_cookie() {
    let mut site = Site::new(builder().path("/app").domain("example.com").httponly(true));
    site.request(|session| {
        session.insert("user", "zoe").unwrap();
        session.flash("hello", "").unwrap();
        session.new_csrf_token().unwrap();
    });
    site.wait(5.5);
    let (_, sent) = site.request(|session| {
        session.invalidate();
        assert!(session.is_empty() && session.is_new());
        assert_eq!(session.created(), at(START + 5.5));
        assert!(session.rejection().is_none());
    });
    let removal = sent.unwrap();
    assert_eq!((removal.name(), removal.value()), ("session", ""));
    for attribute in ["Max-Age=0", "Path=/app", "Domain=example.com", "HttpOnly"] {
        assert!(removal.as_str().contains(attribute), "{removal}");
    }
    assert_eq!(site.cookie, None);
}

#[test]
fn write_after_invalidate_starts_new_session() {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(5.0);
    site.request(|session| {
        session.invalidate();
        session.flash("signed out", "").unwrap();
    });
    let mut session = site.load();
    assert_eq!(session.created(), at(START + 5.0));
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["signed out"]);
    assert!(!session.contains("user"));
}

#[test]
fn clearing_session_after_invalidate_removes_cookie() {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.request(|session| {
        session.invalidate();
        session.insert("a", 1).unwrap();
        session.clear();
    });
    assert_eq!(site.cookie, None);
}

#[test]
fn failed_response_obeys_set_on_exception() {
    for set_on_exception in [true, false] {
        let site = Site::new(builder().set_on_exception(set_on_exception));
        let mut session = site.load();
        session.insert("a", 1).unwrap();
        let sent = site.sessions.save_on_exception(&mut session).unwrap();
        assert_eq!(!sent.is_empty(), set_on_exception);

        let mut session = site.load();
        session.insert("a", 1).unwrap();
        assert!(
            !site.sessions.save(&mut session).unwrap().is_empty(),
            "a response that has not failed sets the cookie"
        );
    }
}

#[test]
fn session_is_shared_between_threads() {
    fn assert_bounds<T: Send + Sync + 'static>(_: &T) {}
    let mut site = Site::new(builder());
    site.request(|session| session.insert("a", 1).unwrap());
    let session = site.load();
    assert_bounds(&session);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(session.get("a").unwrap(), Some(1)));
        }
    });
}
