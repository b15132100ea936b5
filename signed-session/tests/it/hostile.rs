//! Cookie headers that an attacker may send.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use signed_session::{
    BaseCookieSessionFactory, CookieHeader, CookieSession, DumpError, LoadError, Serializer,
};

use crate::site::{Raw, START, Site, at, builder};

fn site_with_a_session() -> (Site<impl Serializer>, String) {
    let mut site = Site::new(builder());
    site.request(|session| session.insert("user", "zoe").unwrap());
    let value = site.cookie.clone().unwrap().strip_prefix("session=").unwrap().to_owned();
    (site, value)
}

/// Calls methods of the session that depend on the cookie.
fn exercise<S: Serializer>(mut session: CookieSession<S>) {
    let _ = (session.created(), session.is_new(), session.accessed(), session.encoded_len());
    let _ = session.keys().map(str::to_owned).collect::<Vec<_>>();
    let _ = session.get::<String>("user");
    let _ = session.pop_flash::<String>("");
    let _ = session.csrf_token();
    session.invalidate();
}

proptest! {
    #[test]
    fn arbitrary_header_does_not_panic(header: Vec<u8>) {
        let (site, _) = site_with_a_session();
        exercise(site.sessions.load(header));
    }

    #[test]
    fn arbitrary_value_does_not_panic(value in "[!-~]{0,300}", before in "[ -~]{0,20}", after in "[ -~]{0,20}") {
        let (site, _) = site_with_a_session();
        exercise(site.sessions.load(format!("{before}; session={value}; {after}")));
    }

    /// An attacker with the key, or a faulty writer, can sign any payload.
    #[test]
    fn arbitrary_signed_payload_does_not_panic(payload: Vec<u8>, shape in 0..4_usize) {
        let mut payload = payload;
        if shape > 0 {
            let wrap = [(b"[1,2,".as_slice(), b"]".as_slice()), (b"[1,2,{\"user\":", b"}]"), (b"[1,2,{\"user\":\"", b"\"}]")];
            let (before, after) = wrap[shape - 1];
            payload = [before, &payload[..], after].concat();
        }
        let mut evil = Site::new(builder().serializer(Raw(payload)));
        evil.request(|session| session.insert("a", 1).unwrap());
        let (mut site, _) = site_with_a_session();
        site.cookie = evil.cookie;
        exercise(site.load());
    }
}

#[test]
fn changed_or_truncated_value_is_rejected() {
    let (site, value) = site_with_a_session();
    let rejected = |value: &[u8]| {
        let session = site.sessions.load([b"session=", value].concat());
        !session.contains("user") && session.is_new() && session.rejection().is_some()
    };
    assert!(!rejected(value.as_bytes()));
    for at in 0..value.len() {
        for byte in 0..=u8::MAX {
            let mut changed = value.clone().into_bytes();
            if changed[at] != byte {
                changed[at] = byte;
                // A `;` truncates the value, so the cookie is rejected, too.
                assert!(rejected(&changed), "byte {at} set to {byte:#04x}");
            }
        }
        assert!(rejected(&value.as_bytes()[..at]), "truncated at {at}");
    }
    for more in ["A", "AA", "AAA", "AAAA", "=", "==", "%3D"] {
        let extended = format!("{value}{more}");
        let is_padded = more.chars().all(|c| c == '=') && extended.len() % 4 == 0;
        assert_eq!(rejected(extended.as_bytes()), !is_padded, "{more} appended");
    }
}

#[test]
fn noncanonical_base64_is_rejected() {
    let (site, value) = site_with_a_session();
    let read = |value: &str| site.sessions.load(format!("session={value}")).contains("user");
    let envelope = URL_SAFE_NO_PAD.decode(&value).unwrap();
    assert_eq!(
        URL_SAFE_NO_PAD.encode(&envelope),
        value,
        "the crate base64 encodes the envelope to the same text"
    );
    assert!(read(&URL_SAFE.encode(&envelope)), "correct padding is accepted");
    let standard = STANDARD_NO_PAD.encode(&envelope);
    assert!(standard != value && !read(&standard), "the standard alphabet is rejected; Python accepts it");

    // At some payload lengths, the last character has unused bits. Set them.
    for name in ["u", "us", "use"] {
        let mut site = Site::new(builder());
        site.request(|session| session.insert(name, 1).unwrap());
        let value = site.cookie.clone().unwrap();
        let unused_bits = match value.strip_prefix("session=").unwrap().len() % 4 {
            0 => continue,
            rest => {
                if rest == 2 {
                    4
                } else {
                    2
                }
            }
        };
        assert!(site.load().contains(name));
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let last = alphabet.iter().position(|&c| c == *value.as_bytes().last().unwrap()).unwrap();
        for junk in 1..(1 << unused_bits) {
            let respelled = format!("{}{}", &value[..value.len() - 1], alphabet[last | junk] as char);
            assert!(!site.sessions.load(&*respelled).contains(name), "trailing bits {junk:#b}");
        }
    }
}

#[test]
fn malformed_neighbour_cookie_does_not_hide_session() {
    let (site, value) = site_with_a_session();
    for neighbour in [
        &b"\xff\xfe=\xff"[..],
        b"=",
        b"==",
        b"\"",
        b"a=\"b",
        b"session",
        b"=session",
        b"session=",
        b"session=forged",
    ] {
        for header in [
            [neighbour, b"; session=", value.as_bytes()].concat(),
            [b"session=", value.as_bytes(), b"; ", neighbour].concat(),
        ] {
            assert!(site.sessions.load(&*header).contains("user"), "{}", header.escape_ascii());
        }
    }
    assert!(
        site.sessions.load(format!("session=\"{value}\"")).contains("user"),
        "a quoted value is accepted"
    );
}

#[test]
fn last_verified_cookie_is_accepted() {
    let (mut site, first) = site_with_a_session();
    site.request(|session| session.insert("user", "ann").unwrap());
    let second = site.cookie.take().unwrap();
    let user = |header: String| site.sessions.load(header).get::<String>("user").unwrap();
    assert_eq!(user(format!("session={first}; {second}")).as_deref(), Some("ann"));
    assert_eq!(user(format!("{second}; session={first}")).as_deref(), Some("zoe"));
    assert_eq!(user(format!("{second}; session=forged")).as_deref(), Some("ann"));
    let lines: CookieHeader = [format!("session={first}"), second].iter().collect();
    assert_eq!(
        site.sessions.load(lines).get::<String>("user").unwrap().as_deref(),
        Some("ann"),
        "the last cookie of two header lines is accepted"
    );
}

#[test]
fn last_cookie_decides_rejection_if_none_verifies() {
    let (site, value) = site_with_a_session();
    let forged = format!("A{}", &value[1..]);
    let rejection = |header: String| site.sessions.load(header).rejection().cloned().unwrap();
    assert!(rejection(format!("session={forged}; session=!")).is_malformed());
    assert!(rejection(format!("session=!; session={forged}")).is_bad_signature());
    assert!(rejection("other=1".to_owned()).is_missing());
}

#[test]
fn expired_cookie_does_not_hide_valid_one() {
    let (mut site, expired) = site_with_a_session();
    site.wait(1000.0);
    site.request(|session| session.changed());
    let good = site.cookie.take().unwrap();
    site.wait(1000.0);
    for header in [
        format!("session={expired}; {good}"),
        format!("{good}; session={expired}"),
        format!("{good}; session=forged; session={expired}; session=!"),
        format!("{good}{}", format!("; session={expired}").repeat(7)),
    ] {
        let session = site.sessions.load(&*header);
        assert!(session.contains("user") && session.rejection().is_none(), "{header}");
    }
    let behind_eight = format!("{good}{}", format!("; session={expired}").repeat(8));
    let session = site.sessions.load(behind_eight);
    assert!(session.is_new() && session.rejection().unwrap().is_expired());
}

#[test]
fn expired_cookie_among_forged_decides_rejection() {
    let (site, expired) = site_with_a_session();
    let forged = format!("A{}", &expired[1..]);
    site.wait(1201.0);
    for header in [
        format!("session={expired}; session={forged}"),
        format!("session={forged}; session={expired}"),
        format!("session=!; session={expired}; session=!"),
    ] {
        let session = site.sessions.load(&*header);
        assert!(session.is_new() && session.rejection().unwrap().is_expired(), "{header}");
    }
}

#[test]
fn verified_malformed_cookie_ends_search() {
    let (site, good) = site_with_a_session();
    // This cookie is verified, but its state is not a JSON object.
    let mut malformed = Site::new(builder().serializer(Raw(b"[1, 2, [\"user\"]]".to_vec())));
    malformed.request(|session| session.insert("a", 1).unwrap());
    let no_session = malformed.cookie.unwrap();
    let session = site.sessions.load(format!("session={good}; {no_session}"));
    assert!(session.is_new() && session.rejection().unwrap().is_malformed());
    assert!(site.sessions.load(format!("{no_session}; session={good}")).contains("user"));

    // The rejection is that of the last verified cookie, whatever cookies surround it.
    let rejection = |header: &str| site.sessions.load(header).rejection().cloned().unwrap();
    let among_forged = format!("session={good}; {no_session}; session=forged");
    assert_eq!(rejection(&among_forged), rejection(&no_session));
    assert_ne!(rejection(&among_forged), rejection("session=forged"));
    let mut old = Site::new(builder());
    old.clock.set(at(START - 1201.0));
    old.request(|session| session.insert("user", "old").unwrap());
    let expired = old.cookie.unwrap();
    assert!(rejection(&format!("session={good}; {no_session}; {expired}")).is_expired());
    assert_eq!(rejection(&format!("{expired}; {no_session}")), rejection(&no_session));
}

#[test]
fn cookies_tried_per_request_are_bounded() {
    /// A serializer that rejects every value, and counts the values.
    struct Counting(Arc<AtomicUsize>);
    impl Serializer for Counting {
        fn dumps<T: serde::Serialize + ?Sized>(&self, _: &T) -> Result<Vec<u8>, DumpError> {
            Ok(b"x".to_vec())
        }
        fn loads<T: serde::de::DeserializeOwned>(&self, _: &[u8]) -> Result<T, LoadError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Err(LoadError::bad_signature())
        }
    }
    let tried = Arc::new(AtomicUsize::new(0));
    let sessions = BaseCookieSessionFactory::with_serializer(Counting(tried.clone())).build().unwrap();

    let (site, value) = site_with_a_session();
    let many = "session=x; ".repeat(10_000);
    assert!(sessions.load(&*many).is_new());
    assert_eq!(tried.swap(0, Ordering::SeqCst), 8);
    assert!(!site.sessions.load(format!("session={value}; {}", "session=x; ".repeat(8))).contains("user"));
    assert!(site.sessions.load(format!("session={value}; {}", "session=x; ".repeat(7))).contains("user"));

    // No browser sends a cookie of over 4096 bytes, so a longer value is rejected before the serializer reads it.
    assert!(sessions.load(format!("session={}", "A".repeat(5000))).rejection().unwrap().is_malformed());
    assert_eq!(tried.load(Ordering::SeqCst), 0);
    assert!(sessions.load(format!("session={}", "A".repeat(4096))).rejection().unwrap().is_bad_signature());
    assert_eq!(tried.load(Ordering::SeqCst), 1);
}

#[test]
fn cookie_of_another_salt_is_rejected() {
    let (_, value) = site_with_a_session();
    let other = Site::new(builder().salt("another use of the same secret"));
    let session = other.sessions.load(format!("session={value}"));
    assert!(session.rejection().unwrap().is_bad_signature());
}

#[test]
fn cookie_name_is_compared_bytewise() {
    let (site, value) = site_with_a_session();
    for name in ["Session", "sess%69on", "\u{2000}session", "session ession", "xsession"] {
        assert!(!site.sessions.load(format!("{name}={value}")).contains("user"), "{name}");
    }
    assert!(!site.sessions.load(format!("lang=en,session={value}")).contains("user"));
    assert!(site.sessions.load(format!("lang=en;\tsession\t= {value}")).contains("user"));
}
