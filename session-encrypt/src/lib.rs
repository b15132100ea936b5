//! Encrypts and authenticates bytes with any AEAD that is safe under random nonces.
//!
//! | | |
//! |---|---|
//! | [`Encrypter`] | a current key that encrypts and decrypts, and any number of retired keys that only decrypt |
//! | [`EnvelopeParts`] | version, key id, nonce, ciphertext and tag of an envelope that has not been decrypted |
//! | [`RandomNonceSafe`] | the accepted AEADs: [`Aes256GcmSiv`], `XChaCha20Poly1305` behind a feature, or your own |
//!
//! Encrypting a message gives the *envelope* `version ‖ key id ‖ nonce ‖ ciphertext ‖ tag`. The document
//! `docs/format.md` in the repository describes it byte by byte. The caller decides what the message means and how to
//! encode an envelope as text.
//!
//! An envelope is bound to a *purpose* and to the *name* of a cookie. It cannot be decrypted with another purpose or
//! name. HKDF-SHA-256 derives a key from the secret for each purpose and name. An attacker without the secret learns
//! nothing about a message except its length, and cannot change the message. The attacker can replay an old envelope.
//! To limit how long an envelope is accepted, put a time into the message and check it.
//!
//! ```
//! use session_encrypt::Encrypter;
//!
//! # let secret = &[7; 32];
//! // `secret` is at least 32 random bytes, the same on every server.
//! let encrypter: Encrypter = Encrypter::new(secret, "session", "__Host-session")?;
//!
//! // Encrypt in place. The buffer holds the message before the call, and the envelope after it.
//! let mut envelope = b"user 42".to_vec();
//! encrypter.encrypt(&mut envelope)?;
//! assert_eq!(envelope.len(), <Encrypter>::OVERHEAD + 7);
//! # let sent = envelope.clone();
//!
//! // Decrypt in place.
//! let decrypted = encrypter.decrypt(&mut envelope)?;
//! assert_eq!(decrypted.message(), b"user 42");
//!
//! // Decryption under another name fails.
//! let other: Encrypter = Encrypter::new(secret, "session", "preferences")?;
//! # let mut envelope = sent.clone();
//! assert!(other.decrypt(&mut envelope).is_err());
//!
//! // Rotate: the new secret encrypts, and the old secret still decrypts.
//! # let new_secret = &[8; 32];
//! let rotated = <Encrypter>::new(new_secret, "session", "__Host-session")?.with_retired(secret)?;
//! # let mut envelope = sent;
//! assert_eq!(rotated.decrypt(&mut envelope)?.key_index(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which algorithm
//!
//! Use [`Aes256GcmSiv`] if the processor has AES instructions, and `XChaCha20Poly1305` otherwise, for example on a
//! Raspberry Pi 4.
//!
//! The table shows the time to encrypt or decrypt a message of 616 bytes, divided by the time of HMAC-SHA-512 over a
//! message of this length. The processor is an x86-64 with AES and AVX2 instructions. Each row has the medians of one
//! run of `cargo bench -p session-encrypt --all-features`:
//!
//! | algorithm, `RUSTFLAGS` | encrypt | decrypt |
//! |---|---:|---:|
//! | AES-256-GCM-SIV | 0.71 | 0.44 |
//! | AES-256-GCM-SIV, `--cfg aes_backend="soft" --cfg polyval_backend="soft"` | 7.33 | 7.02 |
//! | XChaCha20-Poly1305 | 1.80 | 1.47 |
//! | XChaCha20-Poly1305, `-C target-feature=+avx2` | 0.95 | 0.69 |
//! | XChaCha20-Poly1305, `--cfg poly1305_backend="soft"` | 1.15 | 0.87 |
//! | HMAC-SHA-256, for comparison | 0.31 | |
//!
//! - Without AES instructions, the constant-time code for AES takes ten to sixteen times as long (second row).
//!   XChaCha20-Poly1305 takes less than a quarter of the time that the second row shows.
//! - poly1305 0.9.1 chooses its AVX2 code at run time. This code is slow in a program that is built for rustc's default
//!   x86-64 target. If every processor that runs the application has AVX2, build it with `-C target-feature=+avx2`.
//!   Otherwise, choose the portable code with `--cfg poly1305_backend="soft"`.
//! - With a glibc before 2.41 or a Linux before 6.11, a system call reads the random nonce. Encrypting 616 bytes with
//!   AES-256-GCM-SIV then spends 37 % of its time in this call (glibc 2.36, November 2026). With glibc 2.41 and
//!   Linux 6.11, or later versions of both, no system call is needed, and reading a nonce takes a tenth of the time.
//!
//! # Features
//!
//! - `xchacha20poly1305`: adds `XChaCha20Poly1305`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod algorithm;
mod encode;
mod encrypter;
mod error;
mod key;
mod parts;

pub use aead;
pub use aes_gcm_siv::Aes256GcmSiv;
#[cfg(feature = "xchacha20poly1305")]
pub use chacha20poly1305::XChaCha20Poly1305;

pub use algorithm::RandomNonceSafe;
pub use encrypter::{Decrypted, Encrypter};
pub use error::{DecryptError, EncryptError, MIN_SECRET_LEN, ShortSecretError};
pub use parts::EnvelopeParts;

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
