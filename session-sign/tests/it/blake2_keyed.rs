//! BLAKE2's own keyed mode (RFC 7693), which takes no key longer than a digest.

use blake2::{Blake2bMac512, Blake2sMac256};
use session_sign::{Algorithm, MacAlgorithm, Sign, Signer};

use crate::util::{hex, tag};

/// From the known-answer files of the BLAKE2 authors: key `00 01 02 …` of full length, input `00 01 02 …`.
const BLAKE2B: [(u8, &str); 3] = [
    (
        0,
        "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786\
         b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568",
    ),
    (
        1,
        "961f6dd1e4dd30f63901690c512e78e4b45e4742ed197c3c5e45c549fd25f2e4\
         187b0bc9fe30492b16b0d0bc4ef9b0f34c7003fac09a5ef1532e69430234cebd",
    ),
    (
        255,
        "142709d62e28fcccd0af97fad0f8465b971e82201dc51070faa0372aa43e9248\
         4be1c1e73ba10906d5d1853db6a4106e0a7bf9800d373d6dee2d46d62ef2a461",
    ),
];

const BLAKE2S: [(u8, &str); 3] = [
    (0, "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"),
    (1, "40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1"),
    (255, "3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd"),
];

fn check(algorithm: impl Algorithm, key_len: u8, answers: &[(u8, &str)]) {
    let key: Vec<u8> = (0..key_len).collect();
    let signer = algorithm.signer(&key).unwrap();
    for &(len, expected) in answers {
        let message: Vec<u8> = (0..len).collect();
        assert_eq!(tag(&signer, &message), hex(expected), "{len} bytes");
        assert!(signer.verify(&message, &hex(expected)).is_ok(), "{len} bytes");
    }
}

#[test]
fn known_answers() {
    check(MacAlgorithm::<Blake2bMac512>::new(), 64, &BLAKE2B);
    check(MacAlgorithm::<Blake2sMac256>::new(), 32, &BLAKE2S);
}

#[test]
fn a_longer_key_is_an_error_that_says_what_to_do() {
    assert!(Signer::<Blake2bMac512>::new(&[7; 64]).is_ok());
    assert!(Signer::<Blake2sMac256>::new(&[7; 32]).is_ok());
    assert!(Signer::<Blake2sMac256>::new(&[7; 33]).is_err());
    let error = Signer::<Blake2bMac512>::new(&[7; 65]).unwrap_err().to_string();
    assert!(error.contains("at most 64 bytes") && error.contains("use an HMAC"), "{error}");
}
