//! The names of the public types, as an application writes them in structs and signatures.

use signed_session::{
    CookieSession, DynSignedCookieSessionFactory, JsonSerializer, MacAlgorithm, SignedCookieSessionFactory,
};

use crate::site::{SECRET, builder};

struct Site {
    defaults: SignedCookieSessionFactory,
    by_type: SignedCookieSessionFactory<hmac::Hmac<sha2::Sha256>>,
    by_name: DynSignedCookieSessionFactory,
}

fn hits(session: &mut CookieSession) -> u32 {
    let hits = session.get("hits").unwrap().unwrap_or(0) + 1;
    session.insert("hits", hits).unwrap();
    hits
}

#[test]
fn factory_and_session_types_can_be_named() {
    let site = Site {
        defaults: builder().build().unwrap(),
        by_type: builder().mac().build().unwrap(),
        by_name: builder().hashalg("sha256").unwrap().build().unwrap(),
    };
    assert_eq!(hits(&mut site.defaults.load(None::<&str>)), 1);

    let mut session = site.by_type.load(None::<&str>);
    session.insert("hits", 1).unwrap();
    let sent = site.by_type.save(&mut session).unwrap().into_session_cookie().unwrap();
    let session = site.by_name.load(format!("{}={}", sent.name(), sent.value()));
    assert_eq!(session.get("hits").unwrap(), Some(1));

    // The secret can be a `&String`, such as the field of a configuration.
    let secret = String::from(SECRET);
    let _: signed_session::Builder<signed_session::Signing<MacAlgorithm<_>, JsonSerializer>> =
        SignedCookieSessionFactory::builder(&secret);
}
