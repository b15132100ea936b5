//! Building a factory: invalid, extreme and combined options.

use std::time::Duration;

use signed_session::{Builder, ManualClock, SignedCookieSessionFactory, Stored, StoredSessionFactory};

use crate::probe::Probe;
use crate::site::{SECRET, START, Site, at, secs};

fn builder() -> Builder<Stored<Probe>> {
    StoredSessionFactory::builder(SECRET, Probe::new(ManualClock::new(at(START))))
}

#[test]
fn invalid_options_are_errors() {
    let errors = [
        (builder().store_timeout(Duration::ZERO), "store_timeout"),
        (builder().timeout(Duration::ZERO), "timeout"),
        (builder().timeout(secs(60)).reissue_time(secs(60)), "reissue_time"),
        (builder().timeout(secs(60)).lifetime(secs(30)), "timeout"),
        (builder().cookie_name("with space"), "cookie"),
        (builder().secure(false), "cookie"),
        // The cookie's value has 86 characters, so it does not fit.
        (builder().max_len(85), "max_len"),
        (builder().cookie_name(format!("__Host-{}", "x".repeat(4004))), "max_len"),
    ];
    for (builder, option) in errors {
        let shown = format!("{builder:?}");
        let error = builder.build().unwrap_err();
        assert_eq!(error.option(), option, "{error} {shown}");
    }
    let error = builder().store_timeout(Duration::ZERO).build().unwrap_err();
    assert_eq!(error.to_string(), "store_timeout: the time limit is zero; use more, such as one second");
    let error = builder().max_len(85).build().unwrap_err();
    assert!(error.to_string().contains("at least 86"), "{error}");
    assert!(builder().max_len(86).build().is_ok());
    assert!(builder().cookie_name(format!("__Host-{}", "x".repeat(4003))).build().is_ok());
}

#[tokio::test]
async fn huge_durations_do_not_end_a_session() {
    const MAX: Duration = Duration::MAX;
    let site = Site::with(|builder| {
        builder.timeout(MAX).lifetime(MAX).max_lifetime(MAX).reissue_time(MAX - secs(1)).store_timeout(MAX)
    });
    let cookie = site.sign_in().await;
    site.wait(1e9);
    site.request(&cookie, |session| session.insert("cart", 1).unwrap()).await;
    site.request(&cookie, |session| session.set_timeout(MAX).unwrap()).await;
    assert_eq!(site.outcome(&cookie).await, "accepted");
}

#[tokio::test]
async fn development_removes_prefix_and_secure() {
    let site = Site::with(|builder| builder.development());
    assert_eq!(site.sessions.cookie_name(), "session");
    let sent = site.request("", |session| session.insert("user", "zoe").unwrap()).await;
    assert!(sent[0].starts_with("session=") && !sent[0].contains("Secure"), "{sent:?}");
    let cookie = sent[0].split(';').next().unwrap();
    assert_eq!(site.outcome(cookie).await, "accepted");
}

#[test]
fn serializer_setter_keeps_other_options() {
    let built = builder()
        .max_bytes(10)
        .store_timeout(secs(7))
        .on_store_error(signed_session::OnStoreError::StartNew)
        .serializer(signed_session::JsonSerializer);
    let shown = format!("{built:?}");
    for part in ["max_bytes: 10", "timeout: 7s", "on_error: StartNew", "JsonSerializer"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(!shown.contains(SECRET), "{shown}");
}

/// Regression: the second of two old formats with the same cookie name and key was never read.
#[test]
fn old_formats_with_one_key_are_refused() {
    let old = || SignedCookieSessionFactory::builder(SECRET);
    let same = [old().build().unwrap(), old().path("/shop").build().unwrap()];
    let [first, second] = same.clone();
    let error = builder().also_reads(first).also_reads(second).build().unwrap_err();
    assert_eq!(error.option(), "also_reads");
    assert!(error.to_string().contains("old format 2 shares a key with old format 1"), "{error}");
    let [first, _] = same;
    assert!(builder().also_reads(first).also_reads(old().salt("shop.").build().unwrap()).build().is_ok());
}
