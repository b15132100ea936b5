//! The suites on every implementation that there is here.

use blake2::{Blake2bMac512, Blake2sMac256};
use hmac::{Hmac, SimpleHmac};
use session_sign::MacAlgorithm;
use session_tests::session::{Harness, Sent, Settings};
use session_tests::{lossless_serializer_suite, serializer_suite, session_suite, signer_suite};
use sha2::{Sha256, Sha512};
use sha3::Sha3_256;
use signed_session::{
    BaseCookieSessionFactory, CookieSession, HashAlg, JsonSerializer, KeyRing, MessagePackSerializer,
    PickleSerializer, Serializer, SignedCookieSessionFactory, SignedSerializer, Signer,
};

serializer_suite!(json, JsonSerializer);
lossless_serializer_suite!(json_is_lossless, JsonSerializer);
serializer_suite!(messagepack, MessagePackSerializer);
serializer_suite!(pickle, PickleSerializer);
serializer_suite!(signed_json, signed(JsonSerializer));
lossless_serializer_suite!(signed_json_is_lossless, signed(JsonSerializer));
serializer_suite!(signed_messagepack, signed(MessagePackSerializer));
serializer_suite!(signed_pickle, signed(PickleSerializer));
serializer_suite!(signed_twice, signed(signed(JsonSerializer)));

fn signed<S: Serializer>(serializer: S) -> SignedSerializer<Signer<Hmac<Sha256>>, S> {
    SignedSerializer::new(KeyRing::new(Signer::new(b"key").unwrap()), serializer)
}

signer_suite!(hmac_sha256, MacAlgorithm::<Hmac<Sha256>>::new());
signer_suite!(hmac_sha512, MacAlgorithm::<Hmac<Sha512>>::new());
signer_suite!(hmac_sha3_256, MacAlgorithm::<SimpleHmac<Sha3_256>>::new());
signer_suite!(keyed_blake2b, MacAlgorithm::<Blake2bMac512>::new());
signer_suite!(keyed_blake2s, MacAlgorithm::<Blake2sMac256>::new());

/// One suite for each name of hashlib.
macro_rules! hashalgs {
    ($($name:ident)*) => {
        $( signer_suite!($name, stringify!($name).parse::<HashAlg>().unwrap()); )*

        #[test]
        fn no_hash_is_left_out() {
            assert!(HashAlg::names().eq([$(stringify!($name)),*]));
        }
    };
}

hashalgs!(sha224 sha256 sha384 sha512 sha3_224 sha3_256 sha3_384 sha3_512 blake2b blake2s md5 sha1);

session_suite!(signed_cookies, |settings| browser(settings, signed(JsonSerializer)));
session_suite!(signed_messagepack_cookies, |settings| browser(settings, signed(MessagePackSerializer)));
session_suite!(signed_pickle_cookies, |settings| browser(settings, signed(PickleSerializer)));

/// What an application builds.
mod built_cookies {
    use super::*;

    session_suite!(sha512, |settings| {
        let builder = SignedCookieSessionFactory::builder([b's'; 32]).clock(settings.clock.clone());
        let factory = builder.timeout(settings.timeout).reissue_time(settings.reissue_time).build();
        Browser { factory: factory.unwrap(), cookie: None }
    });
}

struct Browser<S> {
    factory: BaseCookieSessionFactory<S>,
    cookie: Option<String>,
}

fn browser<S: Serializer>(settings: &Settings, serializer: S) -> Browser<S> {
    let builder = BaseCookieSessionFactory::with_serializer(serializer).clock(settings.clock.clone());
    let factory = builder.timeout(settings.timeout).reissue_time(settings.reissue_time).build().unwrap();
    Browser { factory, cookie: None }
}

impl<S: Serializer> Harness for Browser<S> {
    type Session = CookieSession<S>;

    fn request(&mut self) -> CookieSession<S> {
        self.factory.load(self.cookie.as_deref())
    }

    fn respond(&mut self, mut session: CookieSession<S>) -> Sent {
        let Some(set_cookie) = self.factory.save(&mut session).unwrap() else { return Sent::Nothing };
        let removed = set_cookie.value().is_empty();
        self.cookie = (!removed).then(|| format!("{}={}", set_cookie.name(), set_cookie.value()));
        if removed { Sent::Removal } else { Sent::Session }
    }
}
