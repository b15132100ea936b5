//! Finds many entries of a state by their keys.

use std::collections::HashMap;

use crate::state::State;
use crate::value::Value;

/// Maximum number of entries that are searched one by one, without a hash table.
const FEW: usize = 32;

/// An index of a state's entries by key, for lookups in constant time.
pub(crate) struct Index<'s> {
    state: &'s State,
    /// The position of each entry whose key is Unicode text, or `None` if the state has few entries.
    positions: Option<HashMap<&'s str, usize>>,
}

impl<'s> Index<'s> {
    pub(crate) fn new(state: &'s State) -> Self {
        let positions = || {
            let entries = state.entries().enumerate();
            entries.filter_map(|(at, entry)| Some((entry.unicode_key()?, at))).collect()
        };
        Self { state, positions: (state.len() > FEW).then(positions) }
    }

    pub(crate) fn state(&self) -> &'s State {
        self.state
    }

    /// Returns the position of the entry under `key`.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        match &self.positions {
            Some(positions) => positions.get(key).copied(),
            None => self.state.find(key),
        }
    }

    pub(crate) fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    pub(crate) fn value(&self, key: &str) -> Option<Value<'s>> {
        self.find(key).map(|at| self.state.value_at(at))
    }
}
