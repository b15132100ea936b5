//! Rotation of the secret, which keeps users signed in.

use signed_session::SignedCookieSessionFactory;

use crate::site::{SECRET, START, Site, at, builder};

const NEXT_SECRET: &str = "the next secret, and also one that is long";

#[test]
fn cookie_of_retired_secret_is_reissued_at_access() {
    let mut old = Site::new(builder());
    old.request(|session| session.insert("user", "zoe").unwrap());

    let mut new = Site::new(SignedCookieSessionFactory::builder(NEXT_SECRET).retired_secret(SECRET));
    new.cookie = old.cookie.clone();
    assert!(!new.sends(|_| ()), "an untouched session is not re-issued");
    // No time has passed, so only the retired key causes the re-issue.
    assert!(new.sends(|session| assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"))));
    assert!(!new.sends(|session| assert!(session.contains("user"))), "re-issued only once");

    // A factory with only the new secret accepts the new cookie. A factory with only the old secret rejects it.
    let mut without = Site::new(SignedCookieSessionFactory::builder(NEXT_SECRET));
    without.cookie = new.cookie.clone();
    assert!(without.load().contains("user"));
    old.cookie = new.cookie;
    assert!(old.load().rejection().unwrap().is_bad_signature());
}

#[test]
fn second_save_does_not_reissue_cookie_of_retired_secret_again() {
    let mut old = Site::new(builder());
    old.request(|session| session.insert("user", "zoe").unwrap());
    let mut new = Site::new(SignedCookieSessionFactory::builder(NEXT_SECRET).retired_secret(SECRET));
    new.cookie = old.cookie;
    let mut session = new.load();
    assert!(session.contains("user"));
    assert!(!new.sessions.save(&mut session).unwrap().is_empty());
    assert!(session.contains("user"));
    assert!(new.sessions.save(&mut session).unwrap().is_empty());
}

#[test]
fn cookie_of_removed_secret_is_rejected() {
    let mut old = Site::new(builder());
    old.request(|session| session.insert("user", "zoe").unwrap());
    let mut new = Site::new(SignedCookieSessionFactory::builder(NEXT_SECRET));
    new.cookie = old.cookie;
    let session = new.load();
    assert!(session.is_empty());
    assert!(session.rejection().unwrap().is_bad_signature());
}

#[test]
fn rotation_keeps_access_time_if_reissue_time_is_none() {
    let mut old = Site::new(builder());
    old.request(|session| session.insert("user", "zoe").unwrap());
    let mut new =
        Site::new(SignedCookieSessionFactory::builder(NEXT_SECRET).retired_secret(SECRET).reissue_time(None));
    new.cookie = old.cookie;
    new.wait(1000.0);
    assert!(new.sends(|session| assert!(session.contains("user"))));
    assert_eq!(new.load().accessed(), at(START));
    new.wait(201.0);
    assert!(new.load().rejection().unwrap().is_expired());
}

#[test]
fn each_retired_secret_is_accepted() {
    let third = "the third secret, no shorter than the others";
    let mut new = Site::new(
        SignedCookieSessionFactory::builder(NEXT_SECRET).retired_secret(third).retired_secret(SECRET),
    );
    for secret in [third, SECRET] {
        let mut old = Site::new(SignedCookieSessionFactory::builder(secret));
        old.request(|session| session.insert("user", "zoe").unwrap());
        new.cookie = old.cookie;
        assert!(new.load().contains("user"), "{secret}");
    }
}
