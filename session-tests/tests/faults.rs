//! Faults in production: clocks that jump, saves that fail, secrets that change under load, requests that race.

use std::future::{Ready, ready};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::thread;

use axum::Router;
use axum::routing::get;
use serde::de::DeserializeOwned;
use serde::{Serialize, ser};
use signed_session::axum::{Session as Handle, SessionError, SessionLayer};
use signed_session::testing::{mint_cookie, read_set_cookie};
use signed_session::{
    CookieHeader, CookieSession, DumpError, JsonSerializer, LoadError, ManualClock, SaveError, Serializer,
    SessionFactory, SetCookie, SetCookies, SignedCookieSessionFactory, Timestamp,
};

const SECRET: &str = "a secret that is long enough for these tests";
const NOW: f64 = 1_700_000_000.0;

fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

fn on(clock: &ManualClock) -> SignedCookieSessionFactory {
    SignedCookieSessionFactory::builder(SECRET).clock(clock.clone()).build().unwrap()
}

fn cookie_of(set_cookie: &SetCookie) -> String {
    format!("{}={}", set_cookie.name(), set_cookie.value())
}

#[test]
fn session_stays_valid_when_clock_jumps_back() {
    let clock = ManualClock::new(at(NOW));
    let sessions = on(&clock);
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    for back in [1.0, 1200.0, 1201.0, NOW, NOW + 1e6, 1e15] {
        clock.set(at(NOW - back));
        let mut session = sessions.load(&*cookie);
        assert!(
            !session.is_new() && session.contains("user"),
            "the session should stay valid when the clock jumps back by {back} s"
        );
        assert!(
            sessions.save(&mut session).unwrap().is_empty(),
            "a read should not re-issue the session with an older time"
        );
        session.insert("page", 1).unwrap();
        let set_cookie = sessions.save(&mut session).unwrap().into_session_cookie().unwrap();
        assert!(sessions.load(cookie_of(&set_cookie)).contains("page"));
    }
}

#[test]
fn cookie_is_kept_when_clock_jumps_ahead() {
    let clock = ManualClock::new(at(NOW));
    let sessions = on(&clock);
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    for ahead in [1201.0, 1e9, 1e18, f64::MAX] {
        clock.set(at(NOW + ahead));
        let mut session = sessions.load(&*cookie);
        assert!(session.rejection().unwrap().is_expired());
        assert!(
            sessions.save(&mut session).unwrap().is_empty(),
            "no cookie should be sent for the expired session"
        );
    }
    clock.set(at(NOW + 60.0));
    assert!(
        sessions.load(&*cookie).contains("user"),
        "the session should be valid again with the right time"
    );
}

/// A serializer that fails to write while the flag is set.
#[derive(Clone, Default)]
struct Broken(Arc<AtomicBool>);

impl Serializer for Broken {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(DumpError::unsupported("out of order")),
            false => JsonSerializer.dumps(value),
        }
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        JsonSerializer.loads(bytes)
    }
}

/// A value that cannot be serialized.
struct Unserializable;

impl Serialize for Unserializable {
    fn serialize<S: ser::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("never"))
    }
}

#[test]
fn failed_save_keeps_changes() {
    let broken = Broken::default();
    let sessions = SignedCookieSessionFactory::builder(SECRET).serializer(broken.clone()).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let mut session = sessions.load(&*cookie);
    session.insert("page", 1).unwrap();

    broken.0.store(true, Ordering::Relaxed);
    assert!(sessions.save(&mut session).unwrap_err().is_unserializable());
    broken.0.store(false, Ordering::Relaxed);
    session.insert("filler", "x".repeat(4000)).unwrap();
    assert!(sessions.save(&mut session).unwrap_err().is_too_large());
    assert!(session.insert("bad", Unserializable).unwrap_err().is_write());

    assert!(sessions.load(&*cookie).contains("user"), "the old cookie should stay valid");
    session.discard("filler");
    let set_cookie =
        sessions.save(&mut session).unwrap().into_session_cookie().expect("the change is still there");
    let session = read_set_cookie(&sessions, [set_cookie.as_str()]).unwrap();
    assert!(session.keys().eq(["user", "page"]));
}

#[test]
fn racing_requests_do_not_merge_changes() {
    let sessions = on(&ManualClock::new(at(NOW)));
    let cookie = mint_cookie(&sessions, |session| session.insert("base", 0));
    let (mut one, mut two) = (sessions.load(&*cookie), sessions.load(&*cookie));
    one.insert("a", 1).unwrap();
    two.insert("a", 2).unwrap();
    two.insert("b", 2).unwrap();
    one.insert("c", 1).unwrap();
    let [two, one] =
        [two, one].map(|mut session| sessions.save(&mut session).unwrap().into_session_cookie().unwrap());
    let state = |set_cookie: &SetCookie| sessions.load(cookie_of(set_cookie)).state().to_json().unwrap();
    assert_eq!(state(&one), r#"{"base": 0, "a": 1, "c": 1}"#);
    assert_eq!(state(&two), r#"{"base": 0, "a": 2, "b": 2}"#);
}

/// Holds a factory that the test replaces while the server runs. The factory that loaded a session also saves it.
#[derive(Clone)]
struct Rotating(Arc<RwLock<SignedCookieSessionFactory>>);

impl Rotating {
    fn current(&self) -> SignedCookieSessionFactory {
        self.0.read().unwrap().clone()
    }
}

impl SessionFactory for Rotating {
    type Session = CookieSession;
    type Request = CookieHeader;
    type Response = SetCookies;
    type Error = SaveError;

    type Load = Ready<Result<CookieSession, SaveError>>;
    type Save = Ready<Result<SetCookies, SaveError>>;

    const LOADS_AT_ONCE: bool = true;

    fn load(&self, request: CookieHeader) -> Self::Load {
        ready(Ok(self.current().load(request)))
    }

    fn save(&self, session: &mut CookieSession) -> Self::Save {
        ready(session.save()) // saves with the factory that has loaded the session
    }

    fn save_on_exception(&self, session: &mut CookieSession) -> Self::Save {
        ready(session.save_on_exception())
    }
}

async fn count(session: Handle) -> Result<String, SessionError> {
    let hits: u64 = session.get("hits")?.unwrap_or(0) + 1;
    session.insert("hits", hits)?;
    Ok(hits.to_string())
}

/// Sends a request with the cookie. Returns the session's count of visits, and the cookie for the next request.
fn visit(address: SocketAddr, cookie: &str) -> (u64, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n")
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let set_cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    (body.parse().unwrap(), set_cookie.split(';').next().unwrap().to_owned())
}

/// Sets the flag when it is dropped.
struct SetOnDrop<'f>(&'f AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn secret(generation: u64) -> String {
    format!("the secret of generation {generation:04}, which is long enough")
}

#[test]
fn secret_rotation_under_load_loses_no_session() {
    const CLIENTS: usize = 6;
    const ROTATIONS: u64 = 12;

    let build = |generation: u64| {
        let builder = SignedCookieSessionFactory::builder(secret(generation));
        let builder = if generation == 0 { builder } else { builder.retired_secret(secret(generation - 1)) };
        builder.build().unwrap()
    };
    let rotating = Rotating(Arc::new(RwLock::new(build(0))));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let app = Router::new().route("/", get(count)).layer(SessionLayer::new(rotating.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.spawn(async move {
        axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await.unwrap();
    });

    let done = AtomicBool::new(false);
    let visits: [AtomicU64; CLIENTS] = Default::default();
    // One cookie for each secret that is replaced, to check later whether the server still accepts it.
    let mut kept = Vec::new();
    thread::scope(|scope| {
        // Ends the clients when this closure returns, even if one of them has failed. Otherwise, the other clients
        // would send requests forever.
        let _end = SetOnDrop(&done);
        let clients = visits.each_ref().map(|visits| {
            let done = &done;
            scope.spawn(move || {
                let mut cookie = String::new();
                while !done.load(Ordering::Relaxed) {
                    let (hits, next) = visit(address, &cookie);
                    assert_eq!(hits, visits.fetch_add(1, Ordering::Relaxed) + 1, "no session should be lost");
                    cookie = next;
                }
            })
        });
        for generation in 1..=ROTATIONS {
            kept.push(visit(address, "").1);
            *rotating.0.write().unwrap() = build(generation);
            // Wait until every client has a cookie that the new secret signed.
            let before: Vec<u64> = visits.iter().map(|visits| visits.load(Ordering::Relaxed)).collect();
            while visits.iter().zip(&before).any(|(now, before)| now.load(Ordering::Relaxed) < before + 3) {
                if clients.iter().any(|client| client.is_finished()) {
                    return; // a client has failed, and the scope passes its panic on
                }
                thread::yield_now();
            }
        }
    });

    // The secret of the last cookie is now the retired secret. The secrets of the other cookies have been removed.
    let last = kept.pop().unwrap();
    assert_eq!(visit(address, &last).0, 2);
    for removed in &kept {
        assert_eq!(visit(address, removed).0, 1, "a cookie of a removed secret should be refused");
    }
    assert!(visits.iter().all(|visits| visits.load(Ordering::Relaxed) >= 3 * ROTATIONS));
}
