//! Secrets that change while the servers run.

use signed_session::{
    BaseCookieSessionFactory, EncryptedCookieSessionFactory, SecretSource, Serializer,
    SignedCookieSessionFactory,
};

use crate::server::{self, Framework};
use crate::visitors::{send_requests, sign_in};
use crate::{NEW, OLD, REQUESTS, VISITORS};

/// Rotates the secrets while servers on axum and on actix-web use clones of the factory.
fn assert_rotation_loses_no_session<S: Serializer>(sessions: BaseCookieSessionFactory<S>) {
    let servers =
        [Framework::Axum, Framework::Actix].map(|framework| server::start(framework, sessions.clone()));
    let addresses = [servers[0].address, servers[1].address];
    let mut visitors = sign_in(VISITORS, &addresses);
    let rotate = || {
        for number in 0..50 {
            sessions.rotate(format!("{NEW} {number}")).unwrap();
        }
    };
    let lost = send_requests(&mut visitors, &addresses, 4 * REQUESTS, rotate);
    assert!(lost.is_empty(), "{lost:?}");
    let lost = send_requests(&mut visitors, &addresses, REQUESTS, || ());
    assert!(lost.is_empty(), "{lost:?}");
    // Each session was written with the last secret, so the other secrets can be removed.
    sessions.set_secrets(format!("{NEW} 49")).unwrap();
    let lost = send_requests(&mut visitors, &addresses, REQUESTS, || ());
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn rotation_under_load_loses_no_session() {
    assert_rotation_loses_no_session(SignedCookieSessionFactory::builder(OLD).build().unwrap());
    assert_rotation_loses_no_session(EncryptedCookieSessionFactory::builder(OLD).build().unwrap());
}

/// Two servers read one file of secrets, at different times.
#[test]
fn secrets_from_a_changed_file_lose_no_session() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    let write = |secrets: &[&str]| std::fs::write(&path, secrets.join("\n")).unwrap();
    let source = SecretSource::file(&path);
    write(&[OLD]);
    let factory = || EncryptedCookieSessionFactory::builder(source.read().unwrap()).build().unwrap();
    let factories = [factory(), factory()];
    let servers = factories.clone().map(|factory| server::start(Framework::Axum, factory));
    let addresses = [servers[0].address, servers[1].address];
    let mut visitors = sign_in(VISITORS, &addresses);
    let copies: Vec<_> = visitors.iter().map(|visitor| visitor.browser.copy()).collect();

    for secrets in [&[OLD, NEW][..], &[NEW, OLD]] {
        write(secrets);
        for factory in &factories {
            let read_again = || factory.set_secrets(source.read().unwrap()).unwrap();
            let lost = send_requests(&mut visitors, &addresses, REQUESTS, read_again);
            assert!(lost.is_empty(), "{lost:?}");
        }
    }
    // Each session is used before the old secret is removed, so its cookie is re-issued with the new secret.
    let lost = send_requests(&mut visitors, &addresses, REQUESTS, || ());
    assert!(lost.is_empty(), "{lost:?}");
    write(&[NEW]);
    for factory in &factories {
        factory.set_secrets(source.read().unwrap()).unwrap();
    }
    let lost = send_requests(&mut visitors, &addresses, REQUESTS, || ());
    assert!(lost.is_empty(), "{lost:?}");
    for copy in copies {
        for address in addresses {
            assert_eq!(copy.copy().at(address).post("/shop/hit").send().body, "0", "{address}");
        }
    }
}
