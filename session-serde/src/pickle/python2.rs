//! The differences between the protocols that Python 2 reads and the later ones: the names of some classes, and the
//! types of integers.

use super::kind::{Id, Kind};
use super::opcodes as op;
use super::read::Machine;

/// The first protocol that only Python 3 reads.
const FIRST_PYTHON3_PROTOCOL: u8 = 3;

impl Machine {
    /// Returns whether the pickle has the names and integer types of Python 2.
    pub(super) fn is_python2(&self) -> bool {
        self.protocol < FIRST_PYTHON3_PROTOCOL
    }

    /// In a protocol below 3, sets `has_other_int_type` of a new integer that fits into an `i64`, if Python 3 would
    /// write it with an opcode of the other type.
    ///
    /// Python 2 has the types `int`, of 64 bits on most platforms, and `long`. It writes `long` with one of the opcodes
    /// `LONG`, `LONG1` and `LONG4`, and `int` with another opcode. Python 3 has one type. In protocols below 3, it
    /// writes an integer with an opcode of `int` if the integer fits into 32 bits, and otherwise with one of `long`.
    pub(super) fn mark_integer(&mut self, id: Id, opcode: u8) {
        let Kind::Int(value) = *self.graph.kind(id) else { return };
        let is_long = matches!(opcode, op::LONG | op::LONG1 | op::LONG4);
        let is_large = i32::try_from(value).is_err();
        self.graph.node_mut(id).has_other_int_type = self.is_python2() && is_long != is_large;
    }
}
