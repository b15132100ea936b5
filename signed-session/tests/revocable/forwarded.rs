//! Methods that a `RevocableSession` forwards to its `CookieSession`.

use crate::*;

#[tokio::test]
async fn access_moves_expiry_only_if_cookie_is_reissued() {
    let site = site(|builder| builder);
    let first_end = site.clock.now() + Duration::from_secs(1200);
    let cookie = sign_in(&site, "zoe").await;
    // The cookie is re-issued if its access time is more than 120 seconds ago, a tenth of the timeout.
    for (wait, moved) in [(100, 0), (50, 150)] {
        site.clock.advance(Duration::from_secs(wait));
        let session = site.sessions.load(&*cookie).await.unwrap();
        assert!(session.contains("user"));
        assert_eq!(session.expires_at(), Some(first_end + Duration::from_secs(moved)));
    }
}

#[tokio::test]
async fn call_of_changed_causes_save_of_unchanged_session() {
    let site = site(|builder| builder.timeout(None).lifetime(None).reissue_time(None));
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    assert!(session.contains("user"));
    assert!(session.save().await.unwrap().is_empty());
    session.changed();
    assert_eq!(session.save().await.unwrap().len(), 1);
}

#[tokio::test]
async fn flash_message_is_in_the_cookie() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.flash("Welcome!", "").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["Welcome!"]);
}
