//! Decoding of the base64 in cookies.

use base64_simd::URL_SAFE_NO_PAD;
use session_serde::LoadError;

/// Decodes base64, and rejects text that is not canonical. Python accepts such text, but never writes it.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, LoadError> {
    let unpadded = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] if text.len().is_multiple_of(4) => rest,
        _ => text,
    };
    URL_SAFE_NO_PAD.decode_to_vec(unpadded).map_err(|_| LoadError::malformed("not URL-safe base64"))
}
