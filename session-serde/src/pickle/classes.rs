//! Recognition of objects of Python's built-in classes and standard library. The pickle protocols write them in
//! different forms.

use std::borrow::Cow;

use super::graph::Graph;
use super::kind::{Global, Id, Kind, Make, Object, Update};
use super::{MAX_NAME_LEN, names, wtf8};

/// The maximum length of a name in an error, in characters.
const MAX_SHOWN: usize = 100;

/// The maximum nesting depth of a class whose name is shown in an error.
const MAX_NESTED: usize = 100;

impl Graph {
    fn object(&self, id: Id) -> Option<&Object> {
        match self.kind(id) {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Returns the module and the name that a class or function has in Python 3.
    pub(super) fn names(&self, id: Id) -> Option<(&str, &str)> {
        let Kind::Global(Global { module, name, python2 }) = *self.kind(id) else { return None };
        let names = (self.str(module)?, self.str(name)?);
        Some(if python2 { names::to_python3(names) } else { names })
    }

    /// Returns the callable and the arguments of an object that is created by a call and not updated afterwards.
    pub(super) fn call(&self, id: Id) -> Option<((&str, &str), &[Id])> {
        let is_final = self.object(id)?.updates.is_empty() && !self.node(id).has_other_update;
        if is_final { self.creating_call(id) } else { None }
    }

    /// Returns the callable and the arguments of an object that is created by a call, whatever updates follow.
    fn creating_call(&self, id: Id) -> Option<((&str, &str), &[Id])> {
        let Make::Reduce { callable, args } = self.object(id)?.make else { return None };
        Some((self.names(callable)?, self.tuple(args)?))
    }

    /// Returns the class and the state of an object that is created without arguments. Returns `None` unless a `BUILD`
    /// with the state is the only update of the object.
    pub(super) fn instance(&self, id: Id) -> Option<((&str, &str), Id)> {
        let object = self.object(id)?;
        let [Update::Build(state)] = object.updates[..] else { return None };
        if self.node(id).has_other_update || self.node(state).has_other_update {
            return None;
        }
        let class = match object.make {
            Make::New { class, args } if self.tuple(args)?.is_empty() => class,
            // Protocols 0 and 1 have no `NEWOBJ`, so they call a function of `copyreg`.
            Make::Reduce { callable, args } => match (self.names(callable)?, self.tuple(args)?) {
                (("copyreg", "_reconstructor"), &[class, ..]) | (("copyreg", "__newobj__"), &[class]) => {
                    class
                }
                _ => return None,
            },
            _ => return None,
        };
        // If the pickle changes the state after the `BUILD`, it is unknown which items the object received.
        let is_complete = !self.node(state).has_late_change;
        is_complete.then_some((self.names(class)?, state))
    }

    /// Returns the contents of a `bytes` object of any protocol. Contents of more than `max` bytes may be truncated,
    /// but never to `max` bytes or fewer.
    pub(super) fn bytes_of(&self, id: Id, max: usize) -> Option<Cow<'_, [u8]>> {
        if let Kind::Bytes(span) | Kind::Python2Bytes(span) = *self.kind(id) {
            return Some(self.slice(span).into());
        }
        match self.call(id)? {
            (("builtins", "bytes"), []) => Some(Cow::default()),
            (("_codecs", "encode"), &[text, codec]) => self.latin1(text, codec, max).map(Cow::Owned),
            _ => None,
        }
    }

    /// Returns the contents of a `bytearray` object of any protocol, truncated as by [`Self::bytes_of`].
    pub(super) fn bytearray_of(&self, id: Id, max: usize) -> Option<Cow<'_, [u8]>> {
        if let Kind::ByteArray(span) = *self.kind(id) {
            return Some(self.slice(span).into());
        }
        match self.call(id)? {
            (("builtins", "bytearray"), []) => Some(Cow::default()),
            (("builtins", "bytearray"), &[bytes]) => self.bytes_of(bytes, max),
            (("builtins", "bytearray"), &[text, codec]) => self.latin1(text, codec, max).map(Cow::Owned),
            _ => None,
        }
    }

    fn latin1(&self, text: Id, codec: Id, max: usize) -> Option<Vec<u8>> {
        let is_latin1 = matches!(self.str_bytes(codec)?, b"latin1" | b"latin-1");
        if is_latin1 { self.latin1_bytes(text, max) } else { None }
    }

    /// Returns a `str` encoded as Latin-1, cut after `max + 1` bytes. The limit bounds the work if many values share a
    /// long string.
    pub(super) fn latin1_bytes(&self, text: Id, max: usize) -> Option<Vec<u8>> {
        let codes = wtf8::code_points(self.str_bytes(text)?).take(max.saturating_add(1));
        codes.map(|code| u8::try_from(code).ok()).collect()
    }

    /// Returns the elements of a set that a call creates. `class` is the called class: `set` or `frozenset`. Protocols
    /// below 4 write sets in this form.
    pub(super) fn set_of(&self, id: Id, class: &str) -> Option<&[Id]> {
        let (("builtins", name), &[list]) = self.call(id)? else { return None };
        let Kind::List(parts) = self.kind(list) else { return None };
        // A list that grows after the call has elements that the set does not have.
        (name == class && self.node(list).filled <= id.0 && !self.node(list).has_other_update)
            .then_some(parts)
    }

    /// Returns whether an object is created by a call for which later protocols have an opcode: a set, frozenset,
    /// `bytes` or `bytearray`.
    pub(super) fn has_opcode(&self, id: Id) -> bool {
        self.is_mutable_builtin(id)
            || self.bytes_of(id, 0).is_some()
            || self.set_of(id, "frozenset").is_some()
    }

    /// Returns whether a value is a `bytearray`, or a call that creates a set or a `bytearray`.
    pub(super) fn is_mutable_builtin(&self, id: Id) -> bool {
        self.bytearray_of(id, 0).is_some() || self.set_of(id, "set").is_some()
    }

    /// Returns the name of a value's class, for an error or for the label of a key.
    pub(super) fn class_name(&self, id: Id) -> String {
        match self.kind(id) {
            Kind::None => "NoneType".into(),
            Kind::Bool(_) => "bool".into(),
            Kind::Int(_) | Kind::Long(_) => "int".into(),
            Kind::Float(_) => "float".into(),
            Kind::Str(_) | Kind::Python2Str(_) => "str".into(),
            Kind::Bytes(_) | Kind::Python2Bytes(_) => "bytes".into(),
            Kind::ByteArray(_) => "bytearray".into(),
            Kind::Tuple(_) => "tuple".into(),
            Kind::List(_) => "list".into(),
            Kind::Dict(_) => "dict".into(),
            Kind::Set(_) => "set".into(),
            Kind::FrozenSet(_) => "frozenset".into(),
            Kind::Global(_) => "type".into(),
            // Below protocol 3, bytes are written as a call, usually to `_codecs.encode`.
            Kind::Object(_) if self.bytes_of(id, 0).is_some() => "bytes".into(),
            Kind::Object(object) => {
                let class = match object.make {
                    Make::Reduce { callable, args } => self.real_class(callable, args).unwrap_or(callable),
                    Make::New { class, .. } | Make::NewEx { class, .. } | Make::Instance { class, .. } => {
                        class
                    }
                };
                self.global_name(class).unwrap_or_else(|| "object".into())
            }
        }
    }

    /// Returns the class of an object that a function of `copyreg` or a `functools.partial` creates. Older protocols
    /// make such a call where later protocols have an opcode.
    fn real_class(&self, callable: Id, args: Id) -> Option<Id> {
        match self.names(callable) {
            Some(("copyreg", _)) => self.tuple(args)?.first().copied(),
            Some(_) => None,
            // `functools.partial(class.__new__, class, *args, **kwargs)()`
            None => match self.object(callable)?.updates[..] {
                [Update::Build(state)] => self.tuple(*self.tuple(state)?.get(1)?)?.first().copied(),
                _ => None,
            },
        }
    }

    /// Returns the name of a class or function; `None` for other values, and for a name that is too long or nested too
    /// deeply.
    pub(super) fn global_name(&self, id: Id) -> Option<String> {
        let (mut outermost, mut inner, mut left) = (id, Vec::new(), MAX_NAME_LEN);
        let (module, name) = loop {
            if let Some(names) = self.names(outermost) {
                break names;
            }
            // Below protocol 4, a nested class is written as `getattr(outer, name)`.
            // An update of the class does not change its name.
            let (("builtins", "getattr"), &[outer, name]) = self.creating_call(outermost)? else {
                return None;
            };
            outermost = outer;
            // Many values may share a long string, so don't decode a string that is too long for a name.
            left = left.checked_sub(self.str_bytes(name)?.len()).filter(|_| inner.len() < MAX_NESTED)?;
            inner.push(self.str(name)?);
        };
        let module = if module == "builtins" { None } else { Some(module) };
        let parts: Vec<&str> = module.into_iter().chain([name]).chain(inner.into_iter().rev()).collect();
        let name = parts.join(".");
        // The pickle of a `ZoneInfo` calls the method `_unpickle` of the class. Return the name of the class.
        let name = name.strip_suffix("._unpickle").unwrap_or(&name);
        let shown = |char: char| if char.is_alphanumeric() || "._<>".contains(char) { char } else { '?' };
        Some(name.chars().take(MAX_SHOWN).map(shown).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regression: all calls in an object's `outer` were visited again for each key or value that contained the object.
    #[test]
    fn outer_calls_are_not_visited_for_each_use() {
        let mut graph = Graph::default();
        let [module, name] = ["builtins", "bytes"].map(|name| {
            let span = graph.store(name.as_bytes());
            graph.add(Kind::Str(span), 0)
        });
        let class = graph.add(Kind::Global(Global { module, name, python2: false }), 0);
        let args = graph.add(Kind::Tuple(Vec::new()), 0);
        let mut object = Object::new(Make::Reduce { callable: class, args });
        // A visit of this call would panic.
        object.outer.push(Id(u32::MAX));
        let id = graph.add(Kind::Object(Box::new(object)), 0);
        assert_eq!(graph.call(id), Some((("builtins", "bytes"), &[][..])));

        graph.node_mut(id).has_other_update = true;
        assert_eq!(graph.call(id), None);
    }

    /// Regression: for each object made from a shared long string, the whole string was decoded before its length was
    /// checked.
    #[test]
    fn long_latin1_text_is_decoded_up_to_limit() {
        let mut graph = Graph::default();
        // A character that is not Latin-1 shows how far the text is decoded.
        let span = graph.store("\u{e8}\u{e9}abc\u{100}".as_bytes());
        let text = graph.add(Kind::Str(span), 0);
        assert_eq!(graph.latin1_bytes(text, 4).as_deref(), Some(&b"\xe8\xe9abc"[..]));
        assert_eq!(graph.latin1_bytes(text, 5), None);
    }
}
