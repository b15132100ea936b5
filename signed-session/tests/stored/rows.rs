//! What a row holds, and how large it may be.

use crate::site::{START, Site, at, error};

#[tokio::test]
async fn row_has_times_owner_and_label() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    site.wait(10.0);
    site.request(&cookie, |session| {
        session.set_owner("zoe").unwrap();
        session.set_label("laptop").unwrap();
    })
    .await;
    let (_, row) = &site.store.all().await[0];
    assert_eq!(row.data, br#"[1700000010,1700000000.0,{"user":"zoe"}]"#);
    assert_eq!((row.owner.as_deref(), row.label.as_deref()), (Some("zoe"), Some("laptop")));
    assert_eq!((row.created, row.accessed), (at(START), at(START + 10.0)));
    assert_eq!(row.expires, Some(at(START + 10.0 + 1260.0)));
}

#[tokio::test]
async fn touch_keeps_data_of_row() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let before = site.store.all().await;
    site.wait(121.0);
    site.request(&cookie, crate::site::read).await;
    let after = site.store.all().await;
    assert_eq!(before[0].1.data, after[0].1.data);
    assert_eq!(after[0].1.accessed, at(START + 121.0));
    assert_eq!(site.load(&cookie).await.accessed(), at(START + 121.0));
}

#[tokio::test]
async fn too_large_session_is_an_error_that_names_entries() {
    let site = Site::with(|builder| builder.max_bytes(1000));
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    for (key, len) in [("small", 10), ("large", 600), ("medium", 500), ("tiny", 1)] {
        session.insert(key, "x".repeat(len)).unwrap();
    }
    let failed = error(session.save().await);
    assert!(failed.is_too_large() && !failed.is_unavailable() && failed.store_error().is_none());
    assert_eq!(failed.limit(), Some(1000));
    let names: Vec<_> = failed.largest_entries().iter().map(|(key, _)| &**key).collect();
    assert_eq!(names, ["large", "medium", "small"]);
    let size = failed.size().unwrap();
    assert_eq!(
        failed.to_string(),
        format!(
            "the session needs {size} bytes in the store, and 1000 is the limit; largest entries: \
             \"large\" (611 bytes), \"medium\" (512 bytes), \"small\" (21 bytes)"
        )
    );
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe"}"#);
    session.discard("large");
    assert!(session.save().await.unwrap().is_empty());
    assert!(site.load(&cookie).await.contains("medium"));
}

#[tokio::test]
async fn limit_counts_serialized_bytes() {
    let site = Site::with(|builder| builder.max_bytes(r#"[1700000000,1700000000.0,{"a":"xx"}]"#.len()));
    let mut session = site.visit().await;
    session.insert("a", "xxx").unwrap();
    assert!(error(session.save().await).is_too_large());
    session.insert("a", "xx").unwrap();
    assert_eq!(session.save().await.unwrap().len(), 1);
}

#[tokio::test]
async fn megabyte_fits_under_larger_limit() {
    let site = Site::with(|builder| builder.max_bytes(2 << 20));
    let mut session = site.visit().await;
    session.insert("blob", "x".repeat(1 << 20)).unwrap();
    let cookie = crate::site::cookie(&session.save().await.unwrap());
    assert!(cookie.len() < 120);
    let mut slow = site.load(&cookie).await;
    site.request(&cookie, |session| session.insert("a", 1).unwrap()).await;
    slow.flash("hi", "").unwrap();
    assert!(slow.save().await.unwrap().is_empty());
    let session = site.load(&cookie).await;
    assert_eq!(session.get::<&str>("blob").unwrap().unwrap().len(), 1 << 20);
    assert_eq!(session.len(), 3);

    // The default limit is 256 KiB.
    let site = Site::new();
    let mut session = site.visit().await;
    session.insert("blob", "x".repeat(1 << 18)).unwrap();
    assert_eq!(error(session.save().await).limit(), Some(1 << 18));
}
