//! The memo: which values the writer stores in it, and where.

use super::emit::Memo;
use super::nodes::Writer;
use crate::pickle::kind::{Id, Kind};

impl Writer<'_, '_> {
    /// Stores the last written value in the memo. The value is the record or its state. `id` is the node of the value,
    /// if the graph has such a node.
    pub(super) fn memoize_part(&mut self, id: Option<Id>) {
        match id {
            Some(id) => self.memoize(id),
            None => drop(self.emit.memoize()),
        }
    }

    /// Returns the memo index of a value that was already written within its own parts. Returns `None` for a value that
    /// is not shared, even if it has a memo index: a repeated call within its parts has then written a copy of the
    /// value.
    pub(super) fn shared_memo(&self, id: Id) -> Option<Memo> {
        self.memo[id.0 as usize].filter(|_| self.graph.node(id).shared)
    }

    /// Stores the last written value in the memo, unless [`Self::is_memoized`] returns `false`.
    pub(super) fn memoize(&mut self, id: Id) {
        if self.is_memoized(id) {
            self.memoize_anyway(id);
        } else {
            // If the value was written before, the memo has another copy of it.
            self.memo[id.0 as usize] = None;
        }
    }

    /// Stores the last written value in the memo.
    pub(super) fn memoize_anyway(&mut self, id: Id) -> Memo {
        let memo = self.emit.memoize();
        self.memo[id.0 as usize] = Some(memo);
        memo
    }

    /// Returns whether the writer stores a value in the memo. In the protocol of the pickle that was read, the writer
    /// stores the values that this pickle stores. (Some picklers do not store values that occur only once.) In another
    /// protocol, a value may be written twice, so the writer stores all values except small ones and, like CPython,
    /// integers of more than 64 bits. It stores such an integer only if its node is marked as `memoized`.
    pub(super) fn is_memoized(&self, id: Id) -> bool {
        // A pickle below protocol 2 does not declare its protocol.
        let is_same = self.emit.protocol().max(1) == self.graph.protocol.max(1);
        let node = self.graph.node(id);
        node.memoized || (!is_same && !node.kind.is_small() && !matches!(node.kind, Kind::Long(_)))
    }
}
