//! The opcodes that fill a container, in the batches that CPython writes.

use crate::pickle::opcodes as op;

/// The maximum number of parts that CPython adds to a container with one opcode.
const BATCH: usize = 1000;

/// The opcodes that add one part or many parts to a container, and how CPython chooses between them in protocols 1 to
/// 5. In protocol 0, CPython uses only `one`.
#[derive(Clone, Copy)]
pub(super) struct Fill {
    one: Option<u8>,
    many: u8,
    /// Whether CPython uses `one` for a part that is alone in the last batch. If not, it uses `one` only for a
    /// container with a single part.
    looks_ahead: bool,
    /// Whether CPython writes an empty batch at the end if the batch before it is full.
    ends_empty: bool,
}

/// Adds the elements of a list.
pub(super) const LIST: Fill =
    Fill { one: Some(op::APPEND), many: op::APPENDS, looks_ahead: false, ends_empty: false };
/// Adds the items of a dict.
pub(super) const DICT: Fill =
    Fill { one: Some(op::SETITEM), many: op::SETITEMS, looks_ahead: false, ends_empty: true };
/// Adds the elements of a set.
pub(super) const SET: Fill = Fill { one: None, many: op::ADDITEMS, looks_ahead: false, ends_empty: true };
/// Adds the elements of an object that behaves like a list.
pub(super) const APPENDED: Fill = Fill { looks_ahead: true, ..LIST };
/// Adds the items of an object that behaves like a dict.
pub(super) const ITEMS: Fill = Fill { looks_ahead: true, ends_empty: false, ..DICT };

/// A step in filling a container.
pub(super) enum Part<T> {
    Value(T),
    Op(u8),
}

impl Fill {
    /// Returns the steps of filling a container, in order.
    pub(super) fn parts<T>(self, protocol: u8, values: impl ExactSizeIterator<Item = T>) -> Vec<Part<T>> {
        let length = values.len();
        let mut values = values.map(Part::Value);
        if let (0, Some(one)) = (protocol, self.one) {
            return values.flat_map(|value| [value, Part::Op(one)]).collect();
        }
        let mut parts = Vec::with_capacity(length + 2);
        let mut left = length;
        while left > 0 {
            let batch = left.min(BATCH);
            match self.one {
                Some(one) if batch == 1 && (length == 1 || self.looks_ahead) => {
                    parts.extend(values.by_ref());
                    parts.push(Part::Op(one));
                }
                _ => {
                    parts.push(Part::Op(op::MARK));
                    parts.extend(values.by_ref().take(batch));
                    parts.push(Part::Op(self.many));
                }
            }
            left -= batch;
        }
        if self.ends_empty && length > 0 && length.is_multiple_of(BATCH) {
            parts.extend([op::MARK, self.many].map(Part::Op));
        }
        parts
    }
}
