//! Values that change after a call has used them.

use std::collections::HashSet;

use super::graph::{Graph, Id, Kind, Make, Update};
use super::read::Slot;
use super::write;
use crate::error::LoadError;

/// Notes whether a pickle changes a value after a call or a `BUILD` has used it.
///
/// A graph has no times: it says that a call has a list for an argument, and not how much was in the list by then. The
/// writer gives each call what CPython's pickler would, which is the complete list, unless the call is within the list
/// itself. So a pickle that changes a used value is taken only if it is written again as the same bytes.
#[derive(Default)]
pub(super) struct Changes {
    /// What a call can reach by its arguments, and the states of objects.
    used: HashSet<Id>,
    /// How many values there were at the last call or `BUILD`.
    last_use: u32,
    are_late: bool,
}

impl Changes {
    /// Notes a new value, which uses others if it is a call.
    pub(super) fn made(&mut self, graph: &Graph, id: Id) {
        let Kind::Object(object) = graph.kind(id) else { return };
        match &object.make {
            Make::Reduce { args, .. } | Make::New { args, .. } => self.use_all(graph, vec![*args]),
            Make::NewEx { args, kwargs, .. } => self.use_all(graph, vec![*args, *kwargs]),
            Make::Instance { args, .. } => self.use_all(graph, args.clone()),
        }
        self.last_use = id.0;
    }

    /// Notes a `BUILD`. It copies a dict, also one in a tuple of dicts, and refers to what is in it.
    pub(super) fn built(&mut self, graph: &Graph, state: Id) {
        let parts = graph.tuple(state).unwrap_or_default();
        let is_dict = |id: &Id| matches!(graph.kind(*id), Kind::Dict(_));
        self.used.extend([state].iter().chain(parts).copied().filter(is_dict));
        self.last_use = graph.nodes.len() as u32;
    }

    /// Notes a change of the value on top of the stack. CPython changes a value only where it makes it, and by a
    /// reference only if an object's arguments contain the object.
    pub(super) fn changed(&mut self, graph: &mut Graph, slot: Slot) {
        if self.used.contains(&slot.id) || (slot.is_reference && slot.id.0 < self.last_use) {
            graph.node_mut(slot.id).is_late = true;
            self.are_late = true;
        }
    }

    /// Returns an error if the graph does not say what the pickle does.
    pub(super) fn check(&self, graph: &Graph, root: Id) -> Result<(), LoadError> {
        if !self.are_late || write::is_same(graph, root) {
            return Ok(());
        }
        Err(LoadError::malformed(
            "a pickle that changes a value after a call used it, which no pickler writes",
        ))
    }

    /// Notes values and what they contain. Each is looked at once: what is put into one later is a late change.
    fn use_all(&mut self, graph: &Graph, mut ids: Vec<Id>) {
        while let Some(id) = ids.pop() {
            if graph.kind(id).is_leaf() || !self.used.insert(id) {
                continue;
            }
            match graph.kind(id) {
                Kind::Tuple(parts) | Kind::List(parts) | Kind::Set(parts) | Kind::FrozenSet(parts) => {
                    ids.extend(parts);
                }
                Kind::Dict(items) => ids.extend(items.iter().flat_map(|&(key, value)| [key, value])),
                Kind::Object(object) => object.updates.iter().for_each(|update| match update {
                    Update::Append(parts) | Update::Add(parts) => ids.extend(parts),
                    Update::SetItems(items) => {
                        ids.extend(items.iter().flat_map(|&(key, value)| [key, value]));
                    }
                    Update::Build(state) | Update::Set { state, .. } => ids.push(*state),
                }),
                _ => {}
            }
        }
    }
}
