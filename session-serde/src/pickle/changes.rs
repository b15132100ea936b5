//! Detection of pickles whose values may depend on the order of the pickle's operations.

use std::collections::{HashMap, HashSet};

use super::graph::Graph;
use super::kind::{Id, Kind, Update};
use super::stack::Slot;

/// A tracker of late changes and dropped calls. A late change is a change to a value after its use. A value is used by
/// a call, by an update of an object, and by an opcode that adds the value to a dict as a key, or to a set.
///
/// A graph does not keep the order of operations. It shows that a list is an argument of a call, but not which elements
/// the list had at the time of the call. The writer, like CPython's pickler, completes a list before a call uses it.
/// The only exception is a list that contains the call. So if the order may matter and the writer does not reproduce
/// the bytes of the pickle, the pickle is read again, with its [steps](super::steps::Steps).
#[derive(Default)]
pub(super) struct Changes {
    /// The values that calls can reach from their arguments, the parts of updates that an object can copy, and the keys
    /// and elements that opcodes add to dicts and sets.
    used: HashSet<Id>,
    /// The tuples that are states of objects.
    tuple_states: HashSet<Id>,
    /// The number of nodes that existed before the last call or update of an object.
    last_use: u32,
    /// Whether the pickle drops a value that is not a leaf.
    drops_values: bool,
    /// The dropped calls that became updates of objects.
    setters: HashSet<Id>,
    order_matters: bool,
}

impl Changes {
    /// Tracks a new value. Marks the values that it uses: a call uses its arguments, a dict its keys, and a frozenset
    /// its elements.
    pub(super) fn track_new(&mut self, graph: &Graph, id: Id) {
        match graph.kind(id) {
            Kind::Object(object) => {
                let mut ids = Vec::new();
                object.make.push_parts(&mut ids);
                self.mark_used(graph, ids);
                self.last_use = id.0;
            }
            Kind::Dict(items) => self.mark_parts(graph, items.iter().map(|&(key, _)| key)),
            Kind::FrozenSet(parts) => self.mark_parts(graph, parts.iter().copied()),
            _ => {}
        }
    }

    /// Tracks an update. An object uses the parts of its updates, a dict uses new keys, and a set uses new elements.
    ///
    /// A method of the object may copy a part, and a later change to that part does not change the copy. So the parts
    /// count as used, but not the values within them. If a `BUILD` sets a tuple as the state of the object, Python
    /// copies the items of the dicts in the tuple, so the elements of the tuple count as used, too.
    pub(super) fn track_update(&mut self, graph: &Graph, target: Id, update: &Update) {
        let is_object = matches!(graph.kind(target), Kind::Object(_) | Kind::Global(_));
        let mut parts = Vec::new();
        match update {
            Update::SetItems(items) if !is_object => parts.extend(items.iter().map(|&(key, _)| key)),
            Update::Append(_) if !is_object => return,
            _ => update.push_parts(&mut parts),
        }
        // A tuple never changes, so its parts are visited once, however many objects share it.
        if let &Update::Build(state) = update
            && self.tuple_states.insert(state)
        {
            parts.extend(graph.tuple(state).unwrap_or_default());
        }
        self.mark_parts(graph, parts.into_iter());
        if is_object {
            self.last_use = graph.nodes.len() as u32;
        }
    }

    /// Tracks a change of a value. `is_reference` tells whether the pickle changes the value through a reference, and
    /// not at the place where it creates the value.
    ///
    /// The last call or update of an object may have used any value that existed before it. CPython changes such a
    /// value through a reference only if the value is an object that is contained in its own constructor arguments.
    pub(super) fn track_change(&mut self, graph: &mut Graph, id: Id, is_reference: bool) {
        if self.used.contains(&id) || (is_reference && id.0 < self.last_use) {
            graph.node_mut(id).has_late_change = true;
            self.order_matters = true;
        }
    }

    /// Tracks bytes that are appended to a bytearray. Only the steps of the pickle show them.
    pub(super) fn track_appended_bytes(&mut self, graph: &mut Graph, id: Id) {
        graph.node_mut(id).has_other_update = true;
        self.order_matters = true;
    }

    /// Tracks an update of a value that is stored by name, such as an attribute of a function. Only the steps of the
    /// pickle show it. CPython's pickler writes no such update.
    pub(super) fn track_update_of_global(&mut self) {
        self.order_matters = true;
    }

    /// Tracks a value that the pickle drops from the stack.
    pub(super) fn track_dropped(&mut self, graph: &Graph, slot: Slot) {
        if slot.is_reference {
            // If the pickle has updated the value through this reference, the order may matter: unless the writer
            // replays the steps of a pickle, it seldom updates a value through a reference.
            self.order_matters |= slot.is_updated;
        } else {
            self.drops_values |= !graph.kind(slot.id).is_leaf();
        }
    }

    /// Tracks a dropped call that became an update of an object.
    pub(super) fn track_setter(&mut self, call: Id) {
        self.setters.insert(call);
    }

    /// Finds the calls that are not part of the value `root`, but can change a part of it. Python runs every call, even
    /// if the pickle drops the result. A call counts as able to change everything that it uses.
    pub(super) fn find_dropped_calls(&mut self, graph: &mut Graph, root: Id) {
        if !self.drops_values {
            return;
        }
        let of_globals = updates_of_globals(graph);
        let kept = graph.reach(vec![root], |id, ids| ids.extend(of_globals.get(&id).into_iter().flatten()));
        let is_call = |id: &Id| matches!(graph.kind(*id), Kind::Object(_)) && !self.setters.contains(id);
        let dropped: Vec<Id> = graph.ids().filter(|&id| !kept.contains(id)).filter(is_call).collect();
        let in_calls = graph.reach(dropped.clone(), |_, _| {});
        let can_change = can_change(graph);
        let mut users: HashMap<Id, Vec<Id>> = HashMap::new();
        let mut parts = Vec::new();
        for id in graph.ids().filter(|&id| in_calls.contains(id) && !kept.contains(id)) {
            graph.kind(id).push_parts(&mut parts);
            for part in parts.drain(..).filter(|part| can_change[part.0 as usize]) {
                users.entry(part).or_default().push(id);
            }
        }
        let needed = graph.reach(vec![root], |id, ids| {
            ids.extend([&users, &of_globals].into_iter().filter_map(|map| map.get(&id)).flatten());
        });
        let calls: Vec<Id> = dropped.into_iter().filter(|&id| needed.contains(id)).collect();
        if calls.is_empty() {
            return;
        }
        self.order_matters = true;
        let changed = graph.reach(calls, |_, _| {});
        for id in graph.ids().filter(|&id| changed.contains(id)) {
            let node = graph.node_mut(id);
            node.has_other_update |= can_change[id.0 as usize] && node.kind.can_change();
        }
        if let Some(steps) = &mut graph.steps {
            steps.users = users;
        }
    }

    /// Returns whether the values may depend on the order of the pickle's operations.
    pub(super) fn order_matters(&self) -> bool {
        self.order_matters
    }

    /// Marks values as used, but not the values within them.
    fn mark_parts(&mut self, graph: &Graph, parts: impl Iterator<Item = Id>) {
        self.used.extend(parts.filter(|&part| graph.kind(part).can_change()));
    }

    /// Marks values and everything in them as used. One visit of each value is enough, because any later addition to a
    /// used value is a late change.
    fn mark_used(&mut self, graph: &Graph, mut ids: Vec<Id>) {
        while let Some(id) = ids.pop() {
            if graph.kind(id).is_leaf() || !self.used.insert(id) {
                continue;
            }
            graph.kind(id).push_parts(&mut ids);
        }
    }
}

/// Returns the parts of the updates of each value that is stored by name. Only the steps of the pickle record these
/// updates.
fn updates_of_globals(graph: &Graph) -> HashMap<Id, Vec<Id>> {
    let mut parts: HashMap<Id, Vec<Id>> = HashMap::new();
    for step in graph.steps.iter().flat_map(|steps| &steps.updates) {
        if let Kind::Global(_) = graph.kind(step.target) {
            step.update.push_parts(parts.entry(step.target).or_default());
        }
    }
    parts
}

/// Returns for each node whether its value, or a value within it, can change. The elements of a tuple or frozenset have
/// lower numbers than the tuple or frozenset itself, so their results are known when they are needed. Below protocol 3,
/// `bytes` are written as a call; the result of this call cannot change.
fn can_change(graph: &Graph) -> Vec<bool> {
    let mut can_change = Vec::with_capacity(graph.nodes.len());
    for id in graph.ids() {
        let is_changeable = match graph.kind(id) {
            Kind::Tuple(parts) | Kind::FrozenSet(parts) => {
                parts.iter().any(|part| can_change[part.0 as usize])
            }
            kind => kind.can_change() && graph.bytes_of(id, 0).is_none(),
        };
        can_change.push(is_changeable);
    }
    can_change
}

#[cfg(test)]
mod tests {
    use crate::pickle::read;

    /// Many calls can share a tuple of many arguments. In the pickle, 100 dropped calls `f(*args)` share the tuple
    /// `args` of 100 lists, which is also the root. Recording each list for each call would take 10,000 records.
    #[test]
    fn users_are_recorded_in_linear_space() {
        let (lists, calls) = (b"]".repeat(100), b"h\x01h\x00R0".repeat(100));
        let pickle = [b"\x80\x02(", &lists[..], b"tq\x00capp\nf\nq\x010", &calls, b"h\x00."].concat();
        let (graph, _) = read::read(pickle).expect("the pickle is read");
        let steps = graph.steps.expect("the order of the calls matters");
        assert_eq!(steps.users.values().map(Vec::len).collect::<Vec<_>>(), [100], "each call uses the tuple");
    }
}
