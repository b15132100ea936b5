//! A toy format with values that JSON cannot hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_core::{Foreign, ForeignEntry, State};

/// The values of the toy format. A JSON value has its exact JSON text. The JSON text of a date is only a substitute. A
/// class and a list have no JSON text.
#[derive(Default)]
pub(crate) struct Toy {
    nodes: Vec<Node>,
    /// Number of calls of [`Foreign::json`].
    pub(crate) json_calls: AtomicUsize,
}

#[derive(Clone)]
pub(crate) enum Node {
    /// The JSON text.
    Json(String),
    /// The JSON text that is read in place of the date.
    Date(&'static str),
    /// The cause that errors give.
    Class(&'static str),
    /// The numbers of the nodes that are the elements.
    List(Vec<u32>),
}

impl Foreign for Toy {
    fn json(&self, value: u32) -> Result<&str, &str> {
        self.json_calls.fetch_add(1, Ordering::Relaxed);
        match &self.nodes[value as usize] {
            Node::Json(text) => Ok(text),
            Node::Date(text) => Ok(text),
            Node::Class(name) => Err(name),
            Node::List(_) => Err("a toy list"),
        }
    }

    fn is_json(&self, value: u32) -> bool {
        matches!(self.nodes[value as usize], Node::Json(_))
    }

    fn size(&self, _: u32) -> usize {
        7
    }

    fn elements(&self, value: u32) -> Option<Vec<u32>> {
        match &self.nodes[value as usize] {
            Node::List(elements) => Some(elements.clone()),
            _ => None,
        }
    }

    fn copy(&self) -> Box<dyn Foreign> {
        Box::new(Self { nodes: self.nodes.clone(), ..Self::default() })
    }

    fn push_element(&mut self, list: u32, element: &str, _: bool) -> Option<u32> {
        let mut elements = self.elements(list)?;
        elements.push(self.nodes.len() as u32);
        self.nodes.push(Node::Json(element.to_owned()));
        self.nodes.push(Node::List(elements));
        Some(self.nodes.len() as u32 - 1)
    }
}

/// Creates a state with the given names and values. The number of the first value is 0, and the keys are numbered after
/// all values. A name that begins with a colon stands for a key that is not text. The rest of this name is both the
/// JSON text of the key and the label that is shown for it.
pub(crate) fn state(entries: &[(&str, Node)]) -> State {
    let values = entries.iter().map(|(_, node)| node.clone());
    let keys = entries.iter().map(|(name, _)| match name.strip_prefix(':') {
        Some(label) => json(label),
        None => json(&format!("\"{name}\"")),
    });
    let values = Toy { nodes: values.chain(keys).collect(), ..Toy::default() };
    let entries = entries.iter().zip(0..).map(|((name, _), value)| {
        let name = name.strip_prefix(':').map_or(Ok((*name).to_owned()), |label| Err(label.to_owned()));
        ForeignEntry { key: value + entries.len() as u32, value, name }
    });
    State::from_foreign(Arc::new(values), entries)
}

pub(crate) fn json(text: &str) -> Node {
    Node::Json(text.to_owned())
}

pub(crate) const CLASS: Node = Node::Class("the Python class `app.Cart`");
