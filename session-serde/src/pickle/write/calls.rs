//! Tracking of the calls that the writer has begun and not ended. It is needed for objects that contain themselves.

use std::collections::HashMap;

use crate::pickle::kind::Id;

/// Whether the writer assumes that an object's `__reduce__` returns new arguments each time. This matters if the object
/// is contained in its own arguments, and more than one call is written for it.
#[derive(Clone, Copy)]
pub(super) enum Arguments {
    /// Each call has containers and objects of its own.
    New,
    /// From the third call on, a call refers to the containers and objects of the second one. Python runs the third
    /// call before these containers are complete. If the call copies a container, the copy is incomplete. So the writer
    /// uses this variant only if the output would otherwise exceed its limit.
    Same,
}

/// The calls whose arguments the writer is writing.
#[derive(Default)]
pub(super) struct Calls {
    /// The open calls, the outermost first. The `bool` is the value of [`Writer::is_repeated`] from before the call.
    open: Vec<(Id, bool)>,
    /// For each object, the number of open calls that create it.
    counts: HashMap<Id, usize>,
}

impl Calls {
    /// Returns the number of open calls that create the object `id`.
    pub(super) fn count(&self, id: Id) -> usize {
        self.counts.get(&id).copied().unwrap_or(0)
    }

    /// Begins a call that creates the object `id`.
    pub(super) fn begin(&mut self, id: Id, call: Id, is_repeated: bool) {
        self.open.push((call, is_repeated));
        *self.counts.entry(id).or_default() += 1;
    }

    /// Ends the innermost call, which creates the object `id`. Returns the call and the value of
    /// [`Writer::is_repeated`] from before it.
    pub(super) fn end(&mut self, id: Id) -> (Id, bool) {
        match self.count(id) {
            0 | 1 => drop(self.counts.remove(&id)),
            count => drop(self.counts.insert(id, count - 1)),
        }
        self.open.pop().unwrap_or((id, false))
    }
}
