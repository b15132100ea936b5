//! Writing the nodes of a graph.
//!
//! Like CPython's pickler, the writer visits the values depth first and stores them in the memo, so it writes a shared
//! object once. It keeps its own stack of tasks, so deep nesting cannot exhaust the stack of the thread.
//!
//! CPython stores a list, dict or set in the memo before it writes the parts, so a part can refer to the container. An
//! object that a call creates is stored only after the arguments have been written. If the arguments contain the
//! object, CPython reaches it there again, and writes an equal call within the arguments of the first. It keeps the
//! result of the inner call and drops the result of the outer call. Below protocol 4, the same can happen to a set,
//! because a set is written there as a call, with a list as its argument.
//!
//! If the pickle that was read has the outer call ([`Object::outer`]), the writer writes it. If not, the writer writes
//! the object's own call as the outer call, too. Each container and object in the call is then written twice, unless
//! another value also refers to it. [`Arguments`] describes what happens if the writer reaches the object once more
//! within these two calls.

use std::borrow::Cow;
use std::collections::HashMap;

use super::calls::{Arguments, Calls};
use super::emit::{Emitter, Memo};
use super::fill::{APPENDED, DICT, Fill, ITEMS, LIST, Part, SET};
use crate::error::DumpError;
use crate::pickle::graph::Graph;
use crate::pickle::kind::{Id, Kind, Make, Object, Update};
use crate::pickle::opcodes as op;

/// The number of bytes that may be written for each byte of [`Graph::text_len`], in addition to [`MIN_LIMIT`]. The
/// output is limited because objects that contain themselves can be written more than once. Values that are not in the
/// graph do not count.
const LIMIT_PER_BYTE: usize = 64;
const MIN_LIMIT: usize = 65_536;

pub(super) struct Writer<'g, 'o> {
    pub(super) emit: Emitter<'o>,
    pub(super) graph: &'g Graph,
    arguments: Arguments,
    pub(super) memo: Vec<Option<Memo>>,
    pub(super) calls: Calls,
    /// Whether the current value is written even if it is in the memo.
    pub(super) is_repeated: bool,
    pub(super) tasks: Vec<Task>,
    /// The shared dicts that are being written. For each, the memo indices of the objects that get it as their state
    /// after it is complete.
    unfinished: HashMap<Id, Vec<Memo>>,
    /// The memo indices of classes and functions, by module and name. To Python, two nodes with the same name are one
    /// object.
    pub(super) globals: HashMap<(Cow<'g, str>, Cow<'g, str>), Memo>,
    /// The memo indices of strings that are not nodes of the graph.
    pub(super) texts: HashMap<Cow<'g, str>, Memo>,
    /// The maximum length of the output. If the output and the waiting tasks exceed it, writing a node is an error.
    limit: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Task {
    Value(Id),
    /// Writes a part of a call that is written again. A part that is a container or an object is written again too,
    /// unless another value refers to it.
    Repeated(Id),
    Op(u8),
    /// Ends a tuple whose elements have been written.
    Tuple(Id),
    /// Ends a frozenset whose elements have been written.
    FrozenSet(Id),
    /// Ends an object by the given opcode, whose operands have been written.
    Made(Id, u8),
    /// Ends an object that a call creates. The given number of arguments has been written. The graph has no tuple for
    /// these arguments.
    Called(Id, usize),
    /// Ends a dict that other values refer to.
    Dict(Id),
    /// Ends an instance whose arguments have been written. The second field is the class of the instance.
    Instance(Id, Id),
}

impl<'g, 'o> Writer<'g, 'o> {
    pub(super) fn new(graph: &'g Graph, arguments: Arguments, emit: Emitter<'o>) -> Self {
        Self {
            emit,
            graph,
            arguments,
            memo: vec![None; graph.nodes.len()],
            calls: Calls::default(),
            is_repeated: false,
            tasks: Vec::new(),
            unfinished: HashMap::new(),
            globals: HashMap::new(),
            texts: HashMap::new(),
            limit: MIN_LIMIT + LIMIT_PER_BYTE * graph.text_len(),
        }
    }

    /// Appends a value that is not in the graph, and raises the limit by its length.
    pub(super) fn plain(
        &mut self,
        write: impl FnOnce(&mut Emitter<'o>) -> Result<(), DumpError>,
    ) -> Result<(), DumpError> {
        let start = self.emit.len();
        write(&mut self.emit)?;
        self.limit += self.emit.len().saturating_sub(start);
        Ok(())
    }

    /// Appends a value of the graph.
    pub(super) fn node(&mut self, id: Id) -> Result<(), DumpError> {
        self.tasks.push(Task::Value(id));
        self.run_tasks()
    }

    pub(super) fn run_tasks(&mut self) -> Result<(), DumpError> {
        while let Some(task) = self.tasks.pop() {
            self.step(task)?;
        }
        Ok(())
    }

    fn step(&mut self, task: Task) -> Result<(), DumpError> {
        match task {
            Task::Value(id) | Task::Repeated(id) => {
                self.is_repeated = matches!(task, Task::Repeated(_));
                self.value(id)?;
            }
            Task::Op(opcode) => self.emit.op(opcode),
            Task::Tuple(id) => {
                let length = self.length(id);
                match self.shared_memo(id) {
                    // The tuple contains itself, so it was already written within its elements.
                    Some(memo) => {
                        self.emit.drop_tuple(length);
                        self.emit.get(memo);
                    }
                    None => self.end_tuple(id, length),
                }
            }
            Task::FrozenSet(id) => match self.shared_memo(id) {
                Some(memo) => {
                    self.emit.op(op::POP_MARK);
                    self.emit.get(memo);
                }
                None => {
                    self.emit.op(op::FROZENSET);
                    self.memoize(id);
                }
            },
            Task::Dict(id) => {
                for object in self.unfinished.remove(&id).unwrap_or_default() {
                    self.emit.boundary();
                    self.emit.get(object);
                    self.value(id)?;
                    self.emit.op(op::BUILD);
                    self.emit.op(op::POP);
                }
            }
            Task::Made(id, opcode) => {
                self.emit.op(opcode);
                self.end_object(id);
            }
            Task::Called(id, length) => {
                self.emit.end_tuple(length);
                self.emit.memoize();
                self.emit.op(op::REDUCE);
                self.end_object(id);
            }
            Task::Instance(id, class) => {
                let names = self.line_names(class)?;
                self.emit.op(op::INST);
                self.emit.raw(names.as_bytes());
                self.end_object(id);
            }
        }
        Ok(())
    }

    pub(super) fn value(&mut self, id: Id) -> Result<(), DumpError> {
        // Each task writes at least one byte, unless it ends a dict, which takes two bytes already.
        if self.emit.len() + self.tasks.len() > self.limit {
            return Err(DumpError::unsupported("objects that contain each other expand to too many bytes"));
        }
        self.emit.boundary();
        let graph = self.graph;
        let node = graph.node(id);
        self.is_repeated &= !node.shared && !node.kind.is_leaf();
        if let Some(memo) = self.memo[id.0 as usize].filter(|_| !self.is_repeated) {
            self.emit.get(memo);
            return Ok(());
        }
        let protocol = self.emit.protocol();
        match graph.kind(id) {
            Kind::None => self.emit.none(),
            Kind::Bool(value) => self.emit.bool(*value),
            Kind::Int(value) if node.has_other_int_type && protocol < 3 => self.emit.other_int(*value),
            Kind::Int(value) => self.emit.int(*value),
            Kind::Float(value) => self.emit.float(*value),
            Kind::Long(span) => {
                self.emit.long(graph.slice(*span));
                self.memoize(id);
            }
            Kind::Python2Str(span) | Kind::Python2Bytes(span) if protocol < 3 => {
                self.emit.python2_str(graph.slice(*span));
                self.memoize(id);
            }
            Kind::Str(span) | Kind::Python2Str(span) => {
                self.emit.str(graph.slice(*span));
                self.memoize(id);
            }
            Kind::Bytes(span) | Kind::Python2Bytes(span) => {
                self.bytes(graph.slice(*span))?;
                self.memoize(id);
            }
            Kind::ByteArray(span) => {
                self.bytearray(graph.slice(*span))?;
                self.memoize(id);
            }
            Kind::Tuple(parts) if parts.is_empty() => self.emit.empty_tuple(),
            Kind::Tuple(parts) => {
                self.emit.begin_tuple(parts.len());
                self.tasks.push(Task::Tuple(id));
                self.values(parts);
            }
            Kind::List(parts) => {
                self.emit.empty_list();
                self.memoize(id);
                self.fill(LIST, parts);
            }
            Kind::Dict(items) => {
                self.emit.empty_dict();
                self.memoize(id);
                if node.shared {
                    self.unfinished.insert(id, Vec::new());
                    self.tasks.push(Task::Dict(id));
                }
                self.fill_items(DICT, items);
            }
            Kind::Set(parts) => self.set(id, parts)?,
            Kind::FrozenSet(parts) => self.frozenset(id, parts)?,
            Kind::Global(global) => self.global(id, *global)?,
            Kind::Object(object) => self.object(id, object)?,
        }
        Ok(())
    }

    fn object(&mut self, id: Id, object: &'g Object) -> Result<(), DumpError> {
        if self.write_by_newer_opcode(id)? {
            return Ok(());
        }
        // The outermost call is the last one in `outer`, and the first one to be written.
        let outer = object.outer.iter().rev().nth(self.calls.count(id));
        self.call(id, outer.copied().unwrap_or(id))
    }

    /// Begins a call that creates an object: the object's own call or one in [`Object::outer`].
    pub(super) fn call(&mut self, id: Id, call: Id) -> Result<(), DumpError> {
        let Kind::Object(object) = self.graph.kind(call) else { return Ok(()) };
        let is_repeated = self.is_repeated;
        // Within the arguments of a call that creates the object, CPython calls `__reduce__` again and writes the
        // arguments that it returns.
        self.is_repeated = match (self.calls.count(id), self.arguments) {
            (0, _) => is_repeated,
            (1, _) | (_, Arguments::New) => true,
            (_, Arguments::Same) => false,
        };
        self.calls.begin(id, call, is_repeated);
        let part = self.part();
        let protocol = self.emit.protocol();
        match &object.make {
            &Make::Reduce { callable, args } => {
                self.tasks.extend([Task::Made(id, op::REDUCE), part(args), part(callable)]);
            }
            &Make::New { class, args } => match self.graph.tuple(args) {
                Some(parts) if protocol < 2 && !self.has_long_shared_args(args) => {
                    self.known_global("copyreg", "__newobj__")?;
                    self.emit.begin_tuple(1 + parts.len());
                    self.tasks.push(Task::Called(id, 1 + parts.len()));
                    self.values(parts);
                    self.tasks.push(part(class));
                }
                _ => self.tasks.extend([Task::Made(id, op::NEWOBJ), part(args), part(class)]),
            },
            &Make::NewEx { class, args, kwargs } if protocol < 4 => {
                self.known_global("copyreg", "__newobj_ex__")?;
                self.emit.begin_tuple(3);
                self.tasks.push(Task::Called(id, 3));
                self.values(&[class, args, kwargs]);
            }
            &Make::NewEx { class, args, kwargs } => {
                self.tasks.push(Task::Made(id, op::NEWOBJ_EX));
                self.tasks.extend([part(kwargs), part(args), part(class)]);
            }
            Make::Instance { class, args } => {
                self.emit.op(op::MARK);
                let has_line = protocol == 0 && self.has_line(*class);
                let end = if has_line { Task::Instance(id, *class) } else { Task::Made(id, op::OBJ) };
                self.tasks.push(end);
                self.values(args);
                if !has_line {
                    self.tasks.push(part(*class));
                }
            }
        }
        Ok(())
    }

    /// Ends a call that creates an object, and schedules the updates that follow.
    fn end_object(&mut self, id: Id) {
        let (call, is_repeated) = self.calls.end(id);
        self.is_repeated = is_repeated;
        let updated = if let Some(memo) = self.shared_memo(id) {
            // The arguments contain the object, so it was already written within them.
            self.emit.op(op::POP);
            self.emit.get(memo);
            if call == id {
                return;
            }
            call
        } else {
            // This call creates the object. Even an outer call can do so: if the argument that contains the object is
            // already in the memo, the writer only refers to it, and there is no inner call.
            self.memoize(id);
            id
        };
        let Kind::Object(object) = self.graph.kind(updated) else { return };
        object.updates.iter().rev().for_each(|update| self.push_update(id, update));
    }

    /// Schedules an update of the value on top of the stack.
    pub(super) fn push_update(&mut self, id: Id, update: &Update) {
        let part = self.part();
        match update {
            Update::Append(parts) => self.fill(APPENDED, parts),
            Update::SetItems(items) => self.fill_items(ITEMS, items),
            Update::Add(parts) => self.fill(SET, parts),
            // The dict is not complete, so the object is within it. The pickle that was read completes the dict before
            // this `BUILD`, unless the dict has a late change. So `Task::Dict` writes the `BUILD` after the dict.
            Update::Build(state)
                if self.unfinished.contains_key(state) && !self.graph.node(*state).has_late_change =>
            {
                // The object is on top of the stack. It needs a place in the memo, even if the pickle that was read did
                // not refer to it.
                let memo = self.memo[id.0 as usize].unwrap_or_else(|| self.memoize_anyway(id));
                self.unfinished.entry(*state).or_default().push(memo);
            }
            Update::Build(state) => self.tasks.extend([Task::Op(op::BUILD), part(*state)]),
            // CPython uses TUPLE2 here in every protocol.
            Update::Set { setter, state } => {
                self.tasks.extend([op::POP, op::REDUCE, op::TUPLE2].map(Task::Op));
                self.tasks.extend([part(*state), Task::Value(id), part(*setter)]);
            }
        }
    }

    pub(super) fn values(&mut self, parts: &[Id]) {
        self.tasks.extend(parts.iter().rev().copied().map(self.part()));
    }

    pub(super) fn fill(&mut self, fill: Fill, parts: &[Id]) {
        let value = self.part();
        let parts = fill.parts(self.emit.protocol(), parts.iter());
        self.tasks.extend(parts.into_iter().rev().map(|part| match part {
            Part::Value(&id) => value(id),
            Part::Op(opcode) => Task::Op(opcode),
        }));
    }

    fn fill_items(&mut self, fill: Fill, items: &[(Id, Id)]) {
        let part_of = self.part();
        for part in fill.parts(self.emit.protocol(), items.iter()).into_iter().rev() {
            match part {
                Part::Value(&(key, value)) => self.tasks.extend([part_of(value), part_of(key)]),
                Part::Op(opcode) => self.tasks.push(Task::Op(opcode)),
            }
        }
    }

    /// Returns the constructor of the task that writes a part of the current value.
    fn part(&self) -> fn(Id) -> Task {
        if self.is_repeated { Task::Repeated } else { Task::Value }
    }

    pub(super) fn length(&self, tuple: Id) -> usize {
        self.graph.tuple(tuple).map_or(0, <[Id]>::len)
    }

    fn end_tuple(&mut self, id: Id, length: usize) {
        self.emit.end_tuple(length);
        self.memoize(id);
    }
}
