//! The throughput of two threads compared with that of one, and the memory in use while millions of sessions are
//! handled. `cargo xtask bench scale` writes docs/scale.md from the line of JSON that this program prints.

mod data;

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, hint};

use hmac::Hmac;
use http::{HeaderMap, HeaderValue, header::COOKIE};
use serde_json::{Value, json};
use sha2::Sha256;
use signed_session::SignedCookieSessionFactory;

/// With SHA instructions, SHA-256 is faster than the default, SHA-512. Contention between threads then takes a larger
/// share of a request.
type Sessions = SignedCookieSessionFactory<Hmac<Sha256>>;

/// Bytes of state.
const BYTES: usize = 450;
/// Duration of a turn, a single measurement. Turns of one thread and of two threads alternate, so that a change of the
/// machine's speed affects both.
const TURN: Duration = Duration::from_millis(20);
/// Requests between two readings of the clock.
const BATCH: u32 = 64;

fn factory() -> Sessions {
    let secret = "a secret for the benchmarks, twice as long as the 32 bytes needed";
    SignedCookieSessionFactory::builder(secret).mac::<Hmac<Sha256>>().build().unwrap()
}

/// The work of a request.
type Job = fn(&Sessions, &HeaderMap);

const JOBS: [(&str, Job); 3] = [
    ("untouched", |sessions, headers| {
        let mut session = sessions.load(headers);
        assert!(hint::black_box(sessions.save(&mut session)).unwrap().is_empty());
    }),
    ("load, get", |sessions, headers| {
        assert_eq!(sessions.load(headers).get("hits").unwrap(), Some(1));
    }),
    ("load, get, insert, save", |sessions, headers| {
        let mut session = sessions.load(headers);
        let hits: u32 = session.get("hits").unwrap().unwrap();
        session.insert("hits", hits + 1).unwrap();
        assert!(!hint::black_box(sessions.save(&mut session)).unwrap().is_empty());
    }),
];

/// Runs one thread for each factory, and returns the requests per second of all threads together.
fn throughput(factories: &[&Sessions], cookie: &HeaderValue, job: Job) -> f64 {
    let barrier = Barrier::new(factories.len());
    let work = |sessions: &Sessions| {
        // Each thread has its own copy of the request.
        let cookie = HeaderValue::from_bytes(cookie.as_bytes()).unwrap();
        let headers = HeaderMap::from_iter([(COOKIE, cookie)]);
        barrier.wait();
        let (start, mut requests) = (Instant::now(), 0);
        while start.elapsed() < TURN {
            (0..BATCH).for_each(|_| job(sessions, &headers));
            requests += BATCH;
        }
        f64::from(requests) / start.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = factories.iter().map(|sessions| scope.spawn(move || work(sessions))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures two threads that share one factory. For comparison, also measures one thread, and two threads with a
/// factory each, which show what the machine can do.
fn threads(sessions: &Sessions, seconds: f64) -> Value {
    let other = factory();
    let cookie = signed_session::testing::mint_cookie(sessions, |session| {
        data::entries(BYTES).into_iter().try_for_each(|(key, value)| session.insert(key, value))
    });
    let cookie = HeaderValue::try_from(cookie).unwrap();
    let turns = (seconds / JOBS.len() as f64 / TURN.as_secs_f64() / 3.0).ceil() as usize;
    let rows = JOBS.map(|(name, job)| {
        let throughput = |factories: &[_]| throughput(factories, &cookie, job);
        let turn = |_| (throughput(&[sessions]), throughput(&[sessions; 2]), throughput(&[sessions, &other]));
        let turns: Vec<(f64, f64, f64)> = (0..turns).map(turn).collect();
        let median = |of: fn(&(f64, f64, f64)) -> f64| median(turns.iter().map(of).collect());
        json!({
            "job": name,
            "one": median(|&(one, _, _)| one),
            "two": median(|&(_, two, _)| two),
            "ratio": median(|(one, two, _)| two / one),
            "ratio_apart": median(|(one, _, apart)| apart / one),
        })
    });
    rows.into_iter().collect()
}

/// Returns the KiB of memory that the process uses.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc/self/status can be read on Linux");
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the status has a line `VmRSS:`");
    line.trim().trim_end_matches(" kB").parse().expect("`VmRSS:` is a number of kB")
}

/// Handles requests of a thousand browsers in turn. Each request loads, reads, changes and saves its session. Some
/// cookies are truncated, and some sessions are invalidated. Returns a hundred samples of the memory in use.
fn soak(sessions: &Sessions, count: u64) -> Value {
    let mut cookies = vec![String::new(); 1000];
    let samples = (0..100).map(|hundredth| {
        for number in count * hundredth / 100..count * (hundredth + 1) / 100 {
            let cookie = &mut cookies[number as usize % 1000];
            if number % 64 == 7 {
                cookie.truncate(cookie.len() / 2);
            }
            let mut session = sessions.load(&**cookie);
            let hits: u64 = session.get("hits").unwrap().unwrap_or_default();
            session.insert("hits", hits + 1).unwrap();
            session.insert("note", "n".repeat(number as usize % 700)).unwrap();
            session.insert(&format!("key {}", number % 13), number).unwrap();
            if number % 256 == 9 {
                session.invalidate();
            }
            let set_cookie =
                sessions.save(&mut session).unwrap().into_session_cookie().expect("a change is sent");
            *cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
        }
        resident()
    });
    samples.collect()
}

/// The arguments are `SECONDS SESSIONS`. With other arguments, such as those of `cargo bench`, the program runs briefly
/// as a test.
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<f64> = args.iter().map_while(|arg| arg.parse().ok()).collect();
    let (seconds, count) =
        if let [seconds, sessions] = args[..] { (seconds, sessions as u64) } else { (0.1, 5000) };
    let sessions = factory();
    println!("{}", json!({"threads": threads(&sessions, seconds), "soak": soak(&sessions, count)}));
}
