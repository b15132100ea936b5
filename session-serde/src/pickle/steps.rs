//! The operations of a pickle in their order.

use std::collections::HashMap;

use super::kind::{Id, Update};

/// The updates of a pickle's values, in the order of the pickle.
///
/// Few pickles need them. CPython writes such a pickle if an object is contained in its own constructor arguments and
/// its `__reduce__` returns different arguments at each call.
#[derive(Clone, Default)]
pub(super) struct Steps {
    /// The number of nodes that the pickle creates.
    pub(super) created: u32,
    pub(super) updates: Vec<Step>,
    /// For each value, its users outside of the root: the calls whose results the pickle drops, and the values that
    /// only such calls use. Python runs such a call, so the call can change everything that it uses.
    pub(super) users: HashMap<Id, Vec<Id>>,
}

#[derive(Clone)]
pub(super) struct Step {
    /// The number of nodes that the pickle has created before the update.
    pub(super) after: u32,
    pub(super) target: Id,
    pub(super) update: Update,
}
