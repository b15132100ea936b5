//! Detection of values that the pickle changes after a call has used them.

use std::collections::HashSet;

use super::graph::{Graph, Id, Kind, Make, Update};
use super::write;
use crate::error::LoadError;

/// A tracker of late changes: changes to a value after a call or a `BUILD` has used the value.
///
/// A graph does not keep the order of operations. It shows that a list is an argument of a call, but not which elements
/// the list had at the time of the call. The writer, like CPython's pickler, completes a list before a call uses it.
/// The only exception is a list that contains the call. So a pickle with a late change is accepted only if the writer
/// reproduces its bytes.
#[derive(Default)]
pub(super) struct Changes {
    /// The values that calls can reach from their arguments, and the dicts that a `BUILD` copies into an object.
    used: HashSet<Id>,
    /// The tuples that are states of objects.
    tuple_states: HashSet<Id>,
    /// The number of nodes that existed before the last call or `BUILD`.
    last_use: u32,
    has_late_change: bool,
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
    /// through a reference only if it is an object that its own constructor arguments contain; [`check`](Self::check)
    /// compares the bytes of these.
    pub(super) fn track_change(&mut self, graph: &mut Graph, id: Id, is_reference: bool) {
        if self.used.contains(&id) || (is_reference && id.0 < self.last_use) {
            graph.node_mut(id).has_late_change = true;
            self.has_late_change = true;
        }
    }

    /// Returns an error if the pickle has a late change and the writer does not reproduce the pickle's bytes.
    pub(super) fn check(&self, graph: &Graph, root: Id) -> Result<(), LoadError> {
        if !self.has_late_change || write::round_trips(graph, root) {
            return Ok(());
        }
        Err(LoadError::malformed("the pickle changes a value after a call used it"))
    }

    /// Marks values and everything in them as used. A later addition to a used value is a late change, so visiting each
    /// value once is enough.
    fn mark_used(&mut self, graph: &Graph, mut ids: Vec<Id>) {
        while let Some(id) = ids.pop() {
            if graph.kind(id).is_leaf() || !self.used.insert(id) {
                continue;
            }
            match graph.kind(id) {
                Kind::Tuple(parts) | Kind::List(parts) | Kind::Set(parts) | Kind::FrozenSet(parts) => {
                    ids.extend(parts);
                }
                Kind::Dict(items) => ids.extend(items.iter().flat_map(|&(key, value)| [key, value])),
                Kind::Object(object) => {
                    ids.extend(&object.outer);
                    object.updates.iter().for_each(|update| match update {
                        Update::Append(parts) | Update::Add(parts) => ids.extend(parts),
                        Update::SetItems(items) => {
                            ids.extend(items.iter().flat_map(|&(key, value)| [key, value]));
                        }
                        Update::Build(state) | Update::Set { state, .. } => ids.push(*state),
                    });
                }
                _ => {}
            }
        }
    }
}
