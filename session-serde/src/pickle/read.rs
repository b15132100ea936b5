//! The stack machine that reads a pickle into a graph.

use std::collections::HashMap;

use super::changes::Changes;
use super::comparison::Comparison;
use super::graph::Graph;
use super::input::Input;
use super::kind::{Id, Kind, Update};
use super::opcodes as op;
use super::protocol::MAX_PROTOCOL;
use super::stack::{Mark, Slot, Start};
use super::steps::Steps;
use super::write;
use crate::error::LoadError;

/// Reads a pickle. Like Python, ignores the bytes after `STOP`. Memory and time are linear in the number of bytes.
pub(super) fn read(pickle: Vec<u8>) -> Result<(Graph, Id), LoadError> {
    let (mut machine, mut root) = Machine::read(pickle, None)?;
    if machine.changes.order_matters() && !write::round_trips(&machine.graph, root) {
        let mut pickle = machine.graph.bytes;
        pickle.truncate(machine.graph.pickle_len);
        (machine, root) = Machine::read(pickle, Some(Steps::default()))?;
    }
    machine.graph.remove_duplicate_keys();
    Ok((machine.graph, root))
}

pub(super) struct Machine {
    pub(super) input: Input,
    pub(super) graph: Graph,
    stack: Vec<Slot>,
    marks: Vec<Mark>,
    memo: HashMap<usize, Id>,
    /// The nodes of the names in `GLOBAL` and `INST` opcodes, by the bytes of the name.
    names: HashMap<Vec<u8>, Id>,
    /// The classes and functions of a graph with steps, by module and name.
    pub(super) globals: HashMap<(String, String), Id>,
    pub(super) protocol: u8,
    pub(super) changes: Changes,
    /// The value that the previous opcode dropped, if that opcode was a `POP`. `None` if the value became an
    /// [`Update::Set`] of the object below it.
    pub(super) dropped: Option<Slot>,
    pub(super) comparison: Comparison,
}

impl Machine {
    /// Reads a pickle. If `steps` is not `None`, also records the order of the pickle's operations there.
    fn read(pickle: Vec<u8>, steps: Option<Steps>) -> Result<(Self, Id), LoadError> {
        let (input, graph) = Input::of(pickle)?;
        let mut machine = Self {
            input,
            graph: Graph { steps, ..graph },
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            names: HashMap::new(),
            globals: HashMap::new(),
            protocol: 0,
            changes: Changes::default(),
            dropped: None,
            comparison: Comparison::default(),
        };
        let root = machine.run()?;
        machine.graph.protocol = machine.protocol;
        machine.changes.find_dropped_calls(&mut machine.graph, root);
        if let Some(steps) = &mut machine.graph.steps {
            steps.created = machine.graph.nodes.len() as u32;
        }
        Ok((machine, root))
    }

    fn run(&mut self) -> Result<Id, LoadError> {
        loop {
            let start = self.start();
            match self.input.byte(&self.graph)? {
                op::STOP => {
                    self.take_dropped(op::STOP);
                    break;
                }
                opcode => self.step(opcode, start)?,
            }
        }
        let root = self.pop()?;
        // Python, too, ignores the other values on the stack.
        self.marks.clear();
        self.drop_above(0);
        self.graph.pickle_len = self.input.pickle_len();
        Ok(root)
    }

    /// Returns the current position.
    fn start(&self) -> Start {
        Start { pos: self.input.pos, nodes: self.graph.nodes.len() as u32 }
    }

    fn step(&mut self, opcode: u8, start: Start) -> Result<(), LoadError> {
        let dropped = self.take_dropped(opcode);
        match opcode {
            op::PROTO => {
                self.protocol = self.input.byte(&self.graph)?;
                if self.protocol > MAX_PROTOCOL {
                    return Err(LoadError::malformed("the pickle protocol is unknown"));
                }
            }
            op::FRAME => self.input.check_frame(&self.graph)?,

            // `bytes` are read-only already, so the opcode does nothing. For any other value, it is unsupported.
            op::READONLY_BUFFER if self.graph.bytes_of(self.top()?, 0).is_some() => {}

            op::MARK => self.marks.push(Mark { height: self.stack.len(), start }),
            op::POP if self.floor() == self.stack.len() && !self.marks.is_empty() => drop(self.marks.pop()),
            op::POP => self.drop_top()?,
            op::POP_MARK => {
                let mark = self.pop_mark()?;
                self.drop_above(mark.height);
            }
            op::DUP => {
                let top = self.top()?;
                self.graph.memoize(top);
                self.graph.node_mut(top).shared = true;
                self.stack.push(Slot { id: top, is_reference: true, is_updated: false, start, outer: None });
            }

            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => {
                let key = self.memo_key(opcode)?;
                let top = self.top()?;
                self.memo.insert(key, top);
                self.graph.memoize(top);
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let key = self.memo_key(opcode)?;
                let missing = || LoadError::malformed("the pickle reads a memo key that does not exist");
                let id = *self.memo.get(&key).ok_or_else(missing)?;
                self.graph.node_mut(id).shared = true;
                let slot = Slot { id, is_reference: true, is_updated: false, start, outer: None };
                let slot = self.in_place_of(dropped, slot);
                self.stack.push(slot);
            }

            op::APPEND => {
                let value = self.pop()?;
                self.update(Update::Append(vec![value]))?;
            }
            op::APPENDS => {
                let (values, _) = self.pop_to_mark()?;
                self.update(Update::Append(values))?;
            }
            op::SETITEM => {
                let (member, _) = self.pop_many(2)?;
                let member = items(&member)?;
                self.update(Update::SetItems(member))?;
            }
            op::SETITEMS => {
                let (members, _) = self.pop_to_mark()?;
                let members = items(&members)?;
                self.update(Update::SetItems(members))?;
            }
            op::ADDITEMS => {
                let (values, _) = self.pop_to_mark()?;
                self.update(Update::Add(values))?;
            }
            op::BUILD => {
                let state = self.pop()?;
                self.update(Update::Build(state))?;
            }

            _ => {
                let (kind, start) = self.value(opcode, start)?;
                let id = self.add(kind, self.input.pos - start.pos);
                self.mark_integer(id, opcode);
                self.changes.track_new(&self.graph, id);
                self.graph.record_creation(id);
                self.stack.push(Slot { id, is_reference: false, is_updated: false, start, outer: None });
            }
        }
        Ok(())
    }

    /// Returns the value that an opcode creates, and the position of the value's first opcode.
    fn value(&mut self, opcode: u8, start: Start) -> Result<(Kind, Start), LoadError> {
        let (input, graph) = (&mut self.input, &mut self.graph);
        let leaf = match opcode {
            op::NONE => Kind::None,
            op::NEWTRUE => Kind::Bool(true),
            op::NEWFALSE => Kind::Bool(false),

            op::INT => input.int_line(graph)?,
            op::LONG => input.long_line(graph)?,
            op::BININT => Kind::Int(i32::from_le_bytes(input.array(graph)?).into()),
            op::BININT1 => Kind::Int(input.byte(graph)?.into()),
            op::BININT2 => Kind::Int(u16::from_le_bytes(input.array(graph)?).into()),
            op::LONG1 => input.integer::<1>(graph)?,
            op::LONG4 => input.integer::<4>(graph)?,
            op::FLOAT => input.float_line(graph)?,
            op::BINFLOAT => Kind::Float(f64::from_be_bytes(input.array(graph)?)),

            op::UNICODE => input.raw_unicode_escape_line(graph)?,
            op::BINUNICODE => input.counted_str::<4>(graph)?,
            op::SHORT_BINUNICODE => input.counted_str::<1>(graph)?,
            op::BINUNICODE8 => input.counted_str::<8>(graph)?,
            op::STRING => input.repr_line(graph)?,
            op::BINSTRING => input.counted_python2_str::<4>(graph)?,
            op::SHORT_BINSTRING => input.counted_python2_str::<1>(graph)?,
            op::BINBYTES => Kind::Bytes(input.counted::<4>(graph)?),
            op::SHORT_BINBYTES => Kind::Bytes(input.counted::<1>(graph)?),
            op::BINBYTES8 => Kind::Bytes(input.counted::<8>(graph)?),
            op::BYTEARRAY8 => Kind::ByteArray(input.counted::<8>(graph)?),

            op::EMPTY_LIST => Kind::List(Vec::new()),
            op::EMPTY_TUPLE => Kind::Tuple(Vec::new()),
            op::EMPTY_DICT => Kind::Dict(Vec::new()),
            op::EMPTY_SET => Kind::Set(Vec::new()),
            op::GLOBAL => self.global()?,

            _ => return self.compound(opcode),
        };
        Ok((leaf, start))
    }

    /// Returns the value that an opcode creates from values on the stack, and the position of the created value's first
    /// opcode.
    fn compound(&mut self, opcode: u8) -> Result<(Kind, Start), LoadError> {
        Ok(match opcode {
            op::LIST => self.pop_to_mark().map(|(parts, start)| (Kind::List(parts), start))?,
            op::TUPLE => self.pop_to_mark().map(|(parts, start)| (Kind::Tuple(parts), start))?,
            op::TUPLE1 => self.pop_many(1).map(|(parts, start)| (Kind::Tuple(parts), start))?,
            op::TUPLE2 => self.pop_many(2).map(|(parts, start)| (Kind::Tuple(parts), start))?,
            op::TUPLE3 => self.pop_many(3).map(|(parts, start)| (Kind::Tuple(parts), start))?,
            op::DICT => {
                let (flat, start) = self.pop_to_mark()?;
                let items = items(&flat)?;
                self.check_hashable(items.iter().map(|&(key, _)| key))?;
                (Kind::Dict(items), start)
            }
            op::FROZENSET => {
                let (parts, start) = self.pop_to_mark()?;
                self.check_hashable(parts.iter().copied())?;
                (Kind::FrozenSet(parts), start)
            }
            _ => self.object(opcode)?,
        })
    }

    pub(super) fn name(&mut self, name: &str) -> Id {
        if let Some(&id) = self.names.get(name.as_bytes()) {
            return id;
        }
        let span = self.graph.store(name.as_bytes());
        let id = self.graph.add(Kind::Str(span), name.len());
        self.graph.memoize(id);
        self.names.insert(name.as_bytes().to_vec(), id);
        id
    }

    fn memo_key(&mut self, opcode: u8) -> Result<usize, LoadError> {
        match opcode {
            op::MEMOIZE => Ok(self.memo.len()),
            op::BINPUT | op::BINGET => self.input.length::<1>(&self.graph),
            op::LONG_BINPUT | op::LONG_BINGET => self.input.length::<4>(&self.graph),
            _ => self.input.memo_key_line(&self.graph),
        }
    }

    /// Returns the stack index of the lowest value that opcodes can reach: the one directly above the last mark.
    fn floor(&self) -> usize {
        self.marks.last().map_or(0, |mark| mark.height)
    }

    /// Pops `count` values. Returns them, and the position of the first opcode of the lowest value.
    pub(super) fn pop_many(&mut self, count: usize) -> Result<(Vec<Id>, Start), LoadError> {
        match self.stack.len().checked_sub(count) {
            Some(at) if at >= self.floor() => {
                let start = self.stack.get(at).map_or_else(|| self.start(), |slot| slot.start);
                Ok((self.stack.drain(at..).map(|slot| slot.id).collect(), start))
            }
            _ => Err(stack_underflow()),
        }
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<(Vec<Id>, Start), LoadError> {
        let mark = self.pop_mark()?;
        Ok((self.stack.drain(mark.height..).map(|slot| slot.id).collect(), mark.start))
    }

    fn pop_mark(&mut self) -> Result<Mark, LoadError> {
        self.marks.pop().ok_or_else(|| LoadError::malformed("the stack has no mark"))
    }

    /// Drops the values above the lowest `height` values of the stack.
    fn drop_above(&mut self, height: usize) {
        for slot in self.stack.drain(height..) {
            self.changes.track_dropped(&self.graph, slot);
        }
    }

    fn pop(&mut self) -> Result<Id, LoadError> {
        self.pop_slot().map(|slot| slot.id)
    }

    pub(super) fn pop_slot(&mut self) -> Result<Slot, LoadError> {
        let slot = self.top_slot()?;
        self.stack.pop();
        Ok(slot)
    }

    fn top(&self) -> Result<Id, LoadError> {
        self.top_slot().map(|slot| slot.id)
    }

    pub(super) fn top_slot(&self) -> Result<Slot, LoadError> {
        self.stack[self.floor()..].last().copied().ok_or_else(stack_underflow)
    }

    /// Updates the fields `size` and `filled` of a node that the current opcode extends.
    pub(super) fn update_size(&mut self, slot: Slot) {
        let Slot { id, start, .. } = slot;
        let nodes = self.graph.nodes.len() as u32;
        let size = (self.input.pos - start.pos) as u32;
        let node = self.graph.node_mut(id);
        node.filled = nodes;
        node.size = node.size.max(size);
    }

    /// Updates the value on top of the stack.
    fn update(&mut self, update: Update) -> Result<(), LoadError> {
        let slot = self.top_slot()?;
        if self.graph.is_empty_update(slot.id, &update) {
            return Ok(());
        }
        match (self.graph.kind(slot.id), &update) {
            (Kind::Dict(_), Update::SetItems(items)) => {
                self.check_hashable(items.iter().map(|&(key, _)| key))?
            }
            (Kind::Set(_), Update::Add(parts)) => self.check_hashable(parts.iter().copied())?,
            _ => {}
        }
        self.changes.track_change(&mut self.graph, slot.id, slot.is_reference);
        self.changes.track_update(&self.graph, slot.id, &update);
        self.update_size(slot);
        self.graph.record_update(slot.id, &update);
        if let Some(slot) = self.stack.last_mut() {
            slot.is_updated = true;
        }
        if self.graph.appends_bytes(slot.id, &update) {
            self.changes.track_appended_bytes(&mut self.graph, slot.id);
            return Ok(());
        }
        if matches!(self.graph.kind(slot.id), Kind::Global(_)) {
            self.changes.track_update_of_global();
            return Ok(());
        }
        if let Some(new) = self.graph.new_elements(slot.id, &update) {
            if let Kind::List(parts) = self.updated_mut(slot) {
                new.into_iter().for_each(|(index, element)| parts[index] = element);
            }
            return Ok(());
        }
        match (self.updated_mut(slot), update) {
            (Kind::List(elements), Update::Append(values)) => elements.extend(values),
            (Kind::Dict(items), Update::SetItems(members)) => items.extend(members),
            (Kind::Set(elements), Update::Add(values)) => elements.extend(values),
            (Kind::Object(object), update) => object.update(update),
            (_, update) => return Err(LoadError::malformed(update.refusal())),
        }
        Ok(())
    }

    fn check_hashable(&self, mut ids: impl Iterator<Item = Id>) -> Result<(), LoadError> {
        if ids.all(|id| self.graph.node(id).is_hashable) {
            Ok(())
        } else {
            Err(LoadError::malformed("a dict key or set element is not hashable"))
        }
    }
}

/// Turns a list of alternating keys and values into pairs.
fn items(flat: &[Id]) -> Result<Vec<(Id, Id)>, LoadError> {
    let (pairs, rest) = flat.as_chunks();
    if rest.is_empty() {
        Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
    } else {
        Err(LoadError::malformed("a dict key has no value"))
    }
}

fn stack_underflow() -> LoadError {
    LoadError::malformed("the stack has too few values")
}
