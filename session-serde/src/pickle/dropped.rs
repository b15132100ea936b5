//! Calls whose results the pickle drops: it pops them from the stack without using them.

use super::kind::{Id, Kind, Make, Update};
use super::opcodes as op;
use super::read::Machine;
use super::stack::Slot;
use crate::error::LoadError;

impl Machine {
    /// Drops the value on top of the stack. If that value is a call that sets the state of the object below it, the
    /// call becomes an update of the object.
    pub(super) fn drop_top(&mut self) -> Result<(), LoadError> {
        let dropped = self.pop_slot()?;
        if self.graph.steps.is_none()
            && let (Ok(slot), Some((setter, [object, state]))) = (self.top_slot(), self.setter(dropped.id))
            && object == slot.id
            && let Kind::Object(below) = self.updated_mut(slot)
        {
            below.updates.push(Update::Set { setter, state });
            self.changes.track_setter(dropped.id);
            // `track_change` would report a late change for every setter, because the arguments of the setter contain
            // the object. So only a change through a reference is tracked.
            if slot.is_reference {
                self.changes.track_change(&mut self.graph, slot.id, true);
            }
            self.update_size(slot);
        } else {
            self.dropped = Some(dropped);
        }
        Ok(())
    }

    /// Takes the value that the previous opcode dropped. Returns this value if `opcode` reads the memo, because the
    /// value from the memo can take the place of the dropped one. Otherwise tracks the value as dropped, and returns
    /// `None`.
    pub(super) fn take_dropped(&mut self, opcode: u8) -> Option<Slot> {
        let dropped = self.dropped.take()?;
        if matches!(opcode, op::GET | op::BINGET | op::LONG_BINGET) {
            return Some(dropped);
        }
        self.changes.track_dropped(&self.graph, dropped);
        None
    }

    /// Returns the callable and the two arguments of a call that can be CPython's call of a `state_setter`, which is
    /// the sixth item of the tuple that `__reduce__` returns.
    fn setter(&self, id: Id) -> Option<(Id, [Id; 2])> {
        let node = self.graph.node(id);
        let Kind::Object(call) = &node.kind else { return None };
        let Make::Reduce { callable, args } = call.make else { return None };
        let is_plain = call.updates.is_empty() && !node.memoized && !self.graph.node(args).memoized;
        let args = self.graph.tuple(args)?.try_into().ok()?;
        is_plain.then_some((callable, args))
    }

    /// Returns the slot for a value that the pickle gets from the memo. `found` is a new slot with this value, and
    /// `dropped` is the value that the previous opcode dropped. If `dropped` is an outer call of the object in `found`,
    /// adds the call to [`Object::outer`](super::kind::Object::outer), and lets the returned slot take the place of the
    /// call. Otherwise returns `found`.
    pub(super) fn in_place_of(&mut self, dropped: Option<Slot>, found: Slot) -> Slot {
        let Some(call) = dropped else { return found };
        // The arguments of an outer call contain the object, so the pickle begins the outer call first.
        let is_outer = call.start.nodes <= found.id.0
            && self.can_be_outer(call.id)
            && self.comparison.is_same_call(&self.graph, call.id, found.id);
        let object = match &mut self.graph.node_mut(found.id).kind {
            Kind::Object(object) if is_outer => object,
            _ => {
                self.changes.track_dropped(&self.graph, call);
                return found;
            }
        };
        object.outer.push(call.id);
        let mut slot = found;
        (slot.start, slot.outer) = (call.start, Some(call.id));
        self.update_size(slot);
        slot
    }

    /// Returns whether a dropped value can be an outer call: it is a call, no other value refers to it, and nothing
    /// updates it before it is dropped. Returns `false` if the graph has steps, because they include dropped calls.
    fn can_be_outer(&self, id: Id) -> bool {
        let node = self.graph.node(id);
        self.graph.steps.is_none()
            && !node.memoized
            && matches!(&node.kind, Kind::Object(call) if call.updates.is_empty())
    }

    /// Returns the kind of the value to which the updates of a slot are added: the outer call whose place the slot
    /// takes, or the slot's own value if there is no such call. If there is an outer call, also sets
    /// `has_other_update` of the slot's own object.
    pub(super) fn updated_mut(&mut self, slot: Slot) -> &mut Kind {
        let Some(call) = slot.outer else { return &mut self.graph.node_mut(slot.id).kind };
        self.graph.node_mut(slot.id).has_other_update = true;
        &mut self.graph.node_mut(call).kind
    }
}
