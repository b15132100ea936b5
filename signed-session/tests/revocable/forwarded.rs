//! Methods that a revocable session forwards to its cookie.

use crate::*;

#[tokio::test]
async fn end_moves_with_an_access_that_is_recorded() {
    let site = site(|builder| builder);
    let first_end = site.clock.now() + Duration::from_secs(1200);
    let cookie = sign_in(&site, "zoe").await;
    // Accesses are recorded after a tenth of the timeout.
    for (wait, moved) in [(100, 0), (50, 150)] {
        site.clock.advance(Duration::from_secs(wait));
        let session = site.sessions.load(&*cookie).await.unwrap();
        assert!(session.contains("user"));
        assert_eq!(session.expires_at(), Some(first_end + Duration::from_secs(moved)));
    }
}

#[tokio::test]
async fn changed_saves_without_another_change() {
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
