//! The kinds of values in a pickle, and the calls and updates of objects.

/// The index of a node. Nodes are in the order of their creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) u32);

/// A range of [`Graph::bytes`](super::graph::Graph::bytes).
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
    /// A Python 2 `str` that is not ASCII. Its encoding is unknown, so it is written as `bytes` from protocol 3 on.
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

impl Kind {
    /// Returns whether the value is short and of a kind that CPython never stores in the memo.
    pub(super) fn is_small(&self) -> bool {
        match self {
            Self::None | Self::Bool(_) | Self::Int(_) | Self::Float(_) => true,
            Self::Tuple(parts) => parts.is_empty(),
            _ => false,
        }
    }

    /// Returns whether a pickle can change the value after its creation.
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

    /// Returns whether the value stays the same if the writer replays the steps of the pickle and creates the value
    /// later than the pickle does.
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
