//! Sessions that move from cookies into a store.

use signed_session::ManageSessions as _;
use signed_session::testing::mint_cookie;
use signed_session::{
    BaseCookieSessionFactory, EncryptedCookieSessionFactory, ManualClock, OldFormat, Serializer,
    SignedCookieSessionFactory,
};

use crate::probe::Call::{Create, Delete};
use crate::site::{SECRET, START, Session, Site, at, cookie, no_access, read};

async fn check_move<S: Serializer + 'static>(old: BaseCookieSessionFactory<S>)
where
    OldFormat: From<BaseCookieSessionFactory<S>>,
{
    let old_cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let (old_name, _) = old_cookie.split_once('=').unwrap();
    let site = Site::with(|builder| builder.also_reads(old.clone()));
    let session = site.load(&old_cookie).await;
    assert!(!session.is_new() && session.handle().is_none() && session.rejection().is_none());
    assert_eq!(session.cookie_key().unwrap().to_string(), "old_format:1");

    assert_eq!(site.costs(&old_cookie, no_access).await, (0, vec![]));
    assert!(site.store.all().await.is_empty());
    let sent = site.request(&old_cookie, read).await;
    assert_eq!(site.store.calls(), [Create]);
    let own = sent.iter().find(|line| line.starts_with("__Host-session=") && !line.contains("Max-Age=0"));
    let new = own.unwrap().split_once(';').unwrap().0.to_owned();
    if old_name == "session" {
        assert_eq!(sent.len(), 2);
        assert!(sent[0].starts_with("session=; Max-Age=0"), "{sent:?}");
    } else {
        assert_eq!(sent.len(), 1, "the new cookie replaces the old one");
    }
    let moved = site.load(&new).await;
    assert_eq!((moved.get("user").unwrap(), moved.created()), (Some("zoe"), at(START)));

    // If the request has the new cookie, the old cookie is ignored.
    let both = if old_name == "session" { format!("{old_cookie}; {new}") } else { new.clone() };
    assert_eq!(site.json(&both).await, r#"{"user":"zoe"}"#);
    let sent = site.request(&both, |session: &mut Session| session.invalidate()).await;
    assert_eq!(site.store.calls().last(), Some(&Delete));
    assert!(sent.iter().all(|line| line.contains("Max-Age=0")), "{sent:?}");
    assert_eq!(site.outcome(&both).await, "revoked");
    for header in [format!("{old_cookie}; {new}"), format!("{new}; {old_cookie}")] {
        assert_eq!(
            site.outcome(&header).await,
            "revoked",
            "an ended session does not fall back to the old cookie"
        );
    }
}

#[tokio::test]
async fn signed_session_moves_into_store() {
    let clock = ManualClock::new(at(START));
    check_move(SignedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap()).await;
}

#[tokio::test]
async fn encrypted_session_moves_into_store() {
    let clock = ManualClock::new(at(START));
    check_move(EncryptedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap()).await;
}

#[tokio::test]
async fn old_session_can_be_changed_invalidated_and_renewed_until_it_expires() {
    let clock = ManualClock::new(at(START));
    let old = SignedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap();
    let old_cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let site = Site::with(|builder| builder.also_reads(old));
    let sent = site.request(&old_cookie, |session| session.insert("a", 1).unwrap()).await;
    let new = sent[1].split_once(';').unwrap().0;
    assert_eq!(site.json(new).await, r#"{"user":"zoe","a":1}"#);

    let (sent, calls) = site.costs(&old_cookie, |session| session.invalidate()).await;
    assert_eq!((sent, calls), (2, vec![]), "both cookies are removed");
    let sent = site.request(&old_cookie, |session| session.renew()).await;
    let new = sent[1].split_once(';').unwrap().0;
    assert_eq!(site.json(new).await, r#"{"user":"zoe"}"#);
    site.wait(1201.0);
    assert_eq!(site.outcome(&old_cookie).await, "expired");
    assert_eq!(site.outcome(&old_cookie.replacen('=', "=AAAA", 1)).await, "bad_signature");
}

/// The browser may have old cookies for paths that do not match the request.
#[tokio::test]
async fn old_cookie_that_is_not_in_request_is_removed_if_session_ends() {
    let old = SignedCookieSessionFactory::builder(SECRET).build().unwrap();
    let site = Site::with(|builder| builder.also_reads(old));
    let sent = site.request("", |session| session.insert("user", "zoe").unwrap()).await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    let new = sent[0].split_once(';').unwrap().0;
    let sent = site.request(new, Session::invalidate).await;
    assert!(sent.len() == 2 && sent[0].starts_with("session=; Max-Age=0"), "{sent:?}");
}

#[tokio::test]
async fn forged_cookie_does_not_hide_old_session() {
    let clock = ManualClock::new(at(START));
    let old = SignedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap();
    let old_cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let site = Site::with(|builder| builder.also_reads(old));
    for header in [format!("{old_cookie}; session=forged"), format!("session=forged; {old_cookie}")] {
        assert_eq!(site.json(&header).await, r#"{"user":"zoe"}"#);
    }
}

#[tokio::test]
async fn failed_move_can_be_repeated() {
    let clock = ManualClock::new(at(START));
    let old = SignedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap();
    let old_cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let site = Site::with(|builder| builder.also_reads(old));
    site.store.break_down(Create, crate::probe::Fault::Down);
    let mut session = site.load(&old_cookie).await;
    read(&mut session);
    assert!(crate::site::error(session.save().await).is_unavailable());
    site.store.recover();
    assert_eq!(session.save().await.unwrap().len(), 2);
}

/// Regression: a forged cookie of an old format decided the rejection, although the request also had a cookie with the
/// current name.
#[tokio::test]
async fn cookie_with_current_name_decides_rejection_before_old_one() {
    let old = SignedCookieSessionFactory::builder(SECRET).build().unwrap();
    let site = Site::with(|builder| builder.also_reads(old));
    assert_eq!(site.outcome("session=forged").await, "malformed");
    assert_eq!(site.outcome(&format!("__Host-session={}", "A".repeat(86))).await, "bad_signature");
    assert_eq!(
        site.outcome(&format!("session=forged; __Host-session={}", "A".repeat(86))).await,
        "bad_signature"
    );
}

/// Two requests with one old cookie make two sessions. The browser keeps the cookie of the later response.
#[tokio::test]
async fn concurrent_requests_move_old_session_twice() {
    for sets_owner in [false, true] {
        let clock = ManualClock::new(at(START));
        let old = EncryptedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap();
        let old_cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
        let site = Site::with(|builder| builder.also_reads(old));
        let (mut one, mut other) = (site.load(&old_cookie).await, site.load(&old_cookie).await);
        for (session, key) in [(&mut one, "a"), (&mut other, "b")] {
            session.insert(key, 1).unwrap();
            if sets_owner {
                session.set_owner("zoe").unwrap();
            }
        }
        let one = cookie(&one.save().await.unwrap());
        let other = cookie(&other.save().await.unwrap());
        assert_eq!(site.json(&one).await, r#"{"user":"zoe","a":1}"#);
        assert_eq!(site.json(&other).await, r#"{"user":"zoe","b":1}"#);

        // If both requests set the owner, both rows have the owner, so `end_all` ends both sessions.
        assert_eq!(site.sessions.end_all("zoe").await.unwrap(), if sets_owner { 2 } else { 0 });
        let outcome = if sets_owner { "revoked" } else { "accepted" };
        assert_eq!([site.outcome(&one).await, site.outcome(&other).await], [outcome; 2]);
        site.wait(1201.0);
        // A session without an owner ends when it expires.
        let outcome = if sets_owner { "revoked" } else { "expired" };
        assert_eq!([site.outcome(&one).await, site.outcome(&other).await], [outcome; 2]);
    }
}

/// The old cookie has no id, so the store cannot tell that the cookie's session was ended.
#[tokio::test]
async fn copy_of_old_cookie_is_accepted_after_sign_out() {
    let clock = ManualClock::new(at(START));
    let old = SignedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap();
    let old_cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let site = Site::with(|builder| builder.also_reads(OldFormat::from(old).until(at(START + 600.0))));
    let mut slow = site.load(&old_cookie).await;
    let mut moved = site.load(&old_cookie).await;
    read(&mut moved);
    let new = cookie(&moved.save().await.unwrap());
    site.request(&format!("{old_cookie}; {new}"), |session| session.invalidate()).await;
    assert!(site.store.all().await.is_empty());
    assert_eq!(site.outcome(&new).await, "revoked");

    let mut copy = site.load(&old_cookie).await;
    read(&mut copy);
    slow.insert("page", 1).unwrap();
    let rows = [cookie(&copy.save().await.unwrap()), cookie(&slow.save().await.unwrap())];
    assert_eq!(site.json(&rows[0]).await, r#"{"user":"zoe"}"#);
    assert_eq!(site.json(&rows[1]).await, r#"{"user":"zoe","page":1}"#);

    site.wait(601.0);
    assert_eq!(site.outcome(&old_cookie).await, "missing", "the old format is no longer read");
}
