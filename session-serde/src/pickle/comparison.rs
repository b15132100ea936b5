//! Comparison of the calls that create the objects of a pickle.

use std::collections::HashMap;

use super::graph::Graph;
use super::kind::{Id, Kind, Make, Object, Update};

/// A comparer of calls, with a limit on the steps of all its comparisons.
///
/// A step is the comparison of one part (such as an argument, an element or a key) or of one byte of text. Many calls
/// can share their arguments, and each comparison visits the arguments again. So all comparisons together are limited
/// to as many steps as the graph has bytes. One comparison alone stays within the limit, because each part and each
/// byte of text takes at least one byte of the pickle.
#[derive(Default)]
pub(super) struct Comparison {
    steps: usize,
}

impl Comparison {
    /// Returns whether two calls have the same callable and equal arguments. Ignores updates of the created objects.
    /// Returns `false` if the comparisons exceed the limit on steps.
    pub(super) fn is_same_call(&mut self, graph: &Graph, one: Id, other: Id) -> bool {
        let (Kind::Object(one), Kind::Object(other)) = (graph.kind(one), graph.kind(other)) else {
            return false;
        };
        let mut pairs = Vec::new();
        self.is_within_limit(graph)
            && push_make(&mut pairs, &one.make, &other.make)
            && self.are_equal(graph, pairs)
    }

    fn are_equal(&mut self, graph: &Graph, mut pairs: Vec<(Id, Id)>) -> bool {
        let mut known = HashMap::new();
        self.steps += pairs.len();
        while let Some((one, other)) = pairs.pop() {
            if one == other {
                continue;
            }
            match known.insert(one, other) {
                Some(before) if before == other => continue,
                // The first call has the same value in two places, and the second call has different values there.
                Some(_) => return false,
                None => {}
            }
            let waiting = pairs.len();
            let is_same = push_parts(&mut pairs, graph, one, other);
            self.steps += pairs.len() - waiting + text_len(graph.kind(one));
            if !is_same || !self.is_within_limit(graph) {
                return false;
            }
        }
        true
    }

    fn is_within_limit(&self, graph: &Graph) -> bool {
        self.steps <= graph.bytes.len()
    }
}

/// Compares two values without their parts, and adds the pairs of parts that remain to be compared. Returns `false` if
/// the values differ.
fn push_parts(pairs: &mut Vec<(Id, Id)>, graph: &Graph, one: Id, other: Id) -> bool {
    match (graph.kind(one), graph.kind(other)) {
        (Kind::None, Kind::None) => true,
        (Kind::Bool(one), Kind::Bool(other)) => one == other,
        (Kind::Int(value), Kind::Int(other_value)) => {
            value == other_value && graph.node(one).has_other_int_type == graph.node(other).has_other_int_type
        }
        (Kind::Float(one), Kind::Float(other)) => one.to_bits() == other.to_bits(),
        (Kind::Long(one), Kind::Long(other))
        | (Kind::Str(one), Kind::Str(other))
        | (Kind::Python2Str(one), Kind::Python2Str(other))
        | (Kind::Python2Bytes(one), Kind::Python2Bytes(other))
        | (Kind::Bytes(one), Kind::Bytes(other))
        | (Kind::ByteArray(one), Kind::ByteArray(other)) => graph.slice(*one) == graph.slice(*other),
        (Kind::Tuple(one), Kind::Tuple(other))
        | (Kind::List(one), Kind::List(other))
        | (Kind::Set(one), Kind::Set(other))
        | (Kind::FrozenSet(one), Kind::FrozenSet(other)) => push_all(pairs, one, other),
        (Kind::Dict(one), Kind::Dict(other)) => push_items(pairs, one, other),
        (Kind::Global(one), Kind::Global(other)) => {
            pairs.extend([(one.module, other.module), (one.name, other.name)]);
            one.python2 == other.python2
        }
        (Kind::Object(one), Kind::Object(other)) => push_object(pairs, one, other),
        _ => false,
    }
}

fn push_object(pairs: &mut Vec<(Id, Id)>, one: &Object, other: &Object) -> bool {
    one.updates.len() == other.updates.len()
        && push_make(pairs, &one.make, &other.make)
        && one.updates.iter().zip(&other.updates).all(|updates| match updates {
            (Update::Append(one), Update::Append(other)) | (Update::Add(one), Update::Add(other)) => {
                push_all(pairs, one, other)
            }
            (Update::SetItems(one), Update::SetItems(other)) => push_items(pairs, one, other),
            (&Update::Build(one), &Update::Build(other)) => push_all(pairs, &[one], &[other]),
            (&Update::Set { setter: one, state }, &Update::Set { setter: other, state: other_state }) => {
                push_all(pairs, &[one, state], &[other, other_state])
            }
            _ => false,
        })
}

fn push_make(pairs: &mut Vec<(Id, Id)>, one: &Make, other: &Make) -> bool {
    match (one, other) {
        (&Make::Reduce { callable: one, args }, &Make::Reduce { callable: other, args: others })
        | (&Make::New { class: one, args }, &Make::New { class: other, args: others }) => {
            push_all(pairs, &[one, args], &[other, others])
        }
        (
            &Make::NewEx { class: one, args, kwargs },
            &Make::NewEx { class: other, args: others, kwargs: other_kwargs },
        ) => push_all(pairs, &[one, args, kwargs], &[other, others, other_kwargs]),
        (Make::Instance { class: one, args }, Make::Instance { class: other, args: others }) => {
            push_all(pairs, &[*one], &[*other]) && push_all(pairs, args, others)
        }
        _ => false,
    }
}

fn push_all(pairs: &mut Vec<(Id, Id)>, one: &[Id], other: &[Id]) -> bool {
    pairs.extend(one.iter().copied().zip(other.iter().copied()));
    one.len() == other.len()
}

/// Returns the number of bytes of text that a comparison of the value compares.
fn text_len(kind: &Kind) -> usize {
    match *kind {
        Kind::Long(span)
        | Kind::Str(span)
        | Kind::Python2Str(span)
        | Kind::Python2Bytes(span)
        | Kind::Bytes(span)
        | Kind::ByteArray(span) => span.len(),
        _ => 0,
    }
}

fn push_items(pairs: &mut Vec<(Id, Id)>, one: &[(Id, Id)], other: &[(Id, Id)]) -> bool {
    pairs.extend(one.iter().zip(other).flat_map(|(one, other)| [(one.0, other.0), (one.1, other.1)]));
    one.len() == other.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::read;

    /// Returns whether the calls that the opcodes `one` and `other` leave on the stack are the same.
    fn is_same(one: &[u8], other: &[u8]) -> bool {
        let pickle = [b"\x80\x02", one, other, b"\x86."].concat();
        let (graph, root) = read::read(pickle).expect("the pickle is read");
        let calls = graph.tuple(root).expect("the root is a tuple");
        Comparison::default().is_same_call(&graph, calls[0], calls[1])
    }

    #[test]
    fn calls_are_same_if_and_only_if_their_arguments_are_equal() {
        // The comments show the values in Python's notation. A statement stands for the object `a = A()` after it.
        #[rustfmt::skip]
        let values: &[&[u8]] = &[
            // None, True, False, 1, 2, the Python 2 `long` 1, 0.0, -0.0
            b"N", b"\x88", b"\x89", b"K\x01", b"K\x02", b"\x8a\x01\x01", b"G\0\0\0\0\0\0\0\0", b"G\x80\0\0\0\0\0\0\0",
            // nan, 2**64, 2**65
            b"G\x7f\xf8\0\0\0\0\0\0", b"\x8a\x09\0\0\0\0\0\0\0\0\x01", b"\x8a\x09\0\0\0\0\0\0\0\0\x02",
            // "a", "b", the Python 2 `str`s "a", "b", "\xff" and "\xfe", b"a"
            b"X\x01\0\0\0a", b"X\x01\0\0\0b", b"U\x01a", b"U\x01b", b"U\x01\xff", b"U\x01\xfe", b"C\x01a",
            // b"b", bytearray(b"a"), bytearray(b"b")
            b"C\x01b", b"\x96\x01\0\0\0\0\0\0\0a", b"\x96\x01\0\0\0\0\0\0\0b",
            // (), (1,), (2,), (1, 2), [], [1], [2], [1, 2]
            b")", b"K\x01\x85", b"K\x02\x85", b"K\x01K\x02\x86", b"]", b"]K\x01a", b"]K\x02a", b"](K\x01K\x02e",
            // set(), {1}, {2}, frozenset(), frozenset({1}), frozenset({2})
            b"\x8f", b"\x8f(K\x01\x90", b"\x8f(K\x02\x90", b"(\x91", b"(K\x01\x91", b"(K\x02\x91",
            // {}, {1: 1}, {1: 3}, {3: 2}, {1: 2, None: None}
            b"}", b"}K\x01K\x02s", b"}K\x01K\x03s", b"}K\x03K\x02s", b"}(K\x01K\x02NNu",
            // The classes app.A, app.B and web.A with Python 2 names, app.A with a Python 3 name
            b"capp\nA\n", b"capp\nB\n", b"cweb\nA\n", b"\x80\x03capp\nA\n\x80\x02",
            // A(), B(), A(None), A.__new__(A), B.__new__(B)
            b"capp\nA\n)R", b"capp\nB\n)R", b"capp\nA\nN\x85R", b"capp\nA\n)\x81", b"capp\nB\n)\x81",
            // A.__new__(A, None), and by NEWOBJ_EX: A.__new__(A, **{}), B.__new__(B, **{}), A.__new__(A, None, **{})
            b"capp\nA\nN\x85\x81", b"capp\nA\n)}\x92", b"capp\nB\n)}\x92", b"capp\nA\nN\x85}\x92",
            // A.__new__(A, **{None: None}), and by OBJ: A(), B(), A(None), A(1)
            b"capp\nA\n)}NNs\x92", b"(capp\nA\no", b"(capp\nB\no", b"(capp\nA\nNo", b"(capp\nA\nK\x01o",
            // a.append(None), a.append(1), a.extend([None, None]), a[None] = None, a[1] = None
            b"capp\nA\n)RNa", b"capp\nA\n)RK\x01a", b"capp\nA\n)R(NNe", b"capp\nA\n)RNNs", b"capp\nA\n)RK\x01Ns",
            // a[None] = 1, a[None] = None twice by SETITEMS, and by ADDITEMS: a.add(None), a.add(1)
            b"capp\nA\n)RNK\x01s", b"capp\nA\n)R(NNNNu", b"capp\nA\n)R(N\x90", b"capp\nA\n)R(K\x01\x90",
            // a.__setstate__(None), a.__setstate__(1), a.__setstate__(None) twice, B().__setstate__(None)
            b"capp\nA\n)RNb", b"capp\nA\n)RK\x01b", b"capp\nA\n)RNbNb", b"capp\nB\n)RNb",
            // f(a, None), g(a, None), f(a, 1), whose results are dropped
            b"capp\nA\n)Rq\0capp\nf\nh\0N\x86R0", b"capp\nA\n)Rq\0capp\ng\nh\0N\x86R0",
            b"capp\nA\n)Rq\0capp\nf\nh\0K\x01\x86R0",
        ];
        let call = |value: &[u8]| [b"capp\nF\n", value, b"\x85R"].concat();
        for one in values {
            for other in values {
                let (one, other) = (call(one), call(other));
                let shown = [one.escape_ascii().to_string(), other.escape_ascii().to_string()];
                assert_eq!(is_same(&one, &other), one == other, "{shown:?}");
            }
        }
    }

    #[test]
    fn calls_differ_if_second_splits_value_that_first_shares() {
        // `x = []; F(x, x)`, compared with itself and with `F([], [])`.
        let shared = b"capp\nF\n]q\0h\0\x86R";
        assert!(is_same(shared, shared));
        assert!(!is_same(shared, b"capp\nF\n]]\x86R"));
    }

    /// Adds a call with a list of `length` empty lists as its argument.
    fn add_call(graph: &mut Graph, callable: Id, length: usize) -> Id {
        let lists = (0..length).map(|_| graph.add(Kind::List(Vec::new()), 0)).collect();
        let list = graph.add(Kind::List(lists), 0);
        let args = graph.add(Kind::Tuple(vec![list]), 0);
        let make = Make::Reduce { callable, args };
        graph.add(Kind::Object(Box::new(Object::new(make))), 0)
    }

    #[test]
    fn comparisons_take_linear_time_together() {
        // Each comparison of the equal calls takes 103 steps: the callable, the arguments, the list and its elements.
        let mut graph = Graph { bytes: vec![0; 309], ..Graph::default() };
        let callable = graph.add(Kind::None, 0);
        let calls = [100, 100, 101].map(|length| add_call(&mut graph, callable, length));
        let mut comparison = Comparison::default();
        let results: Vec<_> = (0..4).map(|_| comparison.is_same_call(&graph, calls[0], calls[1])).collect();
        assert_eq!(results, [true, true, true, false]);
        assert!(!Comparison::default().is_same_call(&graph, calls[0], calls[2]));
    }

    /// Regression: only visited values were counted as steps. So many calls could share long texts that differ in the
    /// last byte, or long lists of different lengths, and each comparison took long but counted as few steps.
    #[test]
    fn texts_and_parts_of_different_calls_count_as_steps() {
        let mut graph = Graph::default();
        let callable = graph.add(Kind::None, 0);
        let lists = [100, 101].map(|length| add_call(&mut graph, callable, length));
        let texts = [b'a', b'b'].map(|last| {
            let span = graph.store(&[&[b'a'; 99][..], &[last]].concat());
            let text = graph.add(Kind::Bytes(span), 0);
            let args = graph.add(Kind::Tuple(vec![text]), 0);
            graph.add(Kind::Object(Box::new(Object::new(Make::Reduce { callable, args }))), 0)
        });
        let same = add_call(&mut graph, callable, 0);
        for [one, other] in [lists, texts] {
            let mut comparison = Comparison::default();
            for count in 0..10 {
                assert!(!comparison.is_same_call(&graph, one, other));
                // The limit is the graph's 200 bytes: the second comparison of 103 steps exceeds it.
                assert_eq!(comparison.is_same_call(&graph, same, same), count == 0, "{count}");
                assert!(comparison.steps <= 208, "{} steps", comparison.steps);
            }
        }
    }
}
