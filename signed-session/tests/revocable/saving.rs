//! The times of a session, saving after a request that failed, and saving a session that has ended.

use session_core::Session;
use signed_session::SessionFactory;

use crate::log::Log;
use crate::*;

#[tokio::test]
async fn accessed_is_the_time_of_the_last_access() {
    let site = site(|builder| builder);
    let start = site.clock.now();
    let cookie = sign_in(&site, "zoe").await;
    site.clock.advance(Duration::from_secs(2));
    let session = site.sessions.load(&*cookie).await.unwrap();
    assert_eq!(session.accessed(), start);
    assert!(session.contains("user"));
    assert_eq!(session.accessed(), start + Duration::from_secs(2));
}

#[tokio::test]
async fn failed_request_saves_unless_set_on_exception_is_false() {
    for saves in [true, false] {
        let site = match saves {
            true => site(|builder| builder),
            false => site(|builder| builder.set_on_exception(false)),
        };
        let cookie = sign_in(&site, "zoe").await;
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        session.invalidate();
        assert_eq!(session.save_on_exception().await.unwrap().is_empty(), !saves);
        assert_eq!(user(&site, &cookie).await.is_none(), saves);

        let cookie = sign_in(&site, "max").await;
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        session.invalidate();
        let saved = SessionFactory::save_on_exception(&site.sessions, &mut session).await.unwrap();
        assert_eq!(saved.is_empty(), !saves);
        assert_eq!(user(&site, &cookie).await.is_none(), saves);
    }
}

#[tokio::test]
async fn session_of_another_factory_is_not_saved_on_exception() {
    let (one, other) = (site(|builder| builder), site(|builder| builder));
    let mut session = one.sessions.load(None::<&str>).await.unwrap();
    session.insert("user", "zoe").unwrap();
    let saved = SessionFactory::save_on_exception(&other.sessions, &mut session).await;
    assert!(saved.unwrap_err().is_wrong_factory());
}

#[tokio::test]
async fn session_shows_whether_it_is_new_and_its_creation_time() {
    let site = site(|builder| builder);
    let start = site.clock.now();
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    assert!(session.is_new() && session.cookie_key().is_none());
    assert_eq!((session.created(), session.now()), (start, start));
    session.insert("user", "zoe").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());

    site.clock.advance(Duration::from_secs(2));
    let session = site.sessions.load(&*cookie).await.unwrap();
    assert!(!session.is_new() && session.cookie_key().is_some());
    assert_eq!((session.created(), session.now()), (start, start + Duration::from_secs(2)));
}

#[tokio::test]
async fn renewed_then_invalidated_session_is_saved_without_old_entries() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.renew();
    session.invalidate();
    session.insert("cart", 3).unwrap();
    // The new session has no entry of the old one, so it does not matter that the old one has ended.
    site.store.rows.end_all("zoe").await.unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    let session = site.sessions.load(&*cookie).await.unwrap();
    assert_eq!((session.get("cart").unwrap(), session.contains("user")), (Some(3), false));
}

#[tokio::test]
async fn dropped_changes_are_logged() {
    let (log, _guard) = Log::capture();
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    site.store.rows.end_all("zoe").await.unwrap();
    session.renew();
    assert!(log.take().is_empty());
    assert!(session.save().await.unwrap().is_empty());
    let dropped = "session changes dropped: another request has ended or renewed the session";
    let lines = log.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with(" WARN ") && lines[0].contains(dropped), "{lines:?}");
}

/// Regression: the log did not show that the sign-out ended no session.
#[tokio::test]
async fn sign_out_of_ended_session_is_logged() {
    let (log, _guard) = Log::capture();
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    site.store.rows.end_all("zoe").await.unwrap();
    session.invalidate();
    assert!(!session.save().await.unwrap().is_empty());
    let lines = log.take();
    assert!(lines.len() == 1 && lines[0].contains(" WARN "), "{lines:?}");
    assert!(lines[0].contains("sign-out ended no session"), "{lines:?}");
}

#[tokio::test]
async fn own_sign_out_is_no_rejection() {
    let site = site(|builder| builder);
    let start = site.clock.now();
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.invalidate();
    site.clock.advance(Duration::from_secs(5));
    assert!(!session.save().await.unwrap().is_empty());
    assert_eq!([session.created(), session.accessed()], [start; 2]);
    assert!(session.is_new() && session.is_empty() && session.rejection().is_none());
}

#[tokio::test]
async fn new_session_in_place_of_an_ended_one_was_not_accessed_before() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    site.store.rows.end_all("zoe").await.unwrap();
    session.set_label("Safari").unwrap();
    site.clock.advance(Duration::from_secs(5));
    assert!(session.save().await.unwrap().is_empty());
    assert!(session.rejection().unwrap().is_revoked());
    assert_eq!([session.created(), session.accessed()], [site.clock.now(); 2]);
}

/// Regression: saving an unchanged session of another factory was an error, unlike for sessions without a store.
#[tokio::test]
async fn factory_accepts_unchanged_session_of_another_factory() {
    let (one, other) = (site(|builder| builder), site(|builder| builder));
    let mut session = one.sessions.load(None::<&str>).await.unwrap();
    assert!(SessionFactory::save(&other.sessions, &mut session).await.unwrap().is_empty());
    assert!(SessionFactory::save_on_exception(&other.sessions, &mut session).await.unwrap().is_empty());
}

/// Regression: if the first save by the factory failed, the second save returned no error and no cookie, and the
/// changes were lost.
#[tokio::test]
async fn second_save_by_factory_is_an_error_if_row_changes() {
    let site = site(|builder| builder);
    let mut session = signing_in(&site, "zoe").await;
    site.store.set_down(true);
    let saved = SessionFactory::save(&site.sessions, &mut session).await;
    assert!(saved.unwrap_err().is_unavailable());
    site.store.set_down(false);
    for _ in 0..2 {
        let saved = SessionFactory::save(&site.sessions, &mut session).await;
        assert!(saved.unwrap_err().is_already_saved());
        assert!(session.save().await.unwrap_err().is_already_saved());
        session.invalidate();
    }
}

/// Regression: the second save lost the changes of the entries.
#[tokio::test]
async fn failed_save_by_factory_can_be_repeated_if_only_entries_change() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    site.clock.advance(Duration::from_secs(150));
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.insert("cart", 1).unwrap();
    // The store fails to record the access in the row.
    site.store.set_down(true);
    assert!(SessionFactory::save(&site.sessions, &mut session).await.unwrap_err().is_unavailable());
    site.store.set_down(false);
    for _ in 0..2 {
        let cookie = cookie_of(SessionFactory::save(&site.sessions, &mut session).await.unwrap());
        assert_eq!(site.sessions.load(cookie).await.unwrap().get("cart").unwrap(), Some(1));
    }
}

#[tokio::test]
async fn encoded_len_matches_sent_cookie() {
    let site = site(|builder| builder.max_len(1000));
    assert_eq!(site.sessions.max_len(), 1000);
    let mut session = signing_in(&site, "zoe").await;
    let announced = session.encoded_len().unwrap();
    let sent = session.save().await.unwrap().into_session_cookie().unwrap();
    assert_eq!(announced, sent.value().len());
}
