//! From pickle to JSON text: the stack machine of Python's `pickle`, without all that is not data.

use std::collections::HashMap;
use std::rc::Rc;

use num_bigint::BigInt;
use serde::Serialize;
use session_core::json;

use super::graph::{Graph, Id, Node};
use super::input::Input;
use super::{MAX_DIGITS, opcodes as op};
use crate::error::LoadError;

const MAX_PROTOCOL: u8 = 5;

/// Bytes of JSON text that any pickle may expand to, however small.
const MAX_EXPANDED: usize = 1 << 20;

/// Bytes of JSON text for each byte of pickle. Only a pickle that uses a value more than once can reach it: at most,
/// `False` is one byte and `false, ` are seven.
const MAX_EXPANSION: usize = 8;

/// The JSON text of a pickle, of any protocol, that holds nothing but data.
pub(super) fn to_json(pickle: &[u8]) -> Result<String, LoadError> {
    let mut machine = Machine {
        input: Input(pickle),
        graph: Graph::default(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    let root = machine.run()?;
    machine.graph.into_json(root, pickle.len().saturating_mul(MAX_EXPANSION).max(MAX_EXPANDED))
}

struct Machine<'p> {
    input: Input<'p>,
    graph: Graph<'p>,
    stack: Vec<Id>,
    /// How high the stack was at each mark. What is below the last one is out of reach.
    marks: Vec<usize>,
    memo: HashMap<usize, Id>,
}

impl<'p> Machine<'p> {
    fn run(&mut self) -> Result<Id, LoadError> {
        loop {
            match self.input.byte()? {
                op::STOP => break,
                opcode => self.step(opcode)?,
            }
        }
        let root = self.pop()?;
        if !self.stack.is_empty() || !self.marks.is_empty() {
            return Err(LoadError::malformed("a pickle of more than one value"));
        }
        if !self.input.0.is_empty() {
            return Err(LoadError::malformed("bytes after the pickle"));
        }
        Ok(root)
    }

    fn step(&mut self, opcode: u8) -> Result<(), LoadError> {
        match opcode {
            op::PROTO => {
                if self.input.byte()? > MAX_PROTOCOL {
                    return Err(LoadError::malformed("an unknown pickle protocol"));
                }
            }
            op::FRAME => self.input.check_frame()?,

            op::MARK => self.marks.push(self.stack.len()),
            op::POP if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            op::POP => drop(self.pop()?),
            op::POP_MARK => drop(self.pop_to_mark()?),
            op::DUP => self.stack.push(self.top()?),

            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => {
                let key = self.memo_key(opcode)?;
                self.memo.insert(key, self.top()?);
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let key = self.memo_key(opcode)?;
                let missing = || LoadError::malformed("a memo entry that does not exist");
                self.stack.push(*self.memo.get(&key).ok_or_else(missing)?);
            }

            op::APPEND => {
                let value = self.pop()?;
                self.list()?.push(value);
            }
            op::APPENDS => {
                let values = self.pop_to_mark()?;
                self.list()?.extend(values);
            }
            op::SETITEM => {
                let member = self.pop_many(2)?;
                let member = self.members(&member)?;
                self.dict()?.extend(member);
            }
            op::SETITEMS => {
                let members = self.pop_to_mark()?;
                let members = self.members(&members)?;
                self.dict()?.extend(members);
            }

            _ => {
                let node = self.value(opcode)?;
                self.stack.push(self.graph.add(node));
            }
        }
        Ok(())
    }

    /// The value that an opcode makes, if it makes one.
    fn value(&mut self, opcode: u8) -> Result<Node<'p>, LoadError> {
        let input = &mut self.input;
        Ok(match opcode {
            op::NONE => Node::Plain("null".into()),
            op::NEWTRUE => Node::Plain("true".into()),
            op::NEWFALSE => Node::Plain("false".into()),

            op::INT => match input.ascii_line()? {
                "00" => Node::Plain("false".into()),
                "01" => Node::Plain("true".into()),
                text => decimal(text)?,
            },
            op::LONG => {
                let text = input.ascii_line()?;
                decimal(text.strip_suffix('L').unwrap_or(text))?
            }
            op::BININT => plain(&i32::from_le_bytes(input.array()?))?,
            op::BININT1 => plain(&input.byte()?)?,
            op::BININT2 => plain(&u16::from_le_bytes(input.array()?))?,
            op::LONG1 => twos_complement(input.counted::<1>()?)?,
            op::LONG4 => twos_complement(input.counted::<4>()?)?,

            op::FLOAT => {
                let value = input.ascii_line()?.parse();
                float(value.map_err(|_| LoadError::malformed("a float that is no number"))?)?
            }
            op::BINFLOAT => float(f64::from_be_bytes(input.array()?))?,

            op::UNICODE => text(&input.raw_unicode_escape_line()?)?,
            op::BINUNICODE => text(input.counted_utf8::<4>()?)?,
            op::SHORT_BINUNICODE => text(input.counted_utf8::<1>()?)?,
            op::BINUNICODE8 => text(input.counted_utf8::<8>()?)?,
            op::STRING => text(&input.repr_line()?)?,
            op::BINSTRING => text(input.counted_ascii::<4>()?)?,
            op::SHORT_BINSTRING => text(input.counted_ascii::<1>()?)?,

            op::EMPTY_LIST => Node::List(Vec::new()),
            op::LIST => Node::List(self.pop_to_mark()?),
            op::EMPTY_TUPLE => Node::Tuple(Vec::new()),
            op::TUPLE => Node::Tuple(self.pop_to_mark()?),
            op::TUPLE1 => Node::Tuple(self.pop_many(1)?),
            op::TUPLE2 => Node::Tuple(self.pop_many(2)?),
            op::TUPLE3 => Node::Tuple(self.pop_many(3)?),
            op::EMPTY_DICT => Node::Dict(Vec::new()),
            op::DICT => {
                let members = self.pop_to_mark()?;
                Node::Dict(self.members(&members)?)
            }

            _ => return Err(op::refusal(opcode)),
        })
    }

    fn memo_key(&mut self, opcode: u8) -> Result<usize, LoadError> {
        match opcode {
            op::MEMOIZE => Ok(self.memo.len()),
            op::BINPUT | op::BINGET => self.input.length::<1>(),
            op::LONG_BINPUT | op::LONG_BINGET => self.input.length::<4>(),
            _ => {
                let key = self.input.ascii_line()?.parse();
                key.map_err(|_| LoadError::malformed("a memo key that is no number"))
            }
        }
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, LoadError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count) {
            Some(at) if at >= floor => Ok(self.stack.drain(at..).collect()),
            _ => Err(LoadError::malformed("a pickle that takes a value where there is none")),
        }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>, LoadError> {
        let at = self.marks.pop().ok_or_else(|| LoadError::malformed("a pickle that lacks a mark"))?;
        Ok(self.stack.drain(at..).collect())
    }

    fn pop(&mut self) -> Result<Id, LoadError> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    fn top(&self) -> Result<Id, LoadError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = self.stack[floor..].last().copied();
        top.ok_or_else(|| LoadError::malformed("a pickle that takes a value where there is none"))
    }

    fn list(&mut self) -> Result<&mut Vec<Id>, LoadError> {
        let top = self.top()?;
        match self.graph.get_mut(top) {
            Node::List(values) => Ok(values),
            _ => Err(LoadError::malformed("a pickle that appends to what is no list")),
        }
    }

    fn dict(&mut self) -> Result<&mut Vec<(Rc<str>, Id)>, LoadError> {
        let top = self.top()?;
        match self.graph.get_mut(top) {
            Node::Dict(members) => Ok(members),
            _ => Err(LoadError::malformed("a pickle that sets an item of what is no dict")),
        }
    }

    /// Keys and values by turns.
    fn members(&self, flat: &[Id]) -> Result<Vec<(Rc<str>, Id)>, LoadError> {
        let (pairs, rest) = flat.as_chunks();
        if !rest.is_empty() {
            return Err(LoadError::malformed("a dict key without a value"));
        }
        let not_text = || LoadError::malformed("a dict key that is no string");
        pairs.iter().map(|&[key, value]| Ok((self.graph.text(key).ok_or_else(not_text)?, value))).collect()
    }
}

fn json_text<T: Serialize + ?Sized>(value: &T) -> Result<String, LoadError> {
    json::to_string(value).map_err(|error| LoadError::malformed(error.to_string()))
}

fn plain<'p, T: Serialize>(value: &T) -> Result<Node<'p>, LoadError> {
    Ok(Node::Plain(json_text(value)?.into()))
}

fn text<'p>(value: &str) -> Result<Node<'p>, LoadError> {
    Ok(Node::Text(json_text(value)?.into()))
}

fn float<'p>(value: f64) -> Result<Node<'p>, LoadError> {
    if value.is_finite() {
        plain(&value)
    } else {
        Err(LoadError::malformed("a float that is NaN or infinite"))
    }
}

/// An integer as Python spells it, which is as JSON does.
fn decimal(text: &str) -> Result<Node<'_>, LoadError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() > MAX_DIGITS {
        return Err(too_many_digits());
    }
    let number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !number || digits.is_empty() || (digits.starts_with('0') && text != "0") {
        return Err(LoadError::malformed("an integer that is no number"));
    }
    Ok(Node::Plain(text.into()))
}

/// Little-endian bytes; none are zero.
fn twos_complement<'p>(bytes: &[u8]) -> Result<Node<'p>, LoadError> {
    // A byte is more than two digits. The time to convert them grows with the square of their number.
    if bytes.len() > MAX_DIGITS / 2 {
        return Err(too_many_digits());
    }
    let text = BigInt::from_signed_bytes_le(bytes).to_string();
    if text.trim_start_matches('-').len() > MAX_DIGITS {
        Err(too_many_digits())
    } else {
        Ok(Node::Plain(text.into()))
    }
}

fn too_many_digits() -> LoadError {
    LoadError::malformed("an integer of too many digits")
}
