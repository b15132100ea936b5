//! The code paths of a request, each repeated alone. `cargo xtask bench instructions` counts their instructions under
//! valgrind. See docs/instructions.md.
//!
//! This program prepares all paths and runs each path once, so one-time work happens before any repeat. If the
//! arguments name a path, the program then repeats that path. The cost of the path is the difference between a run that
//! repeats the path and a run that repeats none, divided by the number of repeats.

mod data;

use std::hint::black_box;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use session_cookie::{CookieHeader, CookieTemplate};
use session_core::Record;
use session_sign::VerifyError;
use signed_session::{
    BaseCookieSessionFactory, CookieSession, EncryptedCookieSessionFactory, JsonSerializer, KeyRing,
    ManualClock, Serializer, Sign, SignedCookieSessionFactory, SignedSerializer, Timestamp,
};

/// Bytes of state. The size in the middle shows whether the costs grow linearly.
const SIZES: [usize; 3] = [450, 1225, 2000];

/// A replacement for a MAC. Valgrind lacks the SHA instructions, and a MAC in software takes so many instructions that
/// they would hide those of our code.
struct NoMac;

const TAG: [u8; 32] = [7; 32];

impl Sign for NoMac {
    fn tag_len(&self) -> usize {
        TAG.len()
    }

    fn sign(&self, _: &[u8], tag: &mut [u8]) {
        tag.copy_from_slice(&TAG);
    }

    fn verify(&self, _: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        if tag == TAG { Ok(()) } else { Err(VerifyError::new()) }
    }
}

/// A code path whose instructions are counted.
struct Path {
    name: &'static str,
    bytes: usize,
    /// The name of the other path that this path begins with, if any. The instructions of the other path are subtracted
    /// from those of this path.
    after: Option<&'static str>,
    run: Box<dyn Fn()>,
}

/// The paths at one size.
struct Paths {
    bytes: usize,
    list: Vec<Path>,
}

impl Paths {
    fn add(&mut self, name: &'static str, run: impl Fn() + 'static) {
        self.list.push(Path { name, bytes: self.bytes, after: None, run: Box::new(run) });
    }

    fn add_after(&mut self, after: &'static str, name: &'static str, run: impl Fn() + 'static) {
        self.list.push(Path { name, bytes: self.bytes, after: Some(after), run: Box::new(run) });
    }

    /// Adds two paths, named `read` and `write`. Both load and read a session with the factory; `write` also changes
    /// and saves it.
    fn add_requests<S: Serializer + 'static>(
        &mut self,
        sessions: &BaseCookieSessionFactory<S>,
        cookie: &str,
        [read, write]: [&'static str; 2],
    ) {
        let load = || {
            let (sessions, headers) = (sessions.clone(), headers(cookie));
            move || sessions.load(black_box(&headers))
        };
        let hits = |session: &CookieSession<S>| session.get::<u32>("hits").unwrap().unwrap();
        let loaded = load();
        self.add(read, move || {
            black_box(hits(&loaded()));
        });
        let (loaded, sessions) = (load(), sessions.clone());
        self.add_after(read, write, move || {
            let mut session = loaded();
            let seen = hits(&session);
            session.insert("hits", black_box(seen)).unwrap();
            black_box(sessions.save(&mut session).unwrap().into_session_cookie().unwrap());
        });
    }
}

fn headers(cookie: &str) -> HeaderMap {
    HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(cookie).unwrap())])
}

fn clock() -> ManualClock {
    ManualClock::new(Timestamp::from_secs(1_700_000_000.123_456).unwrap())
}

/// Returns the `Cookie` header, such as `session=value`, of a session with `bytes` of state.
fn cookie<S: Serializer>(sessions: &BaseCookieSessionFactory<S>, bytes: usize) -> String {
    signed_session::testing::mint_cookie(sessions, |session| {
        data::entries(bytes).into_iter().try_for_each(|(key, value)| session.insert(key, value))
    })
}

/// Returns the JSON of a state with as many entries as fit into `bytes`.
fn many_entries(bytes: usize) -> String {
    let mut text = "{\"key 000\": 0".to_owned();
    for number in 1.. {
        let entry = format!(", \"key {number:03}\": {}", number % 10);
        if text.len() + entry.len() >= bytes {
            break;
        }
        text += &entry;
    }
    text + "}"
}

fn paths(bytes: usize) -> Vec<Path> {
    let mut paths = Paths { bytes, list: Vec::new() };
    let signed = || SignedSerializer::new(KeyRing::new(NoMac), JsonSerializer);
    let sessions = BaseCookieSessionFactory::with_serializer(signed()).clock(clock()).build().unwrap();
    let cookie_text = cookie(&sessions, bytes);
    let value = cookie_text.strip_prefix("session=").unwrap().to_owned();
    let (_, payload) = signed().verify(value.as_bytes()).unwrap();

    // The search runs from the last cookie to the first, so the session's cookie, the first one, is found last.
    let alone = CookieHeader::from(&*cookie_text);
    let others = (0..30)
        .map(|n| format!("; _other{n}=GA1.2.{}.17000000{n:02}", 1_000_000_007_i32.wrapping_mul(n + 1)));
    let crowded = CookieHeader::from(others.fold(cookie_text.clone(), |header, other| header + &other));
    for (name, header) in [("find the cookie", alone), ("find it among 30 others", crowded)] {
        paths.add(name, move || {
            black_box(black_box(&header).values("session").next().unwrap());
        });
    }

    let untouched = (sessions.clone(), headers(&cookie_text));
    paths.add("load, untouched", move || {
        let (sessions, headers) = &untouched;
        let mut session = sessions.load(black_box(headers));
        drop(black_box(sessions.save(&mut session).unwrap()));
    });
    let untouched = (sessions.clone(), cookie_text.clone());
    paths.add("load from a `&str`, untouched", move || {
        let (sessions, cookie) = &untouched;
        let mut session = sessions.load(black_box(&**cookie));
        drop(black_box(sessions.save(&mut session).unwrap()));
    });

    let verified = (signed(), value.clone());
    paths.add("verify: base64, key ring", move || {
        black_box(verified.0.verify(black_box(verified.1.as_bytes())).unwrap());
    });
    let many = format!("[1700000000, 1700000000.123456, {}]", many_entries(bytes)).into_bytes();
    for (name, text) in [("Record::from_json", payload.clone()), ("Record::from_json, many keys", many)] {
        paths.add(name, move || {
            black_box(Record::from_json(black_box(&text).clone()).unwrap());
        });
    }
    let record = Record::from_json(payload).unwrap();
    paths.add("Record::write_json", move || {
        let mut out = Vec::new();
        black_box(&record).write_json(&mut out).unwrap();
        black_box(out);
    });
    let template = CookieTemplate::builder("session").build().unwrap();
    paths.add("CookieTemplate::set", move || {
        black_box(template.set(black_box(&value)).unwrap());
    });

    paths.add_requests(&sessions, &cookie_text, ["load, get", "insert, save"]);
    let old = BaseCookieSessionFactory::with_serializer(signed()).cookie_name("old").clock(clock());
    let reads_old = BaseCookieSessionFactory::with_serializer(signed()).clock(clock());
    let reads_old = reads_old.also_reads(old.build().unwrap()).build().unwrap();
    let with_old_format = ["load, get, with an unused old format", "insert, save, with an unused old format"];
    paths.add_requests(&reads_old, &cookie_text, with_old_format);

    let secret = "a secret for the benchmarks, twice as long as the 32 bytes needed";
    let encrypted = EncryptedCookieSessionFactory::builder(secret).clock(clock()).build().unwrap();
    let encrypted_cookie = cookie(&encrypted, bytes);
    paths.add_requests(&encrypted, &encrypted_cookie, ["load, get, encrypted", "insert, save, encrypted"]);
    let rotated = EncryptedCookieSessionFactory::builder(secret).clock(clock()).build().unwrap();
    rotated.rotate("another secret that is long enough for the benchmarks, the current one").unwrap();
    let with_rotation = ["load, get, encrypted, retired secret", "insert, save, encrypted, retired secret"];
    paths.add_requests(&rotated, &encrypted_cookie, with_rotation);
    let signing = SignedCookieSessionFactory::builder(secret).clock(clock()).build().unwrap();
    let with_mac = ["load, get, with HMAC-SHA-512", "insert, save, with HMAC-SHA-512"];
    paths.add_requests(&signing, &cookie(&signing, bytes), with_mac);
    paths.list
}

/// Returns the architecture, and the processor features by which our dependencies select their code.
fn processor() -> String {
    let mut features = vec![std::env::consts::ARCH];
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! detect {
            ($($feature:tt),*) => { $( if is_x86_feature_detected!($feature) { features.push($feature) } )* };
        }
        detect!("sse4.1", "avx", "avx2", "avx512f", "avx512bw", "bmi1", "bmi2", "sha", "aes", "pclmulqdq");
    }
    features.join(" ")
}

/// The arguments are `PATH BYTES TIMES`. Without them, or with those of `cargo bench`, no path is repeated.
fn main() {
    let paths: Vec<Path> = SIZES.into_iter().flat_map(paths).collect();
    println!("{}", processor());
    for path in &paths {
        (path.run)();
        println!("{}\t{}\t{}", path.name, path.bytes, path.after.unwrap_or_default());
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [name, bytes, times] = &args[..] {
        let bytes: usize = bytes.parse().expect("BYTES is a number");
        let path = paths
            .iter()
            .find(|path| path.name == name && path.bytes == bytes)
            .expect("PATH and BYTES name a path");
        for _ in 0..times.parse::<u32>().expect("TIMES is a number") {
            (path.run)();
        }
    }
}
