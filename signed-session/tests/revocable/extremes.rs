//! Options with extreme values.

use crate::*;

#[tokio::test]
async fn huge_durations_do_not_end_a_session() {
    const MAX: Duration = Duration::MAX;
    let site = site(|builder| {
        let builder = builder.timeout(MAX).lifetime(MAX).max_lifetime(MAX);
        builder.reissue_time(MAX - Duration::from_secs(1)).max_stale(MAX).store_timeout(MAX)
    });
    let cookie = sign_in(&site, "zoe").await;
    site.clock.advance(Duration::from_secs(1_000_000_000));
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    assert_eq!(site.store.take_calls(), 0, "the cached answer is still fresh after 31 years");

    let sensitive = site.sessions.with_max_stale(MAX);
    let mut session = sensitive.load(&*cookie).await.unwrap();
    session.set_timeout(MAX).unwrap();
    session.set_label("Firefox").unwrap();
    assert!(!session.save().await.unwrap().is_empty());
}
