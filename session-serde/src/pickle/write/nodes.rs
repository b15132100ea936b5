//! From nodes to pickle.
//!
//! As CPython's pickler does, the writer goes through the values depth first, and puts each into the memo: an object
//! that is in a session twice is written once. It has a stack of its own, so that no depth of nesting can exhaust that
//! of the thread.

use std::borrow::Cow;
use std::collections::HashMap;

use super::emit::{APPENDED, DICT, Emitter, Fill, ITEMS, LIST, Memo, Part, SET};
use super::progress::Progress;
use crate::error::DumpError;
use crate::pickle::graph::{Graph, Id, Kind, Make, Object, Update};
use crate::pickle::opcodes as op;

/// Bytes that may be written for each byte that was read, besides [`MIN_LIMIT`]. Objects that hold themselves can be
/// written more than once.
const LIMIT_PER_BYTE: usize = 64;
const MIN_LIMIT: usize = 64 * 1024;

pub(super) struct Writer<'g, 'o> {
    pub(super) emit: Emitter<'o>,
    pub(super) graph: &'g Graph,
    memo: Vec<Option<Memo>>,
    progress: Progress,
    tasks: Vec<Task>,
    /// Classes and functions by name: two nodes of one name are one object to Python.
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
    /// The arguments of a call.
    Args(Id),
    /// The arguments of a call have been written.
    ArgsEnd(Id),
    /// The elements of a frozenset have been written.
    FrozenSet(Id),
    /// The operands of an opcode that makes an object have been written.
    Made(Id, u8),
    /// This number of arguments of a call has been written. The graph has no tuple of them.
    Called(Id, usize),
    /// The arguments of an instance have been written. The second part is the instance's class.
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

    /// Puts the value that was written last into the memo: the record or its state, which is `id` in the graph.
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
                    // It holds itself, and has been written with what it holds.
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
                self.made(id);
            }
            Task::Called(id, length) => {
                self.emit.end_tuple(length);
                self.emit.memoize();
                self.emit.op(op::REDUCE);
                self.made(id);
            }
            Task::Instance(id, class) => {
                let names = self.line_names(class)?;
                self.emit.op(op::INST);
                self.emit.raw(names.as_bytes());
                self.made(id);
            }
            Task::Filled(id) => self.progress.end_filling(id),
        }
        Ok(())
    }

    pub(super) fn value(&mut self, id: Id) -> Result<(), DumpError> {
        if self.emit.len() > self.limit {
            return Err(DumpError::unsupported("objects that hold themselves in too many ways"));
        }
        self.emit.boundary();
        if let Some(memo) =
            self.memo(id).filter(|_| !self.progress.has_to_be_complete(id, self.graph.node(id).filled))
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
            Kind::NativeStr(span) | Kind::NativeBytes(span) if protocol < 3 => {
                self.emit.native_str(graph.slice(*span));
                self.memoize(id);
            }
            Kind::Str(span) | Kind::NativeStr(span) => {
                self.emit.str(graph.slice(*span));
                self.memoize(id);
            }
            Kind::Bytes(span) | Kind::NativeBytes(span) => {
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
        if self.has_opcode_now(id)? {
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

    /// Ends the call that makes an object, and goes on to what is done with the object.
    fn made(&mut self, id: Id) {
        self.progress.end_call(id);
        if let Some(memo) = self.memo(id) {
            // Its arguments hold it, and it has been written with them.
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
                // A tuple of two in every protocol.
                Update::Set { setter, state } => {
                    self.tasks.extend([op::POP, op::REDUCE, op::TUPLE2].map(Task::Op));
                    self.tasks.extend([*state, id, *setter].map(Task::Value));
                }
            }
        }
    }

    /// To CPython, the arguments of a call are a tuple of their own, whatever they hold.
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

    /// A set, or a frozenset, of a list.
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

    /// Puts the value that was written last into the memo.
    pub(super) fn memoize(&mut self, id: Id) {
        if self.is_memoized(id) {
            let memo = self.emit.memoize();
            self.memo[id.0 as usize] = Some(memo);
        }
    }

    /// Returns whether a value goes into the memo. A value that CPython wrote does; other picklers may skip one that
    /// occurs once. The skip is kept under the same protocol only, because another protocol may write the value twice.
    pub(super) fn is_memoized(&self, id: Id) -> bool {
        // Below 2, a pickle does not state its protocol.
        let is_same = self.emit.protocol().max(1) == self.graph.protocol.max(1);
        let node = self.graph.node(id);
        node.memoized || (!is_same && !node.kind.is_small())
    }
}
