//! The contents of the machine's stack.

use super::kind::Id;

#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) id: Id,
    /// Whether the slot comes from the memo or `DUP`, and so refers to a value that the pickle created earlier.
    pub(super) is_reference: bool,
    /// Whether the pickle has updated the value through this slot.
    pub(super) is_updated: bool,
    /// The position of the slot's first opcode.
    pub(super) start: Start,
    /// If the slot replaces a call whose result the pickle dropped, that call; see
    /// [`Object::outer`](super::kind::Object::outer). Updates through the slot are added to that call.
    pub(super) outer: Option<Id>,
}

/// A position in the pickle.
#[derive(Clone, Copy)]
pub(super) struct Start {
    pub(super) pos: usize,
    /// The number of nodes that the pickle creates before this position.
    pub(super) nodes: u32,
}

pub(super) struct Mark {
    /// The height of the stack when the mark was set. Opcodes cannot reach the values below the mark.
    pub(super) height: usize,
    pub(super) start: Start,
}
