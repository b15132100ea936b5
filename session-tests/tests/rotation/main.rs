//! The procedures of docs/rotation.md. During each step, two servers answer the requests of signed-in visitors: one
//! with the configuration before the step, and one with the configuration after it. No session is lost.

#[allow(dead_code)] // this test needs only a part of the module
#[path = "../web/client.rs"]
mod client;
mod handlers;
#[path = "../web/jar.rs"]
mod jar;
mod procedure;
#[path = "../store_faults/random.rs"]
mod random;
mod running;
mod server;
#[path = "../serving/mod.rs"]
mod serving;
mod times;
mod visitors;

use signed_session::{
    Builder, CompactJsonSerializer, EncryptedCookieSessionFactory, Encryption, MessagePackSerializer,
    OldFormat, SignedCookieSessionFactory, Timestamp, XChaCha20Poly1305,
};

use procedure::{Configuration, assert_move_loses_no_session, assert_no_session_is_lost, clock};
use server::Framework;
use visitors::{send_requests, sign_in};

const OLD: &str = "the old secret, which is long enough for these tests";
const NEW: &str = "another secret, with which the servers write from now on";

const VISITORS: u64 = 24;
const REQUESTS: u32 = 8;

fn signed(secret: &str) -> Builder {
    SignedCookieSessionFactory::builder(secret)
}

/// Returns a builder for encrypted cookies without their default lifetime, because signed cookies have no lifetime.
fn encrypted(secret: &str) -> Builder<Encryption> {
    EncryptedCookieSessionFactory::builder(secret).lifetime(None)
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
fn new_aead_loses_no_session() {
    assert_move_loses_no_session(|| encrypted(OLD), || encrypted(OLD).aead::<XChaCha20Poly1305>());
}

#[test]
fn new_cookie_name_loses_no_session() {
    let new = || signed(OLD).salt("host.").production().lifetime(None);
    assert_move_loses_no_session(|| signed(OLD), new);
}

#[test]
fn new_domain_loses_no_session() {
    let (with, without) = (|| signed(OLD).domain(jar::HOST), || signed(OLD).salt("b."));
    assert_move_loses_no_session(with, without);
    assert_move_loses_no_session(without, with);
}

/// The visitors use only pages that are below both the old and the new path.
#[test]
fn new_path_loses_no_session() {
    let (shop, root) = (|| signed(OLD).path("/shop"), || signed(OLD).salt("b.").path("/"));
    assert_move_loses_no_session(shop, root);
    assert_move_loses_no_session(root, shop);
}

/// The browser does not send the old cookie to a page outside of the old path. If the page writes a new session, the
/// new session replaces the old one.
#[test]
fn page_outside_of_old_path_replaces_session() {
    let clock = clock();
    let old = Configuration::new("old", || signed(OLD).path("/shop")).start(Framework::Axum, &clock);
    let new = || signed(OLD).salt("b.").also_reads(signed(OLD).path("/shop").build().unwrap());
    let new = Configuration::new("new, reads old", new).start(Framework::Actix, &clock);
    let visitor = sign_in(1, &[old.address]).remove(0);
    for (page, hits) in [("/shop/home", "1"), ("/home", "0")] {
        let browser = visitor.browser.copy().at(new.address);
        browser.get(page).send();
        assert_eq!(browser.post("/shop/hit").send().body, hits, "{page}");
    }
}

#[test]
fn new_serializer_loses_no_session() {
    // The new format has another salt, because one key must not authenticate the payloads of two serializers.
    let old = || signed(OLD);
    let new = || signed(OLD).salt("messagepack.").serializer(MessagePackSerializer);
    assert_move_loses_no_session(old, new);
}

/// One procedure can change several options at once.
#[test]
fn changing_several_options_at_once_loses_no_session() {
    let old = || signed(OLD).hashalg("sha256").unwrap().salt("old.").cookie_name("session");
    let new = || encrypted(NEW).serializer(CompactJsonSerializer);
    assert_move_loses_no_session(old, new);
}

/// Shows that the tests above can fail: visitors notice if the old server cannot read the new server's cookies.
#[test]
fn skipped_first_step_loses_sessions() {
    let clock = clock();
    let old = Configuration::new("old", || signed(OLD)).start(Framework::Axum, &clock);
    let new = || encrypted(NEW).also_reads(signed(OLD).build().unwrap());
    let new = Configuration::new("new", new).start(Framework::Actix, &clock);
    let mut visitors = sign_in(VISITORS, &[old.address]);
    let lost = send_requests(&mut visitors, &[old.address, new.address], REQUESTS, || ());
    assert!(!lost.is_empty());
}

/// An old format is not read from its end date on, even if the configuration still lists the format.
#[test]
fn old_format_is_not_read_after_end_date() {
    let clock = clock();
    let until =
        |secs| OldFormat::from(signed(OLD).build().unwrap()).until(Timestamp::from_secs(secs).unwrap());
    let ended = Configuration::new("ended", move || encrypted(NEW).also_reads(until(1.0)));
    let open = Configuration::new("open", move || encrypted(NEW).also_reads(until(1e10)));
    let old = Configuration::new("old", || signed(OLD)).start(Framework::Axum, &clock);
    let visitor = sign_in(1, &[old.address]).remove(0);
    for (configuration, hits) in [(ended, "0"), (open, "1")] {
        let server = configuration.start(Framework::Actix, &clock);
        let browser = visitor.browser.copy().at(server.address);
        assert_eq!(browser.post("/shop/hit").send().body, hits, "{}", configuration.name);
    }
}

/// A sign-out at either server removes the cookies of both formats.
#[test]
fn sign_out_removes_cookies_of_both_formats() {
    let clock = clock();
    let old = Configuration::new("old", || signed(OLD).also_reads(encrypted(NEW).build().unwrap()));
    let new = Configuration::new("new", || encrypted(NEW).also_reads(signed(OLD).build().unwrap()));
    let (old, new) = (old.start(Framework::Axum, &clock), new.start(Framework::Actix, &clock));
    for (sign_in_at, sign_out_at) in [(&old, &new), (&new, &old)] {
        let browser = sign_in(1, &[sign_in_at.address]).remove(0).browser;
        let response = browser.at(sign_out_at.address).post("/shop/sign-out").send();
        let cookies = response.all("set-cookie");
        assert_eq!(cookies.len(), 2, "{response:?}");
        assert!(cookies.iter().all(|line| line.contains("=; Max-Age=0; ")), "{response:?}");
        for server in [&old, &new] {
            assert_eq!(browser.at(server.address).post("/shop/hit").send().body, "0");
        }
    }
}
