//! Changing the secret without signing anybody out.

use signed_session::SignedCookieSessionFactory;

use crate::site::{SECRET, START, Site, at, builder};

const NEXT: &str = "the next secret, and also one that is long";

#[test]
fn a_retired_secret_is_read_and_the_next_access_signs_anew() {
    let mut old = Site::new(builder());
    old.request(|session| session.insert("user", "zoe").unwrap());

    let mut new = Site::new(SignedCookieSessionFactory::builder(NEXT).retired_secret(SECRET));
    new.cookie = old.cookie.clone();
    assert!(!new.sends(|_| ()), "an untouched session stays as it is");
    // In the same second: nothing but the key asks for a new cookie.
    assert!(new.sends(|session| assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"))));
    assert!(!new.sends(|session| assert!(session.contains("user"))), "and that is that");

    // The old secret can go now; and it never signed the new cookie.
    let mut without = Site::new(SignedCookieSessionFactory::builder(NEXT));
    without.cookie = new.cookie.clone();
    assert!(without.load().contains("user"));
    old.cookie = new.cookie;
    assert!(old.load().rejection().unwrap().is_bad_signature());
}

#[test]
fn it_is_signed_anew_once() {
    let mut old = Site::new(builder());
    old.request(|session| session.insert("user", "zoe").unwrap());
    let mut new = Site::new(SignedCookieSessionFactory::builder(NEXT).retired_secret(SECRET));
    new.cookie = old.cookie;
    let mut session = new.load();
    assert!(session.contains("user"));
    assert!(new.sessions.save(&mut session).unwrap().is_some());
    assert!(session.contains("user"));
    assert!(new.sessions.save(&mut session).unwrap().is_none());
}

#[test]
fn a_removed_secret_is_refused() {
    let mut old = Site::new(builder());
    old.request(|session| session.insert("user", "zoe").unwrap());
    let mut new = Site::new(SignedCookieSessionFactory::builder(NEXT));
    new.cookie = old.cookie;
    let session = new.load();
    assert!(session.is_empty());
    assert!(session.rejection().unwrap().is_bad_signature());
}

#[test]
fn signing_anew_does_not_extend_a_life_that_reads_do_not_extend() {
    let mut old = Site::new(builder());
    old.request(|session| session.insert("user", "zoe").unwrap());
    let mut new =
        Site::new(SignedCookieSessionFactory::builder(NEXT).retired_secret(SECRET).reissue_time(None));
    new.cookie = old.cookie;
    new.wait(1000.0);
    assert!(new.sends(|session| assert!(session.contains("user"))));
    assert_eq!(new.load().accessed(), at(START));
    new.wait(201.0);
    assert!(new.load().rejection().unwrap().is_expired());
}

#[test]
fn each_of_several_retired_secrets_is_read() {
    let third = "the third secret, no shorter than the others";
    let mut site = Site::new(builder());
    site.request(|session| session.insert("user", "zoe").unwrap());
    let mut new =
        Site::new(SignedCookieSessionFactory::builder(NEXT).retired_secret(third).retired_secret(SECRET));
    new.cookie = site.cookie;
    assert!(new.load().contains("user"));
}
