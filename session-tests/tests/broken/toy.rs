//! A MAC for the broken implementations.

/// Returns a tag that depends on every bit of the key and of the message. This MAC is not secure, and need not be.
pub(crate) fn tag(key: &[u8], message: &[u8]) -> [u8; 16] {
    let input = key.iter().chain(message).chain(b"end");
    let hash =
        input.fold(1_u128, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_013b));
    (hash ^ (hash >> 61)).to_be_bytes()
}
