//! The properties that every implementation of the envelope format must have. `flaws.rs` shows that the test of each
//! property can fail.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use crate::scheme::{Make, Scheme, Settings, ours};
use crate::util::secret;

const MESSAGE: &[u8] = b"[1700000000,1700000000.5,{\"user\":\"ada\"}]";

fn settings(secrets: &[u32]) -> Settings {
    bound_to(secrets, "session", "__Host-session")
}

fn bound_to(secrets: &[u32], purpose: &'static str, name: &'static str) -> Settings {
    Settings { secrets: secrets.iter().map(|number| secret(*number)).collect(), purpose, name }
}

fn refuses(scheme: &dyn Scheme, envelope: &[u8], why: &str) {
    assert!(scheme.decrypt(envelope).is_none(), "envelope should be refused: {why}");
}

pub(crate) type Property = fn(Make<'_>);

/// All properties with their names.
pub(crate) const ALL: &[(&str, Property)] = &[
    ("message_round_trips", message_round_trips),
    ("message_is_hidden", message_is_hidden),
    ("equal_messages_give_different_envelopes", equal_messages_give_different_envelopes),
    ("flipped_bit_is_refused", flipped_bit_is_refused),
    ("truncation_is_refused", truncation_is_refused),
    ("extension_is_refused", extension_is_refused),
    ("random_mutation_is_refused", random_mutation_is_refused),
    ("random_bytes_are_refused", random_bytes_are_refused),
    ("other_secret_is_refused", other_secret_is_refused),
    ("other_purpose_or_name_is_refused", other_purpose_or_name_is_refused),
    ("retired_keys_only_decrypt", retired_keys_only_decrypt),
    ("keys_with_same_id_all_decrypt", keys_with_same_id_all_decrypt),
];

fn message_round_trips(make: Make<'_>) {
    let scheme = make(&settings(&[1]));
    for len in (0..70).chain([616, 4096]) {
        let message = vec![len as u8; len];
        assert_eq!(scheme.decrypt(&scheme.encrypt(&message)), Some((0, message)));
    }
}

fn message_is_hidden(make: Make<'_>) {
    let envelope = make(&settings(&[1])).encrypt(MESSAGE);
    let is_shown = envelope.windows(4).any(|bytes| MESSAGE.windows(4).any(|message| message == bytes));
    assert!(!is_shown, "the envelope should not contain four consecutive bytes of the message");
}

fn equal_messages_give_different_envelopes(make: Make<'_>) {
    let scheme = make(&settings(&[1]));
    let [one, other] = [(), ()].map(|()| scheme.encrypt(MESSAGE));
    // The first four bytes of two random nonces are equal only by chance.
    assert_ne!(one[5..9], other[5..9], "the nonces should differ");
}

fn flipped_bit_is_refused(make: Make<'_>) {
    let scheme = make(&settings(&[1, 2]));
    let mut envelope = scheme.encrypt(MESSAGE);
    for bit in 0..envelope.len() * 8 {
        envelope[bit / 8] ^= 1 << (bit % 8);
        refuses(&*scheme, &envelope, &format!("bit {} of byte {} is flipped", bit % 8, bit / 8));
        envelope[bit / 8] ^= 1 << (bit % 8);
    }
}

fn truncation_is_refused(make: Make<'_>) {
    let scheme = make(&settings(&[1]));
    let envelope = scheme.encrypt(MESSAGE);
    for len in 0..envelope.len() {
        refuses(&*scheme, &envelope[..len], "its end is missing");
        refuses(&*scheme, &envelope[envelope.len() - len..], "its start is missing");
    }
}

fn extension_is_refused(make: Make<'_>) {
    let scheme = make(&settings(&[1]));
    let envelope = scheme.encrypt(MESSAGE);
    for position in 0..=envelope.len() {
        let mut longer = envelope.clone();
        longer.insert(position, 0);
        refuses(&*scheme, &longer, "it has an additional byte");
    }
    refuses(&*scheme, &[&envelope[..], &envelope].concat(), "a copy of it follows");
}

fn random_mutation_is_refused(make: Make<'_>) {
    let scheme = make(&settings(&[1, 2]));
    let case = (vec(any::<u8>(), 0..200), vec((any::<Index>(), any::<u8>()), 1..6));
    run(case, |(message, edits)| {
        let envelope = scheme.encrypt(&message);
        let mut edited = envelope.clone();
        edits.iter().for_each(|(at, byte)| edited[at.index(envelope.len())] = *byte);
        prop_assert!(edited == envelope || scheme.decrypt(&edited).is_none());
        Ok(())
    });
}

fn random_bytes_are_refused(make: Make<'_>) {
    let scheme = make(&settings(&[1]));
    let start = scheme.encrypt(MESSAGE)[..5].to_vec();
    run((any::<bool>(), vec(any::<u8>(), 0..200)), |(has_header, bytes)| {
        let envelope = [if has_header { &start[..] } else { &[] }, &bytes].concat();
        prop_assert!(scheme.decrypt(&envelope).is_none());
        Ok(())
    });
}

fn other_secret_is_refused(make: Make<'_>) {
    let envelope = make(&settings(&[1])).encrypt(MESSAGE);
    for bit in 0..secret(1).len() * 8 {
        let mut near = settings(&[1]);
        near.secrets[0][bit / 8] ^= 1 << (bit % 8);
        refuses(&*make(&near), &envelope, "one bit of the secret differs");
    }
}

fn other_purpose_or_name_is_refused(make: Make<'_>) {
    let contexts = [
        ("session", "s"),
        ("session", "t"),
        ("csrf", "s"),
        ("s", "session"),
        ("sessions", ""),
        ("", "sessions"),
    ];
    for (purpose, name) in contexts {
        let envelope = make(&bound_to(&[1], purpose, name)).encrypt(MESSAGE);
        for (other_purpose, other_name) in contexts.into_iter().filter(|other| *other != (purpose, name)) {
            let other = make(&bound_to(&[1], other_purpose, other_name));
            let why = format!("it is for ({purpose}, {name}), not for ({other_purpose}, {other_name})");
            refuses(&*other, &envelope, &why);
        }
    }
}

fn retired_keys_only_decrypt(make: Make<'_>) {
    let numbers = [1, 2, 3];
    let ring = make(&settings(&numbers));
    for (index, number) in numbers.iter().enumerate() {
        let envelope = make(&settings(&[*number])).encrypt(MESSAGE);
        assert_eq!(ring.decrypt(&envelope), Some((index, MESSAGE.to_vec())), "key {index}");
    }
    let envelope = ring.encrypt(MESSAGE);
    assert!(make(&settings(&[1])).decrypt(&envelope).is_some(), "the current key should encrypt");
    refuses(&*make(&settings(&[2, 3])), &envelope, "its key was removed");
}

/// Pairs of arguments of [`secret`]. The two keys that are derived from a pair have the same key id: for the first pair
/// under AES-256-GCM-SIV, for the second under XChaCha20-Poly1305. A search over about 2¹⁶ numbers found each pair.
const SAME_ID: [[u32; 2]; 2] = [[14613, 54994], [44632, 88843]];

fn keys_with_same_id_all_decrypt(make: Make<'_>) {
    for [first, second] in SAME_ID {
        let ring = make(&settings(&[first, 9, second]));
        for (index, number) in [(0, first), (2, second)] {
            let envelope = make(&settings(&[number])).encrypt(MESSAGE);
            assert_eq!(ring.decrypt(&envelope), Some((index, MESSAGE.to_vec())), "key {index}");
            let mut forged = envelope;
            *forged.last_mut().unwrap() ^= 1;
            refuses(&*ring, &forged, "the tag is wrong under each key with the id");
        }
    }
}

fn run<S: Strategy>(cases: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&cases, test).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn same_id_numbers_give_equal_key_ids() {
    fn check<A: session_encrypt::RandomNonceSafe + 'static>(pair: [u32; 2]) {
        let [first, second] = pair.map(|number| ours::<A>(&settings(&[number])).encrypt(b""));
        assert_eq!(first[..5], second[..5]);
    }
    check::<session_encrypt::Aes256GcmSiv>(SAME_ID[0]);
    #[cfg(feature = "xchacha20poly1305")]
    check::<session_encrypt::XChaCha20Poly1305>(SAME_ID[1]);
}

#[test]
fn aes_256_gcm_siv_has_all_properties() {
    ALL.iter().for_each(|(_, property)| property(&ours::<session_encrypt::Aes256GcmSiv>));
}

#[cfg(feature = "xchacha20poly1305")]
#[test]
fn xchacha20_poly1305_has_all_properties() {
    ALL.iter().for_each(|(_, property)| property(&ours::<session_encrypt::XChaCha20Poly1305>));
}
