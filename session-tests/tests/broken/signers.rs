//! Toy MACs, each with a flaw.

use session_sign::{Algorithm, KeyError, Sign, VerifyError};
use session_tests::signer;

use crate::{failure, must_fail, toy};

flaws! {
    ComparesPrefix: "only as many bytes as the supplied tag has are compared, so a prefix of the right tag passes";
    ComparesStart: "bytes after the tag are ignored";
    ComparesFirstByte: "only the first byte of the tag is compared";
    ComparesSum: "only the sum of the tag's bytes is compared";
    IgnoresLastTagByte: "the last byte of the tag is not compared";
    EmptyTagPasses: "an empty tag passes";
    PanicsOnShortTag: "a tag that is too short causes a panic";
    AcceptsAll: "every tag passes";
    RefusesAll: "every tag is refused, including the right one";
    WrongTagLength: "`tag_len` is one byte too large";
    SevenBitMessages: "the highest bit of each message byte is not signed";
    IgnoresFirstByte: "the first byte of the message is not signed";
    IgnoresEnd: "only the first 30 bytes of the message are signed";
    LengthWraps: "only the first 64 KiB of the message are signed";
    TrimsMessages: "spaces at the end of the message are not signed";
    DirtyBuffer: "the tag depends on the buffer's previous contents";
    CountsTags: "the tag differs each time, and only the latest one verifies";
    IgnoresKey: "the key is not used, so the tag is only a checksum";
    HalfKey: "only half of the key is used";
    CaseOfKey: "the case of letters in the key is ignored";
}

struct Toy(Flaw);

struct ToySigner {
    flaw: Flaw,
    key: Vec<u8>,
    count: std::sync::atomic::AtomicU8,
}

impl Algorithm for Toy {
    type Signer = ToySigner;

    fn signer(&self, key: &[u8]) -> Result<ToySigner, KeyError> {
        let key = match self.0 {
            Flaw::IgnoresKey => Vec::new(),
            Flaw::HalfKey => key[..key.len() / 2].to_vec(),
            Flaw::CaseOfKey => key.to_ascii_lowercase(),
            _ => key.to_vec(),
        };
        Ok(ToySigner { flaw: self.0, key, count: 0.into() })
    }
}

impl ToySigner {
    fn tag(&self, message: &[u8]) -> [u8; 16] {
        let mut message = match self.flaw {
            Flaw::SevenBitMessages => message.iter().map(|byte| byte & 0x7f).collect(),
            Flaw::IgnoresFirstByte => message.get(1..).unwrap_or_default().to_vec(),
            Flaw::IgnoresEnd => message[..message.len().min(30)].to_vec(),
            Flaw::LengthWraps => message[..message.len().min(1 << 16)].to_vec(),
            Flaw::TrimsMessages => message.trim_ascii_end().to_vec(),
            _ => message.to_vec(),
        };
        if self.flaw == Flaw::CountsTags {
            message.push(self.count.load(std::sync::atomic::Ordering::Relaxed));
        }
        toy::tag(&self.key, &message)
    }
}

impl Sign for ToySigner {
    fn tag_len(&self) -> usize {
        if self.flaw == Flaw::WrongTagLength { 17 } else { 16 }
    }

    fn sign(&self, message: &[u8], tag: &mut [u8]) {
        self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let right = self.tag(message);
        match self.flaw {
            Flaw::DirtyBuffer => tag.iter_mut().zip(right).for_each(|(old, new)| *old ^= new),
            _ => tag[..16].copy_from_slice(&right),
        }
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        let right = self.tag(message);
        let sum = |tag: &[u8]| tag.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        let accepted = match self.flaw {
            Flaw::ComparesPrefix => right.iter().zip(tag).all(|(one, other)| one == other),
            Flaw::ComparesStart => tag.starts_with(&right),
            Flaw::ComparesFirstByte => tag.len() == 16 && tag[0] == right[0],
            Flaw::ComparesSum => tag.len() == 16 && sum(tag) == sum(&right),
            Flaw::IgnoresLastTagByte => tag.len() == 16 && tag[..15] == right[..15],
            Flaw::EmptyTagPasses => tag.is_empty() || tag == right,
            Flaw::PanicsOnShortTag => {
                (0..16).fold(true, |same, at| same & (tag[at] == right[at])) && tag.len() == 16
            }
            Flaw::AcceptsAll => true,
            Flaw::RefusesAll => false,
            _ => tag == right,
        };
        if accepted { Ok(()) } else { Err(VerifyError::new()) }
    }
}

fn check(flaw: Flaw) {
    signer::check_algorithm(&Toy(flaw));
}

#[test]
fn check_of_single_signer_finds_flaws() {
    let check = |flaw| signer::check(&Toy(flaw).signer(b"key").unwrap());
    check(Flaw::None);
    for flaw in [Flaw::ComparesPrefix, Flaw::SevenBitMessages, Flaw::LengthWraps, Flaw::DirtyBuffer] {
        must_fail("a flaw of a single signer", || check(flaw));
    }
}

#[test]
fn message_shows_fault_and_case() {
    let message = failure("a flaw", || signer::refuses_every_flipped_bit(&Toy(Flaw::ComparesFirstByte)));
    let zeros = "\\x00".repeat(signer::KEY_LEN);
    assert_eq!(
        message,
        format!(
            "flipped bits: the tag is accepted with bit 8 flipped\n\n\
             minimal case:\n(\n    key b\"{zeros}\",\n    message b\"\",\n)\n"
        )
    );
}
