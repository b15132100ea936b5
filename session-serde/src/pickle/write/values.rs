//! Values whose form depends on the protocol: bytes, sets and classes.

use std::borrow::Cow;

use super::fill::{LIST, SET};
use super::nodes::{Task, Writer};
use crate::error::DumpError;
use crate::pickle::kind::{Global, Id, Kind};
use crate::pickle::{names, opcodes as op, wtf8};

/// The maximum number of dots in the qualified name of a nested class in a protocol below 4.
const MAX_NESTED: usize = 64;

/// The maximum number of arguments that are written again for each object that shares them.
const MAX_REPEATED_ARGS: usize = 8;

impl<'g> Writer<'g, '_> {
    /// Appends bytes. In protocols below 3, which have no opcode for bytes, appends a call that creates the bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), DumpError> {
        if self.emit.protocol() >= 3 {
            self.emit.bytes(bytes);
            return Ok(());
        }
        if bytes.is_empty() {
            self.known_global("builtins", "bytes")?;
            self.emit.empty_tuple();
        } else {
            let mut latin1 = Vec::with_capacity(bytes.len());
            bytes.iter().for_each(|&byte| wtf8::push(&mut latin1, byte.into()));
            self.known_global("_codecs", "encode")?;
            self.emit.begin_tuple(2);
            self.emit.str(&latin1);
            self.emit.memoize();
            self.text("latin1".into());
            self.emit.end_tuple(2);
            self.emit.memoize();
        }
        self.emit.op(op::REDUCE);
        Ok(())
    }

    /// Appends a bytearray. In protocols below 5, which have no opcode for bytearrays, appends a call that creates the
    /// bytearray.
    pub(super) fn bytearray(&mut self, bytes: &[u8]) -> Result<(), DumpError> {
        if self.emit.protocol() >= 5 {
            self.emit.bytearray(bytes);
            return Ok(());
        }
        self.known_global("builtins", "bytearray")?;
        if bytes.is_empty() {
            self.emit.empty_tuple();
        } else {
            self.emit.begin_tuple(1);
            self.bytes(bytes)?;
            self.emit.memoize();
            self.emit.end_tuple(1);
            self.emit.memoize();
        }
        self.emit.op(op::REDUCE);
        Ok(())
    }

    pub(super) fn set(&mut self, id: Id, parts: &[Id]) -> Result<(), DumpError> {
        if self.emit.protocol() < 4 {
            return self.set_call(id, "set", parts);
        }
        self.set_opcodes(id, parts);
        Ok(())
    }

    pub(super) fn set_opcodes(&mut self, id: Id, parts: &[Id]) {
        self.emit.op(op::EMPTY_SET);
        self.memoize(id);
        self.fill(SET, parts);
    }

    pub(super) fn frozenset(&mut self, id: Id, parts: &[Id]) -> Result<(), DumpError> {
        if self.emit.protocol() < 4 {
            return self.set_call(id, "frozenset", parts);
        }
        self.frozenset_opcodes(id, parts);
        Ok(())
    }

    pub(super) fn frozenset_opcodes(&mut self, id: Id, parts: &[Id]) {
        self.emit.op(op::MARK);
        self.tasks.push(Task::FrozenSet(id));
        self.values(parts);
    }

    /// Appends a set or frozenset as a call with a list as its argument.
    fn set_call(&mut self, id: Id, name: &'static str, parts: &[Id]) -> Result<(), DumpError> {
        self.calls.begin(id, id, self.is_repeated);
        self.known_global("builtins", name)?;
        self.emit.begin_tuple(1);
        self.emit.empty_list();
        self.emit.memoize();
        self.tasks.push(Task::Called(id, 1));
        self.fill(LIST, parts);
        Ok(())
    }

    /// Appends the object `id` by an opcode that the written protocol has, but the protocol of the pickle that was read
    /// lacks. Returns false, and appends nothing, if no such opcode creates the object.
    pub(super) fn write_by_newer_opcode(&mut self, id: Id) -> Result<bool, DumpError> {
        let (graph, from, to) = (self.graph, self.graph.protocol, self.emit.protocol());
        let is_new_in = |protocol| from < protocol && protocol <= to;
        // If an element is not hashable, keep the call. Python fails to load either form, but the reader of this crate
        // accepts the call, and rejects a set with this element as malformed.
        let set_of = |class| {
            let parts = is_new_in(4).then(|| graph.set_of(id, class)).flatten();
            parts.filter(|parts| parts.iter().all(|&part| graph.node(part).is_hashable))
        };
        if let Some(bytes) = is_new_in(3).then(|| graph.bytes_of(id, usize::MAX)).flatten() {
            self.bytes(&bytes)?;
            self.memoize(id);
        } else if let Some(bytes) = is_new_in(5).then(|| graph.bytearray_of(id, usize::MAX)).flatten() {
            self.bytearray(&bytes)?;
            self.memoize(id);
        } else if let Some(parts) = set_of("set") {
            self.set(id, parts)?;
        } else if let Some(parts) = set_of("frozenset") {
            self.frozenset(id, parts)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Appends a class or function of the graph.
    pub(super) fn global(&mut self, id: Id, global: Global) -> Result<(), DumpError> {
        let is_memoized = self.is_memoized(id);
        let nodes = (global.python2 == (self.emit.protocol() < 3)).then_some(global);
        let (module, name) = self.translated_names(global);
        self.write_global(module, name, nodes, is_memoized)
    }

    /// Appends a class or function that the writer itself needs. `module` and `name` are its names in Python 3.
    pub(super) fn known_global(&mut self, module: &'static str, name: &'static str) -> Result<(), DumpError> {
        let (module, name) =
            if self.emit.protocol() < 3 { names::to_python2((module, name)) } else { (module, name) };
        self.write_global(module.into(), name.into(), None, true)
    }

    /// Returns whether a value is `bytes` or a nested class that the written protocol can only write as a call.
    pub(super) fn is_written_as_call(&self, id: Id) -> bool {
        match self.graph.kind(id) {
            Kind::Bytes(_) => self.emit.protocol() < 3,
            Kind::Global(_) => self.emit.protocol() < 4 && !self.has_line(id),
            _ => false,
        }
    }

    /// Returns whether the arguments of `NEWOBJ` are a long tuple that several values refer to.
    ///
    /// Below protocol 2, a call replaces `NEWOBJ`, and the call writes the arguments again for each object. If many
    /// objects share a long tuple, the pickle would grow too much. CPython itself never writes objects that share
    /// a long tuple of arguments.
    pub(super) fn has_long_shared_args(&self, args: Id) -> bool {
        self.length(args) > MAX_REPEATED_ARGS && self.graph.node(args).shared
    }

    /// Returns whether two lines, a module and a name, can name the class, as in the opcodes `INST` and `GLOBAL`. This
    /// holds for a [`Kind::Global`] that is not nested.
    pub(super) fn has_line(&self, class: Id) -> bool {
        match *self.graph.kind(class) {
            Kind::Global(global) => !self.translated_names(global).1.contains('.'),
            _ => false,
        }
    }

    /// Returns two lines: the module and the name of a class.
    pub(super) fn line_names(&self, class: Id) -> Result<String, DumpError> {
        match *self.graph.kind(class) {
            Kind::Global(global) => {
                let (module, name) = self.translated_names(global);
                self.lines(&module, &name)
            }
            _ => Ok(String::new()),
        }
    }

    /// Returns the module and name that a class or function has in the written protocol.
    fn translated_names(&self, global: Global) -> (Cow<'g, str>, Cow<'g, str>) {
        let graph = self.graph;
        let names =
            (graph.str(global.module).unwrap_or_default(), graph.str(global.name).unwrap_or_default());
        let (module, name) = match (global.python2, self.emit.protocol() < 3) {
            (true, false) => names::to_python3(names),
            (false, true) => match names.1.split_once('.') {
                // The tables of `names` contain no nested classes, so translate only the outermost class.
                Some((outer, inner)) => {
                    let (module, outer) = names::to_python2((names.0, outer));
                    return (module.into(), format!("{outer}.{inner}").into());
                }
                None => names::to_python2(names),
            },
            _ => names,
        };
        (module.into(), name.into())
    }

    /// Appends a class or function. `module` and `name` are its names in the written protocol.
    fn write_global(
        &mut self,
        module: Cow<'g, str>,
        name: Cow<'g, str>,
        nodes: Option<Global>,
        is_memoized: bool,
    ) -> Result<(), DumpError> {
        let key = (module, name);
        if let Some(&memo) = self.globals.get(&key) {
            self.emit.get(memo);
            return Ok(());
        }
        let (module, name) = &key;
        if self.emit.protocol() < 4 {
            self.global_by_line(module, name)?;
        } else {
            match nodes {
                Some(Global { module, name, .. }) => {
                    self.value(module)?;
                    self.value(name)?;
                }
                None => {
                    self.text(module.clone());
                    self.text(name.clone());
                }
            }
            self.emit.op(op::STACK_GLOBAL);
        }
        if is_memoized {
            let memo = self.emit.memoize();
            self.globals.insert(key, memo);
        }
        Ok(())
    }

    /// Appends a class in a protocol below 4. A nested class is written as a call of `getattr` with its outer class.
    /// [`MAX_NESTED`] limits the recursion.
    fn global_by_line(&mut self, module: &str, name: &str) -> Result<(), DumpError> {
        let Some((outer, inner)) = name.rsplit_once('.') else {
            let lines = self.lines(module, name)?;
            self.emit.op(op::GLOBAL);
            self.emit.raw(lines.as_bytes());
            return Ok(());
        };
        if name.matches('.').count() > MAX_NESTED {
            return Err(self.unspellable_name());
        }
        self.known_global("builtins", "getattr")?;
        self.emit.begin_tuple(2);
        self.write_global(module.to_owned().into(), outer.to_owned().into(), None, true)?;
        self.emit.str(inner.as_bytes());
        self.emit.memoize();
        self.emit.end_tuple(2);
        self.emit.memoize();
        self.emit.op(op::REDUCE);
        Ok(())
    }

    fn lines(&self, module: &str, name: &str) -> Result<String, DumpError> {
        let protocol = self.emit.protocol();
        let lines = format!("{module}\n{name}\n");
        if module.is_empty() || name.is_empty() {
            return Err(self.unspellable_name());
        }
        if lines.matches('\n').count() != 2 || (protocol < 3 && !lines.is_ascii()) {
            return Err(self.unspellable_name());
        }
        Ok(lines)
    }

    fn unspellable_name(&self) -> DumpError {
        let protocol = self.emit.protocol();
        DumpError::unsupported(format!("pickle protocol {protocol} cannot encode the name of a class"))
    }

    /// Appends a string that is not in the graph.
    fn text(&mut self, text: Cow<'g, str>) {
        if let Some(&memo) = self.texts.get(&text) {
            self.emit.get(memo);
            return;
        }
        self.emit.boundary();
        self.emit.str(text.as_bytes());
        let memo = self.emit.memoize();
        self.texts.insert(text, memo);
    }
}
