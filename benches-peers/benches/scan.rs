//! Compares our JSON scanner, which runs when a session is loaded, with serde_json and with libraries that use SIMD.
//!
//! Our scanner checks only the structure of the text; the other three also check the values. Our scanner and sonic-rs
//! find the entries. serde_json returns nothing. simd-json does the most: it also checks the UTF-8, and reads the
//! numbers and strings. `State::from_json` takes the text by value, and simd-json changes it. So the benchmark copies
//! the text for our scanner and for simd-json, and their times include the copy.
//!
//! Run `cargo bench --manifest-path benches-peers/Cargo.toml --bench scan --target-dir target/peers`. sonic-rs selects
//! its instructions at compile time, so its README asks for `RUSTFLAGS="-C target-cpu=native"`. Compare only results
//! of the same run.

#[path = "../../signed-session/benches/data/mod.rs"]
mod data;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde::de::IgnoredAny;
use signed_session::State;

/// Maximum sizes of the state in bytes.
const SIZES: [usize; 3] = [150, 450, 2000];

fn scan(c: &mut Criterion) {
    let mut group = c.benchmark_group("scan");
    for size in SIZES {
        let mut state = State::default();
        for (key, value) in data::entries(size) {
            state.insert(key, value).unwrap();
        }
        let text = state.to_json().unwrap();
        let count = state.len();

        group.bench_function(BenchmarkId::new("State::from_json", size), |b| {
            b.iter(|| State::from_json(black_box(&text).clone()).unwrap());
        });
        group.bench_function(BenchmarkId::new("sonic-rs, to_object_iter", size), |b| {
            b.iter(|| {
                let entries = sonic_rs::to_object_iter(black_box(&text));
                assert_eq!(entries.map(Result::unwrap).map(black_box).count(), count);
            });
        });
        group.bench_function(BenchmarkId::new("simd-json, to_tape", size), |b| {
            let mut buffers = simd_json::Buffers::new(text.len());
            b.iter(|| {
                let mut text = black_box(&text).clone().into_bytes();
                simd_json::to_tape_with_buffers(&mut text, &mut buffers).unwrap().0.len()
            });
        });
        group.bench_function(BenchmarkId::new("serde_json, IgnoredAny", size), |b| {
            b.iter(|| serde_json::from_str::<IgnoredAny>(black_box(&text)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, scan);
criterion_main!(benches);
