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
    /// The users of values in calls whose results the pickle drops. For a tuple of arguments, these are the calls. For
    /// an argument that a call can change, these are the tuples of arguments that contain it, and the calls that use it
    /// without such a tuple.
    pub(super) dropped_calls: HashMap<Id, Vec<Id>>,
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

    /// Records a user of the value `arg` in [`Steps::dropped_calls`], if the graph has steps.
    pub(super) fn record_dropped_call(&mut self, arg: Id, user: Id) {
        if let Some(steps) = &mut self.steps {
            steps.dropped_calls.entry(arg).or_default().push(user);
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
