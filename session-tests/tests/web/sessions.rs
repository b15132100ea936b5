//! The session factories of the application.

use std::time::Duration;

use signed_session::{
    BaseCookieSessionFactory, Builder, EncryptedCookieSessionFactory, ManualClock, Protection, SameSite,
    SignedCookieSessionFactory,
};

#[derive(Clone)]
pub(crate) struct Sessions<F> {
    pub(crate) main: F,
    pub(crate) skip_on_exception: F,
    pub(crate) all_attributes: F,
    pub(crate) small_limit: F,
    pub(crate) shop: F,
    pub(crate) admin: F,
}

const SECRET: &str = "the secret of all sessions of this site";

pub(crate) fn signed(clock: &ManualClock) -> Sessions<SignedCookieSessionFactory> {
    let named = |name| SignedCookieSessionFactory::builder(SECRET).salt(name).cookie_name(name);
    new(clock, || SignedCookieSessionFactory::builder(SECRET), named)
}

pub(crate) fn encrypted(clock: &ManualClock) -> Sessions<EncryptedCookieSessionFactory> {
    let builder = || EncryptedCookieSessionFactory::builder(SECRET).development().lifetime(None);
    new(clock, builder, |name| builder().cookie_name(name))
}

fn new<P: Protection>(
    clock: &ManualClock,
    builder: impl Fn() -> Builder<P>,
    named: impl Fn(&'static str) -> Builder<P>,
) -> Sessions<BaseCookieSessionFactory<P::Serializer>> {
    let build = |builder: Builder<P>| builder.clock(clock.clone()).build().unwrap();
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
        small_limit: build(main().max_len(160)),
        shop: build(with_times(named("shop"))),
        admin: build(with_times(named("admin"))),
    }
}
