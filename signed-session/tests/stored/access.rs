//! Which calls to the store a request causes, and when the cookie is sent.

use std::sync::Arc;

use session_core::SessionFactory;
use signed_session::parts::session_core;
use signed_session::{Builder, CookieHeader, JsonSerializer, Serializer, Stored, StoredSessionFactory};

use crate::probe::Call::{Create, Delete, Load, Replace, Touch};
use crate::probe::Probe;
use crate::site::{SECRET, Site, cookie, error, lines, no_access, read, secs, value};

#[tokio::test]
async fn session_round_trips() {
    let site = Site::new();
    let mut session = site.visit().await;
    assert!(session.is_new() && session.rejection().unwrap().is_missing() && session.handle().is_none());
    session.insert("user", "zoe").unwrap();
    session.flash("Welcome!", "").unwrap();
    let token = session.csrf_token().unwrap();
    let set_cookies = session.save().await.unwrap();
    let [line] = &lines(&set_cookies)[..] else { panic!("expected one line") };
    assert!(line.starts_with("__Host-session="));
    assert!(line.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
    let cookie = cookie(&set_cookies);
    assert_eq!(value(&cookie).len(), 86);

    let mut session = site.load(&cookie).await;
    assert!(!session.is_new() && session.rejection().is_none() && session.cookie_key().unwrap().is_current());
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
    assert!(session.check_csrf_token(&token));
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["Welcome!"]);
    assert!(lines(&session.save().await.unwrap()).is_empty());
    assert!(site.load(&cookie).await.peek_flash::<String>("").unwrap().is_empty());
}

/// Regression: the closures in the session's journal were not `Sync`, so neither was the session.
#[tokio::test]
async fn session_can_be_shared_between_threads() {
    fn assert_bounds<T: Send + Sync + 'static>(_: &T) {}
    assert_bounds(&Site::new().visit().await);
}

#[tokio::test]
async fn calls_per_request() {
    let site = Site::new();
    assert_eq!(site.costs("", |session| assert!(session.is_empty())).await, (0, vec![]));
    assert_eq!(site.costs("", |session| session.insert("a", 1).unwrap()).await, (1, vec![Create]));
    let cookie = site.sign_in().await;
    assert_eq!(site.costs(&cookie, no_access).await, (0, vec![Load]));
    assert_eq!(site.costs(&cookie, read).await, (0, vec![Load]));
    assert_eq!(
        site.costs(&cookie, |session| session.insert("a", 1).unwrap()).await,
        (0, vec![Load, Replace])
    );
    site.wait(121.0);
    assert_eq!(site.costs(&cookie, no_access).await, (0, vec![Load]));
    assert_eq!(site.costs(&cookie, read).await, (0, vec![Load, Touch]));
    let renew = |session: &mut crate::site::Session| session.renew();
    assert_eq!(site.costs(&cookie, renew).await, (1, vec![Load, Create, Replace, Delete]));
    let cookie = site.sign_in().await;
    assert_eq!(site.costs(&cookie, |session| session.invalidate()).await, (1, vec![Load, Delete]));
    assert_eq!(site.costs("", |session| session.invalidate()).await, (1, vec![]));
}

#[tokio::test]
async fn unpolled_future_does_not_call_store() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    drop(SessionFactory::load(&site.sessions, CookieHeader::from(&*cookie)));
    assert!(site.store.calls().is_empty());

    let mut session = SessionFactory::load(&site.sessions, CookieHeader::from(&*cookie)).await.unwrap();
    assert_eq!(site.store.calls(), [Load]);
    session.insert("a", 1).unwrap();
    drop(SessionFactory::save(&site.sessions, &mut session));
    assert!(site.store.calls().is_empty());
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe"}"#);
}

#[tokio::test]
async fn factory_saves_like_session() {
    let site = Site::new();
    let mut session = site.visit().await;
    session.insert("a", 1).unwrap();
    let set_cookies = SessionFactory::save(&site.sessions, &mut session).await.unwrap();
    let cookie = cookie(&set_cookies);
    let mut session = site.load(&cookie).await;
    session.insert("b", 2).unwrap();
    let saved = SessionFactory::save_on_exception(&site.sessions.clone(), &mut session).await.unwrap();
    assert!(saved.is_empty());
    assert_eq!(site.json(&cookie).await, r#"{"a":1,"b":2}"#);
}

#[tokio::test]
async fn other_factory_does_not_save_session() {
    let site = Site::new();
    let other = StoredSessionFactory::builder(SECRET, site.store.clone()).build().unwrap();
    let mut session = site.visit().await;
    session.insert("a", 1).unwrap();
    for saved in [
        SessionFactory::save(&other, &mut session).await,
        SessionFactory::save_on_exception(&other, &mut session).await,
    ] {
        let error = error(saved);
        assert!(error.is_wrong_factory() && !error.is_unavailable());
        assert!(error.to_string().contains("\"__Host-session\""), "{error}");
    }
    assert!(site.store.calls().is_empty());
}

#[tokio::test]
async fn failed_response_saves_nothing_if_set_on_exception_is_false() {
    let site = Site::with(|builder| builder.set_on_exception(false));
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.insert("a", 1).unwrap();
    site.store.calls();
    assert!(session.save_on_exception().await.unwrap().is_empty());
    assert!(SessionFactory::save_on_exception(&site.sessions, &mut session).await.unwrap().is_empty());
    assert!(site.store.calls().is_empty());
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","a":1}"#);
}

#[tokio::test]
async fn session_can_be_saved_again() {
    let site = Site::new();
    let mut session = site.visit().await;
    session.insert("a", 1).unwrap();
    let cookie = cookie(&session.save().await.unwrap());
    assert!(!session.is_new() && session.rejection().is_none());
    assert_eq!(session.handle(), Some(site.handle(&cookie).await));
    site.store.calls();
    assert!(session.save().await.unwrap().is_empty());
    assert!(site.store.calls().is_empty(), "an unchanged session is not saved again");

    site.request(&cookie, |session| session.insert("b", 2).unwrap()).await;
    session.insert("c", 3).unwrap();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(
        session.state().to_json().unwrap(),
        r#"{"a": 1, "b": 2, "c": 3}"#,
        "the session has the entries of both requests"
    );
    session.flash("hi", "").unwrap();
    site.store.calls();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Replace]);
    assert_eq!(site.json(&cookie).await, r#"{"a":1,"b":2,"c":3,"_f_":["hi"]}"#);

    session.invalidate();
    let removal = lines(&session.save().await.unwrap());
    assert!(removal[0].starts_with("__Host-session=; Max-Age=0"), "{removal:?}");
    assert!(session.save().await.unwrap().is_empty());
    session.insert("d", 4).unwrap();
    site.store.calls();
    let new = crate::site::cookie(&session.save().await.unwrap());
    assert_eq!(site.store.calls(), [Create]);
    assert_eq!(site.outcome(&cookie).await, "revoked");
    assert_eq!(site.json(&new).await, r#"{"d":4}"#);
}

#[tokio::test]
async fn cookie_with_max_age_is_sent_again_when_access_is_recorded() {
    let site = Site::with(|builder| builder.max_age(secs(3600)));
    let cookie = site.sign_in().await;
    assert_eq!(site.costs(&cookie, read).await, (0, vec![Load]));
    assert_eq!(
        site.costs(&cookie, |session| session.insert("a", 1).unwrap()).await,
        (1, vec![Load, Replace])
    );
    site.wait(121.0);
    let sent = site.request(&cookie, read).await;
    assert!(sent[0].starts_with(&cookie) && sent[0].contains("; Max-Age=3600"), "{sent:?}");
}

#[tokio::test]
async fn cookie_of_session_with_own_timeout_is_sent_again_when_access_is_recorded() {
    let site = Site::with(|builder| builder.lifetime(None).max_lifetime(secs(30 * 86400)));
    let cookie = site.sign_in().await;
    let sent = site.request(&cookie, |session| session.set_timeout(secs(86400)).unwrap()).await;
    assert!(sent[0].starts_with(&cookie) && sent[0].contains("; Max-Age=86400"), "{sent:?}");
    assert_eq!(site.costs(&cookie, read).await, (0, vec![Load]));
    site.wait(121.0);
    let sent = site.request(&cookie, read).await;
    assert!(sent[0].starts_with(&cookie) && sent[0].contains("; Max-Age=86400"), "{sent:?}");
    // `clear` also removes the session's own timeout. The cookie is then sent without `Max-Age`, so it lasts until the
    // browser closes.
    let sent = site.request(&cookie, |session| session.clear()).await;
    assert!(sent[0].starts_with(&cookie) && !sent[0].contains("Max-Age"), "{sent:?}");
    assert_eq!(
        site.costs(&cookie, |session| session.insert("a", 1).unwrap()).await,
        (0, vec![Load, Replace])
    );
}

#[tokio::test]
async fn cookie_loses_max_age_when_own_timeout_is_cleared() {
    let site = Site::with(|builder| builder.max_lifetime(secs(86400)));
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.set_timeout(secs(3600)).unwrap();
    assert!(lines(&session.save().await.unwrap())[0].contains("; Max-Age=3600"));
    session.clear();
    let sent = lines(&session.save().await.unwrap());
    assert!(sent[0].starts_with(&cookie) && !sent[0].contains("Max-Age"), "{sent:?}");
    session.insert("a", 1).unwrap();
    assert!(session.save().await.unwrap().is_empty());
}

#[tokio::test]
async fn session_without_entries_gets_no_row() {
    let site = Site::new();
    for change in [
        |session: &mut crate::site::Session| session.changed(),
        |session: &mut crate::site::Session| session.clear(),
        |session: &mut crate::site::Session| _ = session.discard("a"),
        |session: &mut crate::site::Session| session.renew(),
    ] {
        let (_, calls) = site.costs("", change).await;
        assert!(calls.is_empty(), "{calls:?}");
    }
    // A session with an owner is stored even without entries, because the list of the owner's sessions shows it.
    let (sent, calls) = site.costs("", |session| session.set_owner("zoe").unwrap()).await;
    assert_eq!((sent, calls), (1, vec![Create]));
    assert_eq!(site.store.all().await[0].1.owner.as_deref(), Some("zoe"));
}

/// Regression: the session kept its owner and its label, although a revocable session loses them.
#[tokio::test]
async fn cleared_session_loses_owner_and_label() {
    for is_changed_meanwhile in [false, true] {
        let site = Site::new();
        let mut session = site.visit().await;
        session.set_owner("zoe").unwrap();
        session.set_label("Firefox").unwrap();
        let cookie = cookie(&session.save().await.unwrap());
        let mut session = site.load(&cookie).await;
        session.clear();
        if is_changed_meanwhile {
            site.request(&cookie, |other| other.insert("a", 1).unwrap()).await;
        }
        assert!(session.save().await.unwrap().is_empty());
        let row = site.store.all().await.remove(0).1;
        assert_eq!((row.owner, row.label), (None, None));
    }
}

#[tokio::test]
async fn cleared_session_keeps_its_row() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    assert_eq!(site.costs(&cookie, |session| session.clear()).await, (0, vec![Load, Replace]));
    assert_eq!(site.outcome(&cookie).await, "accepted");
    assert_eq!(site.json(&cookie).await, "{}");
}

#[tokio::test]
async fn each_serializer_supports_merging_and_renewal() {
    async fn check<S: signed_session::Serializer>(serializer: S) {
        let site = Site::with(|builder| builder.serializer(serializer));
        let cookie = site.sign_in().await;
        site.request(&cookie, |session| session.insert("n", 1.5).unwrap()).await;
        let mut slow = site.load(&cookie).await;
        site.request(&cookie, |session| session.flash("hi", "").unwrap()).await;
        slow.flash("ho", "").unwrap();
        slow.insert("é", [1, 2]).unwrap();
        assert!(slow.save().await.unwrap().is_empty());
        let session = site.load(&cookie).await;
        assert_eq!(session.get::<f64>("n").unwrap(), Some(1.5));
        assert_eq!(session.get::<Vec<u8>>("é").unwrap(), Some(vec![1, 2]));
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"));
        assert_eq!(session.peek_flash::<String>("").unwrap(), ["hi", "ho"]);

        let mut slow = site.load(&cookie).await;
        assert_eq!(slow.pop_flash::<String>("").unwrap(), ["hi", "ho"]);
        slow.discard("n");
        site.request(&cookie, |session| session.flash([1.5, 2.0], "").unwrap()).await;
        assert!(slow.save().await.unwrap().is_empty());
        let mut slow = site.load(&cookie).await;
        assert_eq!(slow.peek_flash::<[f64; 2]>("").unwrap(), [[1.5, 2.0]]);
        assert!(!slow.contains("n"));
        slow.renew();
        site.request(&cookie, |session| session.insert("late", true).unwrap()).await;
        let new = crate::site::cookie(&slow.save().await.unwrap());
        assert_eq!(site.load(&new).await.keys().collect::<Vec<_>>(), ["user", "_f_", "é", "late"]);
    }
    check(JsonSerializer).await;
    #[cfg(feature = "messagepack")]
    check(signed_session::MessagePackSerializer).await;
    #[cfg(feature = "pickle")]
    check(signed_session::PickleSerializer::default()).await;
}

/// Builds another factory for the store and the secret of `site`.
fn other_factory<S: Serializer>(
    site: &Site<impl Serializer>,
    configure: impl FnOnce(Builder<Stored<Probe>>) -> Builder<Stored<Probe, S>>,
) -> StoredSessionFactory<Probe, S> {
    let builder = StoredSessionFactory::builder(SECRET, site.store.clone()).clock(site.clock.clone());
    configure(builder).build().unwrap()
}

#[tokio::test]
async fn both_json_serializers_read_each_others_rows() {
    let site = Site::with(|builder| builder.serializer(JsonSerializer));
    let cookie = site.sign_in().await;
    let compact = other_factory(&site, |builder| builder);
    let mut session = compact.load(&*cookie).await.unwrap();
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
    session.insert("tags", ["a", "b"]).unwrap();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","tags":["a","b"]}"#);
}

#[cfg(feature = "messagepack")]
#[tokio::test]
async fn row_of_other_serializer_is_malformed_and_session_starts_empty() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let sessions = other_factory(&site, |builder| builder.serializer(signed_session::MessagePackSerializer));
    let session = sessions.load(&*cookie).await.unwrap();
    assert!(session.rejection().unwrap().is_malformed());
    assert!(session.is_new() && session.is_empty());
}

#[tokio::test]
async fn other_cookie_name_starts_new_session() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let sessions = other_factory(&site, |builder| builder.cookie_name("__Host-other"));
    let session = sessions.load(&*cookie).await.unwrap();
    assert!(session.rejection().unwrap().is_missing() && session.is_empty());
    // The id in the cookie is bound to the name of the cookie.
    let renamed = sessions.load(format!("__Host-other={}", value(&cookie))).await.unwrap();
    assert!(renamed.rejection().unwrap().is_bad_signature() && renamed.is_empty());
}

#[tokio::test]
async fn futures_can_move_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let site = Arc::new(Site::new());
    let mut session = is_send(site.sessions.load("")).await.unwrap();
    session.insert("a", 1).unwrap();
    assert_eq!(is_send(session.save()).await.unwrap().len(), 1);
    is_send(SessionFactory::load(&site.sessions, CookieHeader::from(""))).await.unwrap();
}

#[tokio::test]
async fn session_marked_as_changed_is_saved() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let (_, calls) = site.costs(&cookie, |session| session.changed()).await;
    assert_eq!(calls, [Load, Replace]);
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe"}"#);
}
