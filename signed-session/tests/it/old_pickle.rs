//! Moving a session with a value that the new serializer cannot write, from pickle to JSON.

use signed_session::testing::mint_cookie;
use signed_session::{
    EncryptedCookieSessionFactory, ManualClock, PickleSerializer, SignedCookieSessionFactory,
};

use crate::site::{Raw, SECRET, START, at};

const OLD_SECRET: &str = "the old secret, which is long enough as well";

/// A pickle of `(1700000000, 1700000000, {"name": "zoe", "born": datetime.date(2024, 2, 29)})`.
const PICKLE: &[u8] = b"\x80\x03J\x00\xf1\x53\x65J\x00\xf1\x53\x65}(X\x04\0\0\0nameX\x03\0\0\0zoe\
                        X\x04\0\0\0borncdatetime\ndate\nC\x04\x07\xe8\x02\x1d\x85Ru\x87.";

#[test]
fn session_with_date_moves_after_date_is_discarded() {
    let clock = ManualClock::new(at(START));
    let old = || SignedCookieSessionFactory::builder(OLD_SECRET).clock(clock.clone());
    let writer = old().serializer(Raw(PICKLE.to_vec())).build().unwrap();
    let cookie = mint_cookie(&writer, |session| session.insert("any", "value"));
    let old = old().serializer(PickleSerializer::default()).build().unwrap();
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).clock(clock).also_reads(old);
    let sessions = sessions.build().unwrap();

    let mut session = sessions.load(&*cookie);
    assert_eq!(session.get("name").unwrap(), Some("zoe"));
    for _ in ["read", "changed"] {
        let error = session.save().unwrap_err().to_string();
        assert!(error.contains("cannot write the session entry \"born\""), "{error}");
        session.insert("hits", 1).unwrap();
    }

    assert!(session.discard("born"));
    let saved = session.save().unwrap();
    let set_cookie = saved.session_cookie().unwrap();
    assert_eq!((saved.len(), set_cookie.name()), (2, "__Host-session"));
    let moved = sessions.load(format!("{}={}", set_cookie.name(), set_cookie.value()));
    assert!(moved.cookie_key().unwrap().is_current());
    assert_eq!(moved.keys().collect::<Vec<_>>(), ["name", "hits"]);
}
