//! How often a request asks for memory.

#[path = "../benches/data/mod.rs"]
mod data;

use allocation_counter::measure;
use hmac::Hmac;
use http::{HeaderMap, HeaderValue, header::COOKIE};
use sha2::Sha256;
use signed_session::{
    BaseCookieSessionFactory, CookieHeader, ManualClock, Serializer, SignedCookieSessionFactory, Timestamp,
};

const SECRET: &str = "a secret that is long enough for the tests";

/// Bytes of state.
const SIZES: [usize; 3] = [150, 450, 2800];

fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

/// What a request allocates: untouched, read, and what a change and its cookie add to that.
fn of_a_request<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    load: impl Fn() -> CookieHeader,
) -> [u64; 3] {
    let request = |handler: fn(&mut _)| {
        let cost = || {
            allocations(|| {
                let mut session = sessions.load(load());
                handler(&mut session);
                sessions.save(&mut session).unwrap();
            })
        };
        // What happens once, such as finding out what the processor can do, has happened then.
        cost();
        cost()
    };
    let untouched = request(|_| ());
    let read = request(|session| {
        session.get::<u32>("hits").unwrap();
    });
    let written = request(|session| {
        let hits: u32 = session.get("hits").unwrap().unwrap();
        session.insert("hits", hits + 1).unwrap();
    });
    [untouched, read, written - read]
}

/// Each of the sizes, with SHA-256 and with SHA-512.
fn of_each(load: impl Fn(&HeaderMap) -> CookieHeader) -> Vec<[u64; 3]> {
    let mut counts = Vec::new();
    // It stands still: a second later, a read would send the cookie too.
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.123_456).unwrap());
    for bytes in SIZES {
        let builder = || SignedCookieSessionFactory::builder(SECRET).clock(clock.clone());
        let sha256 = builder().mac::<Hmac<Sha256>>().build().unwrap();
        let sha512 = builder().build().unwrap();
        counts.push(with_cookie(&sha256, bytes, &load));
        counts.push(with_cookie(&sha512, bytes, &load));
    }
    counts
}

fn with_cookie<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    bytes: usize,
    load: &impl Fn(&HeaderMap) -> CookieHeader,
) -> [u64; 3] {
    let cookie = signed_session::testing::mint_cookie(sessions, |session| {
        data::entries(bytes).into_iter().try_for_each(|(key, value)| session.insert(key, value))
    });
    let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(cookie).unwrap())]);
    of_a_request(sessions, || load(&headers))
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1]))), 1);
}

/// The bytes that were decoded, and the list of entries; the text of the new value, the envelope, and the header.
#[test]
fn a_request_allocates_nothing_untouched_two_times_read_and_three_times_written() {
    for [untouched, read, written] in of_each(|headers| headers.into()) {
        assert!(untouched == 0 && read <= 2 && written <= 3, "{untouched}, {read}, {written}");
    }
}

/// A header that is only borrowed has to be kept.
#[test]
fn a_borrowed_header_costs_one_more() {
    let borrowed = of_each(|headers| headers[COOKIE].to_str().unwrap().into());
    for (borrowed, shared) in borrowed.into_iter().zip(of_each(|headers| headers.into())) {
        assert_eq!(borrowed, [shared[0] + 1, shared[1] + 1, shared[2]]);
    }
}
