//! BLAKE2's own keyed mode (RFC 7693). Its keys have at most 64 bytes in BLAKE2b, and at most 32 in BLAKE2s.

use blake2::{Blake2b, Blake2bMac, Blake2bMac512, Blake2s, Blake2sMac, Blake2sMac256};
use digest::consts::{U16, U20, U28, U32, U48, U64};
use digest::{Digest, KeyInit, Mac};
use session_sign::Signer;

use crate::util::{answers, assert_answer, hex, signer, tag};

#[test]
fn tags_equal_those_of_python() {
    let mut checked = 0;
    for answer in answers(include_str!("blake2_keyed.txt")) {
        let signer = match answer.name {
            "blake2b" => signer::<Blake2bMac512>(&answer.key),
            "blake2s" => signer::<Blake2sMac256>(&answer.key),
            name => panic!("{name}"),
        };
        assert_answer(&signer, &answer.message, &answer.tag, answer.line);
        checked += 1;
    }
    assert_eq!(checked, 2 * 3 * 7);
}

/// The self-test of RFC 7693, appendix E. It computes a digest and a tag for each pair of an output length and a
/// message length, and then one digest over these results. [`Signer`] computes the tags, and the crate `blake2`
/// computes the digests, which need no key.
#[test]
fn self_test_of_rfc_7693_passes() {
    let lens = [0, 3, 128, 129, 255, 1024];
    let mut all = Blake2b::<U32>::new();
    one_tag_len::<Blake2bMac<U20>, Blake2b<U20>>(&mut all, lens);
    one_tag_len::<Blake2bMac<U32>, Blake2b<U32>>(&mut all, lens);
    one_tag_len::<Blake2bMac<U48>, Blake2b<U48>>(&mut all, lens);
    one_tag_len::<Blake2bMac<U64>, Blake2b<U64>>(&mut all, lens);
    let expected = "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475";
    assert_eq!(all.finalize()[..], hex(expected));

    let lens = [0, 3, 64, 65, 255, 1024];
    let mut all = Blake2s::<U32>::new();
    one_tag_len::<Blake2sMac<U16>, Blake2s<U16>>(&mut all, lens);
    one_tag_len::<Blake2sMac<U20>, Blake2s<U20>>(&mut all, lens);
    one_tag_len::<Blake2sMac<U28>, Blake2s<U28>>(&mut all, lens);
    one_tag_len::<Blake2sMac<U32>, Blake2s<U32>>(&mut all, lens);
    let expected = "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe";
    assert_eq!(all.finalize()[..], hex(expected));
}

fn one_tag_len<M, H: Digest>(all: &mut impl Digest, message_lens: [usize; 6])
where
    M: Mac + KeyInit + Clone + Send + Sync + 'static,
{
    let key = sequence(M::output_size());
    for message in message_lens.map(sequence) {
        all.update(H::digest(&message));
        all.update(tag(&signer::<M>(&key), &message));
    }
}

/// Returns the deterministic bytes of appendix E: the high bytes of a Fibonacci sequence, which is seeded with the
/// length.
fn sequence(len: usize) -> Vec<u8> {
    let (mut a, mut b) = (0xdead_4bad_u32.wrapping_mul(len as u32), 1_u32);
    let next = || {
        (a, b) = (b, a.wrapping_add(b));
        (b >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn too_long_key_error_gives_advice() {
    assert!(Signer::<Blake2bMac512>::new(&[7; 64]).is_ok());
    assert!(Signer::<Blake2sMac256>::new(&[7; 32]).is_ok());
    assert!(Signer::<Blake2sMac256>::new(&[7; 33]).is_err());
    let error = Signer::<Blake2bMac512>::new(&[7; 65]).unwrap_err().to_string();
    assert!(error.contains("at most 64 bytes") && error.contains("use an HMAC"), "{error}");
}
