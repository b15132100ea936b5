//! The calls and containers that the writer is within, for objects that contain themselves.

use std::collections::HashMap;

use crate::pickle::graph::Id;

/// The calls and containers around the current value.
///
/// CPython stores a container in the memo before it writes the parts, so a part can refer to the container. It stores
/// the result of a call only after it has written the arguments. If the arguments contain the result, CPython writes
/// the call again within them, keeps the inner result and drops the outer one. Below protocol 4, a set is such a call,
/// with a list as its argument.
#[derive(Default)]
pub(super) struct Progress {
    /// The containers that are being filled, and the number of open calls when the filling began.
    filling: HashMap<Id, usize>,
    /// The open calls, the outermost first.
    calls: Vec<Id>,
    /// The first index of each object in `calls`.
    called: HashMap<Id, usize>,
    /// The indices in `calls` of repeated objects, each with the first index of its object.
    repeated: Vec<(usize, usize)>,
}

impl Progress {
    pub(super) fn begin_call(&mut self, id: Id) {
        let place = self.calls.len();
        let first = *self.called.entry(id).or_insert(place);
        if first < place {
            self.repeated.push((place, first));
        }
        self.calls.push(id);
    }

    pub(super) fn end_call(&mut self, id: Id) {
        self.calls.pop();
        let place = self.calls.len();
        if self.repeated.pop_if(|&mut (repeated, _)| repeated == place).is_none() {
            self.called.remove(&id);
        }
    }

    pub(super) fn begin_filling(&mut self, id: Id) {
        self.filling.insert(id, self.calls.len());
    }

    pub(super) fn end_filling(&mut self, id: Id) {
        self.filling.remove(&id);
    }

    /// Returns whether a container that is being filled must be written again, because it must be complete here. This
    /// is the case if a call with the container as its argument is repeated within the container, and if the container
    /// was complete when the pickle made that call. `filled` is the number of nodes when the last part was added.
    pub(super) fn must_be_complete(&self, id: Id, filled: u32) -> bool {
        let (Some(&began), Some(call)) = (self.filling.get(&id), self.calls.last()) else { return false };
        filled <= call.0 && self.repeated.iter().any(|&(place, first)| first < began && began <= place)
    }
}
