//! Measures whether the time of a verification reveals where a wrong tag differs from the right one:
//! `cargo bench -p session-sign --bench timing`.
//!
//! The method is that of dudect (Reparaz, Balasch and Verbauwhede, 2017). Tags that differ from the right one in the
//! first byte and tags that differ in the last byte are verified in random order. Welch's t-test compares the times of
//! the two classes. A |t| above 4.5 means that the times almost certainly differ. As a control, the same test measures
//! a comparison that stops at the first difference. If |t| is small for the control, the test cannot detect a leak.

use std::hint::black_box;
use std::time::Instant;

use hmac::Hmac;
use session_sign::{Sign, Signer};
use sha2::{Sha256, Sha512};

const KEY: &[u8] = b"a key for the measurement of time";
/// A short message, because everything but the comparison is noise.
const MESSAGE: &[u8] = b"[0, 0, {}]";
/// Number of verifications that are timed together, so that reading the clock takes little of the measured time.
const BATCH: usize = 16;

/// A verification that stops at the first difference: the control.
struct EarlyExit<S>(S);

impl<S: Sign> EarlyExit<S> {
    fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        let mut right = vec![0; self.0.tag_len()];
        self.0.sign(message, &mut right);
        right.iter().zip(tag).all(|(right, given)| black_box(right) == black_box(given))
    }
}

/// Statistics of the times for one class of tags.
#[derive(Default)]
struct Class {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Class {
    /// Adds a sample with Welford's algorithm, which stays accurate for millions of samples.
    fn add(&mut self, sample: f64) {
        self.count += 1.0;
        let delta = sample - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (sample - self.mean);
    }

    fn variance_of_mean(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// Returns Welch's t for the samples up to `limit`.
fn welch(samples: &[(bool, f64)], limit: f64) -> f64 {
    let mut classes = [Class::default(), Class::default()];
    for &(class, sample) in samples.iter().filter(|(_, sample)| *sample <= limit) {
        classes[usize::from(class)].add(sample);
    }
    let [first, last] = classes;
    (first.mean - last.mean) / (first.variance_of_mean() + last.variance_of_mean()).sqrt()
}

/// Measures `verify` and computes t four times: over all samples, and without the slowest 10 %, 20 % and 50 %, which
/// other work of the machine may have delayed. Returns the t with the largest absolute value.
fn t(verify: impl Fn(&[u8]) -> bool, right: &[u8], batches: usize) -> f64 {
    let positions = [0, right.len() - 1];
    let mut tag = right.to_vec();
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut samples = Vec::with_capacity(batches);
    for _ in 0..batches {
        // xorshift64
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let class = random & 1 == 1;
        // Both classes use the same buffer.
        let position = positions[usize::from(class)];
        tag[position] ^= 1;
        let start = Instant::now();
        for _ in 0..BATCH {
            assert!(!verify(black_box(&tag)));
        }
        samples.push((class, start.elapsed().as_nanos() as f64));
        tag[position] ^= 1;
    }
    let mut sorted: Vec<f64> = samples.iter().map(|(_, sample)| *sample).collect();
    sorted.sort_by(f64::total_cmp);
    let limits = [1.0, 0.9, 0.8, 0.5].map(|part| sorted[(part * (sorted.len() - 1) as f64) as usize]);
    let ts = limits.map(|limit| welch(&samples, limit));
    ts.into_iter().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or_default()
}

fn report<S: Sign>(name: &str, signer: S, batches: usize) {
    let mut right = vec![0; signer.tag_len()];
    signer.sign(MESSAGE, &mut right);
    let ours = t(|tag| signer.verify(MESSAGE, tag).is_ok(), &right, batches);
    let early = EarlyExit(signer);
    let control = t(|tag| early.verify(MESSAGE, tag), &right, batches);
    println!("{name}: t = {ours:.1}; control that stops early: t = {control:.1}");
}

fn main() {
    // With `--test`, and under `cargo test --benches`, only check that the benchmark runs.
    let has = |option| std::env::args().any(|arg| arg == option);
    let batches = if has("--bench") && !has("--test") { 400_000 } else { 1000 };
    report("HMAC-SHA-256", Signer::<Hmac<Sha256>>::new(KEY).expect("HMAC takes any key"), batches);
    report("HMAC-SHA-512", Signer::<Hmac<Sha512>>::new(KEY).expect("HMAC takes any key"), batches);
}
