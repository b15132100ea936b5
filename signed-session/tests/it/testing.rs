//! The helpers of the module `testing`.

#[cfg(feature = "encrypted")]
use signed_session::EncryptedCookieSessionFactory;
use signed_session::testing::{mint_cookie, mint_cookie_and_csrf_token, read_set_cookie};
use signed_session::{BaseCookieSessionFactory, Serializer, SignedCookieSessionFactory};

use crate::site::SECRET;

fn signed(name: &str) -> SignedCookieSessionFactory {
    SignedCookieSessionFactory::builder(SECRET).cookie_name(name).build().unwrap()
}

#[cfg(feature = "encrypted")]
fn encrypted(name: &str) -> EncryptedCookieSessionFactory {
    EncryptedCookieSessionFactory::builder(SECRET).cookie_name(name).build().unwrap()
}

/// Generates two tests from each listed function: one with signed and one with encrypted cookies. A listed function
/// takes a closure that builds the factory for a cookie name.
macro_rules! tests {
    ($($(#[$attribute:meta])* $test:ident,)*) => {
        mod signed {
            $(
                #[test]
                $(#[$attribute])*
                fn $test() {
                    super::$test(super::signed);
                }
            )*
        }

        #[cfg(feature = "encrypted")]
        mod encrypted {
            $(
                #[test]
                $(#[$attribute])*
                fn $test() {
                    super::$test(super::encrypted);
                }
            )*
        }
    };
}

tests! {
    factory_with_another_cookie_name_ignores_minted_cookie,
    #[should_panic(
        expected = "mint_cookie: the session is empty, and an empty session has no cookie; insert an entry"
    )]
    minting_empty_session_panics_with_advice,
    last_set_cookie_of_session_is_read,
    removal_is_read_as_missing_cookie,
    minted_cookie_and_token_match,
}

fn factory_with_another_cookie_name_ignores_minted_cookie<S: Serializer>(
    sessions: impl Fn(&str) -> BaseCookieSessionFactory<S>,
) {
    let cookie = mint_cookie(&sessions("session"), |session| session.insert("user", 7));
    assert_eq!(sessions("session").load(&*cookie).get("user").unwrap(), Some(7));
    assert!(sessions("other").load(&*cookie).rejection().unwrap().is_missing());
}

fn minting_empty_session_panics_with_advice<S: Serializer>(
    sessions: impl Fn(&str) -> BaseCookieSessionFactory<S>,
) {
    mint_cookie(&sessions("session"), |_| Ok(()));
}

fn last_set_cookie_of_session_is_read<S: Serializer>(sessions: impl Fn(&str) -> BaseCookieSessionFactory<S>) {
    let sessions = sessions("session");
    let line =
        |user: u32| format!("{}; Path=/; HttpOnly", mint_cookie(&sessions, |s| s.insert("user", user)));
    let lines =
        ["a=1".to_owned(), line(1), line(2), "session2=x".to_owned(), "xsession=y; session=z".to_owned()];
    let session = read_set_cookie(&sessions, &lines).unwrap();
    assert_eq!(session.get("user").unwrap(), Some(2));
    assert!(read_set_cookie(&sessions, ["a=1", "sessions=2", "session"]).is_none());
}

fn removal_is_read_as_missing_cookie<S: Serializer>(sessions: impl Fn(&str) -> BaseCookieSessionFactory<S>) {
    let sessions = sessions("session");
    let cookie = mint_cookie(&sessions, |session| session.insert("user", 1));
    let mut session = sessions.load(&*cookie);
    session.invalidate();
    let removal = sessions.save(&mut session).unwrap().into_session_cookie().unwrap();
    let session = read_set_cookie(&sessions, [removal.as_str()]).unwrap();
    assert!(session.is_new() && session.rejection().unwrap().is_missing());
}

/// Calls `csrf_token` without importing the trait `Session`, because the test of an application may import an extractor
/// named `Session` instead.
fn minted_cookie_and_token_match<S: Serializer>(sessions: impl Fn(&str) -> BaseCookieSessionFactory<S>) {
    let sessions = sessions("session");
    let (cookie, token) = mint_cookie_and_csrf_token(&sessions, |_| Ok(()));
    assert_eq!(token.len(), 40);
    assert_eq!(sessions.load(cookie).csrf_token().unwrap(), token);
}
