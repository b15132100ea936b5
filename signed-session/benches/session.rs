//! Reading a session (`load+get`) and writing it (`insert+save`), compared with the unavoidable work.
//!
//! The time of the unavoidable work is called the limit. This work is the MAC or the AEAD with a prepared key, and SIMD
//! base64 of the envelope. The read limit includes a scan of the JSON, in which serde_json skips over the values. The
//! write limit includes one copy of the payload and, before encryption, a random nonce.
//!
//! Run `cargo bench -p signed-session`. Quote ratios within one run: `load+get` / `read limit` and `insert+save` /
//! `write limit`.

mod data;

use std::hint::black_box;

use base64_simd::URL_SAFE_NO_PAD;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use digest::{KeyInit, Mac};
use hmac::Hmac;
use serde::de::IgnoredAny;
use sha2::{Sha256, Sha512};
use signed_session::parts::session_encrypt::Encrypter;
use signed_session::parts::session_encrypt::aead::inout::InOutBuf;
use signed_session::parts::session_encrypt::aead::{AeadInOut, Nonce, Tag};
use signed_session::{
    Aes256GcmSiv, BaseCookieSessionFactory, CompactJsonSerializer, EncryptedCookieSessionFactory,
    EncryptedSerializer, Serializer, SignedCookieSessionFactory,
};

const SECRET: &str = "a secret for the benchmarks, twice as long as the 32 bytes needed";

/// The sizes of the session state as JSON, in bytes.
const SIZES: [usize; 3] = [150, 450, 2800];

/// The unavoidable work for one factory.
trait Limit {
    /// Decodes the value of a cookie, authenticates it, and skips over its JSON. Returns the envelope, which holds the
    /// payload in plaintext.
    fn read(&self, value: &str) -> Vec<u8>;

    /// Returns the value of a cookie that holds `payload`.
    fn write(&self, payload: &[u8]) -> String;

    /// Returns the payload of a cookie's value.
    fn payload(&self, value: &str) -> Vec<u8>;
}

fn skip_json(payload: &[u8]) {
    serde_json::from_slice::<IgnoredAny>(payload).unwrap();
}

/// A MAC with its key.
struct Signed<M>(M);

impl<M: Mac + Clone> Limit for Signed<M> {
    fn read(&self, value: &str) -> Vec<u8> {
        let envelope = URL_SAFE_NO_PAD.decode_to_vec(value).unwrap();
        let (tag, payload) = envelope.split_at(M::output_size());
        self.0.clone().chain_update(payload).verify_slice(tag).unwrap();
        skip_json(payload);
        envelope
    }

    fn write(&self, payload: &[u8]) -> String {
        let mut envelope = Vec::with_capacity(M::output_size() + payload.len());
        envelope.extend_from_slice(&self.0.clone().chain_update(payload).finalize().into_bytes());
        envelope.extend_from_slice(payload);
        URL_SAFE_NO_PAD.encode_to_string(&envelope)
    }

    fn payload(&self, value: &str) -> Vec<u8> {
        self.read(value).split_off(M::output_size())
    }
}

/// An AEAD with its key. Its envelopes lack the header that real ones begin with.
struct Encrypted(Aes256GcmSiv);

const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;

impl Limit for Encrypted {
    fn read(&self, value: &str) -> Vec<u8> {
        let mut envelope = URL_SAFE_NO_PAD.decode_to_vec(value).unwrap();
        let (nonce, rest) = envelope.split_at_mut(NONCE_LEN);
        let (payload, tag) = rest.split_at_mut(rest.len() - TAG_LEN);
        let (nonce, tag) = (Nonce::<Aes256GcmSiv>::try_from(&*nonce), Tag::<Aes256GcmSiv>::try_from(&*tag));
        let buffer = InOutBuf::from(&mut *payload);
        self.0.decrypt_inout_detached(&nonce.unwrap(), b"", buffer, &tag.unwrap()).unwrap();
        skip_json(payload);
        envelope
    }

    fn write(&self, payload: &[u8]) -> String {
        let mut envelope = Vec::with_capacity(NONCE_LEN + payload.len() + TAG_LEN);
        let mut nonce = Nonce::<Aes256GcmSiv>::default();
        getrandom::fill(&mut nonce).unwrap();
        envelope.extend_from_slice(&nonce);
        envelope.extend_from_slice(payload);
        let buffer = InOutBuf::from(&mut envelope[NONCE_LEN..]);
        let tag = self.0.encrypt_inout_detached(&nonce, b"", buffer).unwrap();
        envelope.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode_to_string(&envelope)
    }

    fn payload(&self, value: &str) -> Vec<u8> {
        let mut envelope = self.read(value);
        envelope.truncate(envelope.len() - TAG_LEN);
        envelope.split_off(NONCE_LEN)
    }
}

/// Measures a factory and its limit. `value` converts the value of the factory's cookie into one that `limit` can read.
fn benches_of<S: Serializer>(
    c: &mut Criterion,
    name: &str,
    sessions: &BaseCookieSessionFactory<S>,
    limit: &impl Limit,
    value: impl Fn(&str) -> String,
) {
    let mut group = c.benchmark_group(name);
    for size in SIZES {
        let mut session = sessions.load(None::<&str>);
        for (key, value) in data::entries(size) {
            session.insert(key, value).unwrap();
        }
        let set_cookie = sessions.save(&mut session).unwrap().into_session_cookie().unwrap();
        let cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
        let value = value(set_cookie.value());
        let payload = limit.payload(&value);

        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_function(BenchmarkId::new("read limit", size), |b| {
            b.iter(|| limit.read(black_box(&value)));
        });
        group.bench_function(BenchmarkId::new("load+get", size), |b| {
            b.iter(|| sessions.load(black_box(&*cookie)).get::<u32>("hits").unwrap());
        });
        group.bench_function(BenchmarkId::new("write limit", size), |b| {
            b.iter(|| limit.write(black_box(&payload)));
        });
        group.bench_function(BenchmarkId::new("insert+save", size), |b| {
            b.iter_batched_ref(
                || {
                    let session = sessions.load(&*cookie);
                    session.get::<u32>("hits").unwrap();
                    session
                },
                |session| {
                    session.insert("hits", black_box(2)).unwrap();
                    sessions.save(session).unwrap()
                },
                criterion::BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn signed<M: Mac + KeyInit + Clone + Send + Sync + 'static>(c: &mut Criterion, hash: &str) {
    let sessions = SignedCookieSessionFactory::builder(SECRET).mac::<M>().build().unwrap();
    let mac = <M as KeyInit>::new_from_slice(format!("pyramid.session.{SECRET}").as_bytes()).unwrap();
    benches_of(c, hash, &sessions, &Signed(mac), str::to_owned);
}

fn sha256(c: &mut Criterion) {
    signed::<Hmac<Sha256>>(c, "sha256");
}

fn sha512(c: &mut Criterion) {
    signed::<Hmac<Sha512>>(c, "sha512");
}

fn aes_256_gcm_siv(c: &mut Criterion) {
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let encrypter: Encrypter = Encrypter::new(SECRET.as_bytes(), "session", sessions.cookie_name()).unwrap();
    let serializer = EncryptedSerializer::new(encrypter, CompactJsonSerializer);
    let limit = Encrypted(Aes256GcmSiv::new(&[7; 32].into()));
    benches_of(c, "aes-256-gcm-siv", &sessions, &limit, |value| {
        limit.write(&serializer.decrypt(value.as_bytes()).unwrap().1)
    });
}

criterion_group!(benches, sha256, sha512, aes_256_gcm_siv);
criterion_main!(benches);
