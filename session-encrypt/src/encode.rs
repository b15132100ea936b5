//! The encoding of a list of byte strings as one byte string.

/// Concatenates `parts`. The length of each part precedes it, as 8 bytes in big-endian order.
///
/// The encoding is injective: no two lists have the same encoding, because the lengths mark where each part ends.
pub(crate) fn encode(parts: &[&[u8]]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.iter().copied()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::encode;

    /// Returns the parts of an encoding.
    fn decode(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut parts = Vec::new();
        while let Some((len, rest)) = bytes.split_first_chunk() {
            let (part, rest) = rest.split_at(usize::try_from(u64::from_be_bytes(*len)).unwrap());
            parts.push(part.to_vec());
            bytes = rest;
        }
        parts
    }

    fn encode_owned(parts: &[Vec<u8>]) -> Vec<u8> {
        encode(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn moved_boundary_changes_encoding() {
        let lists: [&[&[u8]]; 7] =
            [&[], &[b""], &[b"", b""], &[b"ab", b"c"], &[b"a", b"bc"], &[b"abc", b""], &[b"abc"]];
        for (position, list) in lists.iter().enumerate() {
            for other in &lists[position + 1..] {
                assert_ne!(encode(list), encode(other), "{list:?} and {other:?}");
            }
        }
    }

    proptest! {
        // A function with a left inverse is injective.
        #[test]
        fn encoding_decodes_to_same_parts(parts in vec(vec(any::<u8>(), 0..300), 0..5)) {
            prop_assert_eq!(decode(&encode_owned(&parts)), parts);
        }

        #[test]
        fn nested_encoding_differs(parts in vec(vec(any::<u8>(), 0..20), 1..4)) {
            let nested = vec![encode_owned(&parts)];
            prop_assert_ne!(encode_owned(&nested), encode_owned(&parts));
        }
    }
}
