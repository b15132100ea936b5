//! The opcodes that import a class, call it or construct an instance in Python. This reader only stores the name, the
//! call or the construction as data.

use super::MAX_NAME_LEN;
use super::kind::{Global, Id, Kind, Make, Object};
use super::opcodes as op;
use super::read::Machine;
use super::stack::Start;
use crate::error::LoadError;

impl Machine {
    /// Reads two lines: the module and the name of a class or function.
    pub(super) fn global(&mut self) -> Result<Kind, LoadError> {
        let module = self.input.utf8_line(&self.graph)?.to_owned();
        let name = self.input.utf8_line(&self.graph)?.to_owned();
        if module.is_empty() || name.is_empty() {
            return Err(LoadError::malformed("the name of a class or its module is empty"));
        }
        check_name_len(&[module.len(), name.len()])?;
        let (module, name) = (self.name(&module), self.name(&name));
        Ok(Kind::Global(Global { module, name, python2: self.is_python2() }))
    }

    /// Adds a value to the graph. In a graph with steps, two classes with the same name are one node, because an update
    /// of either is an update of both. The same holds for functions.
    pub(super) fn add(&mut self, kind: Kind, size: usize) -> Id {
        let id = self.graph.add(kind, size);
        match self.graph.names(id) {
            Some((module, name)) if self.graph.steps.is_some() => {
                let name = (module.to_owned(), name.to_owned());
                *self.globals.entry(name).or_insert(id)
            }
            _ => id,
        }
    }

    /// Returns the object or class that an opcode creates from values on the stack, and the position of the created
    /// value's first opcode.
    pub(super) fn object(&mut self, opcode: u8) -> Result<(Kind, Start), LoadError> {
        let (make, start) = match opcode {
            op::STACK_GLOBAL => {
                let (names, start) = self.pop_many(2)?;
                let global = Global { module: names[0], name: names[1], python2: self.is_python2() };
                check_name_len(&[0, 1].map(|at| self.graph.str_bytes(names[at]).map_or(0, <[u8]>::len)))?;
                if names.iter().any(|&name| self.graph.str(name).is_none()) {
                    return Err(LoadError::malformed("the name of a class is not a string"));
                }
                return Ok((Kind::Global(global), start));
            }
            op::REDUCE => {
                let (parts, start) = self.pop_many(2)?;
                self.check_args(parts[1])?;
                (Make::Reduce { callable: self.callable(parts[0])?, args: parts[1] }, start)
            }
            op::NEWOBJ => {
                let (parts, start) = self.pop_many(2)?;
                self.check_args(parts[1])?;
                (Make::New { class: self.callable(parts[0])?, args: parts[1] }, start)
            }
            op::NEWOBJ_EX => {
                let (parts, start) = self.pop_many(3)?;
                self.check_args(parts[1])?;
                (Make::NewEx { class: self.callable(parts[0])?, args: parts[1], kwargs: parts[2] }, start)
            }
            op::OBJ => {
                let (mut args, start) = self.pop_to_mark()?;
                if args.is_empty() {
                    return Err(not_a_class());
                }
                let class = args.remove(0);
                (Make::Instance { class: self.callable(class)?, args }, start)
            }
            op::INST => {
                let global = self.global()?;
                let class = self.add(global, 0);
                let (args, start) = self.pop_to_mark()?;
                (Make::Instance { class, args }, start)
            }
            _ => return Err(op::unsupported(opcode)),
        };
        Ok((Kind::Object(Box::new(Object::new(make))), start))
    }

    fn callable(&self, id: Id) -> Result<Id, LoadError> {
        match self.graph.kind(id) {
            Kind::Global(_) => Ok(id),
            Kind::Object(_) if !self.graph.has_opcode(id) => Ok(id),
            _ => Err(not_a_class()),
        }
    }

    fn check_args(&self, args: Id) -> Result<(), LoadError> {
        match self.graph.kind(args) {
            Kind::Tuple(_) => Ok(()),
            Kind::Object(_) if !self.graph.has_opcode(args) => Ok(()),
            _ => Err(LoadError::malformed("the arguments of a call are not a tuple")),
        }
    }
}

/// Checks the lengths of names. Each class is looked up by its name, so a long name that many classes share would take
/// much time.
fn check_name_len(lengths: &[usize]) -> Result<(), LoadError> {
    let is_short = lengths.iter().all(|&length| length <= MAX_NAME_LEN);
    if is_short { Ok(()) } else { Err(LoadError::malformed("the name of a class is longer than 1 KiB")) }
}

fn not_a_class() -> LoadError {
    LoadError::malformed("the pickle creates an object from a value that is not a class")
}
