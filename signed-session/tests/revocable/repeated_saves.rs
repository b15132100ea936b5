//! Several saves of one request: after an error, or after a save was dropped.

use crate::*;

/// Regression: if the future of `RevocableSession::save` was dropped, the next `save` returned `Ok`, but the sign-out
/// was lost. In a later version, the next save could revive a session that was ended between the two saves.
#[tokio::test]
async fn dropped_save_cannot_be_repeated() {
    let changes: [fn(&mut Session); 3] = [
        |session| session.invalidate(),
        |session| {
            session.renew();
            session.set_owner("zoe").unwrap();
        },
        |session| session.set_label("phone").unwrap(),
    ];
    for change in changes {
        let site = site(|builder| builder);
        let cookie = sign_in(&site, "zoe").await;
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        change(&mut session);
        site.store.set_hanging(true);
        let saved = tokio::time::timeout(Duration::from_millis(10), session.save()).await;
        assert!(saved.is_err());
        site.store.set_hanging(false);
        for _ in 0..2 {
            assert!(session.save().await.unwrap_err().is_already_saved());
        }
    }
}

/// Regression: if the store had ended the old session but its answer was lost, the renewed session ended as well.
#[tokio::test]
async fn lost_answer_does_not_end_renewed_session() {
    let changes: [fn(&mut Session); 3] = [
        |session| session.renew(),
        |session| {
            session.renew();
            session.set_owner("zoe").unwrap();
        },
        |session| session.set_owner("zoe").unwrap(),
    ];
    for (change, lost_answers) in changes.into_iter().flat_map(|change| [(change, 1), (change, 3)]) {
        let site = site(|builder| builder);
        let old = sign_in(&site, "zoe").await;
        let mut session = site.sessions.load(&*old).await.unwrap();
        change(&mut session);
        site.store.set_lost_answers(lost_answers);
        let mut saved = session.save().await;
        if lost_answers == 3 {
            assert!(saved.is_err());
            assert_eq!(user(&site, &old).await, None);
            let listed = site.store.rows.sessions_of("zoe").await.unwrap();
            assert_eq!(listed, [], "a session whose cookie was not sent is not listed");
            saved = session.save().await;
        }
        assert_eq!(user(&site, &cookie_of(saved.unwrap())).await.as_deref(), Some("zoe"));
        assert_eq!(user(&site, &old).await, None);
        let listed = site.store.rows.sessions_of("zoe").await.unwrap();
        assert!(
            listed
                .iter()
                .map(|listed| Some(listed.handle))
                .eq([session.handle()].into_iter().filter(Option::is_some))
        );
    }
}

/// Regression: a save that could not end the old session deleted its new row. If this deletion took effect only after
/// the repeated save, it ended the new session. The repeated save also kept the label of the first one.
#[tokio::test]
async fn late_deletion_by_failed_save_does_not_end_session() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let old = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*old).await.unwrap();
    session.set_owner("zoe").unwrap();
    session.set_label("Firefox").unwrap();
    site.store.set_lost_answers(3);
    site.store.delay_deletions();
    assert!(session.save().await.is_err());
    let late = site.store.take_late_deletions();
    assert_eq!(late.len(), 1);
    session.set_label("Safari").unwrap();
    let new = cookie_of(session.save().await.unwrap());
    for (handle, version) in late {
        site.store.rows.delete(&handle, version).await.unwrap();
    }
    assert_eq!(user(&site, &new).await.as_deref(), Some("zoe"));
    let listed = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.label.as_deref()).collect::<Vec<_>>(), [Some("Safari")]);
}

/// Regression: if the answer to `create` was lost, the list of the owner's sessions showed a session that no browser
/// had.
#[tokio::test]
async fn session_whose_registration_failed_is_not_listed() {
    let site = site(|builder| builder);
    let mut session = signing_in(&site, "zoe").await;
    site.store.lose_creation();
    assert!(session.save().await.unwrap_err().is_unavailable());
    assert_eq!(site.store.rows.sessions_of("zoe").await, Ok(Vec::new()));
    let cookie = cookie_of(session.save().await.unwrap());
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    let listed = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!(listed.iter().map(|listed| Some(listed.handle)).collect::<Vec<_>>(), [session.handle()]);
}

#[tokio::test]
async fn late_deletion_after_failed_registration_does_not_end_session() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let mut session = signing_in(&site, "zoe").await;
    site.store.lose_creation();
    site.store.delay_deletions();
    assert!(session.save().await.is_err());
    let late = site.store.take_late_deletions();
    assert_eq!(late.len(), 1);
    let cookie = cookie_of(session.save().await.unwrap());
    for (handle, version) in late {
        site.store.rows.delete(&handle, version).await.unwrap();
    }
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
}

#[tokio::test]
async fn failed_registration_sends_no_cookie_and_can_be_repeated() {
    let site = site(|builder| builder);
    let mut session = signing_in(&site, "zoe").await;
    site.store.set_down(true);
    assert!(session.save().await.unwrap_err().is_unavailable());
    site.store.set_down(false);
    let cookie = cookie_of(session.save().await.unwrap());
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
}
