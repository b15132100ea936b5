//! Inspection of cookies.

use signed_session::{CookieParts, JsonSerializer, KeyId, SignedCookieSessionFactory};

use crate::site::{SECRET, START, Site, at, builder};

const OTHER_SECRET: &str = "the next secret, and also one that is long";

/// Returns the value of a cookie that is signed with `secret`. Its session has one entry.
fn value(secret: &str) -> String {
    let mut site = Site::new(SignedCookieSessionFactory::builder(secret));
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.cookie.unwrap().strip_prefix("session=").unwrap().to_owned()
}

#[test]
fn valid_cookie_shows_key_parts_and_times() {
    let site = Site::new(builder());
    let text = value(SECRET);
    site.wait(100.0);
    let inspection = site.sessions.inspect(format!("session={text}"));
    let [cookie] = inspection.cookies() else { panic!("expected one cookie") };
    assert_eq!((cookie.value(), cookie.key()), (text.as_bytes(), Some(KeyId::Current)));
    assert!(cookie.rejection().is_none());
    assert_eq!(cookie.expires_at(), Some(at(START + 1200.0)));
    let record = cookie.record().unwrap();
    assert_eq!((record.created, record.accessed), (at(START), at(START)));
    let parts = cookie.parts().unwrap();
    assert_eq!(parts.tag().len(), 64);
    assert_eq!(parts.payload(), br#"[1700000000, 1700000000.0, {"user": "zoe"}]"#);
}

#[test]
fn retired_key_is_named() {
    let site = Site::new(SignedCookieSessionFactory::builder(OTHER_SECRET).retired_secret(SECRET));
    let inspection = site.sessions.inspect(format!("session={}", value(SECRET)));
    assert_eq!(inspection.deciding().unwrap().key(), Some(KeyId::Retired(1)));
}

#[test]
fn expired_cookie_is_rejected_and_shows_its_record() {
    let site = Site::new(builder());
    let cookie = format!("session={}", value(SECRET));
    site.wait(1200.0);
    assert!(
        site.sessions.inspect(&*cookie).cookies()[0].rejection().is_none(),
        "a session is still valid exactly at its timeout"
    );
    site.wait(0.5);
    let inspection = site.sessions.inspect(&*cookie);
    let cookie = inspection.deciding().unwrap();
    assert!(cookie.rejection().unwrap().is_expired());
    assert_eq!(cookie.key(), Some(KeyId::Current));
    assert!(cookie.record().unwrap().state.contains_key("user"));
}

#[test]
fn forged_cookie_shows_contents_only_with_unverified() {
    let site = Site::new(builder());
    let text = value(OTHER_SECRET);
    let inspection = site.sessions.inspect(format!("session={text}"));
    let cookie = inspection.deciding().unwrap();
    assert!(cookie.rejection().unwrap().is_bad_signature());
    assert_eq!(cookie.key(), None);
    assert!(cookie.parts().is_none() && cookie.record().is_none());
    assert!(cookie.expires_at().is_none());

    let parts = CookieParts::unverified(cookie.value(), 64, &JsonSerializer).unwrap();
    assert_eq!(parts.record().unwrap().state.get::<String>("user").unwrap().as_deref(), Some("zoe"));
}

#[test]
fn value_without_parts_is_malformed() {
    for (value, why) in
        [("a b", "URL-safe base64"), ("AAAA", "shorter than a tag"), (&*"A".repeat(4097), "longer than any")]
    {
        let error = CookieParts::unverified(value.as_bytes(), 64, &JsonSerializer).unwrap_err();
        assert!(error.is_malformed() && error.to_string().contains(why), "{error}");
    }
    let parts = CookieParts::unverified(&[b'A'; 86], 64, &JsonSerializer).unwrap();
    assert!(parts.payload().is_empty() && parts.record().unwrap_err().is_malformed());
}

#[test]
fn deciding_cookie_is_the_one_that_load_reports() {
    let site = Site::new(builder());
    let (expired, forged) = (value(SECRET), value(OTHER_SECRET));
    site.wait(2000.0);
    let mut fresh = Site::new(builder());
    fresh.wait(2000.0);
    fresh.request(|session| session.insert("user", "new").unwrap());
    let fresh = fresh.cookie.unwrap().strip_prefix("session=").unwrap().to_owned();
    let values = [&*expired, &*forged, &*fresh, "not base64", ""];
    for one in values {
        for two in values {
            let header = format!("session={one}; session={two}");
            let inspection = site.sessions.inspect(&*header);
            let session = site.sessions.load(&*header);
            let cookie = inspection.deciding().unwrap();
            assert_eq!(cookie.rejection(), session.rejection(), "{header}");
            if session.rejection().is_none() {
                assert_eq!(cookie.value(), fresh.as_bytes());
            }
            assert_eq!(inspection.cookies().len(), 2);
        }
    }
    assert!(site.sessions.inspect("other=1").deciding().is_none());
    let many = format!("session={expired}{}", "; session=x".repeat(9));
    assert_eq!(site.sessions.inspect(many).cookies().len(), signed_session::MAX_CANDIDATES);
}

#[test]
fn debug_shows_no_contents() {
    let site = Site::new(builder());
    let text = value(SECRET);
    let inspection = site.sessions.inspect(format!("session={text}"));
    let shown = format!("{inspection:?} {:?}", inspection.deciding().unwrap().parts());
    assert!(!shown.contains("zoe") && !shown.contains("user") && !shown.contains(&text[..8]), "{shown}");
}
