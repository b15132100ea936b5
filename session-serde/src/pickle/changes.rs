//! Detection of values that change after a call has used them.

use std::collections::HashSet;

use super::graph::{Graph, Id, Kind, Make, Update};
use super::write;
use crate::error::LoadError;

/// A tracker of late changes: changes of a value after a call or a `BUILD` has used it.
///
/// A graph does not keep the order of operations. It shows that a list is an argument of a call, but not which elements
/// the list had at the time of the call. The writer passes each call the complete list, as CPython's pickler does,
/// unless the call is within the list itself. So a pickle with a late change is accepted only if the writer reproduces
/// its bytes.
#[derive(Default)]
pub(super) struct Changes {
    /// The values that a call can reach from its arguments, and the states of objects.
    used: HashSet<Id>,
    /// The states of objects that are tuples.
    tuple_states: HashSet<Id>,
    /// The number of nodes at the last call or `BUILD`.
    last_use: u32,
    has_late_change: bool,
}

impl Changes {
    /// Tracks a new value. If it is a call, it uses other values.
    pub(super) fn track_new(&mut self, graph: &Graph, id: Id) {
        let Kind::Object(object) = graph.kind(id) else { return };
        match &object.make {
            Make::Reduce { args, .. } | Make::New { args, .. } => self.mark_used(graph, vec![*args]),
            Make::NewEx { args, kwargs, .. } => self.mark_used(graph, vec![*args, *kwargs]),
            Make::Instance { args, .. } => self.mark_used(graph, args.clone()),
        }
        self.last_use = id.0;
    }

    /// Tracks a `BUILD`. It copies a dict, or the dicts in a tuple, but keeps references to their keys and values.
    pub(super) fn track_build(&mut self, graph: &Graph, state: Id) {
        let parts = graph.tuple(state).unwrap_or_default();
        // A tuple never changes, so its parts are visited once, however many objects share it.
        if parts.is_empty() || self.tuple_states.insert(state) {
            let is_dict = |id: &Id| matches!(graph.kind(*id), Kind::Dict(_));
            self.used.extend([state].iter().chain(parts).copied().filter(is_dict));
        }
        self.last_use = graph.nodes.len() as u32;
    }

    /// Tracks a change of a value. `is_reference` tells whether the value was created elsewhere in the pickle.
    ///
    /// CPython changes a value only where it creates the value. It changes a value through a reference only if the
    /// arguments of an object contain the object.
    pub(super) fn track_change(&mut self, graph: &mut Graph, id: Id, is_reference: bool) {
        if self.used.contains(&id) || (is_reference && id.0 < self.last_use) {
            graph.node_mut(id).has_late_change = true;
            self.has_late_change = true;
        }
    }

    /// Returns an error if the pickle has a late change that the graph does not represent.
    pub(super) fn check(&self, graph: &Graph, root: Id) -> Result<(), LoadError> {
        if !self.has_late_change || write::round_trips(graph, root) {
            return Ok(());
        }
        Err(LoadError::malformed("the pickle changes a value after a call used it"))
    }

    /// Marks values and everything in them as used. Each value is visited once, because a later addition to a used
    /// value is a late change.
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
