//! Writing the nodes of a graph.
//!
//! Like CPython's pickler, the writer visits the values depth first and stores each in the memo, so it writes a shared
//! object once. It keeps its own stack of tasks, so deep nesting cannot exhaust the stack of the thread.

use std::borrow::Cow;
use std::collections::HashMap;

use super::emit::{APPENDED, DICT, Emitter, Fill, ITEMS, LIST, Memo, Part, SET};
use super::progress::Progress;
use crate::error::DumpError;
use crate::pickle::graph::{Graph, Id, Kind, Make, Object, Update};
use crate::pickle::opcodes as op;

/// The maximum number of bytes written per byte read, in addition to [`MIN_LIMIT`]. Objects that contain themselves can
/// be written more than once.
const LIMIT_PER_BYTE: usize = 64;
const MIN_LIMIT: usize = 65_536;

pub(super) struct Writer<'g, 'o> {
    pub(super) emit: Emitter<'o>,
    pub(super) graph: &'g Graph,
    memo: Vec<Option<Memo>>,
    progress: Progress,
    tasks: Vec<Task>,
    /// Classes and functions by name. To Python, two nodes with the same name are one object.
    pub(super) globals: HashMap<(Cow<'g, str>, Cow<'g, str>), Memo>,
    /// Strings that are not nodes.
    pub(super) texts: HashMap<Cow<'g, str>, Memo>,
    limit: usize,
}

#[derive(Clone, Copy)]
enum Task {
    Value(Id),
    Op(u8),
    /// The elements of a tuple have been written.
    Tuple(Id),
    /// The arguments of a call follow.
    Args(Id),
    /// The arguments of a call have been written.
    ArgsEnd(Id),
    /// The elements of a frozenset have been written.
    FrozenSet(Id),
    /// The operands of an opcode that creates an object have been written.
    Made(Id, u8),
    /// This number of arguments of a call has been written. The graph has no tuple for them.
    Called(Id, usize),
    /// The arguments of an instance have been written. The second field is the class of the instance.
    Instance(Id, Id),
    /// The parts of a container have been written.
    Filled(Id),
}

impl<'g, 'o> Writer<'g, 'o> {
    pub(super) fn new(graph: &'g Graph, emit: Emitter<'o>) -> Self {
        Self {
            emit,
            graph,
            memo: vec![None; graph.nodes.len()],
            progress: Progress::default(),
            tasks: Vec::new(),
            globals: HashMap::new(),
            texts: HashMap::new(),
            limit: MIN_LIMIT + LIMIT_PER_BYTE * graph.bytes.len(),
        }
    }

    /// Stores the last written value in the memo. It is the record or its state, with the index `id` in the graph.
    pub(super) fn memoize_part(&mut self, id: Option<Id>) {
        match id {
            Some(id) => self.memoize(id),
            None => drop(self.emit.memoize()),
        }
    }

    /// Appends a value.
    pub(super) fn node(&mut self, id: Id) -> Result<(), DumpError> {
        self.tasks.push(Task::Value(id));
        while let Some(task) = self.tasks.pop() {
            self.step(task)?;
        }
        Ok(())
    }

    fn step(&mut self, task: Task) -> Result<(), DumpError> {
        match task {
            Task::Value(id) => self.value(id)?,
            Task::Op(opcode) => self.emit.op(opcode),
            Task::Tuple(id) => {
                let length = self.length(id);
                match self.memo(id) {
                    // It contains itself, so its elements have already written it.
                    Some(memo) => {
                        self.emit.drop_tuple(length);
                        self.emit.get(memo);
                    }
                    None => self.end_tuple(id, length),
                }
            }
            Task::Args(id) => self.args(id)?,
            Task::ArgsEnd(id) => self.end_tuple(id, self.length(id)),
            Task::FrozenSet(id) => match self.memo(id) {
                Some(memo) => {
                    self.emit.op(op::POP_MARK);
                    self.emit.get(memo);
                }
                None => {
                    self.emit.op(op::FROZENSET);
                    self.memoize(id);
                }
            },
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
            Task::Filled(id) => self.progress.end_filling(id),
        }
        Ok(())
    }

    pub(super) fn value(&mut self, id: Id) -> Result<(), DumpError> {
        if self.emit.len() > self.limit {
            return Err(DumpError::unsupported("objects that contain each other expand to too many bytes"));
        }
        self.emit.boundary();
        if let Some(memo) =
            self.memo(id).filter(|_| !self.progress.must_be_complete(id, self.graph.node(id).filled))
        {
            self.emit.get(memo);
            return Ok(());
        }
        let graph = self.graph;
        let protocol = self.emit.protocol();
        match graph.kind(id) {
            Kind::None => self.emit.none(),
            Kind::Bool(value) => self.emit.bool(*value),
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
                self.begin_filling(id);
                self.fill(LIST, parts);
            }
            Kind::Dict(items) => {
                self.emit.empty_dict();
                self.memoize(id);
                self.begin_filling(id);
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
        self.progress.begin_call(id);
        let protocol = self.emit.protocol();
        match &object.make {
            &Make::Reduce { callable, args } => {
                self.tasks.extend([Task::Made(id, op::REDUCE), Task::Args(args), Task::Value(callable)]);
            }
            &Make::New { class, args } => match self.graph.tuple(args) {
                Some(parts) if protocol < 2 => {
                    self.known_global("copyreg", "__newobj__")?;
                    self.emit.begin_tuple(1 + parts.len());
                    self.tasks.push(Task::Called(id, 1 + parts.len()));
                    self.values(parts);
                    self.tasks.push(Task::Value(class));
                }
                _ => self.tasks.extend([Task::Made(id, op::NEWOBJ), Task::Args(args), Task::Value(class)]),
            },
            &Make::NewEx { class, args, kwargs } if protocol < 4 => {
                self.known_global("copyreg", "__newobj_ex__")?;
                self.emit.begin_tuple(3);
                self.tasks.push(Task::Called(id, 3));
                self.values(&[class, args, kwargs]);
            }
            &Make::NewEx { class, args, kwargs } => {
                self.tasks.push(Task::Made(id, op::NEWOBJ_EX));
                self.tasks.extend([Task::Value(kwargs), Task::Args(args), Task::Value(class)]);
            }
            Make::Instance { class, args } => {
                self.emit.op(op::MARK);
                let has_line = protocol == 0 && matches!(self.graph.kind(*class), Kind::Global(_));
                let end = if has_line { Task::Instance(id, *class) } else { Task::Made(id, op::OBJ) };
                self.tasks.push(end);
                self.values(args);
                if !has_line {
                    self.tasks.push(Task::Value(*class));
                }
            }
        }
        Ok(())
    }

    /// Ends the call that creates an object, and schedules the updates of the object.
    fn end_object(&mut self, id: Id) {
        self.progress.end_call(id);
        if let Some(memo) = self.memo(id) {
            // Its arguments contain it, so they have already written it.
            self.emit.op(op::POP);
            self.emit.get(memo);
            return;
        }
        self.memoize(id);
        let Kind::Object(object) = self.graph.kind(id) else { return };
        for update in object.updates.iter().rev() {
            match update {
                Update::Append(parts) => self.fill(APPENDED, parts),
                Update::SetItems(items) => self.fill_items(ITEMS, items),
                Update::Add(parts) => self.fill(SET, parts),
                Update::Build(state) => self.tasks.extend([Task::Op(op::BUILD), Task::Value(*state)]),
                // CPython uses TUPLE2 here in every protocol.
                Update::Set { setter, state } => {
                    self.tasks.extend([op::POP, op::REDUCE, op::TUPLE2].map(Task::Op));
                    self.tasks.extend([*state, id, *setter].map(Task::Value));
                }
            }
        }
    }

    /// Appends the arguments of a call. CPython writes them as a separate tuple, even if they contain themselves.
    fn args(&mut self, id: Id) -> Result<(), DumpError> {
        match self.graph.tuple(id) {
            Some(parts) if !parts.is_empty() && self.memo(id).is_none() => {
                self.emit.boundary();
                self.emit.begin_tuple(parts.len());
                self.tasks.push(Task::ArgsEnd(id));
                self.values(parts);
                Ok(())
            }
            _ => self.value(id),
        }
    }

    pub(super) fn set(&mut self, id: Id, parts: &[Id]) -> Result<(), DumpError> {
        if self.emit.protocol() < 4 {
            return self.set_call(id, "set", parts);
        }
        self.emit.op(op::EMPTY_SET);
        self.memoize(id);
        self.begin_filling(id);
        self.fill(SET, parts);
        Ok(())
    }

    pub(super) fn frozenset(&mut self, id: Id, parts: &[Id]) -> Result<(), DumpError> {
        if self.emit.protocol() < 4 {
            return self.set_call(id, "frozenset", parts);
        }
        self.emit.op(op::MARK);
        self.tasks.push(Task::FrozenSet(id));
        self.values(parts);
        Ok(())
    }

    /// Appends a set or frozenset as a call with a list.
    fn set_call(&mut self, id: Id, name: &'static str, parts: &[Id]) -> Result<(), DumpError> {
        self.progress.begin_call(id);
        self.known_global("builtins", name)?;
        self.emit.begin_tuple(1);
        self.emit.empty_list();
        self.emit.memoize();
        self.tasks.push(Task::Called(id, 1));
        self.fill(LIST, parts);
        Ok(())
    }

    fn begin_filling(&mut self, id: Id) {
        self.progress.begin_filling(id);
        self.tasks.push(Task::Filled(id));
    }

    fn values(&mut self, parts: &[Id]) {
        self.tasks.extend(parts.iter().rev().map(|&part| Task::Value(part)));
    }

    fn fill(&mut self, fill: Fill, parts: &[Id]) {
        let start = self.tasks.len();
        fill.parts(self.emit.protocol(), parts.iter(), |part| {
            self.tasks.push(match part {
                Part::Value(&id) => Task::Value(id),
                Part::Op(opcode) => Task::Op(opcode),
            });
        });
        self.tasks[start..].reverse();
    }

    fn fill_items(&mut self, fill: Fill, items: &[(Id, Id)]) {
        let start = self.tasks.len();
        fill.parts(self.emit.protocol(), items.iter(), |part| match part {
            Part::Value(&(key, value)) => self.tasks.extend([Task::Value(key), Task::Value(value)]),
            Part::Op(opcode) => self.tasks.push(Task::Op(opcode)),
        });
        self.tasks[start..].reverse();
    }

    fn length(&self, tuple: Id) -> usize {
        self.graph.tuple(tuple).map_or(0, <[Id]>::len)
    }

    fn end_tuple(&mut self, id: Id, length: usize) {
        self.emit.end_tuple(length);
        self.memoize(id);
    }

    fn memo(&self, id: Id) -> Option<Memo> {
        self.memo[id.0 as usize]
    }

    /// Stores the last written value in the memo.
    pub(super) fn memoize(&mut self, id: Id) {
        if self.is_memoized(id) {
            let memo = self.emit.memoize();
            self.memo[id.0 as usize] = Some(memo);
        }
    }

    /// Returns whether a value is stored in the memo. In the protocol of the pickle that was read, these are the values
    /// that it stores; some picklers omit values that occur once. Another protocol may write a value twice, so there
    /// all but the small values are stored.
    pub(super) fn is_memoized(&self, id: Id) -> bool {
        // A pickle below protocol 2 does not declare its protocol.
        let is_same = self.emit.protocol().max(1) == self.graph.protocol.max(1);
        let node = self.graph.node(id);
        node.memoized || (!is_same && !node.kind.is_small())
    }
}
