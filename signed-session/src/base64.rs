//! Decoding of the base64 in cookies.

use base64_simd::URL_SAFE_NO_PAD;
use session_serde::LoadError;

/// Decodes URL-safe base64 with or without padding. Rejects other characters, and unused bits that are not zero. Python
/// accepts both when it decodes, but writes neither.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, LoadError> {
    let unpadded = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] if text.len().is_multiple_of(4) => rest,
        _ => text,
    };
    URL_SAFE_NO_PAD.decode_to_vec(unpadded).map_err(|_| LoadError::malformed("not URL-safe base64"))
}
