//! What a pickle has built, and its JSON text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use session_core::json::MAX_DEPTH;

use crate::error::LoadError;

/// The values that a pickle has made.
///
/// A container names its parts by their place, as Python does by reference: one that is shared is stored once, and
/// what is added to it later is seen wherever it is.
#[derive(Default)]
pub(super) struct Graph<'p> {
    nodes: Vec<Node<'p>>,
}

/// The place of a node.
#[derive(Clone, Copy)]
pub(super) struct Id(usize);

pub(super) enum Node<'p> {
    /// The JSON text of a number, `null`, `true` or `false`.
    Plain(Cow<'p, str>),
    /// The JSON text of a string.
    Text(Rc<str>),
    List(Vec<Id>),
    /// JSON has none, but nothing can be appended to it.
    Tuple(Vec<Id>),
    /// The keys as in [`Node::Text`].
    Dict(Vec<(Rc<str>, Id)>),
}

/// The room that the JSON text of a node takes.
#[derive(Clone, Copy)]
struct Extent {
    bytes: usize,
    /// Levels of what is within it.
    height: usize,
}

impl<'p> Graph<'p> {
    pub(super) fn add(&mut self, node: Node<'p>) -> Id {
        self.nodes.push(node);
        Id(self.nodes.len() - 1)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> &mut Node<'p> {
        &mut self.nodes[id.0]
    }

    /// The JSON text of a string, which is what a dict's key has to be.
    pub(super) fn text(&self, id: Id) -> Option<Rc<str>> {
        match &self.nodes[id.0] {
            Node::Text(text) => Some(Rc::clone(text)),
            _ => None,
        }
    }

    /// The JSON text of a node. Its size is known before any of it is written: a few shared lists can stand for more
    /// than there is memory.
    pub(super) fn into_json(mut self, root: Id, max_bytes: usize) -> Result<String, LoadError> {
        for node in &mut self.nodes {
            if let Node::Dict(members) = node {
                drop_doubled_keys(members);
            }
        }
        let mut known = vec![None; self.nodes.len()];
        let Extent { bytes, .. } = self.extent(root, 0, &mut known)?;
        if bytes > max_bytes {
            return Err(LoadError::malformed("the pickle expands to too much"));
        }
        let mut out = String::with_capacity(bytes);
        self.write(root, &mut out);
        Ok(out)
    }

    /// Looks into each node once. A container that holds itself is one that never ends.
    fn extent(&self, id: Id, depth: usize, known: &mut [Option<Extent>]) -> Result<Extent, LoadError> {
        let too_deep = || LoadError::malformed("nested too deeply, or within itself");
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let extent = match known[id.0] {
            Some(extent) => extent,
            None => self.add_up(id, depth, known)?,
        };
        known[id.0] = Some(extent);
        if depth + extent.height > MAX_DEPTH { Err(too_deep()) } else { Ok(extent) }
    }

    fn add_up(&self, id: Id, depth: usize, known: &mut [Option<Extent>]) -> Result<Extent, LoadError> {
        let mut extent = Extent { bytes: 0, height: 0 };
        let mut part = |id: Id, beside: usize| {
            let part = self.extent(id, depth + 1, known)?;
            extent.bytes = extent.bytes.saturating_add(part.bytes).saturating_add(beside);
            extent.height = extent.height.max(part.height + 1);
            Ok::<_, LoadError>(())
        };
        // Brackets and a comma with its space are two bytes each; there is one comma less than there are parts.
        match &self.nodes[id.0] {
            Node::Plain(text) => extent.bytes = text.len(),
            Node::Text(text) => extent.bytes = text.len(),
            Node::List(parts) | Node::Tuple(parts) => {
                parts.iter().try_for_each(|&value| part(value, 2))?;
                extent.bytes = extent.bytes.max(2);
            }
            Node::Dict(members) => {
                members.iter().try_for_each(|(key, value)| part(*value, key.len() + 4))?;
                extent.bytes = extent.bytes.max(2);
            }
        }
        Ok(extent)
    }

    fn write(&self, id: Id, out: &mut String) {
        match &self.nodes[id.0] {
            Node::Plain(text) => out.push_str(text),
            Node::Text(text) => out.push_str(text),
            Node::List(parts) | Node::Tuple(parts) => {
                out.push('[');
                for (i, &value) in parts.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    self.write(value, out);
                }
                out.push(']');
            }
            Node::Dict(members) => {
                out.push('{');
                for (i, (key, value)) in members.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    out.push_str(key);
                    out.push_str(": ");
                    self.write(*value, out);
                }
                out.push('}');
            }
        }
    }
}

/// As in a Python dict, the first of several equal keys gives the place and the last the value.
fn drop_doubled_keys(members: &mut Vec<(Rc<str>, Id)>) {
    let mut places = HashMap::with_capacity(members.len());
    for (key, value) in std::mem::take(members) {
        match places.entry(Rc::clone(&key)) {
            Entry::Occupied(place) => {
                let place: usize = *place.get();
                members[place].1 = value;
            }
            Entry::Vacant(place) => {
                place.insert(members.len());
                members.push((key, value));
            }
        }
    }
}
