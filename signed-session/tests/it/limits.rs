//! The size limits of a cookie, and the error for a session that is too large. By default, the value has at most 4064
//! bytes. The name and the value together have at most 4096 bytes.

use crate::site::{Site, at, builder};

/// Returns the value of the entry `a` that makes the payload `[1700000000, 1700000000.0, {"a": "…"}]` exactly `bytes`
/// bytes long.
fn filler(bytes: usize) -> String {
    "x".repeat(bytes - r#"[1700000000, 1700000000.0, {"a": ""}]"#.len())
}

#[test]
fn limit_matches_pyramids_to_the_byte() {
    let mut sha512 = Site::new(builder());
    let mut sha256 = Site::new(builder().mac::<hmac::Hmac<sha2::Sha256>>());
    for (bytes, fits_sha512, fits_sha256) in
        [(2984, true, true), (2985, false, true), (3016, false, true), (3017, false, false)]
    {
        let mut session = sha512.load();
        session.insert("a", filler(bytes)).unwrap();
        assert_eq!(sha512.sessions.save(&mut session).is_ok(), fits_sha512, "{bytes} bytes, sha512");
        let mut session = sha256.load();
        session.insert("a", filler(bytes)).unwrap();
        assert_eq!(sha256.sessions.save(&mut session).is_ok(), fits_sha256, "{bytes} bytes, sha256");
    }
    // A session at the limit can be loaded again.
    sha512.request(|session| session.insert("a", filler(2984)).unwrap());
    assert_eq!(sha512.cookie.as_ref().unwrap().len(), "session=".len() + 4064);
    assert_eq!(sha512.load().get::<String>("a").unwrap(), Some(filler(2984)));
    sha256.request(|session| session.insert("a", filler(3016)).unwrap());
    assert_eq!(sha256.load().get::<String>("a").unwrap(), Some(filler(3016)));
}

#[test]
fn too_large_session_names_entries_and_stays_usable() {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("user", "zoe").unwrap());

    let mut session = site.load();
    session.insert("cart", "c".repeat(3000)).unwrap();
    session.insert("seen", "s".repeat(500)).unwrap();
    session.insert("theme", "dark").unwrap();
    let announced = session.encoded_len().unwrap();
    let error = site.sessions.save(&mut session).unwrap_err();
    assert!(error.is_too_large() && !error.is_unserializable());
    assert_eq!((error.size(), error.limit()), (Some(announced), Some(4064)));
    assert_eq!(
        error.largest_entries(),
        [("cart".to_owned(), 3000 + 10), ("seen".to_owned(), 500 + 10), ("theme".to_owned(), 6 + 9)]
    );
    let message = error.to_string();
    assert_eq!(
        message,
        format!(
            "the session needs {announced} bytes in cookie \"session\", and 4064 is the limit; largest entries: \
             \"cart\" (3010 bytes), \"seen\" (510 bytes), \"theme\" (15 bytes)"
        )
    );
    assert!(!message.contains("ccc"), "the error does not show the value of an entry");

    // The session stays usable.
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"));
    session.discard("cart");
    let sent = site.sessions.save(&mut session).unwrap().into_session_cookie().expect("it fits now");
    assert_eq!(sent.value().len(), session.encoded_len().unwrap());
}

#[test]
fn encoded_len_matches_sent_cookie() {
    let mut site = Site::new(builder());
    let (announced, sent) = site.request(|session| {
        for i in 0..20 {
            session.insert(&format!("key {i}"), i).unwrap();
        }
        session.encoded_len().unwrap()
    });
    assert_eq!(announced, sent.unwrap().value().len());
}

#[test]
fn encoded_len_counts_new_access_time() {
    let mut site = Site::new(builder());
    site.clock.set(at(999_999_999.0));
    site.request(|session| session.insert("a", 1).unwrap());
    site.wait(1.0);
    // From now on, the clock's time has ten digits instead of nine.
    let (announced, sent) = site.request(|session| {
        session.insert("a", 2).unwrap();
        session.encoded_len().unwrap()
    });
    assert_eq!(announced, sent.unwrap().value().len());
}

#[test]
fn long_name_lowers_limit() {
    // Browsers accept at most 4096 bytes of name and value together.
    let name = "n".repeat(100);
    let site = Site::new(builder().cookie_name(&*name));
    assert_eq!(site.sessions.max_len(), 4096 - 100);
    let mut session = site.load();
    // A payload of 2934 bytes and a tag of 64 bytes are 3998 characters in base64.
    session.insert("a", filler(2934)).unwrap();
    let error = site.sessions.save(&mut session).unwrap_err();
    assert_eq!(error.limit(), Some(3996));
    session.insert("a", filler(2933)).unwrap();
    assert!(!site.sessions.save(&mut session).unwrap().is_empty());
}

#[test]
fn lowered_limit_is_applied() {
    let site = Site::new(builder().max_len(200));
    let mut session = site.load();
    session.insert("a", "x".repeat(20)).unwrap();
    assert!(site.sessions.save(&mut session).is_ok());
    session.insert("a", "x".repeat(200)).unwrap();
    assert_eq!(site.sessions.save(&mut session).unwrap_err().limit(), Some(200));
}
