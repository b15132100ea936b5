//! Skips lists and objects in blocks of 64 bytes.
//!
//! For each block, masks with one bit per byte show where the quotes, the backslashes and the brackets are. A bracket
//! is inside a string if the number of unescaped quotes before it is odd. Only the backslashes, and the brackets
//! outside of strings, are processed one by one. The compiler turns the comparisons into vector instructions if the
//! target has them.

use memchr::memchr2;

use super::scan::{MAX_VALUE_DEPTH, Result, SYNTAX};
use crate::malformed_record::{Kind, MalformedRecord};

/// Number of bytes in a block: one for each bit of a `u64`.
const BLOCK: usize = u64::BITS as usize;

/// The blocks of a text. Several lists or objects in one block share its mask of brackets.
pub(super) struct Blocks<'t> {
    text: &'t [u8],
    /// The block in which the previous list or object ended.
    last: Block,
}

/// The mask of a block's brackets, and the state that the next block continues from.
#[derive(Clone, Copy, Default)]
struct Block {
    start: usize,
    end: usize,
    /// The mask of the unprocessed brackets outside of strings. The lowest bit stands for the first byte.
    brackets: u64,
    /// All ones if a string continues after the block, otherwise zero.
    in_string: u8,
    /// Whether the last byte of the block is a backslash that escapes the byte after the block.
    escapes_next: bool,
}

impl<'t> Blocks<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, last: Block::default() }
    }

    /// Returns the end of the list or object that begins at `start`.
    ///
    /// It only checks that strings are closed, and that brackets are balanced and not nested too deeply.
    #[inline(never)] // so that the loop can use all registers
    pub(super) fn end_of_container(&mut self, start: usize) -> Result<usize> {
        let mut block = self.last;
        // If `start` is in the same block as the end of the previous list or object, the bracket at `start` is the
        // lowest bit that is left in the mask: between two lists or objects, all brackets are inside strings.
        if start >= block.end {
            block = Block { end: start, ..Block::default() };
        }
        let mut closing = [0; MAX_VALUE_DEPTH];
        let mut depth = 0_usize;
        loop {
            while block.brackets != 0 {
                let at = block.start + block.brackets.trailing_zeros() as usize;
                block.brackets &= block.brackets - 1;
                let &bracket = self.text.get(at).ok_or(SYNTAX)?;
                // In ASCII, this bit is set in `[` and `{`, but not in `]` and `}`. A closing bracket is two code
                // points after its opening bracket.
                if bracket & 2 != 0 {
                    *closing.get_mut(depth).ok_or(MalformedRecord(Kind::TooDeep))? = bracket + 2;
                    depth += 1;
                } else {
                    depth = depth.wrapping_sub(1);
                    if closing.get(depth) != Some(&bracket) {
                        return Err(SYNTAX);
                    }
                    if depth == 0 {
                        self.last = block;
                        return Ok(at + 1);
                    }
                }
            }
            block.advance(self.text)?;
        }
    }
}

impl Block {
    /// Moves on to the next block of `text`.
    #[inline(always)]
    fn advance(&mut self, text: &[u8]) -> Result<()> {
        let rest = text.get(self.end..).ok_or(SYNTAX)?;
        let mut padded;
        let (bytes, skip) = if let Some(bytes) = rest.first_chunk() {
            (bytes, 0)
        } else if rest.is_empty() {
            return Err(SYNTAX);
        } else if let Some(bytes) = text.last_chunk() {
            // The last 64 bytes of the text. The first `skip` of them are before `self.end` and are ignored.
            (bytes, BLOCK - rest.len())
        } else {
            padded = [0; BLOCK];
            padded[..rest.len()].copy_from_slice(rest);
            (&padded, 0)
        };
        self.start = self.end - skip;
        self.end = self.start + BLOCK;

        let new = if skip == 0 { u64::MAX } else { transpose(u64::MAX << skip) };
        let mut quotes = columns(bytes, |byte| byte == b'"') & new;
        let has_backslash = bytes.iter().fold(false, |found, &byte| found | (byte == b'\\'));
        if has_backslash | self.escapes_next {
            let backslashes = columns(bytes, |byte| byte == b'\\') & new;
            quotes &= !transpose(self.escaped(transpose(backslashes), skip));
        }
        if quotes == 0 && self.in_string != 0 && !self.escapes_next {
            // The whole block is inside a string, so the string is long. memchr is faster for long strings.
            let rest = text.get(self.end..).ok_or(SYNTAX)?;
            self.end += memchr2(b'"', b'\\', rest).ok_or(SYNTAX)?;
            return Ok(());
        }
        let brackets = columns(bytes, |byte| matches!(byte, b'[' | b']' | b'{' | b'}')) & new;
        self.brackets = transpose(brackets & !self.inside(quotes));
        Ok(())
    }

    /// Returns the mask of the escaped bytes: those right after a backslash that is not escaped itself.
    #[cold]
    fn escaped(&mut self, mut backslashes: u64, skip: usize) -> u64 {
        let mut escaped = u64::from(self.escapes_next) << skip;
        self.escapes_next = false;
        backslashes &= !escaped;
        while backslashes != 0 {
            let first = backslashes & backslashes.wrapping_neg();
            let next = first << 1;
            escaped |= next;
            self.escapes_next = next == 0;
            backslashes &= !(first | next);
        }
        escaped
    }

    /// Returns the mask of the bytes inside strings, including the opening quotes. A byte is in the mask if the number
    /// of quotes up to and including this byte is odd. `quotes` and the result are matrices as in [`columns`].
    #[inline(always)]
    fn inside(&mut self, quotes: u64) -> u64 {
        // Compute the parities within each row, for all rows at once.
        let mut odd = quotes;
        odd ^= odd << 8;
        odd ^= odd << 16;
        odd ^= odd << 32;
        // The last column has the parity of each row. A running XOR combines it with the parities of the rows before.
        let mut rows = (odd >> 56) as u8;
        rows ^= rows << 1;
        rows ^= rows << 2;
        rows ^= rows << 4;
        let before = (rows << 1) ^ self.in_string;
        self.in_string ^= ((rows as i8) >> 7) as u8;
        odd ^ u64::from_le_bytes([before; 8])
    }
}

/// Returns a mask of the bytes for which `is` is true, as a matrix of bits: the bit for byte `n` is in row `n / 8` and
/// column `n % 8`. The columns are the bytes of the result. After [`transpose`], bit `n` stands for byte `n` of the
/// block.
///
/// Combining vectors in this order takes few instructions. Some processors can collect one bit of each byte in a single
/// instruction, but safe Rust has no portable function for it.
#[inline(always)]
fn columns(bytes: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    const BIT_OF_ROW: [u8; BLOCK] = {
        let mut bits = [0; BLOCK];
        let mut byte = 0;
        while byte < BLOCK {
            bits[byte] = 1 << (byte / 8);
            byte += 1;
        }
        bits
    };
    let bits: [u8; BLOCK] = std::array::from_fn(|i| if is(bytes[i]) { BIT_OF_ROW[i] } else { 0 });
    bits.as_chunks().0.iter().fold(0, |columns, &row| columns | u64::from_le_bytes(row))
}

/// Transposes a matrix of eight by eight bits (Warren, Hacker's Delight, 7-3).
#[inline(always)]
fn transpose(mut bits: u64) -> u64 {
    for (distance, mask) in
        [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)]
    {
        let swap = (bits ^ (bits >> distance)) & mask;
        bits ^= swap ^ (swap << distance);
    }
    bits
}
