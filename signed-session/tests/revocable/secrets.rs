//! Replaced and retired secrets, and the cookie's name.

use signed_session::Secrets;

use crate::*;

const NEW_SECRET: &str = "another secret that is long enough for tests";

#[tokio::test]
async fn rotated_secret_signs_no_user_out() {
    let site = site(|builder| builder);
    let old = sign_in(&site, "zoe").await;
    site.sessions.rotate(NEW_SECRET).unwrap();
    let mut session = site.sessions.load(&*old).await.unwrap();
    assert!(!session.cookie_key().unwrap().is_current());
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
    let new = cookie_of(session.save().await.unwrap());
    let session = site.sessions.load(&*new).await.unwrap();
    assert!(session.cookie_key().unwrap().is_current());
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
}

#[tokio::test]
async fn set_secrets_rejects_cookies_of_other_secrets() {
    let site = site(|builder| builder);
    let old = sign_in(&site, "zoe").await;
    site.sessions.set_secrets(Secrets::from(NEW_SECRET)).unwrap();
    assert!(site.sessions.load(&*old).await.unwrap().rejection().is_some());
    let new = sign_in(&site, "zoe").await;
    assert_eq!(user(&site, &new).await.as_deref(), Some("zoe"));
}

#[tokio::test]
async fn weak_secret_is_refused() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    assert_eq!(site.sessions.rotate("short").unwrap_err().option(), "secret");
    assert_eq!(site.sessions.set_secrets(Secrets::from("short")).unwrap_err().option(), "secret");
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"), "the factory still uses its old secret");
}

#[tokio::test]
async fn cookie_name_is_that_of_the_cookie() {
    let site = site(|builder| builder.cookie_name("__Host-login"));
    let cookie = sign_in(&site, "zoe").await;
    assert_eq!(site.sessions.cookie_name(), "__Host-login");
    assert!(cookie.starts_with("__Host-login="));
}
