//! What the users' own tests take.

use signed_session::testing::{mint_cookie, read_set_cookie};
use signed_session::{BaseCookieSessionFactory, SignedCookieSessionFactory};

use crate::site::SECRET;

fn sessions(name: &str) -> SignedCookieSessionFactory {
    SignedCookieSessionFactory::builder(SECRET).cookie_name(name).build().unwrap()
}

#[test]
fn a_minted_cookie_is_read_by_its_factory_only() {
    let cookie = mint_cookie(&sessions("session"), |session| session.insert("user", 7));
    assert_eq!(sessions("session").load(&*cookie).get("user").unwrap(), Some(7));
    assert!(sessions("other").load(&*cookie).rejection().unwrap().is_missing());
}

#[test]
#[should_panic(expected = "the session is not empty")]
fn an_empty_session_is_not_minted() {
    mint_cookie(&sessions("session"), |_| Ok(()));
}

#[test]
fn the_last_of_our_lines_is_read_among_those_of_others() {
    let sessions = sessions("session");
    let line =
        |user: u32| format!("{}; Path=/; HttpOnly", mint_cookie(&sessions, |s| s.insert("user", user)));
    let lines =
        ["a=1".to_owned(), line(1), line(2), "session2=x".to_owned(), "xsession=y; session=z".to_owned()];
    let session = read_set_cookie(&sessions, &lines).unwrap();
    assert_eq!(session.get("user").unwrap(), Some(2));
    assert!(read_set_cookie(&sessions, ["a=1", "sessions=2", "session"]).is_none());
}

#[test]
fn a_removal_is_told_from_no_cookie() {
    let sessions: BaseCookieSessionFactory<_> = sessions("session");
    let cookie = mint_cookie(&sessions, |session| session.insert("user", 1));
    let mut session = sessions.load(&*cookie);
    session.invalidate();
    let removal = sessions.save(&mut session).unwrap().unwrap();
    let session = read_set_cookie(&sessions, [removal.as_str()]).unwrap();
    assert!(session.is_new() && session.rejection().unwrap().is_missing());
}
