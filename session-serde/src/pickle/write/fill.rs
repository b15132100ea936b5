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
    /// Calls `part` with each step of filling a container, in order.
    pub(super) fn parts<T>(
        self,
        protocol: u8,
        values: impl ExactSizeIterator<Item = T>,
        mut part: impl FnMut(Part<T>),
    ) {
        let length = values.len();
        let mut values = values.map(Part::Value);
        if let (0, Some(one)) = (protocol, self.one) {
            values.for_each(|value| {
                part(value);
                part(Part::Op(one));
            });
            return;
        }
        let mut left = length;
        while left > 0 {
            let batch = left.min(BATCH);
            match self.one {
                Some(one) if batch == 1 && (length == 1 || self.looks_ahead) => {
                    values.by_ref().for_each(&mut part);
                    part(Part::Op(one));
                }
                _ => {
                    part(Part::Op(op::MARK));
                    values.by_ref().take(batch).for_each(&mut part);
                    part(Part::Op(self.many));
                }
            }
            left -= batch;
        }
        if self.ends_empty && length > 0 && length.is_multiple_of(BATCH) {
            part(Part::Op(op::MARK));
            part(Part::Op(self.many));
        }
    }
}
