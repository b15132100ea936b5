//! The calls and containers that are being written, for objects that hold themselves.

use std::collections::HashMap;

use crate::pickle::graph::Id;

/// What is being written around a value.
///
/// A container is put into the memo before its parts are written, so a part can refer to it. The result of a call can
/// only be put into the memo after its arguments are written. If they hold the result, CPython writes the call again
/// within them, keeps the result of that one, and drops the result of the one around it. A set is such a call below
/// protocol 4, of a list.
#[derive(Default)]
pub(super) struct Progress {
    /// The containers that are being filled, and how many calls were being written when that began.
    filling: HashMap<Id, usize>,
    /// The calls that are being written, the outermost first.
    calls: Vec<Id>,
    /// The first place in `calls` of each object.
    called: HashMap<Id, usize>,
    /// The places in `calls` of objects that are there already, and the first place of each.
    again: Vec<(usize, usize)>,
}

impl Progress {
    pub(super) fn begin_call(&mut self, id: Id) {
        let place = self.calls.len();
        let first = *self.called.entry(id).or_insert(place);
        if first < place {
            self.again.push((place, first));
        }
        self.calls.push(id);
    }

    pub(super) fn end_call(&mut self, id: Id) {
        self.calls.pop();
        let place = self.calls.len();
        if self.again.pop_if(|&mut (again, _)| again == place).is_none() {
            self.called.remove(&id);
        }
    }

    pub(super) fn begin_filling(&mut self, id: Id) {
        self.filling.insert(id, self.calls.len());
    }

    pub(super) fn end_filling(&mut self, id: Id) {
        self.filling.remove(&id);
    }

    /// Returns whether a container that is being filled has to be written again, because it has to be complete here. That
    /// is so if a call that has it as an argument is written again within it, and if it was complete when that call was
    /// made. `filled` is the number of nodes that there were when the container got its last part.
    pub(super) fn has_to_be_complete(&self, id: Id, filled: u32) -> bool {
        let (Some(&began), Some(call)) = (self.filling.get(&id), self.calls.last()) else { return false };
        filled <= call.0 && self.again.iter().any(|&(place, first)| first < began && began <= place)
    }
}
