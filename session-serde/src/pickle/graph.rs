//! The values of a pickle as a graph of plain nodes.

use std::collections::HashMap;
use std::mem;

use super::kind::{Id, Kind, Span, Update};
use super::steps::{Step, Steps};
use super::texts::Texts;

/// The values of a pickle, as data: nothing is imported, called or constructed.
///
/// A container stores the indices of its parts, as a Python container stores references. So a shared value is stored
/// once, and a value may contain itself.
#[derive(Clone, Default)]
pub(super) struct Graph {
    /// The pickle, and bytes after it that Python ignores. They are followed by bytes that the pickle does not contain
    /// literally, such as the decoded text of a string that the pickle spells with escapes.
    pub(super) bytes: Vec<u8>,
    pub(super) nodes: Vec<Node>,
    /// The length of the pickle. Python ignores the bytes after `STOP`, so they do not count. But if the last frame ends
    /// after `STOP`, its bytes count, because Python refuses a truncated frame.
    pub(super) pickle_len: usize,
    /// The number of nodes that the pickle creates. The other nodes were added to the graph later.
    pub(super) loaded: u32,
    /// The total length of the JSON texts that were added to the graph.
    pub(super) added_len: usize,
    /// The protocol that the pickle declares.
    pub(super) protocol: u8,
    /// The session's record, if the pickle is a session.
    pub(super) record: Option<Id>,
    /// The session's state: the dict in the record.
    pub(super) state: Option<Id>,
    pub(super) texts: Texts,
    /// The pickle's operations in their order, if the values may depend on this order and the writer would not
    /// reproduce the pickle without it.
    pub(super) steps: Option<Steps>,
}

#[derive(Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Whether the value is an integer in a pickle below protocol 3, and has the less usual type of Python 2: a `long`
    /// that fits into 32 bits, or an `int` that does not. See
    /// [`Machine::mark_integer`](super::read::Machine::mark_integer).
    pub(super) has_other_int_type: bool,
    /// Whether the writer stores the node in the memo when it writes in the same protocol as the pickle. The memo is
    /// the table of values to which later opcodes can refer.
    pub(super) memoized: bool,
    /// Whether several nodes can refer to the node through the memo. If not, the pickle uses the node only at the place
    /// where it creates the node. The names of classes are an exception: several classes can have the same name node,
    /// even if the node is not marked as shared.
    pub(super) shared: bool,
    /// The number of nodes in the graph when the last part was added to this node.
    pub(super) filled: u32,
    /// Whether the pickle may change the value late; see [`Changes`](super::changes::Changes).
    pub(super) has_late_change: bool,
    /// Whether the pickle may also change the value in a way that the kind does not show: by an update that follows one
    /// of the calls in [`Object::outer`](super::kind::Object::outer), by another call whose result the pickle drops, or
    /// by appending bytes to a bytearray.
    pub(super) has_other_update: bool,
    /// Whether Python can use the value as a dict key or set element. Whether an object is hashable depends on its
    /// class, which is never loaded. So every object counts as hashable, except a call that creates a set or
    /// `bytearray`.
    pub(super) is_hashable: bool,
    /// The number of bytes that the node takes in the pickle.
    pub(super) size: u32,
}

impl Graph {
    pub(super) fn add(&mut self, kind: Kind, size: usize) -> Id {
        let id = Id(self.nodes.len() as u32);
        // A tuple is hashable if its parts are. A tuple never changes, so it is checked only once.
        let is_hashable = match &kind {
            Kind::Tuple(parts) => parts.iter().all(|&part| self.node(part).is_hashable),
            Kind::List(_) | Kind::Dict(_) | Kind::Set(_) | Kind::ByteArray(_) => false,
            _ => true,
        };
        self.nodes.push(Node {
            kind,
            has_other_int_type: false,
            memoized: false,
            shared: false,
            filled: id.0,
            has_late_change: false,
            has_other_update: false,
            is_hashable,
            size: size as u32,
        });
        self.node_mut(id).is_hashable &= !self.is_mutable_builtin(id);
        id
    }

    /// Returns the kind of a Python 2 `str`.
    pub(super) fn python2_str(&self, span: Span) -> Kind {
        if self.slice(span).is_ascii() { Kind::Python2Str(span) } else { Kind::Python2Bytes(span) }
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// Marks a node as stored in the memo, unless it is small.
    pub(super) fn memoize(&mut self, id: Id) {
        let node = self.node_mut(id);
        node.memoized = !node.kind.is_small();
    }

    pub(super) fn kind(&self, id: Id) -> &Kind {
        &self.node(id).kind
    }

    pub(super) fn slice(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..span.end as usize]
    }

    /// Returns the length of the texts from which the graph was created: the pickle and the JSON texts that were added.
    pub(super) fn text_len(&self) -> usize {
        self.pickle_len + self.added_len
    }

    /// Appends bytes after the pickle, and returns their range.
    pub(super) fn store(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span::new(start..self.bytes.len())
    }

    /// Removes duplicate string keys from each dict. As in Python, the first item with the key determines the position,
    /// and the last one the value.
    pub(super) fn remove_duplicate_keys(&mut self) {
        let mut keys = Keys::default();
        let mut changed = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let Kind::Dict(items) = &node.kind else { continue };
            let mut unique: Vec<(Id, Id)> = Vec::with_capacity(items.len());
            let mut places: HashMap<Id, usize> = HashMap::with_capacity(items.len());
            for &(key, value) in items {
                let place = unique.len();
                let known = keys.first(self, key).map_or(place, |key| *places.entry(key).or_insert(place));
                match unique.get_mut(known) {
                    Some(item) => item.1 = value,
                    None => unique.push((key, value)),
                }
            }
            if unique.len() < items.len() {
                changed.push((at, unique));
            }
        }
        for (at, unique) in changed {
            self.nodes[at].kind = Kind::Dict(unique);
        }
    }

    /// Returns the UTF-8 of a `str`, which may contain surrogates.
    pub(super) fn str_bytes(&self, id: Id) -> Option<&[u8]> {
        match *self.kind(id) {
            Kind::Str(span) | Kind::Python2Str(span) => Some(self.slice(span)),
            _ => None,
        }
    }

    /// Returns the text of a `str`; `None` if the `str` contains surrogates.
    pub(super) fn str(&self, id: Id) -> Option<&str> {
        str::from_utf8(self.str_bytes(id)?).ok()
    }

    /// Returns whether an update changes nothing, so that Python accepts it for a value of any type: it has no parts,
    /// or it is a `BUILD` with the state `None`. For a class, a `BUILD` with `{}` changes nothing either. A `BUILD` of
    /// an object always counts as a change, because `__setstate__` may react to any state.
    pub(super) fn is_empty_update(&self, target: Id, update: &Update) -> bool {
        match update {
            Update::Append(parts) | Update::Add(parts) => parts.is_empty(),
            Update::SetItems(items) => items.is_empty(),
            &Update::Build(state) => match self.kind(target) {
                Kind::Object(_) => false,
                target => self.is_empty_state(state, matches!(target, Kind::Global(_))),
            },
            Update::Set { .. } => false,
        }
    }

    /// Returns whether a state that `BUILD` sets has no parts: `None`, or a tuple of `None` and an empty dict for the
    /// slots. If `has_dict` is true, the value that gets the state has attributes. Then an empty dict counts as `None`.
    fn is_empty_state(&self, state: Id, has_dict: bool) -> bool {
        let is_none = |id| matches!(self.kind(id), Kind::None);
        let is_empty_dict = |id| matches!(self.kind(id), Kind::Dict(items) if items.is_empty());
        let (dict, slots) = match self.tuple(state) {
            Some(&[dict, slots]) => (dict, Some(slots)),
            _ => (state, None),
        };
        (is_none(dict) || (has_dict && is_empty_dict(dict))) && slots.is_none_or(is_empty_dict)
    }

    /// Returns the positions and the new values of the list elements that an update replaces. Returns `None` if the
    /// value is not a list, if the update sets no items, or if an index is not an integer or is out of range.
    pub(super) fn new_elements(&self, target: Id, update: &Update) -> Option<Vec<(usize, Id)>> {
        let (Kind::List(parts), Update::SetItems(items)) = (self.kind(target), update) else { return None };
        let position = |&(index, value): &(Id, Id)| match self.integer(index)? {
            index if index < 0 => Some((parts.len().checked_sub(index.unsigned_abs() as usize)?, value)),
            index => Some((index as usize, value)).filter(|(index, _)| *index < parts.len()),
        };
        items.iter().map(position).collect()
    }

    /// Returns whether an update appends bytes to a bytearray.
    pub(super) fn appends_bytes(&self, target: Id, update: &Update) -> bool {
        let is_byte = |id: &Id| matches!(self.integer(*id), Some(0..256));
        match (self.kind(target), update) {
            (Kind::ByteArray(_), Update::Append(bytes)) => bytes.iter().all(is_byte),
            _ => false,
        }
    }

    /// Returns a small integer. In Python, a bool is one as well.
    fn integer(&self, id: Id) -> Option<i64> {
        match *self.kind(id) {
            Kind::Int(value) => Some(value),
            Kind::Bool(value) => Some(value.into()),
            _ => None,
        }
    }

    pub(super) fn tuple(&self, id: Id) -> Option<&[Id]> {
        match self.kind(id) {
            Kind::Tuple(parts) => Some(parts),
            _ => None,
        }
    }
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

    /// Returns `roots` and all values that they need. `also` appends values that a value needs in addition to its
    /// parts.
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

/// The keys of dicts, by their text. Many items can share a long key, so the text of each key is looked up once.
#[derive(Default)]
pub(super) struct Keys<'g> {
    same: HashMap<Id, Id>,
    texts: HashMap<&'g [u8], Id>,
}

impl<'g> Keys<'g> {
    /// Returns the first key with the text of `key`. Returns `None` if `key` is not a string.
    pub(super) fn first(&mut self, graph: &'g Graph, key: Id) -> Option<Id> {
        let text = graph.str_bytes(key)?;
        let texts = &mut self.texts;
        Some(*self.same.entry(key).or_insert_with(|| *texts.entry(text).or_insert(key)))
    }
}
