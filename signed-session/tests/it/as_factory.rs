//! The factory as the layers see it, who know the trait alone.

use session_core::SessionExt;
use signed_session::{CookieHeader, SessionFactory, SetCookie};

use crate::site::builder;

trait CookieFactory: SessionFactory<Request = CookieHeader, Response = SetCookie> {}

impl<F: SessionFactory<Request = CookieHeader, Response = SetCookie>> CookieFactory for F {}

/// A request that writes, and what its response sends if it failed or not.
fn written<F: CookieFactory>(sessions: &F, failed: bool) -> Option<SetCookie> {
    let mut session = sessions.load(CookieHeader::default());
    session.insert("user", "zoe").unwrap();
    let sent = if failed { sessions.save_on_exception(&mut session) } else { sessions.save(&mut session) };
    sent.ok().unwrap()
}

#[test]
fn what_is_saved_through_the_trait_is_loaded_through_it() {
    let sessions = builder().build().unwrap();
    for failed in [false, true] {
        let sent = written(&sessions, failed).unwrap();
        let cookie = format!("{}={}", sent.name(), sent.value());
        let session = SessionFactory::load(&sessions, cookie.into());
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"));
        assert!(!session.is_new());
    }
}

#[test]
fn it_knows_what_is_not_sent_with_a_failure() {
    let sessions = builder().set_on_exception(false).build().unwrap();
    assert!(written(&sessions, true).is_none());
    assert!(written(&sessions, false).is_some());
}
