//! The events that an observer receives.

use signed_session::testing::mint_cookie;
use signed_session::{ManualClock, SignedCookieSessionFactory};

use crate::probe::{Call, Fault};
use crate::recorder::Recorder;
use crate::site::{SECRET, START, Site, at, error};

#[tokio::test(start_paused = true)]
async fn observer_sees_loads_saves_and_failures() {
    let clock = ManualClock::new(at(START));
    let old = SignedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap();
    let events = Recorder::default();
    let observer = events.clone();
    let site = Site::with(|builder| builder.observer(observer).also_reads(old.clone()));
    let cookie = site.sign_in().await;
    let row_len = site.store.all().await[0].1.data.len();
    assert_eq!(events.take(), ["missing none 0".to_owned(), format!("saved {row_len}")]);

    site.outcome(&cookie).await;
    assert_eq!(events.take(), ["accepted current 86"]);
    site.wait(121.0);
    site.request(&cookie, crate::site::read).await;
    assert_eq!(events.take(), ["accepted current 86"], "a touch is not reported as a save");
    site.outcome(&cookie.replacen('=', "=AAAA", 1)).await;
    assert_eq!(events.take(), ["bad_signature none 90"]);
    let old_cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let old_len = crate::site::value(&old_cookie).len();
    site.outcome(&old_cookie).await;
    assert_eq!(events.take(), [format!("accepted old_format:1 {old_len}")]);

    site.store.break_down(Call::Load, Fault::Down);
    assert!(site.sessions.load(&*cookie).await.is_err());
    assert_eq!(events.take(), ["failed: the session store cannot be reached: connection refused"]);
    site.store.recover();
    let mut session = site.load(&cookie).await;
    session.insert("a", 1).unwrap();
    site.store.break_down(Call::Replace, Fault::Hangs);
    error(session.save().await);
    assert_eq!(events.take(), ["accepted current 86", "failed: the session store did not answer within 1s"]);
    site.store.recover();

    site.request(&cookie, |session| session.invalidate()).await;
    assert_eq!(events.take(), ["accepted current 86", "saved 0"]);
    site.outcome(&cookie).await;
    assert_eq!(
        events.take(),
        ["revoked current 86"],
        "the event names the key that authenticated the cookie"
    );
    let cookie = site.sign_in().await;
    events.take();
    site.wait(1201.0);
    site.outcome(&cookie).await;
    assert_eq!(events.take(), ["expired current 86"]);
}

#[tokio::test(start_paused = true)]
async fn observer_sees_new_session_during_outage() {
    let events = Recorder::default();
    let observer = events.clone();
    let site = Site::with(|builder| {
        builder.observer(observer).on_store_error(signed_session::OnStoreError::StartNew)
    });
    let cookie = site.sign_in().await;
    events.take();
    site.store.break_down(Call::Load, Fault::Refused);
    site.outcome(&cookie).await;
    assert_eq!(
        events.take(),
        ["failed: the session store refused the call: connection refused", "unavailable none 0"]
    );
}
