//! Renewals and sign-outs, and saves that fail or are dropped.

use signed_session::parts::session_store::Store;

use crate::log::Log;
use crate::probe::Call::{Create, Delete, Load, Replace};
use crate::probe::Fault;
use crate::site::{Site, at, cookie, error, read, secs};

#[tokio::test(start_paused = true)]
async fn renewal_keeps_entries_but_drops_token_limits_owner_and_label() {
    let site = Site::with(|builder| builder.max_lifetime(secs(86400)));
    let old = site.sign_in().await;
    let mut token = String::new();
    site.request(&old, |session| {
        session.set_owner("zoe").unwrap();
        session.set_label("laptop").unwrap();
        session.set_timeout(secs(86400)).unwrap();
        session.set_lifetime(secs(86400)).unwrap();
        session.flash("hi", "").unwrap();
        token = session.csrf_token().unwrap();
    })
    .await;
    let old_handle = site.handle(&old).await;
    site.wait(60.0);
    let mut session = site.load(&old).await;
    session.renew();
    assert!(session.is_new() && session.rejection().is_none() && session.handle().is_none());
    let new_token = session.csrf_token().unwrap();
    assert_ne!(new_token, token);
    let new = cookie(&session.save().await.unwrap());
    assert_eq!(site.outcome(&old).await, "revoked");
    let session = site.load(&new).await;
    assert!(session.check_csrf_token(&new_token) && !session.check_csrf_token(&token));
    assert_eq!(session.created(), at(crate::site::START + 60.0));
    assert_eq!(session.keys().collect::<Vec<_>>(), ["user", "_f_", "_csrft_"]);
    let rows = site.store.all().await;
    assert_eq!((rows.len(), &rows[0].1.owner, &rows[0].1.label), (1, &None, &None));
    assert_ne!(rows[0].0, old_handle);
}

#[tokio::test(start_paused = true)]
async fn owner_set_after_renewal_is_saved() {
    let site = Site::new();
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.set_owner("visitor").unwrap();
    session.renew();
    session.set_owner("zoe").unwrap();
    let _ = session.save().await.unwrap();
    let rows = site.store.all().await;
    assert_eq!((rows.len(), rows[0].1.owner.as_deref()), (1, Some("zoe")));
}

#[tokio::test(start_paused = true)]
async fn write_during_renewal_is_kept() {
    let site = Site::new();
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.insert("before", 1).unwrap();
    session.renew();
    session.insert("after", 2).unwrap();
    session.flash("welcome", "").unwrap();
    site.request(&old, |session| {
        session.insert("cart", 3).unwrap();
        session.flash("added", "").unwrap();
    })
    .await;
    site.store.calls();
    let new = cookie(&session.save().await.unwrap());
    assert_eq!(site.store.calls(), [Create, Replace, Load, Delete, Load, Create, Replace, Delete]);
    let json = r#"{"user":"zoe","cart":3,"_f_":["added","welcome"],"before":1,"after":2}"#;
    assert_eq!(site.json(&new).await, json);
    assert_eq!(site.outcome(&old).await, "revoked");
    assert_eq!(site.store.all().await.len(), 1);
}

/// Regression: if another request saved a CSRF token during the renewal, the renewed session kept that token.
#[tokio::test(start_paused = true)]
async fn csrf_token_and_limits_saved_during_renewal_are_dropped() {
    let site = Site::with(|builder| builder.max_lifetime(secs(86400)));
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.renew();
    let mut token = String::new();
    site.request(&old, |session| {
        token = session.csrf_token().unwrap();
        session.set_timeout(secs(86400)).unwrap();
        session.set_lifetime(secs(86400)).unwrap();
    })
    .await;
    let new = cookie(&session.save().await.unwrap());
    assert!(!site.load(&new).await.check_csrf_token(&token));
    assert_eq!(site.json(&new).await, r#"{"user":"zoe"}"#);
}

/// A double click on "sign in" sends two requests, and both renew the session.
#[tokio::test(start_paused = true)]
async fn two_renewals_make_one_session() {
    let site = Site::new();
    let old = site.sign_in().await;
    let (mut first, mut second) = (site.load(&old).await, site.load(&old).await);
    for session in [&mut first, &mut second] {
        session.renew();
        session.set_owner("zoe").unwrap();
        session.insert("signed_in", true).unwrap();
    }
    let new = cookie(&first.save().await.unwrap());
    assert!(second.save().await.unwrap().is_empty());
    assert_eq!(site.json(&new).await, r#"{"user":"zoe","signed_in":true}"#);
    assert_eq!(site.store.all().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn repeated_renewal_keeps_entries_but_invalidation_drops_them() {
    let site = Site::new();
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.renew();
    session.renew();
    site.request(&old, |session| session.insert("cart", 1).unwrap()).await;
    let new = cookie(&session.save().await.unwrap());
    assert_eq!(site.json(&new).await, r#"{"user":"zoe","cart":1}"#);
    assert_eq!(site.store.all().await.len(), 1);

    for renew_first in [true, false] {
        let old = site.sign_in().await;
        let mut session = site.load(&old).await;
        if renew_first {
            session.renew();
            session.invalidate();
        } else {
            session.invalidate();
            session.renew();
        }
        session.insert("kept", 1).unwrap();
        site.request(&old, |session| session.insert("cart", 1).unwrap()).await;
        let new = cookie(&session.save().await.unwrap());
        assert_eq!(site.json(&new).await, r#"{"kept":1}"#, "no entry comes from the invalidated session");
        assert_eq!(site.outcome(&old).await, "revoked");
    }
}

/// A failed renewal leaves the old session unchanged.
#[tokio::test(start_paused = true)]
async fn failed_renewal_keeps_old_session() {
    for (call, fault) in [
        (Create, Fault::Down),
        (Create, Fault::Refused),
        (Create, Fault::Hangs),
        (Create, Fault::AnswerLost),
        (Replace, Fault::Down),
        (Replace, Fault::Refused),
        (Replace, Fault::Hangs),
    ] {
        let site = Site::new();
        let old = site.sign_in().await;
        let mut session = site.load(&old).await;
        session.renew();
        session.insert("admin", true).unwrap();
        site.store.break_down(call, fault);
        let failed = error(session.save().await);
        assert_eq!(failed.is_unavailable(), fault != Fault::Refused, "{call:?} {fault:?}");
        site.store.recover();
        assert_eq!(site.json(&old).await, r#"{"user":"zoe"}"#, "{call:?} {fault:?}");

        // Saving again completes the renewal.
        let new = cookie(&session.save().await.unwrap());
        assert_eq!(site.json(&new).await, r#"{"user":"zoe","admin":true}"#);
        assert_eq!(site.outcome(&old).await, "revoked");
        // The failed attempt may leave a row. No cookie has the id of that row, and the row expires.
        let rows = site.store.all().await;
        assert!(rows.len() <= 2 && rows.iter().all(|(_, row)| row.expires.is_some()), "{call:?} {fault:?}");
        site.wait(13.0 * 3600.0);
        assert!(site.store.all().await.is_empty());
    }
}

/// Regression: each attempt of a save replaced the old row with another marker. A later save recognised only the marker
/// of the first attempt as its own.
#[tokio::test(start_paused = true)]
async fn renewal_survives_conflict_and_lost_answers() {
    let site = Site::new();
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.renew();
    session.insert("admin", true).unwrap();
    let store = site.store.clone();
    site.store.before(Replace, async move {
        let (handle, _) = store.all().await.into_iter().find(|(_, row)| row.label.is_none()).unwrap();
        let (row, version) = store.rows.load(&handle).await.unwrap().unwrap();
        store.rows.replace(&handle, version, &row).await.unwrap().unwrap();
    });
    let store = site.store.clone();
    site.store.before(Replace, async move { store.break_down(Replace, Fault::AnswerLost) });
    assert!(error(session.save().await).is_unavailable());
    site.store.recover();
    let new = cookie(&session.save().await.unwrap());
    assert_eq!(site.json(&new).await, r#"{"user":"zoe","admin":true}"#);
    assert_eq!(site.outcome(&old).await, "revoked");
}

/// Regression: if the store had ended the old session but its answer was lost, the new session was deleted as well.
#[tokio::test(start_paused = true)]
async fn lost_answer_does_not_end_renewed_session() {
    for lost_answers in 1..=3 {
        let site = Site::new();
        let old = site.sign_in().await;
        let mut session = site.load(&old).await;
        session.renew();
        session.insert("admin", true).unwrap();
        site.store.break_down(Replace, Fault::AnswerLost);
        for _ in 0..lost_answers {
            site.store.before(Replace, async {});
        }
        let store = site.store.clone();
        site.store.before(Replace, async move { store.recover() });
        let mut saved = session.save().await;
        if lost_answers == 3 {
            assert!(error(saved).is_unavailable());
            assert_eq!(site.outcome(&old).await, "revoked");
            saved = session.save().await;
        }
        let new = cookie(&saved.unwrap());
        assert_eq!(site.json(&new).await, r#"{"user":"zoe","admin":true}"#);
        assert_eq!(site.outcome(&old).await, "revoked");
        assert_eq!(site.store.all().await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn lost_answer_during_renewal_costs_two_more_calls() {
    let site = Site::new();
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.renew();
    site.store.break_down(Replace, Fault::AnswerLost);
    let store = site.store.clone();
    site.store.before(Replace, async {});
    site.store.before(Replace, async move { store.recover() });
    let _ = session.save().await.unwrap();
    assert_eq!(site.store.calls(), [Load, Create, Replace, Replace, Load, Delete]);
}

/// The first attempt to replace the old row fails, and another request deletes the row. The next attempt must not
/// assume that the first one took effect.
#[tokio::test(start_paused = true)]
async fn sign_out_during_failed_renewal_ends_session() {
    let site = Site::new();
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.renew();
    site.store.break_down(Replace, Fault::Down);
    let (store, handle) = (site.store.clone(), site.handle(&old).await);
    site.store.before(Replace, async {});
    site.store.before(Replace, async move {
        store.recover();
        assert!(store.rows.delete(&handle, None).await.unwrap());
    });
    assert!(session.save().await.unwrap().is_empty());
    assert!(session.is_empty() && site.store.all().await.is_empty());
}

/// A renewal replaces the old row with a marker. The marker is not a session. If it cannot be deleted, it expires after
/// a minute.
#[tokio::test(start_paused = true)]
async fn marker_of_renewed_session_is_not_a_session() {
    let site = Site::new();
    let old = site.sign_in().await;
    let (mut session, mut slow) = (site.load(&old).await, site.load(&old).await);
    session.renew();
    site.store.break_down(Delete, Fault::Down);
    let new = cookie(&session.save().await.unwrap());
    site.store.recover();
    assert_eq!(site.store.all().await.len(), 2);
    assert_eq!(site.outcome(&old).await, "revoked");
    slow.insert("cart", 1).unwrap();
    assert!(slow.save().await.unwrap().is_empty(), "the change is dropped");
    assert_eq!(site.json(&new).await, r#"{"user":"zoe"}"#);
    site.wait(60.0);
    assert_eq!(site.store.all().await.len(), 1);
}

/// Regression: a request that had loaded the old row recorded its access in the marker. The marker then stayed in the
/// store forever.
#[tokio::test(start_paused = true)]
async fn access_of_session_without_expiry_is_not_recorded_in_marker() {
    let site = Site::with(|builder| builder.timeout(None).lifetime(None).reissue_time(secs(60)));
    let old = site.sign_in().await;
    site.wait(75.0);
    let (mut session, mut slow) = (site.load(&old).await, site.load(&old).await);
    read(&mut slow);
    session.renew();
    site.store.break_down(Delete, Fault::Down);
    let _ = session.save().await.unwrap();
    assert!(slow.save().await.unwrap().is_empty());
    assert_eq!(site.store.all().await.len(), 2);
    site.wait(60.0);
    assert_eq!(site.store.all().await.len(), 1);
}

/// Regression: if the save was repeated, it logged that another request had ended or renewed the session. But the first
/// save had ended it.
#[tokio::test(start_paused = true)]
async fn lost_answer_of_sign_out_is_an_error() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.invalidate();
    site.store.break_down(Delete, Fault::AnswerLost);
    assert!(error(session.save().await).is_unavailable());
    site.store.recover();
    assert_eq!(site.outcome(&cookie).await, "revoked");
    let (log, _guard) = Log::capture();
    assert_eq!(session.save().await.unwrap().len(), 1, "the cookie is removed");
    let lines = log.take();
    assert!(lines.len() == 1 && lines[0].contains("sign-out ended no session"), "{lines:?}");
    assert!(!lines[0].contains("another request has already ended"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn failure_to_end_old_row_deletes_new_row() {
    let site = Site::new();
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.renew();
    site.store.break_down(Replace, Fault::Down);
    error(session.save().await);
    assert_eq!(site.store.calls(), [Load, Create, Replace, Replace, Replace, Delete]);
    assert_eq!(site.store.all().await.len(), 1);
    assert_eq!(site.outcome(&old).await, "accepted");
}

#[tokio::test(start_paused = true)]
async fn failed_sign_out_keeps_session() {
    for fault in [Fault::Down, Fault::Refused, Fault::Hangs] {
        for with_entries in [false, true] {
            let site = Site::new();
            let cookie = site.sign_in().await;
            let mut session = site.load(&cookie).await;
            session.invalidate();
            if with_entries {
                session.insert("theme", "dark").unwrap();
            }
            site.store.break_down(Delete, fault);
            let failed = error(session.save().await);
            assert_eq!(failed.is_unavailable(), fault != Fault::Refused);
            site.store.recover();
            assert_eq!(site.json(&cookie).await, r#"{"user":"zoe"}"#);
            let sent = session.save().await.unwrap();
            assert_eq!(sent.len(), 1);
            assert_eq!(site.outcome(&cookie).await, "revoked");
        }
    }
}

/// A renewal drops the CSRF token, the only entry of the session here. Regression: the renewal then had no entries to
/// save, so it deleted the row, although another request had added an entry to it.
#[tokio::test(start_paused = true)]
async fn renewal_of_empty_session_keeps_concurrent_change() {
    let site = Site::new();
    let mut session = site.visit().await;
    session.csrf_token().unwrap();
    let old = cookie(&session.save().await.unwrap());
    let mut renewing = site.load(&old).await;
    renewing.renew();
    site.request(&old, |session| session.insert("cart", 1).unwrap()).await;
    let new = cookie(&renewing.save().await.unwrap());
    assert_eq!(site.load(&new).await.get("cart").unwrap(), Some(1));
    assert_eq!(site.outcome(&old).await, "revoked");
}
