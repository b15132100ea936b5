//! Writing the opcodes of each protocol as CPython does, byte for byte.

use std::ops::Range;

use num_bigint::BigInt;
use session_core::json;

use crate::pickle::{MAX_DIGITS, opcodes as op, wtf8};

/// The minimum size of a frame. CPython writes no frame header before fewer bytes.
const MIN_FRAME: usize = 4;

/// The size at which a frame is full. CPython writes a string, `bytes` or `bytearray` of this size or more outside of
/// the frames.
const FULL_FRAME: usize = 64 * 1024;

/// The length of the header of a frame.
const FRAME_HEADER: usize = 9;

/// The position of the first frame's length in a pickle that has frames. Before it are the protocol and the opcode of
/// the frame.
pub(super) const FRAME_LENGTH: Range<usize> = 3..2 + FRAME_HEADER;

/// An index in the memo, the table of values to which later opcodes can refer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memo(u32);

/// A writer of opcodes.
pub(super) struct Emitter<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    protocol: u8,
    framing: bool,
    /// The position of the current frame's header.
    frame: Option<usize>,
    memoized: u32,
}

impl<'o> Emitter<'o> {
    /// Begins a pickle.
    pub(super) fn new(protocol: u8, out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        if protocol >= 2 {
            out.extend([op::PROTO, protocol]);
        }
        Self { out, start, protocol, framing: protocol >= 4, frame: None, memoized: 0 }
    }

    pub(super) fn finish(mut self) {
        self.op(op::STOP);
        self.end_frame();
    }

    pub(super) fn protocol(&self) -> u8 {
        self.protocol
    }

    /// Returns the length of the pickle so far.
    pub(super) fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Marks the start of a value. CPython ends a full frame at the start of the next value.
    pub(super) fn boundary(&mut self) {
        if self.frame.is_some_and(|start| self.out.len() - start - FRAME_HEADER >= FULL_FRAME) {
            self.end_frame();
        }
    }

    fn end_frame(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let content = start + FRAME_HEADER;
        let size = self.out.len() - content;
        if size >= MIN_FRAME {
            self.out[start + 1..content].copy_from_slice(&(size as u64).to_le_bytes());
        } else {
            self.out.drain(start..content);
        }
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.out.len());
            self.out.push(op::FRAME);
            self.out.extend([0; 8]);
        }
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn op(&mut self, opcode: u8) {
        self.raw(&[opcode]);
    }

    /// Appends an opcode, the length of `bytes` as `N` bytes, and `bytes`.
    fn counted<const N: usize>(&mut self, opcode: u8, bytes: &[u8]) {
        let is_large = bytes.len() >= FULL_FRAME;
        if is_large {
            self.end_frame();
        }
        let framing = self.framing;
        self.framing = framing && !is_large;
        self.op(opcode);
        let length = (bytes.len() as u64).to_le_bytes();
        self.raw(&length[..N]);
        self.raw(bytes);
        self.framing = framing;
    }

    /// Stores the last written value in the memo.
    pub(super) fn memoize(&mut self) -> Memo {
        let place = self.memoized;
        self.memoized += 1;
        match (self.protocol, u8::try_from(place)) {
            (4.., _) => self.op(op::MEMOIZE),
            (0, _) => self.raw(format!("p{place}\n").as_bytes()),
            (_, Ok(place)) => self.raw(&[op::BINPUT, place]),
            _ => {
                self.op(op::LONG_BINPUT);
                self.raw(&place.to_le_bytes());
            }
        }
        Memo(place)
    }

    pub(super) fn get(&mut self, Memo(place): Memo) {
        match (self.protocol, u8::try_from(place)) {
            (0, _) => self.raw(format!("g{place}\n").as_bytes()),
            (_, Ok(place)) => self.raw(&[op::BINGET, place]),
            _ => {
                self.op(op::LONG_BINGET);
                self.raw(&place.to_le_bytes());
            }
        }
    }

    pub(super) fn none(&mut self) {
        self.op(op::NONE);
    }

    pub(super) fn bool(&mut self, value: bool) {
        match (self.protocol, value) {
            (2.., true) => self.op(op::NEWTRUE),
            (2.., false) => self.op(op::NEWFALSE),
            (_, true) => self.raw(b"I01\n"),
            (_, false) => self.raw(b"I00\n"),
        }
    }

    pub(super) fn int(&mut self, value: i64) {
        if let (0, Ok(value)) = (self.protocol, i32::try_from(value)) {
            self.raw(format!("I{value}\n").as_bytes());
        } else if let Ok(value) = u8::try_from(value) {
            self.raw(&[op::BININT1, value]);
        } else if let Ok(value) = u16::try_from(value) {
            self.op(op::BININT2);
            self.raw(&value.to_le_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.op(op::BININT);
            self.raw(&value.to_le_bytes());
        } else if self.protocol < 2 {
            self.raw(format!("L{value}L\n").as_bytes());
        } else {
            self.long(&BigInt::from(value).to_signed_bytes_le());
        }
    }

    /// Appends an integer as the Python 2 type that [`int`](Self::int) does not choose for it: a `long` that fits into
    /// 32 bits, or an `int` that does not. The protocol must be below 3.
    pub(super) fn other_int(&mut self, value: i64) {
        if i32::try_from(value).is_err() {
            self.raw(format!("I{value}\n").as_bytes());
        } else if value == 0 {
            self.long(&[]);
        } else {
            self.long(&BigInt::from(value).to_signed_bytes_le());
        }
    }

    /// Appends a `long` or an integer of more than 32 bits, given in two's complement, little-endian, as short as
    /// possible.
    pub(super) fn long(&mut self, bytes: &[u8]) {
        if self.protocol < 2
            && let Some(text) = decimal(bytes)
        {
            self.raw(format!("L{text}L\n").as_bytes());
        } else if bytes.len() <= u8::MAX.into() {
            self.op(op::LONG1);
            self.raw(&[bytes.len() as u8]);
            self.raw(bytes);
        } else {
            self.op(op::LONG4);
            self.raw(&(bytes.len() as u32).to_le_bytes());
            self.raw(bytes);
        }
    }

    pub(super) fn float(&mut self, value: f64) {
        if self.protocol > 0 {
            self.op(op::BINFLOAT);
            self.raw(&value.to_be_bytes());
            return;
        }
        let mut line = vec![op::FLOAT];
        if value.is_nan() {
            line.extend(b"nan");
        } else if value.is_infinite() {
            line.extend(if value > 0.0 { &b"inf"[..] } else { b"-inf" });
        } else {
            json::write_f64(&mut line, value);
        }
        line.push(b'\n');
        self.raw(&line);
    }

    /// Appends a `str`, given as UTF-8 that may contain surrogates. Like all methods that append a value, this one does
    /// not store the value in the memo.
    pub(super) fn str(&mut self, text: &[u8]) {
        if self.protocol == 0 {
            let line = raw_unicode_escape(text);
            self.raw(&line);
        } else if self.protocol >= 4 && text.len() <= u8::MAX.into() {
            self.counted::<1>(op::SHORT_BINUNICODE, text);
        } else {
            self.counted::<4>(op::BINUNICODE, text);
        }
    }

    /// Appends a Python 2 `str`. The protocol must be below 3.
    pub(super) fn python2_str(&mut self, text: &[u8]) {
        if self.protocol == 0 {
            let line = repr(text);
            self.raw(&line);
        } else if text.len() <= u8::MAX.into() {
            self.counted::<1>(op::SHORT_BINSTRING, text);
        } else {
            self.counted::<4>(op::BINSTRING, text);
        }
    }

    /// Appends a `bytes` value. The protocol must be 3 or later.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        if bytes.len() <= u8::MAX.into() {
            self.counted::<1>(op::SHORT_BINBYTES, bytes);
        } else {
            self.counted::<4>(op::BINBYTES, bytes);
        }
    }

    /// Appends a `bytearray`. The protocol must be 5 or later.
    pub(super) fn bytearray(&mut self, bytes: &[u8]) {
        self.counted::<8>(op::BYTEARRAY8, bytes);
    }

    pub(super) fn empty_list(&mut self) {
        self.raw(if self.protocol == 0 { &[op::MARK, op::LIST] } else { &[op::EMPTY_LIST] });
    }

    pub(super) fn empty_dict(&mut self) {
        self.raw(if self.protocol == 0 { &[op::MARK, op::DICT] } else { &[op::EMPTY_DICT] });
    }

    pub(super) fn empty_tuple(&mut self) {
        self.raw(if self.protocol == 0 { &[op::MARK, op::TUPLE] } else { &[op::EMPTY_TUPLE] });
    }

    /// Begins a non-empty tuple: appends a mark, unless the protocol has an opcode for tuples of this length.
    pub(super) fn begin_tuple(&mut self, length: usize) {
        if !self.tuple_has_opcode(length) {
            self.op(op::MARK);
        }
    }

    pub(super) fn end_tuple(&mut self, length: usize) {
        match length {
            1 if self.protocol >= 2 => self.op(op::TUPLE1),
            2 if self.protocol >= 2 => self.op(op::TUPLE2),
            3 if self.protocol >= 2 => self.op(op::TUPLE3),
            _ => self.op(op::TUPLE),
        }
    }

    /// Drops a tuple instead of ending it: appends opcodes that pop its elements.
    pub(super) fn drop_tuple(&mut self, length: usize) {
        if self.tuple_has_opcode(length) {
            self.raw(&vec![op::POP; length]);
        } else {
            self.drop_to_mark(length);
        }
    }

    /// Appends opcodes that pop `length` values and the mark below them.
    pub(super) fn drop_to_mark(&mut self, length: usize) {
        if self.protocol == 0 {
            self.raw(&vec![op::POP; length + 1]);
        } else {
            self.op(op::POP_MARK);
        }
    }

    fn tuple_has_opcode(&self, length: usize) -> bool {
        self.protocol >= 2 && length <= 3
    }
}

/// Returns an integer in decimal, or `None` if it has more than [`MAX_DIGITS`] digits.
pub(in crate::pickle) fn decimal(bytes: &[u8]) -> Option<String> {
    // Each byte makes more than two digits, so a longer integer has too many digits. Don't convert it, because the
    // conversion takes quadratic time.
    if bytes.len() > MAX_DIGITS / 2 {
        return None;
    }
    let text = BigInt::from_signed_bytes_le(bytes).to_string();
    (text.trim_start_matches('-').len() <= MAX_DIGITS).then_some(text)
}

fn raw_unicode_escape(text: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(text.len() + 2);
    line.push(op::UNICODE);
    for code in wtf8::code_points(text) {
        match u8::try_from(code) {
            Ok(byte) if !b"\\\0\n\r\x1a".contains(&byte) => line.push(byte),
            _ if code <= 0xffff => line.extend(format!("\\u{code:04x}").bytes()),
            _ => line.extend(format!("\\U{code:08x}").bytes()),
        }
    }
    line.push(b'\n');
    line
}

/// Returns the line that Python 2 writes for a `str` in protocol 0.
fn repr(text: &[u8]) -> Vec<u8> {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') { b'"' } else { b'\'' };
    let mut line = vec![op::STRING, quote];
    for &byte in text {
        match byte {
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            b'\t' => line.extend(b"\\t"),
            b'\\' => line.extend(b"\\\\"),
            _ if byte == quote => line.extend([b'\\', quote]),
            b' '..=b'~' => line.push(byte),
            _ => line.extend(format!("\\x{byte:02x}").bytes()),
        }
    }
    line.extend([quote, b'\n']);
    line
}
