//! The helpers of the module `testing`.

use signed_session::testing::{mint_cookie, mint_cookie_and_csrf_token, read_set_cookie};
use signed_session::{BaseCookieSessionFactory, SignedCookieSessionFactory};

use crate::site::SECRET;

fn sessions(name: &str) -> SignedCookieSessionFactory {
    SignedCookieSessionFactory::builder(SECRET).cookie_name(name).build().unwrap()
}

#[test]
fn minted_cookie_is_read_only_by_its_factory() {
    let cookie = mint_cookie(&sessions("session"), |session| session.insert("user", 7));
    assert_eq!(sessions("session").load(&*cookie).get("user").unwrap(), Some(7));
    assert!(sessions("other").load(&*cookie).rejection().unwrap().is_missing());
}

#[test]
#[should_panic(
    expected = "mint_cookie: the session is empty, and an empty session has no cookie; insert an entry"
)]
fn minting_empty_session_panics_with_advice() {
    mint_cookie(&sessions("session"), |_| Ok(()));
}

#[test]
fn last_set_cookie_of_session_is_read() {
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
fn removal_is_read_as_missing_cookie() {
    let sessions: BaseCookieSessionFactory<_> = sessions("session");
    let cookie = mint_cookie(&sessions, |session| session.insert("user", 1));
    let mut session = sessions.load(&*cookie);
    session.invalidate();
    let removal = sessions.save(&mut session).unwrap().into_session_cookie().unwrap();
    let session = read_set_cookie(&sessions, [removal.as_str()]).unwrap();
    assert!(session.is_new() && session.rejection().unwrap().is_missing());
}

/// Imports no trait, like a test that imports an extractor named `Session`.
mod csrf_token_without_trait {
    use super::{mint_cookie_and_csrf_token, sessions};

    #[test]
    fn minted_cookie_and_token_match() {
        let sessions = sessions("session");
        let (cookie, token) = mint_cookie_and_csrf_token(&sessions, |_| Ok(()));
        assert_eq!(token.len(), 40);
        assert_eq!(sessions.load(cookie).csrf_token().unwrap(), token);
    }
}
