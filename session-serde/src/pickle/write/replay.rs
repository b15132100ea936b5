//! Writing a graph that has [`Steps`]: the opcodes create and update the values in the order of the pickle that was
//! read.

use std::collections::{HashMap, HashSet};

use session_core::State;

use super::node_of;
use super::nodes::Writer;
use crate::error::DumpError;
use crate::pickle::graph::{Graph, Keys, Reached};
use crate::pickle::kind::{Id, Kind, Update};
use crate::pickle::opcodes as op;
use crate::pickle::steps::{Step, Steps};

/// The operations that are needed for the entries of a state.
pub(super) struct Replay<'g> {
    /// A copy of the graph, with the values as the pickle creates them, before any update.
    pub(super) created: Graph,
    steps: &'g Steps,
    /// The node of the state. Its memo index is set before the replay.
    state: Id,
    /// The nodes of the key and the value of each entry that has both in the graph.
    kept: HashSet<(Id, Id)>,
    /// The key nodes of the entries, including entries whose value has changed.
    keys: HashSet<Id>,
    /// For each key of the state that equals an earlier key, that earlier key.
    earlier: HashMap<Id, Id>,
    /// The node of `None`, the value that keeps the place of a key in the state until the entry's value is written.
    placeholder: Id,
    /// The nodes that the entries need.
    reached: Reached,
}

impl<'g> Replay<'g> {
    pub(super) fn new(graph: &'g Graph, state: &State) -> Option<Self> {
        let (steps, state_node) = (graph.steps.as_ref()?, graph.state?);
        let (mut kept, mut keys) = (HashSet::new(), HashSet::new());
        let mut roots = vec![state_node];
        for entry in state.entries() {
            let (key, value) = (node_of(&entry.key()), node_of(&entry.value()));
            roots.extend(key.into_iter().chain(value));
            keys.extend(key);
            kept.extend(key.zip(value));
        }
        let mut earlier = HashMap::new();
        let mut equal = Keys::default();
        for step in steps.updates.iter().filter(|step| step.target == state_node) {
            let Update::SetItems(items) = &step.update else { continue };
            for &(key, _) in items {
                earlier
                    .extend(equal.first(graph, key).filter(|&first| first != key).map(|first| (key, first)));
            }
        }
        let mut created = created(graph, steps);
        let placeholder = created.add(Kind::None, 0);
        // The updates of the state are not followed, because some of its entries may have been removed.
        let mut updates: HashMap<Id, Vec<&Update>> = HashMap::new();
        for step in steps.updates.iter().filter(|step| step.target != state_node) {
            updates.entry(step.target).or_default().push(&step.update);
        }
        let reached = created.reach(roots, |id, ids| {
            updates.get(&id).into_iter().flatten().for_each(|update| update.push_parts(ids));
            ids.extend(steps.users.get(&id).into_iter().flatten());
        });
        Some(Self { created, steps, state: state_node, kept, keys, earlier, placeholder, reached })
    }

    /// Appends the operations. Returns the keys and values of the entries that they set.
    pub(super) fn write(&self, writer: &mut Writer<'_, '_>) -> Result<HashSet<(Id, Id)>, DumpError> {
        let mut written = HashSet::new();
        let mut keys = self.keys.clone();
        let mut updates = self.steps.updates.iter().peekable();
        // Consecutive updates of one value become one, as far as they are of the same kind.
        let mut pending: Option<(Id, Update)> = None;
        for id in (0..self.steps.created).map(Id) {
            let is_created = id != self.state && self.reached.contains(id);
            if is_created && (!self.created.kind(id).can_be_created_late() || writer.is_written_as_call(id)) {
                write_update(writer, pending.take())?;
                writer.create(id)?;
            }
            while let Some(step) = updates.next_if(|step| step.after <= id.0 + 1) {
                let Some(mut update) = self.needed(step, &mut keys) else { continue };
                if let (true, Update::SetItems(items)) = (step.target == self.state, &update) {
                    written.extend(items.iter().filter(|item| self.kept.contains(item)));
                }
                if let Some((target, last)) = &mut pending
                    && *target == step.target
                {
                    match last.merge(update) {
                        Some(rest) => update = rest,
                        None => continue,
                    }
                }
                write_update(writer, pending.replace((step.target, update)))?;
            }
        }
        write_update(writer, pending)?;
        Ok(written)
    }

    /// Returns the part of an update that the entries need. In an update of the state, items in `kept` stay. Any other
    /// item whose key is in `keys` gets the placeholder as its value. The remaining items are left out. `keys` contains
    /// the keys that have no item in the output yet; this method removes the keys of the update.
    fn needed(&self, step: &Step, keys: &mut HashSet<Id>) -> Option<Update> {
        match &step.update {
            Update::SetItems(items) if step.target == self.state => {
                let entry = |&(key, value): &(Id, Id)| {
                    let key = self.earlier.get(&key).copied().unwrap_or(key);
                    let is_kept = self.kept.contains(&(key, value));
                    let has_place = !keys.remove(&key);
                    match (is_kept, has_place) {
                        (true, _) => Some((key, value)),
                        (false, true) => None,
                        (false, false) => Some((key, self.placeholder)),
                    }
                };
                let items: Vec<_> = items.iter().filter_map(entry).collect();
                if items.is_empty() { None } else { Some(Update::SetItems(items)) }
            }
            update => self.reached.contains(step.target).then(|| update.clone()),
        }
    }
}

fn write_update(writer: &mut Writer<'_, '_>, update: Option<(Id, Update)>) -> Result<(), DumpError> {
    match update {
        Some((target, update)) => writer.update(target, &update),
        None => Ok(()),
    }
}

/// Returns a copy of the graph, with the values as the pickle creates them. The writer stores all of them in the memo,
/// except small ones.
fn created(graph: &Graph, steps: &Steps) -> Graph {
    let mut created = graph.clone();
    for node in &mut created.nodes[..steps.created as usize] {
        match &mut node.kind {
            Kind::List(parts) | Kind::Set(parts) => parts.clear(),
            Kind::Dict(items) => items.clear(),
            Kind::Object(object) => {
                object.updates.clear();
                object.outer.clear();
            }
            _ => {}
        }
        node.memoized = !node.kind.is_small();
        node.shared = true;
    }
    created
}

impl Writer<'_, '_> {
    /// Appends opcodes that create a value and store it in the memo. They leave nothing on the stack.
    pub(super) fn create(&mut self, id: Id) -> Result<(), DumpError> {
        match self.graph.kind(id) {
            // Use `call`, not `object`: `object` may replace a call such as `set([1])` by an opcode for sets and the
            // elements of the list, but all lists of this graph are empty.
            Kind::Object(_) => self.call(id, id)?,
            // Write the opcodes of protocol 4 in every protocol. The pickle that was read had them, and Python 3.4 or
            // later reads them in every protocol.
            Kind::Set(parts) => self.set_opcodes(id, parts),
            Kind::FrozenSet(parts) => self.frozenset_opcodes(id, parts),
            _ => self.value(id)?,
        }
        self.run_tasks()?;
        self.emit.op(op::POP);
        Ok(())
    }

    /// Appends opcodes that update a value in the memo. They leave nothing on the stack.
    pub(super) fn update(&mut self, id: Id, update: &Update) -> Result<(), DumpError> {
        self.value(id)?;
        self.push_update(id, update);
        self.run_tasks()?;
        self.emit.op(op::POP);
        Ok(())
    }
}
