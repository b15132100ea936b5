//! The number of allocations per request.

#[path = "../benches/data/mod.rs"]
mod data;

use allocation_counter::measure;
use hmac::Hmac;
use http::{HeaderMap, HeaderValue, header::COOKIE};
use sha2::Sha256;
use signed_session::{
    BaseCookieSessionFactory, CookieHeader, EncryptedCookieSessionFactory, ManualClock, Serializer,
    SignedCookieSessionFactory, Timestamp,
};

const SECRET: &str = "a secret that is long enough for the tests";

/// Sizes of the state's JSON in bytes. The actual size can be slightly smaller.
const SIZES: [usize; 3] = [150, 450, 2800];

fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

/// Returns three numbers of allocations:
/// - those of a request that does not touch its session,
/// - those of a request that reads its session,
/// - the additional ones if the request also changes the session.
fn allocations_of_request<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    load: impl Fn() -> CookieHeader,
) -> [u64; 3] {
    let request = |handler: fn(&mut _)| {
        let cost = || {
            allocations(|| {
                let mut session = sessions.load(load());
                handler(&mut session);
                drop(sessions.save(&mut session).unwrap());
            })
        };
        // The first run includes one-time work, such as detecting the processor's features.
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

/// Returns the allocations for each size and each kind of cookie: signed with SHA-256, signed with SHA-512, encrypted.
fn allocations_of_each(load: impl Fn(&HeaderMap) -> CookieHeader) -> Vec<[u64; 3]> {
    let mut counts = Vec::new();
    // The clock stands still, because a read one second later would re-issue a signed cookie.
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.123_456).unwrap());
    for bytes in SIZES {
        let builder = || SignedCookieSessionFactory::builder(SECRET).clock(clock.clone());
        let sha256 = builder().mac::<Hmac<Sha256>>().build().unwrap();
        let sha512 = builder().build().unwrap();
        counts.push(with_cookie(&sha256, bytes, &load));
        counts.push(with_cookie(&sha512, bytes, &load));
        let encrypted = EncryptedCookieSessionFactory::builder(SECRET).clock(clock.clone());
        counts.push(with_cookie(&encrypted.build().unwrap(), bytes, &load));
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
    allocations_of_request(sessions, || load(&headers))
}

#[test]
fn counter_counts_allocations() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1]))), 1);
}

/// A read allocates the decoded bytes and the list of entries. A write allocates the new value's JSON, the envelope and
/// the header. Encryption works in these buffers.
#[test]
fn allocations_per_request_are_bounded() {
    for [untouched, read, written] in allocations_of_each(|headers| headers.into()) {
        assert!(untouched == 0 && read <= 2 && written <= 3, "{untouched}, {read}, {written}");
    }
}

/// A `CookieHeader` copies a `&str`, but shares the bytes of a `HeaderValue`.
#[test]
fn borrowed_header_costs_one_allocation() {
    let borrowed = allocations_of_each(|headers| headers[COOKIE].to_str().unwrap().into());
    for (borrowed, shared) in borrowed.into_iter().zip(allocations_of_each(|headers| headers.into())) {
        assert_eq!(borrowed, [shared[0] + 1, shared[1] + 1, shared[2]]);
    }
}
