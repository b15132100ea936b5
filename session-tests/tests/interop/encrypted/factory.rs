//! Python and an `EncryptedCookieSessionFactory` read each other's cookies. docs/format.md specifies the payload of a
//! cookie, and the purpose and the name from which its key is derived.

use signed_session::testing::mint_cookie;
use signed_session::{Builder, EncryptedCookieSessionFactory, Encryption, ManualClock, Timestamp};

use super::{Keys, Peer};

const SECRET: &str = "a secret of a site whose cookies Python reads";
const RETIRED_SECRET: &str = "the secret that this site had until yesterday";

const NAME: &str = "__Host-session";
const OTHER_NAME: &str = "another-session";

/// Returns the keys for the Python side. The first secret is the current one.
fn keys(secrets: &[&str], name: &str) -> Keys {
    let secrets = secrets.iter().map(|secret| secret.as_bytes().to_vec()).collect();
    Keys { secrets, purpose: "session".to_owned(), name: name.to_owned() }
}

/// Returns keys of [`SECRET`] that cannot read the cookie [`NAME`]: one for another name, and one for another purpose.
fn other_keys() -> [Keys; 2] {
    let keys = keys(&[SECRET], NAME);
    [Keys { name: OTHER_NAME.to_owned(), ..keys.clone() }, Keys { purpose: "csrf".to_owned(), ..keys }]
}

fn builder(secret: &str) -> Builder<Encryption> {
    let now = Timestamp::from_secs(1_700_000_000.5).expect("the time is finite");
    EncryptedCookieSessionFactory::builder(secret).clock(ManualClock::new(now))
}

fn build(builder: Builder<Encryption>) -> EncryptedCookieSessionFactory {
    builder.build().expect("the options are valid")
}

/// Returns the value of a session cookie that the factory writes.
fn value_of(sessions: &EncryptedCookieSessionFactory) -> String {
    let cookie = mint_cookie(sessions, |session| session.insert("user", "Анна"));
    let (name, value) = cookie.split_once('=').expect("a name and a value");
    assert_eq!(name, sessions.cookie_name());
    value.to_owned()
}

const MESSAGE: &str = r#"[1700000000,1700000000.5,{"user":"Анна"}]"#;

#[test]
fn python_reads_cookie_of_factory() {
    let Some(peer) = Peer::start() else { return };
    let (default, renamed) = (build(builder(SECRET)), build(builder(SECRET).cookie_name(OTHER_NAME)));
    for (sessions, name) in [(&default, NAME), (&renamed, OTHER_NAME)] {
        let read = peer.decrypt(&keys(&[SECRET], name), &value_of(sessions));
        assert_eq!(read, Some((MESSAGE.as_bytes().to_vec(), 0)), "{name}");
    }
    for other in other_keys() {
        assert_eq!(peer.decrypt(&other, &value_of(&default)), None, "{other:?}");
    }
}

#[test]
fn factory_reads_cookie_of_python() {
    let Some(peer) = Peer::start() else { return };
    let sessions = build(builder(SECRET));
    // The text that Python's `json.dumps` writes.
    let message = br#"[1699999999, 1699999000.25, {"user": "\u0410\u043d\u043d\u0430", "hits": 2}]"#;
    let load = |keys: &Keys| sessions.load(format!("{NAME}={}", peer.encrypt(keys, message)));

    let session = load(&keys(&[SECRET], NAME));
    assert_eq!(session.rejection(), None);
    assert!(session.cookie_key().expect("a key").is_current());
    assert_eq!(
        (session.created().as_secs(), session.accessed().as_secs()),
        (1_699_999_000.25, 1_699_999_999.0)
    );
    assert_eq!(session.get::<String>("user").expect("a text").as_deref(), Some("Анна"));
    assert_eq!(session.get("hits").expect("a number"), Some(2));
    for other in other_keys() {
        assert!(load(&other).rejection().expect("a reason").is_bad_signature(), "{other:?}");
    }
}

#[test]
fn cookie_of_retired_secret_is_read_on_both_sides() {
    let Some(peer) = Peer::start() else { return };
    let retired = build(builder(RETIRED_SECRET));
    let rotated = build(builder(SECRET).retired_secret(RETIRED_SECRET));
    let all_keys = keys(&[SECRET, RETIRED_SECRET], NAME);
    let read = |value: &str| peer.decrypt(&all_keys, value).expect("a cookie of these keys");
    assert_eq!(read(&value_of(&retired)), (MESSAGE.as_bytes().to_vec(), 1));
    assert_eq!(read(&value_of(&rotated)), (MESSAGE.as_bytes().to_vec(), 0));

    let old = peer.encrypt(&keys(&[RETIRED_SECRET], NAME), MESSAGE.as_bytes());
    let mut session = rotated.load(format!("{NAME}={old}"));
    assert_eq!(session.get::<String>("user").expect("a text").as_deref(), Some("Анна"));
    assert_eq!(session.cookie_key().expect("a key").to_string(), "retired:1");
    let saved = session.save().expect("the session fits");
    let reissued = saved.session_cookie().expect("a cookie of a retired secret is re-issued");
    assert_eq!(read(reissued.value()), (MESSAGE.as_bytes().to_vec(), 0));
}
