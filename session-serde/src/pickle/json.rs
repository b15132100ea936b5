//! The JSON text of a value.

use session_core::json;

use super::graph::Graph;
use super::kind::{Id, Kind};
use super::texts::Text;
use super::{too_many_digits, write, wtf8};

/// The size that the JSON text of a value may have, even if the pickle is small.
const MIN_LIMIT: usize = 64 * 1024;

/// The size that the JSON text of a value may have for each byte of [`Graph::text_len`]. Because of escapes, a JSON
/// text can be longer than the pickle.
const LIMIT_PER_BYTE: usize = 8;

impl Graph {
    /// Creates the JSON text of a key or value of an entry, of at most `limit` bytes.
    pub(super) fn entry_text(&self, id: Id, limit: usize) -> Text {
        self.text(id, json::MAX_VALUE_DEPTH, limit)
    }

    /// Returns the maximum size of the JSON text of one value.
    pub(super) fn text_limit(&self) -> usize {
        MIN_LIMIT.max(LIMIT_PER_BYTE * self.text_len())
    }

    /// Creates the JSON text of a value, of at most `limit` bytes and `max_depth` levels.
    pub(super) fn text(&self, id: Id, max_depth: usize, limit: usize) -> Text {
        let mut writer =
            Writer { graph: self, out: Vec::new(), path: Vec::new(), is_exact: true, limit, max_depth };
        let result = writer.value(id);
        let written = writer.out.len();
        let json = result.and_then(|()| {
            let text =
                String::from_utf8(writer.out).map_err(|_| "a string that is not Unicode".to_owned())?;
            Ok(text.into_boxed_str())
        });
        Text { json: json.map_err(String::into_boxed_str), is_exact: writer.is_exact, written }
    }
}

struct Writer<'g> {
    graph: &'g Graph,
    out: Vec<u8>,
    /// The containers around the current value.
    path: Vec<Id>,
    is_exact: bool,
    limit: usize,
    max_depth: usize,
}

impl Writer<'_> {
    fn value(&mut self, id: Id) -> Result<(), String> {
        self.check_limit()?;
        let graph = self.graph;
        match graph.kind(id) {
            Kind::None => self.raw("null"),
            Kind::Bool(value) => self.raw(if *value { "true" } else { "false" }),
            Kind::Int(value) => self.raw(&value.to_string()),
            Kind::Long(span) => {
                // An integer has more digits than bytes, so this check never refuses a text that fits. Many values may
                // share a long integer, so don't convert it before the check.
                self.check_room(span.len())?;
                let text = write::decimal(graph.slice(*span));
                self.raw(&text.ok_or_else(too_many_digits)?);
            }
            Kind::Float(value) => json::write_f64(&mut self.out, *value),
            Kind::Str(span) | Kind::Python2Str(span) => self.str(graph.slice(*span))?,
            Kind::List(parts) | Kind::Tuple(parts) => self.array(id, parts)?,
            Kind::Set(parts) | Kind::FrozenSet(parts) => {
                self.is_exact = false;
                self.array(id, parts)?;
            }
            Kind::Dict(items) => self.object(id, items)?,
            Kind::Bytes(_) | Kind::Python2Bytes(_) | Kind::ByteArray(_) | Kind::Object(_) => {
                self.known_object(id)?
            }
            Kind::Global(_) => return Err(self.class_of(id)),
        }
        self.check_limit()
    }

    /// Writes an object of one of the Python classes that have an obvious form in JSON.
    fn known_object(&mut self, id: Id) -> Result<(), String> {
        self.is_exact = false;
        let graph = self.graph;
        if matches!(graph.kind(id), Kind::ByteArray(_)) && graph.node(id).has_other_update {
            return Err(changed_by_call());
        }
        if let Some(bytes) = graph.bytes_of(id, self.limit).or_else(|| graph.bytearray_of(id, self.limit)) {
            if bytes.len() > self.limit {
                return Err(too_long());
            }
            self.raw("[");
            for (i, byte) in bytes.iter().enumerate() {
                self.raw(if i > 0 { ", " } else { "" });
                self.raw(&byte.to_string());
            }
            self.raw("]");
        } else if let Some(parts) = graph.set_of(id, "set").or_else(|| graph.set_of(id, "frozenset")) {
            self.array(id, parts)?;
        } else if let Some((("decimal", "Decimal"), &[text])) = graph.call(id) {
            self.str(graph.str_bytes(text).ok_or_else(|| self.class_of(id))?)?;
        } else if let Some(number) = graph.timedelta(id) {
            self.raw(&number);
        } else {
            let text = graph.iso8601(id).or_else(|| graph.uuid(id)).ok_or_else(|| self.class_of(id))?;
            self.str(text.as_bytes())?;
        }
        Ok(())
    }

    fn class_of(&self, id: Id) -> String {
        let culprit = self.graph.unknown_zone(id).unwrap_or(id);
        match self.graph.global_name(culprit) {
            Some(name) => format!("the Python class or function `{name}`"),
            None => format!("the Python class `{}`", self.graph.class_name(culprit)),
        }
    }

    fn array(&mut self, id: Id, parts: &[Id]) -> Result<(), String> {
        self.enter(id)?;
        self.raw("[");
        for (i, &part) in parts.iter().enumerate() {
            self.raw(if i > 0 { ", " } else { "" });
            self.value(part)?;
        }
        self.raw("]");
        self.path.pop();
        Ok(())
    }

    fn object(&mut self, id: Id, items: &[(Id, Id)]) -> Result<(), String> {
        self.enter(id)?;
        self.raw("{");
        for (i, &(key, value)) in items.iter().enumerate() {
            self.raw(if i > 0 { ", " } else { "" });
            let key = self.graph.str_bytes(key).ok_or("a Python dict whose keys are not strings")?;
            self.str(key)?;
            self.raw(": ");
            self.value(value)?;
        }
        self.raw("}");
        self.path.pop();
        Ok(())
    }

    fn enter(&mut self, id: Id) -> Result<(), String> {
        if self.graph.node(id).has_other_update {
            return Err(changed_by_call());
        }
        if self.path.contains(&id) {
            return Err("a value that contains itself".to_owned());
        }
        if self.path.len() == self.max_depth {
            return Err(format!("more than {} levels of nesting", self.max_depth));
        }
        self.path.push(id);
        Ok(())
    }

    fn check_limit(&self) -> Result<(), String> {
        if self.out.len() > self.limit { Err(too_long()) } else { Ok(()) }
    }

    /// Checks that the limit leaves room for more than `length` bytes.
    fn check_room(&self, length: usize) -> Result<(), String> {
        if length >= self.limit.saturating_sub(self.out.len()) { Err(too_long()) } else { Ok(()) }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes a string with the escapes of Python's `json`. Each surrogate becomes one escape.
    fn str(&mut self, text: &[u8]) -> Result<(), String> {
        // Many values may share a long string, so don't write it before the check. The quotes need room, too.
        self.check_room(text.len())?;
        if let Ok(text) = str::from_utf8(text) {
            // Writing a `str` does not fail.
            let _ = json::write(&mut self.out, text);
            return Ok(());
        }
        self.raw("\"");
        let mut after_high = false;
        for code in wtf8::code_points(text) {
            // A JSON reader turns a pair of surrogates into one character, so a text with a pair is not exact.
            self.is_exact &= !(after_high && (0xdc00..0xe000).contains(&code));
            after_high = (0xd800..0xdc00).contains(&code);
            match char::from_u32(code) {
                Some(char) => {
                    let quote = self.out.len();
                    let _ = json::write(&mut self.out, &char);
                    self.out.pop();
                    self.out.remove(quote);
                }
                None => self.raw(&format!("\\u{code:04x}")),
            }
        }
        self.raw("\"");
        Ok(())
    }
}

fn changed_by_call() -> String {
    "a value that a call of the pickle may have changed".to_owned()
}

fn too_long() -> String {
    "shared values that expand to too much text".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_limit_length_is_written() {
        let mut graph = Graph::default();
        let span = graph.store(b"text");
        let string = graph.add(Kind::Str(span), 0);
        let list = graph.add(Kind::List(vec![string]), 0);
        for (id, text) in [(string, "\"text\""), (list, "[\"text\"]")] {
            let text_within = |limit| graph.text(id, 9, limit).json.ok();
            assert_eq!(text_within(text.len()).as_deref(), Some(text));
            assert_eq!(text_within(text.len() - 1), None);
        }
    }

    /// Regression: a string or integer was written before its length was checked. If many keys contained a long one, it
    /// was written once for each key.
    #[test]
    fn text_beyond_limit_is_not_written() {
        const LIMIT: usize = 20;
        let mut graph = Graph::default();
        let (long, short) = (graph.store(&[b'a'; 100]), graph.store(&[b'b'; 15]));
        let surrogates = graph.store(&b"\xed\xa0\x80".repeat(20));
        let strings = [long, short, surrogates].map(|span| graph.add(Kind::Str(span), 0));
        let bytes = graph.add(Kind::Bytes(long), 0);
        let integer = graph.add(Kind::Long(long), 0);
        let tuples = strings.map(|string| graph.add(Kind::Tuple(vec![strings[1], string]), 0));
        for id in [strings[0], strings[2], bytes, integer].into_iter().chain(tuples) {
            let mut writer = Writer {
                graph: &graph,
                out: Vec::new(),
                path: Vec::new(),
                is_exact: true,
                limit: LIMIT,
                max_depth: 9,
            };
            assert_eq!(writer.value(id), Err(too_long()));
            assert!(writer.out.len() <= LIMIT, "{} bytes", writer.out.len());
        }
    }
}
