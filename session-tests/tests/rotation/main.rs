//! The procedures of docs/rotation.md: two servers of the configurations before and after each step answer the requests
//! of signed-in visitors, and no session is lost.

#[allow(dead_code)] // this test needs a part of it
#[path = "../web/client.rs"]
mod client;
#[path = "../web/jar.rs"]
mod jar;
mod running;
mod server;
mod visitors;

use signed_session::{
    AuthenticatedSerializer, Builder, CompactJsonSerializer, EncryptedCookieSessionFactory, Encryption,
    MessagePackSerializer, OldFormat, Protection, SignedCookieSessionFactory, Timestamp,
};

use server::Configuration;
use visitors::{Visitor, send_requests, sign_in};

const OLD: &str = "the old secret, which is long enough for these tests";
const NEW: &str = "another secret, with which the servers write from now on";

const VISITORS: u64 = 24;
const REQUESTS: u32 = 8;

/// The names of the cookies in the configurations.
const COOKIE_NAMES: [&str; 2] = ["session", "__Host-session"];

/// Runs a procedure with all its steps. Each step restarts the servers one after the other, so that servers of both
/// configurations answer requests.
#[track_caller]
fn assert_no_session_is_lost(steps: &[Configuration]) {
    let first = steps[0].start();
    let mut visitors = sign_in(VISITORS, &[first.address]);
    let lost = send_requests(&mut visitors, &[first.address], REQUESTS, || ());
    assert!(lost.is_empty(), "{}: {lost:?}", steps[0].name);
    let old: Vec<_> = visitors.iter().map(|visitor| visitor.copy(&COOKIE_NAMES)).collect();

    for pair in steps.windows(2) {
        let servers = [pair[0].start(), pair[1].start()];
        let addresses = [servers[0].address, servers[1].address];
        visitors.extend(sign_in(2, &addresses).into_iter().chain(sign_in(2, &[addresses[1], addresses[0]])));
        let lost = send_requests(&mut visitors, &addresses, REQUESTS, || ());
        assert!(lost.is_empty(), "{} and {}: {lost:?}", pair[0].name, pair[1].name);
        // The time that passes until the next step: each session is used again.
        let last = [addresses[1]];
        let lost = send_requests(&mut visitors, &last, REQUESTS, || ());
        assert!(lost.is_empty(), "{}: {lost:?}", pair[1].name);
        // So the operator sees that the next step signs nobody out.
        assert!(visitors.iter().all(|visitor| visitor.key(addresses[1]) == "current"), "{}", pair[1].name);
    }

    // The last configuration accepts no cookie of the first one.
    let last = steps[steps.len() - 1].start();
    for old in old {
        assert_eq!(old.at(last.address).post("/hit").send().body, "0");
    }
    let lost = send_requests(&mut visitors, &[last.address], REQUESTS, || ());
    assert!(lost.is_empty(), "{lost:?}");
}

/// Runs the procedure of docs/rotation.md for a move from one configuration to another.
#[track_caller]
fn assert_move_loses_no_session<
    P: Protection<Serializer: AuthenticatedSerializer>,
    Q: Protection<Serializer: AuthenticatedSerializer>,
>(
    old: impl Fn() -> Builder<P> + Copy + 'static,
    new: impl Fn() -> Builder<Q> + Copy + 'static,
) {
    assert_no_session_is_lost(&[
        Configuration::new("old", old),
        Configuration::new("old, reads new", move || old().also_reads(new().build().unwrap())),
        Configuration::new("new, reads old", move || new().also_reads(old().build().unwrap())),
        Configuration::new("new", new),
    ]);
}

fn signed(secret: &str) -> Builder {
    SignedCookieSessionFactory::builder(secret)
}

fn encrypted(secret: &str) -> Builder<Encryption> {
    EncryptedCookieSessionFactory::builder(secret)
}

#[test]
fn new_secret_loses_no_session() {
    assert_no_session_is_lost(&[
        Configuration::new("old", || signed(OLD)),
        Configuration::new("old, reads new", || signed(OLD).retired_secret(NEW)),
        Configuration::new("new, reads old", || signed(NEW).retired_secret(OLD)),
        Configuration::new("new", || signed(NEW)),
    ]);
}

#[test]
fn new_secret_of_encrypted_cookies_loses_no_session() {
    assert_no_session_is_lost(&[
        Configuration::new("old", || encrypted(OLD)),
        Configuration::new("old, reads new", || encrypted(OLD).retired_secret(NEW)),
        Configuration::new("new, reads old", || encrypted(NEW).retired_secret(OLD)),
        Configuration::new("new", || encrypted(NEW)),
    ]);
}

#[test]
fn new_hash_loses_no_session() {
    let old = || signed(OLD).hashalg("sha256").unwrap();
    let new = || signed(OLD).hashalg("sha512").unwrap();
    assert_move_loses_no_session(old, new);
}

#[test]
fn new_salt_loses_no_session() {
    assert_move_loses_no_session(|| signed(OLD), || signed(OLD).salt("shop."));
}

#[test]
fn signed_to_encrypted_loses_no_session() {
    assert_move_loses_no_session(|| signed(OLD), || encrypted(NEW));
}

#[test]
fn new_cookie_name_loses_no_session() {
    assert_move_loses_no_session(|| signed(OLD), || signed(OLD).salt("host.").production());
}

#[test]
fn new_serializer_loses_no_session() {
    // Another salt, because one key must not authenticate two serializers' payloads.
    let old = || signed(OLD);
    let new = || signed(OLD).salt("messagepack.").serializer(MessagePackSerializer);
    assert_move_loses_no_session(old, new);
}

/// Several moves can be one.
#[test]
fn everything_at_once_loses_no_session() {
    let old = || signed(OLD).hashalg("sha256").unwrap().salt("old.").cookie_name("session");
    let new = || encrypted(NEW).serializer(CompactJsonSerializer);
    assert_move_loses_no_session(old, new);
}

/// The visitors notice if the servers cannot read each other's cookies. So the tests above can fail.
#[test]
fn skipped_first_step_loses_sessions() {
    let new = || encrypted(NEW).also_reads(signed(OLD).build().unwrap());
    let (old, new) =
        (Configuration::new("old", || signed(OLD)).start(), Configuration::new("new", new).start());
    let mut visitors = sign_in(VISITORS, &[old.address]);
    let lost = send_requests(&mut visitors, &[old.address, new.address], REQUESTS, || ());
    assert!(!lost.is_empty());
}

/// From its end date on, an old format is not read, even if nobody has removed it.
#[test]
fn end_date_ends_the_old_format() {
    let until =
        |secs| OldFormat::from(signed(OLD).build().unwrap()).until(Timestamp::from_secs(secs).unwrap());
    let ended = Configuration::new("ended", move || encrypted(NEW).also_reads(until(1.0))).start();
    let open = Configuration::new("open", move || encrypted(NEW).also_reads(until(1e10))).start();
    let old = Configuration::new("old", || signed(OLD)).start();
    let visitors = sign_in(1, &[old.address]);
    let hit = |visitor: &Visitor, server: &server::Server| {
        visitor.copy(&COOKIE_NAMES).at(server.address).post("/hit").send().body
    };
    assert_eq!((hit(&visitors[0], &ended), hit(&visitors[0], &open)), ("0".into(), "1".into()));
}

/// A sign-out at one server ends the session in the cookies of both formats.
#[test]
fn sign_out_ends_the_session_in_both_formats() {
    let old = Configuration::new("old", || signed(OLD).also_reads(encrypted(NEW).build().unwrap())).start();
    let new = Configuration::new("new", || encrypted(NEW).also_reads(signed(OLD).build().unwrap())).start();
    for (sign_in_at, sign_out_at) in [(&old, &new), (&new, &old)] {
        let visitors = sign_in(1, &[sign_in_at.address]);
        let browser = visitors[0].copy(&COOKIE_NAMES);
        let response = browser.at(sign_out_at.address).post("/sign-out").send();
        assert_eq!(response.all("set-cookie").len(), 2, "{response:?}");
        for server in [&old, &new] {
            assert_eq!(browser.at(server.address).post("/hit").send().body, "0");
        }
    }
}
