//! The values of a pickle as a graph of plain nodes.

use std::collections::HashMap;

use super::steps::Steps;
use super::texts::Texts;

/// The values of a pickle, as data: nothing is imported, called or constructed.
///
/// A container stores the indices of its parts, as a Python container stores references. So a shared value is stored
/// once, and a value may contain itself.
#[derive(Clone, Default)]
pub(super) struct Graph {
    /// The pickle, followed by bytes that are stored separately, such as the text of a string that the pickle contains
    /// with escapes.
    pub(super) bytes: Vec<u8>,
    pub(super) nodes: Vec<Node>,
    /// The length of the pickle.
    pub(super) pickle_len: usize,
    /// The protocol that the pickle declares.
    pub(super) protocol: u8,
    /// The session's record, if the pickle is a session.
    pub(super) record: Option<Id>,
    /// The session's state: the dict in the record.
    pub(super) state: Option<Id>,
    pub(super) texts: Texts,
    /// The pickle's operations in their order, if the values may depend on it.
    pub(super) steps: Option<Steps>,
}

/// The index of a node. Nodes are in the order of their creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) u32);

/// A range of [`Graph::bytes`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn new(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start as u32, end: range.end as u32 }
    }

    pub(super) fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

#[derive(Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Whether the writer stores the node in the memo when it writes in the same protocol as the pickle. The memo is
    /// the table of values to which later opcodes can refer.
    pub(super) memoized: bool,
    /// Whether several nodes can refer to the node through the memo. If not, the pickle uses the node only at the place
    /// where it creates the node. The names of classes are an exception: classes can share a name that does not have
    /// this mark.
    pub(super) shared: bool,
    /// The number of nodes in the graph when the last part was added to this node.
    pub(super) filled: u32,
    /// Whether the pickle may change the value after a call or a `BUILD` has used it.
    pub(super) has_late_change: bool,
    /// Whether the pickle may also change the value in a way that the kind does not show: after one of the calls in
    /// [`Object::outer`], by another call whose result it drops, or by appending bytes to a bytearray.
    pub(super) has_other_update: bool,
    /// Whether Python can use the value as a dict key or set element. Whether an object is hashable depends on its
    /// class, which is never loaded. So every object counts as hashable, except a call that creates a set or
    /// `bytearray`.
    pub(super) is_hashable: bool,
    /// The number of bytes that the node takes in the pickle.
    pub(super) size: u32,
}

#[derive(Clone)]
pub(super) enum Kind {
    None,
    Bool(bool),
    Int(i64),
    /// An integer that does not fit into an `i64`, in two's complement, little-endian, as short as possible.
    Long(Span),
    Float(f64),
    /// UTF-8 that may contain surrogates.
    Str(Span),
    /// A Python 2 `str` that is ASCII.
    Python2Str(Span),
    /// A Python 2 `str` that is not ASCII. Its encoding is unknown, so it is written as `bytes` for Python 3.
    Python2Bytes(Span),
    Bytes(Span),
    ByteArray(Span),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Set(Vec<Id>),
    FrozenSet(Vec<Id>),
    /// A class or function, by name.
    Global(Global),
    Object(Box<Object>),
}

/// The name of a class or function. The nodes `module` and `name` are [`Kind::Str`] or [`Kind::Python2Str`].
#[derive(Clone, Copy)]
pub(super) struct Global {
    pub(super) module: Id,
    pub(super) name: Id,
    /// Whether the module and the name are those of Python 2, as in all protocols below 3.
    pub(super) python2: bool,
}

/// An object: the call that creates it and the updates that follow.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) make: Make,
    pub(super) updates: Vec<Update>,
    /// The calls around the call that creates this object, from the inside out. Each is a [`Kind::Object`] with a
    /// `make` that equals the `make` of this object. The pickle drops the results of these calls.
    ///
    /// CPython writes outer calls for an object that is contained in its own constructor arguments. It begins a call,
    /// reaches the object again in the arguments, and writes an equal call there. This inner call creates the object.
    pub(super) outer: Vec<Id>,
}

impl Object {
    pub(super) fn new(make: Make) -> Self {
        Self { make, updates: Vec::new(), outer: Vec::new() }
    }

    /// Adds an update. [`Update::merge`] may make it part of the previous update.
    pub(super) fn update(&mut self, update: Update) {
        let rest = match self.updates.last_mut() {
            Some(last) => last.merge(update),
            None => Some(update),
        };
        self.updates.extend(rest);
    }
}

#[derive(Clone)]
pub(super) enum Make {
    /// `callable(*args)`
    Reduce { callable: Id, args: Id },
    /// `class.__new__(class, *args)`
    New { class: Id, args: Id },
    /// `class.__new__(class, *args, **kwargs)`
    NewEx { class: Id, args: Id, kwargs: Id },
    /// An instance of an old-style class of Python 2.
    Instance { class: Id, args: Vec<Id> },
}

/// An update of a value. The value lies on the stack, below the operands of the opcode that updates it.
#[derive(Clone)]
pub(super) enum Update {
    Append(Vec<Id>),
    SetItems(Vec<(Id, Id)>),
    Add(Vec<Id>),
    /// `__setstate__`, or an update of `__dict__`
    Build(Id),
    /// `setter(object, state)`, whose result is dropped
    Set {
        setter: Id,
        state: Id,
    },
}

impl Make {
    pub(super) fn push_parts(&self, ids: &mut Vec<Id>) {
        match self {
            &Self::Reduce { callable: class, args } | &Self::New { class, args } => ids.extend([class, args]),
            &Self::NewEx { class, args, kwargs } => ids.extend([class, args, kwargs]),
            Self::Instance { class, args } => {
                ids.push(*class);
                ids.extend(args);
            }
        }
    }
}

impl Update {
    /// Adds the parts of the next update if both are an `Append`, both an `Add` or both a `SetItems`. Otherwise returns
    /// the next update.
    pub(super) fn merge(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::Append(last), Self::Append(parts)) | (Self::Add(last), Self::Add(parts)) => {
                last.extend(parts)
            }
            (Self::SetItems(last), Self::SetItems(items)) => last.extend(items),
            (_, next) => return Some(next),
        }
        None
    }

    pub(super) fn push_parts(&self, ids: &mut Vec<Id>) {
        match self {
            Self::Append(parts) | Self::Add(parts) => ids.extend(parts),
            Self::SetItems(items) => ids.extend(items.iter().flat_map(|&(key, value)| [key, value])),
            Self::Build(state) => ids.push(*state),
            Self::Set { setter, state } => ids.extend([setter, state]),
        }
    }

    /// Returns the error text for an update of a value whose type has no such update.
    pub(super) fn refusal(&self) -> &'static str {
        match self {
            Self::Append(_) => "the pickle appends to a value that is not a list",
            Self::SetItems(_) => "the pickle sets an item of a value that is not a dict",
            Self::Add(_) => "the pickle adds to a value that is not a set",
            Self::Build(_) | Self::Set { .. } => "the pickle sets the state of a value that is not an object",
        }
    }
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

    /// Appends bytes after the pickle, and returns their range.
    pub(super) fn store(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span::new(start..self.bytes.len())
    }

    /// Removes duplicate string keys from each dict. As in Python, the first item with the key determines the position,
    /// and the last one the value.
    pub(super) fn remove_duplicate_keys(&mut self) {
        // Many items can share a long key, so the text of each key is looked up once.
        let mut same: HashMap<Id, Id> = HashMap::new();
        let mut texts: HashMap<&[u8], Id> = HashMap::new();
        let mut changed = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let Kind::Dict(items) = &node.kind else { continue };
            let mut unique: Vec<(Id, Id)> = Vec::with_capacity(items.len());
            let mut places: HashMap<Id, usize> = HashMap::with_capacity(items.len());
            for &(key, value) in items {
                let place = unique.len();
                let known = self.str_bytes(key).map_or(place, |text| {
                    let key = *same.entry(key).or_insert_with(|| *texts.entry(text).or_insert(key));
                    *places.entry(key).or_insert(place)
                });
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

    /// Returns whether a state that `BUILD` sets has no parts: `None`, or a tuple of `None` and an empty dict for the
    /// slots. If `has_dict` is true, the value that gets the state has attributes. Then an empty dict counts as `None`.
    pub(super) fn is_empty_state(&self, state: Id, has_dict: bool) -> bool {
        let is_none = |id| matches!(self.kind(id), Kind::None);
        let is_empty_dict = |id| matches!(self.kind(id), Kind::Dict(items) if items.is_empty());
        let (dict, slots) = match self.tuple(state) {
            Some(&[dict, slots]) => (dict, Some(slots)),
            _ => (state, None),
        };
        (is_none(dict) || (has_dict && is_empty_dict(dict))) && slots.is_none_or(is_empty_dict)
    }

    /// Returns the new elements of a list and their positions, if the update sets items of a list.
    pub(super) fn new_elements(&self, target: Id, update: &Update) -> Option<Vec<(usize, Id)>> {
        let (Kind::List(parts), Update::SetItems(items)) = (self.kind(target), update) else { return None };
        let position = |&(index, value): &(Id, Id)| match *self.kind(index) {
            Kind::Int(index) if index < 0 => {
                Some((parts.len().checked_sub(index.unsigned_abs() as usize)?, value))
            }
            Kind::Int(index) => Some((index as usize, value)).filter(|(index, _)| *index < parts.len()),
            _ => None,
        };
        items.iter().map(position).collect()
    }

    /// Returns whether an update appends bytes to a bytearray.
    pub(super) fn appends_bytes(&self, target: Id, update: &Update) -> bool {
        let is_byte = |id: &Id| matches!(self.kind(*id), Kind::Int(0..256));
        match (self.kind(target), update) {
            (Kind::ByteArray(_), Update::Append(bytes)) => bytes.iter().all(is_byte),
            _ => false,
        }
    }

    pub(super) fn tuple(&self, id: Id) -> Option<&[Id]> {
        match self.kind(id) {
            Kind::Tuple(parts) => Some(parts),
            _ => None,
        }
    }
}

impl Kind {
    /// Returns whether the value is short and of a kind that CPython never stores in the memo.
    pub(super) fn is_small(&self) -> bool {
        match self {
            Self::None | Self::Bool(_) | Self::Int(_) | Self::Float(_) => true,
            Self::Tuple(parts) => parts.is_empty(),
            _ => false,
        }
    }

    /// Returns whether a pickle can change the value after it has created it.
    pub(super) fn can_change(&self) -> bool {
        matches!(self, Self::List(_) | Self::Dict(_) | Self::Set(_) | Self::ByteArray(_) | Self::Object(_))
    }

    /// Appends the values that the value contains, and for an object the values that its calls and updates use.
    pub(super) fn push_parts(&self, ids: &mut Vec<Id>) {
        match self {
            Self::Tuple(parts) | Self::List(parts) | Self::Set(parts) | Self::FrozenSet(parts) => {
                ids.extend(parts);
            }
            Self::Dict(items) => ids.extend(items.iter().flat_map(|&(key, value)| [key, value])),
            Self::Object(object) => {
                object.make.push_parts(ids);
                object.updates.iter().for_each(|update| update.push_parts(ids));
                ids.extend(&object.outer);
            }
            _ => {}
        }
    }

    /// Returns whether the value is the same if it is created later than in the pickle.
    pub(super) fn can_be_created_late(&self) -> bool {
        (self.is_leaf() || matches!(self, Self::Tuple(_))) && !self.can_change()
    }

    /// Returns whether the value contains no other values. A class is a leaf, although its name is in other nodes.
    pub(super) fn is_leaf(&self) -> bool {
        !matches!(
            self,
            Self::Tuple(_)
                | Self::List(_)
                | Self::Dict(_)
                | Self::Set(_)
                | Self::FrozenSet(_)
                | Self::Object(_)
        )
    }
}
