//! The number of MACs that a request computes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hmac::Hmac;
use sha2::Sha256;
use signed_session::parts::session_sign::VerifyError;
use signed_session::testing::mint_cookie;
use signed_session::{
    BaseCookieSessionFactory, CookieSession, JsonSerializer, KeyRing, MAX_CANDIDATES, Serializer, Sign,
    SignedSerializer, Signer,
};

use crate::site::Site;

/// A signer that counts the MACs that it computes.
struct Counted(Signer<Hmac<Sha256>>, Arc<AtomicUsize>);

impl Sign for Counted {
    fn tag_len(&self) -> usize {
        self.0.tag_len()
    }

    fn sign(&self, message: &[u8], tag: &mut [u8]) {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.sign(message, tag);
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.verify(message, tag)
    }
}

/// Returns a serializer with these keys, the current one first. It adds 1 to `macs` for each MAC that it computes.
fn counted(keys: &[&str], macs: &Arc<AtomicUsize>) -> SignedSerializer<Counted> {
    let key = |name: &str| Counted(Signer::new(name.as_bytes()).unwrap(), Arc::clone(macs));
    let ring = keys[1..].iter().fold(KeyRing::new(key(keys[0])), |ring, name| ring.with_retired(key(name)));
    SignedSerializer::new(ring, JsonSerializer)
}

/// Returns a site whose key ring has these keys, and a counter of the MACs that the site computes.
fn site(keys: &[&str]) -> (Site<impl Serializer + use<>>, Arc<AtomicUsize>) {
    let macs = Arc::new(AtomicUsize::new(0));
    let site = Site::new(BaseCookieSessionFactory::with_serializer(counted(keys, &macs)));
    macs.store(0, Ordering::SeqCst);
    (site, macs)
}

#[test]
fn request_verifies_and_signs_at_most_once() {
    let (mut site, macs) = site(&["new", "old", "older"]);
    let macs = || macs.swap(0, Ordering::SeqCst);
    site.request(|session| session.insert("user", "zoe").unwrap());
    assert_eq!(macs(), 1, "one MAC signs a new session");
    site.request(|_| ());
    assert_eq!(macs(), 0, "an untouched session needs no MAC");
    for _ in 0..3 {
        site.request(|session| {
            for _ in 0..3 {
                assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"));
            }
        });
        assert_eq!(macs(), 1, "one MAC verifies a session that is read");
    }
    site.request(|session| {
        session.insert("user", "ann").unwrap();
        session.insert("hits", 1).unwrap();
    });
    assert_eq!(macs(), 2, "one MAC verifies a changed session, and one signs it");
}

#[test]
fn forged_cookie_costs_one_mac_per_key() {
    let (mut forger, _) = site(&["forged"]);
    forger.request(|session| session.insert("user", "zoe").unwrap());
    let forged = forger.cookie.unwrap();
    let keys = ["0", "1", "2", "3"];
    for n in 1..=keys.len() {
        let (mut site, macs) = site(&keys[..n]);
        let macs = || macs.swap(0, Ordering::SeqCst);
        site.cookie = Some(forged.clone());
        site.request(|session| assert!(!session.contains("user") && !session.contains("hits")));
        assert_eq!(macs(), n);
        // The number of cookies that are verified is limited.
        site.cookie = Some(vec![&*forged; 1000].join("; "));
        site.request(|session| assert!(!session.contains("user")));
        assert_eq!(macs(), n * MAX_CANDIDATES);
        // A malformed value costs no MAC.
        for broken in ["session=", "session=!", "session=AAAA"] {
            site.cookie = Some(broken.to_owned());
            site.request(|session| assert!(!session.contains("user")));
            assert_eq!(macs(), 0, "{broken}");
        }
    }
}

#[test]
fn forged_cookie_costs_one_mac_per_key_of_each_format_with_its_name() {
    let macs = Arc::new(AtomicUsize::new(0));
    let old = |name: &str, keys: &[&str]| {
        BaseCookieSessionFactory::with_serializer(counted(keys, &macs)).cookie_name(name).build().unwrap()
    };
    let sessions = BaseCookieSessionFactory::with_serializer(counted(&["a", "b"], &macs))
        .also_reads(old("session", &["c"]))
        .also_reads(old("legacy", &["d", "e", "f"]))
        .also_reads(old("legacy", &["g"]))
        .build()
        .unwrap();
    let (mut forger, _) = site(&["forged"]);
    forger.request(|session| session.insert("user", "zoe").unwrap());
    let forged = forger.cookie.unwrap();
    let legacy = forged.replacen("session", "legacy", 1);
    let macs_of = |cookies: String| {
        macs.store(0, Ordering::SeqCst);
        assert!(sessions.load(cookies).is_empty());
        macs.load(Ordering::SeqCst)
    };
    assert_eq!(macs_of(forged.clone()), 3);
    assert_eq!(macs_of(legacy.clone()), 4);
    assert_eq!(macs_of(format!("{forged}; {legacy}")), 7);
    let planted = [vec![&*forged; 100], vec![&*legacy; 100]].concat().join("; ");
    assert_eq!(macs_of(planted), 7 * MAX_CANDIDATES);
}

#[test]
fn no_mac_is_computed_after_an_authentic_cookie() {
    let macs = Arc::new(AtomicUsize::new(0));
    let builder = |keys: &[&str]| BaseCookieSessionFactory::with_serializer(counted(keys, &macs));
    let old = |key: &str| builder(&[key]).cookie_name("legacy").build().unwrap();
    let sessions = builder(&["a"]).also_reads(old("b")).also_reads(old("c")).build().unwrap();
    let fill = |session: &mut CookieSession<_>| session.insert("user", "zoe");
    let (current, legacy) = (mint_cookie(&sessions, fill), mint_cookie(&old("b"), fill));
    for cookies in [format!("{current}; {legacy}"), legacy] {
        macs.store(0, Ordering::SeqCst);
        assert_eq!(sessions.load(&*cookies).get("user").unwrap(), Some("zoe"));
        assert_eq!(macs.load(Ordering::SeqCst), 1, "{cookies}");
    }
}

/// Regression: each time the store reported that the session of a cookie had ended, all cookies were verified again.
#[cfg(feature = "store")]
#[tokio::test]
async fn revocable_session_verifies_each_cookie_once() {
    use session_store::ManageSessions;

    let macs = Arc::new(AtomicUsize::new(0));
    let sessions = BaseCookieSessionFactory::with_serializer(counted(&["key"], &macs))
        .cookie_name("session")
        .revocable(session_store::MemoryStore::new())
        .max_stale(std::time::Duration::ZERO)
        .build()
        .unwrap();
    let mut cookies = vec!["session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(); 4];
    for _ in 0..4 {
        let mut session = sessions.load(None::<&str>).await.unwrap();
        session.set_owner("zoe").unwrap();
        let set_cookie = session.save().await.unwrap().into_session_cookie().unwrap();
        cookies.push(format!("session={}", set_cookie.value()));
    }
    sessions.end_all("zoe").await.unwrap();
    macs.store(0, Ordering::SeqCst);
    let session = sessions.load(&*cookies.join("; ")).await.unwrap();
    assert!(session.rejection().unwrap().is_revoked());
    assert_eq!(macs.load(Ordering::SeqCst), MAX_CANDIDATES);
}
