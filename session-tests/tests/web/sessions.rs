//! The session factories of the application.

use std::time::Duration;

use signed_session::MemoryStore;
use signed_session::{
    BuildError, Builder, EncryptedCookieSessionFactory, EncryptedSerializer, ManualClock,
    RevocableCookieSessionFactory, SameSite, SignedCookieSessionFactory, StoredSessionFactory,
};

use crate::slow_store::SlowStore;

#[derive(Clone)]
pub(crate) struct Sessions<F> {
    pub(crate) main: F,
    pub(crate) skip_on_exception: F,
    pub(crate) all_attributes: F,
    pub(crate) small_limit: F,
    pub(crate) shop: F,
    pub(crate) admin: F,
    /// The store that holds the sessions, if they are not in cookies.
    pub(crate) store: Option<SlowStore>,
}

const SECRET: &str = "the secret of all sessions of this site";

pub(crate) fn signed(clock: &ManualClock) -> Sessions<SignedCookieSessionFactory> {
    let named = |name| SignedCookieSessionFactory::builder(SECRET).salt(name).cookie_name(name);
    let small = |builder: Builder<_>| builder.max_len(160);
    new(clock, || SignedCookieSessionFactory::builder(SECRET), named, small, |builder| builder.build())
}

pub(crate) fn encrypted(clock: &ManualClock) -> Sessions<EncryptedCookieSessionFactory> {
    let builder = || EncryptedCookieSessionFactory::builder(SECRET).development().lifetime(None);
    let small = |builder: Builder<_>| builder.max_len(100);
    new(clock, builder, |name| builder().cookie_name(name), small, |builder| builder.build())
}

/// Sessions in encrypted cookies, with a store that can end them.
pub(crate) fn revocable(
    clock: &ManualClock,
) -> Sessions<RevocableCookieSessionFactory<EncryptedSerializer, SlowStore>> {
    let store = SlowStore::new(MemoryStore::new().with_clock(clock.clone()));
    let builder = || {
        EncryptedCookieSessionFactory::builder(SECRET).development().lifetime(None).revocable(store.clone())
    };
    let small = |builder: Builder<_>| builder.max_len(160);
    new(clock, builder, |name| builder().cookie_name(name), small, |builder| builder.build())
}

/// Sessions in a store. They have the size limit of sessions in cookies, so that the scenarios fit both kinds.
pub(crate) fn stored(clock: &ManualClock) -> Sessions<StoredSessionFactory<SlowStore>> {
    let store = SlowStore::new(MemoryStore::new().with_clock(clock.clone()));
    let builder = || {
        let builder = StoredSessionFactory::builder(SECRET, store.clone()).max_bytes(4064);
        builder.development().lifetime(None)
    };
    let small = |builder: Builder<_>| builder.max_bytes(40);
    let sessions = new(clock, builder, |name| builder().cookie_name(name), small, |builder| builder.build());
    Sessions { store: Some(store), ..sessions }
}

fn new<P, F>(
    clock: &ManualClock,
    builder: impl Fn() -> Builder<P>,
    named: impl Fn(&'static str) -> Builder<P>,
    small: impl Fn(Builder<P>) -> Builder<P>,
    build: impl Fn(Builder<P>) -> Result<F, BuildError>,
) -> Sessions<F> {
    let build = |builder: Builder<P>| build(builder.clock(clock.clone())).unwrap();
    let with_times = |builder: Builder<P>| {
        builder.httponly(true).timeout(Duration::from_secs(1200)).reissue_time(Duration::from_secs(60))
    };
    let main = || with_times(builder());
    Sessions {
        main: build(main()),
        skip_on_exception: build(main().set_on_exception(false)),
        all_attributes: build({
            let main = main().path("/all-attributes").domain("shop.test").secure(true).partitioned(true);
            main.max_age(Duration::from_secs(3600)).samesite(SameSite::Strict)
        }),
        small_limit: build(small(main())),
        shop: build(with_times(named("shop"))),
        admin: build(with_times(named("admin"))),
        store: None,
    }
}
