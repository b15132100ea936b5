//! Replaced, retired and weak secrets.

use signed_session::{Secrets, StoredSessionFactory};

use crate::probe::Call::{Delete, Load, Touch};
use crate::probe::Fault;
use crate::site::{SECRET, Session, Site, lines, no_access, read, secs, value};

const NEW_SECRET: &str = "another secret that is long enough for tests";

#[tokio::test]
async fn retired_secret_is_accepted_and_cookie_sent_again() {
    let site = Site::new();
    let old = site.sign_in().await;
    site.sessions.rotate(NEW_SECRET).unwrap();
    let session = site.load(&old).await;
    let key = session.cookie_key().unwrap();
    assert!(!key.is_current() && !session.is_new(), "{key}");
    // A request that does not read the session does not change the cookie.
    assert_eq!(site.costs(&old, no_access).await, (0, vec![Load]));
    // Before the cookie is sent again, the store is asked whether the session still exists.
    assert_eq!(site.costs(&old, read).await, (1, vec![Load, Load]));
    let sent = site.request(&old, read).await;
    let new = sent[0].split_once(';').unwrap().0.to_owned();
    assert_ne!(value(&new), value(&old));
    assert_eq!(site.handle(&new).await, site.handle(&old).await);
    assert!(site.load(&new).await.cookie_key().unwrap().is_current());
    assert_eq!(site.costs(&new, read).await, (0, vec![Load]));

    site.sessions.set_secrets(Secrets::from(NEW_SECRET)).unwrap();
    assert_eq!(site.outcome(&old).await, "bad_signature");
    assert_eq!(site.outcome(&new).await, "accepted");
}

/// Regression: the read sent the old id again, although another request had renewed the session. The browser then
/// replaced the cookie of the new session with the old one.
#[tokio::test]
async fn read_with_retired_secret_does_not_send_ended_session_again() {
    for secs in [0.0, 121.0] {
        let site = Site::new();
        let old = site.sign_in().await;
        site.sessions.rotate(NEW_SECRET).unwrap();
        site.wait(secs);
        let mut reading = site.load(&old).await;
        read(&mut reading);
        // The renewal replaces the old row with a marker. The store fails to delete the marker, so it stays.
        site.store.break_down(Delete, Fault::Down);
        let sent = site.request(&old, |session| session.renew()).await;
        assert_eq!(sent.len(), 1);
        assert!(reading.save().await.unwrap().is_empty(), "after {secs} s");
        assert!(reading.rejection().unwrap().is_revoked());
    }
}

/// Regression: the `Max-Age` of the cookie that was sent again counted from the access that the request had loaded.
/// Another request had recorded a later access and sent a cookie that lasts longer. The browser then replaced it.
#[tokio::test]
async fn cookie_sent_again_lasts_until_the_session_ends() {
    const DAY: u64 = 86_400;
    let days = |count| secs(count * DAY);
    let site = Site::with(|builder| builder.lifetime(None).reissue_time(None).max_lifetime(days(60)));
    let old = site.sign_in().await;
    site.request(&old, |session| session.set_timeout(days(30)).unwrap()).await;
    site.sessions.rotate(NEW_SECRET).unwrap();
    site.wait((20 * DAY) as f64);
    let mut reading = site.load(&old).await;
    read(&mut reading);
    site.request(&old, |session| session.insert("n", 1).unwrap()).await;
    let sent = lines(&reading.save().await.unwrap());
    assert!(sent.len() == 1 && sent[0].contains("; Max-Age=2592000;"), "{sent:?}");
}

#[tokio::test]
async fn change_and_access_reissue_cookie_of_retired_secret() {
    let site = Site::new();
    let old = site.sign_in().await;
    site.sessions.rotate(NEW_SECRET).unwrap();
    let sent = site.request(&old, |session| session.insert("a", 1).unwrap()).await;
    assert_eq!(sent.len(), 1);
    site.wait(121.0);
    assert_eq!(site.costs(&old, read).await, (1, vec![Load, Load, Touch]));
}

/// Regression: each re-issued cookie made the last access seem recent, so no access was recorded in the store.
#[tokio::test]
async fn access_of_long_request_with_retired_secret_is_recorded() {
    let site = Site::new();
    let old = site.sign_in().await;
    site.sessions.rotate(NEW_SECRET).unwrap();
    let mut session = site.load(&old).await;
    site.store.calls();
    // The first save only re-issues the cookie, because it is too early to record the access in the store.
    site.wait(100.0);
    for _ in 0..150 {
        site.wait(1.0);
        read(&mut session);
        let _ = session.save().await.unwrap();
    }
    assert_eq!(site.store.calls(), [Load, Touch, Touch]);
}

#[tokio::test]
async fn retired_secret_of_builder_is_accepted() {
    let site = Site::new();
    let old = site.sign_in().await;
    let builder = StoredSessionFactory::builder(NEW_SECRET, site.store.clone()).clock(site.clock.clone());
    let newer = builder.retired_secret(SECRET).build().unwrap();
    let session = newer.load(&*old).await.unwrap();
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
}

#[tokio::test]
async fn weak_secret_is_refused() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    for weak in ["", "short", &"a".repeat(64)] {
        let current = StoredSessionFactory::builder(weak, site.store.clone()).build().unwrap_err();
        assert_eq!(current.option(), "secret");
        let hint = if weak.is_empty() { "need at least 32 random bytes" } else { "signed-session keygen" };
        assert!(current.to_string().contains(hint), "{current}");
        let builder = StoredSessionFactory::builder(SECRET, site.store.clone());
        let retired = builder.retired_secret(weak).build().unwrap_err();
        assert_eq!(retired.option(), "retired_secret");
        assert_eq!(retired.to_string().ends_with("; remove it"), !weak.is_empty(), "{retired}");
        assert_eq!(site.sessions.rotate(weak).unwrap_err().option(), "secret");
        assert_eq!(site.sessions.set_secrets(Secrets::from(weak)).unwrap_err().option(), "secret");
    }
    assert_eq!(site.outcome(&cookie).await, "accepted", "the factory still uses its old secret");
}

/// Regression: each save after a read re-issued a cookie that a retired secret had authenticated.
#[tokio::test]
async fn cookie_of_retired_secret_is_reissued_once_per_request() {
    let accesses: [fn(&mut Session); 2] = [read, |session| session.insert("a", 1).unwrap()];
    for (access, wait) in accesses.into_iter().flat_map(|access| [(access, 0.0), (access, 121.0)]) {
        let site = Site::new();
        let old = site.sign_in().await;
        site.sessions.rotate(NEW_SECRET).unwrap();
        let mut session = site.load(&old).await;
        site.wait(wait);
        access(&mut session);
        assert_eq!(session.save().await.unwrap().len(), 1);
        access(&mut session);
        assert!(session.save().await.unwrap().is_empty(), "{wait}");
        // The key is that of the request's cookie.
        assert!(!session.cookie_key().unwrap().is_current());
    }
}
