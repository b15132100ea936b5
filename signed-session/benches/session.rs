//! Reading a session (`load+get`) and writing it (`insert+save`), compared with the unavoidable work.
//!
//! The limit has the MAC with a prepared key and the SIMD base64 of the same bytes. Reading adds a scan of the JSON,
//! for which serde_json skips over it. Writing adds one copy.
//!
//! Run `cargo bench -p signed-session`. Quote ratios of one run: `load+get` / `open limit` and `insert+save` /
//! `seal limit`.

mod data;

use std::hint::black_box;

use base64_simd::URL_SAFE_NO_PAD;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use digest::{KeyInit, Mac};
use hmac::Hmac;
use serde::de::IgnoredAny;
use sha2::{Sha256, Sha512};
use signed_session::SignedCookieSessionFactory;

const SECRET: &str = "a secret that is long enough for the benchmarks, all the 64 bytes";

/// Bytes of state.
const SIZES: [usize; 3] = [150, 450, 2800];

fn benches_of<M: Mac + KeyInit + Clone + Send + Sync + 'static>(c: &mut Criterion, hash: &str) {
    let sessions = SignedCookieSessionFactory::builder(SECRET).mac::<M>().build().unwrap();
    let mac = <M as KeyInit>::new_from_slice(format!("pyramid.session.{SECRET}").as_bytes()).unwrap();
    let mut group = c.benchmark_group(hash);
    for size in SIZES {
        let mut session = sessions.load(None::<&str>);
        for (key, value) in data::entries(size) {
            session.insert(key, value).unwrap();
        }
        let value = sessions.save(&mut session).unwrap().into_session_cookie().unwrap().value().to_owned();
        let cookie = format!("session={value}");
        let envelope = URL_SAFE_NO_PAD.decode_to_vec(&value).unwrap();
        let (tag, payload) = envelope.split_at(M::output_size());

        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_function(BenchmarkId::new("open limit", size), |b| {
            b.iter(|| {
                let envelope = URL_SAFE_NO_PAD.decode_to_vec(black_box(&value)).unwrap();
                let (tag, payload) = envelope.split_at(tag.len());
                mac.clone().chain_update(payload).verify_slice(tag).unwrap();
                serde_json::from_slice::<IgnoredAny>(payload).unwrap();
                envelope
            });
        });
        group.bench_function(BenchmarkId::new("load+get", size), |b| {
            b.iter(|| sessions.load(black_box(&*cookie)).get::<u32>("hits").unwrap());
        });
        group.bench_function(BenchmarkId::new("seal limit", size), |b| {
            b.iter(|| {
                let mut envelope = Vec::with_capacity(tag.len() + payload.len());
                envelope
                    .extend_from_slice(&mac.clone().chain_update(black_box(payload)).finalize().into_bytes());
                envelope.extend_from_slice(payload);
                URL_SAFE_NO_PAD.encode_to_string(&envelope)
            });
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

fn sha256(c: &mut Criterion) {
    benches_of::<Hmac<Sha256>>(c, "sha256");
}

fn sha512(c: &mut Criterion) {
    benches_of::<Hmac<Sha512>>(c, "sha512");
}

criterion_group!(benches, sha256, sha512);
criterion_main!(benches);
