//! The operations of a pickle in their order.

use std::collections::HashMap;
use std::mem;

use super::graph::{Graph, Id, Kind, Update};

/// The updates of a pickle's values, in the order of the pickle.
///
/// Few pickles need them. CPython writes such a pickle if an object is contained in its own constructor arguments and
/// its `__reduce__` returns different arguments at each call.
#[derive(Clone, Default)]
pub(super) struct Steps {
    /// The number of nodes that the pickle creates.
    pub(super) created: u32,
    pub(super) updates: Vec<Step>,
    /// For each value, the values that use it and are not part of the root: the calls whose results the pickle drops,
    /// and what these calls use. Python runs such a call, so it can change what it uses.
    pub(super) users: HashMap<Id, Vec<Id>>,
}

#[derive(Clone)]
pub(super) struct Step {
    /// The number of nodes that the pickle has created before the update.
    pub(super) after: u32,
    pub(super) target: Id,
    pub(super) update: Update,
}

impl Graph {
    /// Records the parts with which the pickle creates a list or dict, if the graph has steps.
    pub(super) fn record_creation(&mut self, id: Id) {
        if self.steps.is_none() {
            return;
        }
        let update = match self.kind(id) {
            Kind::List(parts) if !parts.is_empty() => Update::Append(parts.clone()),
            Kind::Dict(items) if !items.is_empty() => Update::SetItems(items.clone()),
            _ => return,
        };
        self.record_update(id, &update);
    }

    /// Records an update, if the graph has steps.
    pub(super) fn record_update(&mut self, target: Id, update: &Update) {
        let after = self.nodes.len() as u32;
        if let Some(steps) = &mut self.steps {
            steps.updates.push(Step { after, target, update: update.clone() });
        }
    }
}

/// A set of nodes.
pub(super) struct Reached(Vec<bool>);

impl Reached {
    pub(super) fn contains(&self, id: Id) -> bool {
        self.0[id.0 as usize]
    }
}

impl Graph {
    pub(super) fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        (0..self.nodes.len() as u32).map(Id)
    }

    /// Returns `roots` and all values that they need. `also` appends values that a value needs in addition to its parts.
    pub(super) fn reach(&self, roots: Vec<Id>, also: impl Fn(Id, &mut Vec<Id>)) -> Reached {
        let mut reached = vec![false; self.nodes.len()];
        let mut ids = roots;
        while let Some(id) = ids.pop() {
            if !mem::replace(&mut reached[id.0 as usize], true) {
                self.kind(id).push_parts(&mut ids);
                also(id, &mut ids);
            }
        }
        Reached(reached)
    }
}
