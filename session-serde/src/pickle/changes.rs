//! Detection of pickles whose values may depend on the order of the pickle's operations.

use std::collections::HashSet;

use super::graph::{Graph, Id, Kind, Make};
use super::read::Slot;

/// A tracker of late changes and dropped calls. A late change is a change to a value after a call or a `BUILD` has used
/// the value.
///
/// A graph does not keep the order of operations. It shows that a list is an argument of a call, but not which elements
/// the list had at the time of the call. The writer, like CPython's pickler, completes a list before a call uses it.
/// The only exception is a list that contains the call. So if the order may matter and the writer does not reproduce
/// the bytes of the pickle, the pickle is read again, with its [steps](super::steps::Steps).
#[derive(Default)]
pub(super) struct Changes {
    /// The values that calls can reach from their arguments, and the dicts that a `BUILD` copies into an object.
    used: HashSet<Id>,
    /// The tuples that are states of objects.
    tuple_states: HashSet<Id>,
    /// The number of nodes that existed before the last call or `BUILD`.
    last_use: u32,
    /// Whether the pickle drops a value that is not a leaf.
    drops_values: bool,
    order_matters: bool,
}

impl Changes {
    /// Tracks a new value. If the value is a call, marks the values that the call uses.
    pub(super) fn track_new(&mut self, graph: &Graph, id: Id) {
        let Kind::Object(object) = graph.kind(id) else { return };
        match &object.make {
            Make::Reduce { args, .. } | Make::New { args, .. } => self.mark_used(graph, vec![*args]),
            Make::NewEx { args, kwargs, .. } => self.mark_used(graph, vec![*args, *kwargs]),
            Make::Instance { args, .. } => self.mark_used(graph, args.clone()),
        }
        self.last_use = id.0;
    }

    /// Tracks a `BUILD`. If the state is a dict, Python copies its items into the object. If the state is a tuple,
    /// Python copies the items of the dicts in the tuple. If the pickle changes such a dict later, the object stays as
    /// it is. So the dicts count as used, but not their keys and values.
    pub(super) fn track_build(&mut self, graph: &Graph, state: Id) {
        let parts = graph.tuple(state).unwrap_or_default();
        // A tuple never changes, so its parts are visited once, however many objects share it.
        if parts.is_empty() || self.tuple_states.insert(state) {
            let is_dict = |id: &Id| matches!(graph.kind(*id), Kind::Dict(_));
            self.used.extend([state].iter().chain(parts).copied().filter(is_dict));
        }
        self.last_use = graph.nodes.len() as u32;
    }

    /// Tracks a change of a value. `is_reference` tells whether the pickle changes the value through a reference, and
    /// not at the place where it creates the value.
    ///
    /// A value that existed before the last call or `BUILD` may have been used by it. CPython changes such a value
    /// through a reference only if the value is an object that its own constructor arguments contain.
    pub(super) fn track_change(&mut self, graph: &mut Graph, id: Id, is_reference: bool) {
        if self.used.contains(&id) || (is_reference && id.0 < self.last_use) {
            graph.node_mut(id).has_late_change = true;
            self.order_matters = true;
        }
    }

    /// Tracks a value that the pickle drops from the stack.
    pub(super) fn track_dropped(&mut self, graph: &Graph, slot: Slot) {
        if slot.is_reference {
            // The writer does not update a value in this way, except in a replay of the pickle's steps.
            self.order_matters |= slot.is_updated;
        } else {
            self.drops_values |= !graph.kind(slot.id).is_leaf();
        }
    }

    /// Finds the calls that can change a part of the value `root`, although `root` does not contain them. Python runs
    /// every call, even if the pickle drops the result. A call counts as able to change its arguments, but not what
    /// these contain.
    pub(super) fn find_dropped_calls(&mut self, graph: &mut Graph, root: Id) {
        if !self.drops_values {
            return;
        }
        let reached = graph.reach(vec![root], |_, _| {});
        let mut tuples = HashSet::new();
        for id in (0..graph.nodes.len() as u32).map(Id).filter(|&id| !reached.contains(id)) {
            let Kind::Object(call) = graph.kind(id) else { continue };
            let (user, args) = match &call.make {
                Make::Instance { args, .. } => (id, args.clone()),
                Make::Reduce { args, .. } | Make::New { args, .. } | Make::NewEx { args, .. } => {
                    let args = *args;
                    graph.record_dropped_call(args, id);
                    // Many calls can share a tuple of arguments, so its parts are visited once.
                    let is_new = tuples.insert(args);
                    (args, graph.tuple(args).filter(|_| is_new).unwrap_or_default().to_vec())
                }
            };
            for arg in args.into_iter().filter(|&arg| reached.contains(arg)) {
                if graph.kind(arg).can_change() {
                    self.order_matters = true;
                    graph.record_dropped_call(arg, user);
                }
                if let Kind::Object(object) = &mut graph.node_mut(arg).kind {
                    object.has_other_update = true;
                }
            }
        }
    }

    /// Returns whether the values may depend on the order of the pickle's operations.
    pub(super) fn order_matters(&self) -> bool {
        self.order_matters
    }

    /// Marks values and everything in them as used. A later addition to a used value is a late change, so visiting each
    /// value once is enough.
    fn mark_used(&mut self, graph: &Graph, mut ids: Vec<Id>) {
        while let Some(id) = ids.pop() {
            if graph.kind(id).is_leaf() || !self.used.insert(id) {
                continue;
            }
            graph.kind(id).push_parts(&mut ids);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::pickle::read;

    /// Many calls can share a tuple of many arguments.
    #[test]
    fn dropped_calls_are_recorded_in_linear_space() {
        let (lists, calls) = (b"]".repeat(100), b"h\x01h\x00R0".repeat(100));
        let pickle = [b"\x80\x02(", &lists[..], b"tq\x00capp\nf\nq\x010", &calls, b"."].concat();
        let (graph, _) = read::read(pickle).expect("the pickle is read");
        let steps = graph.steps.expect("the order of the calls matters");
        assert_eq!(steps.dropped_calls.len(), 101);
        // Each list has one edge, to the tuple of arguments. The tuple has one edge to each call.
        assert_eq!(steps.dropped_calls.values().map(Vec::len).sum::<usize>(), 200);
    }
}
