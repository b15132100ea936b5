//! Time to encrypt and to decrypt, compared with the time of the MACs for signing:
//! `cargo bench -p session-encrypt --all-features`.
//!
//! All tasks take turns in one program. The output is the median time of each task, divided by the median time of
//! HMAC-SHA-512. Set `RUSTFLAGS` for other cases:
//!
//! - a processor without AES instructions: `--cfg aes_backend="soft" --cfg polyval_backend="soft"`;
//! - a faster XChaCha20-Poly1305 on a processor with AVX2: `-C target-feature=+avx2` or
//!   `--cfg poly1305_backend="soft"`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use session_encrypt::{Aes256GcmSiv, Encrypter, RandomNonceSafe};

/// Lengths of the messages in bytes.
const SIZES: [usize; 2] = [158, 616];
/// Number of messages that are timed together. A single message takes hardly longer than reading the clock.
const BATCH: usize = 64;

/// A measured task: its name, and a function that returns the time for one batch.
type Task = (String, Box<dyn Fn() -> Duration>);

fn task(name: impl Into<String>, run: impl Fn() -> Duration + 'static) -> Task {
    (name.into(), Box::new(run))
}

fn envelopes<A: RandomNonceSafe + 'static>(size: usize) -> [Task; 2] {
    let encrypter = Encrypter::<A>::new(&[7; 32], "session", "__Host-session").expect("32 bytes are enough");
    let unencrypted = move || {
        // The vector has the capacity of the envelope, so that encrypting does not reallocate.
        let mut message = Vec::with_capacity(size + Encrypter::<A>::OVERHEAD);
        message.resize(size, b'm');
        message
    };
    let decrypter = encrypter.clone();
    let encrypt = move || {
        let mut envelopes: Vec<_> = (0..BATCH).map(|_| unencrypted()).collect();
        let start = Instant::now();
        for envelope in &mut envelopes {
            encrypter.encrypt(black_box(envelope)).expect("the operating system has random bytes");
        }
        start.elapsed()
    };
    let decrypt = move || {
        let mut envelopes: Vec<_> = (0..BATCH).map(|_| unencrypted()).collect();
        for envelope in &mut envelopes {
            decrypter.encrypt(envelope).expect("the operating system has random bytes");
        }
        let start = Instant::now();
        for envelope in &mut envelopes {
            black_box(decrypter.decrypt(black_box(envelope)).expect("the same key encrypted it"));
        }
        start.elapsed()
    };
    [task(format!("{}, encrypt", A::NAME), encrypt), task(format!("{}, decrypt", A::NAME), decrypt)]
}

fn mac<M: Mac + KeyInit + Clone + 'static>(name: &str, size: usize) -> Task {
    let keyed = <M as KeyInit>::new_from_slice(&[7; 32]).expect("HMAC takes any key");
    let message = vec![b'm'; size];
    task(name, move || {
        let start = Instant::now();
        for _ in 0..BATCH {
            black_box(keyed.clone().chain_update(black_box(&message)).finalize());
        }
        start.elapsed()
    })
}

/// Reads a nonce from the operating system, as encrypting does.
fn nonce() -> Task {
    task("random nonce", || {
        let start = Instant::now();
        for _ in 0..BATCH {
            getrandom::fill(black_box(&mut [0; 12])).expect("the operating system has random bytes");
        }
        start.elapsed()
    })
}

fn main() {
    // With `--test`, and under `cargo test --benches`, only check that the benchmark runs.
    let has = |option| std::env::args().any(|arg| arg == option);
    let rounds = if has("--bench") && !has("--test") { 2000 } else { 3 };
    for size in SIZES {
        let mut tasks = vec![mac::<Hmac<sha2::Sha512>>("HMAC-SHA-512", size)];
        tasks.push(mac::<Hmac<sha2::Sha256>>("HMAC-SHA-256", size));
        tasks.extend(envelopes::<Aes256GcmSiv>(size));
        #[cfg(feature = "xchacha20poly1305")]
        tasks.extend(envelopes::<session_encrypt::XChaCha20Poly1305>(size));
        tasks.push(nonce());

        let mut times = vec![Vec::new(); tasks.len()];
        for _ in 0..rounds {
            for ((_, run), times) in tasks.iter().zip(&mut times) {
                times.push(run());
            }
        }
        times.iter_mut().for_each(|times| times.sort());
        let medians: Vec<_> = times.iter().map(|times| times[times.len() / 2].as_secs_f64()).collect();
        println!("{size} bytes:");
        for ((name, _), median) in tasks.iter().zip(&medians) {
            println!("  {name}: {:.2}", median / medians[0]);
        }
    }
}
