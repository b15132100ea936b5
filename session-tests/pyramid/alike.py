"""Compares Python values. Alike values have the same types and contents, and share parts in the same way.

`==` is not enough: `1 == True == 1.0`, `nan != nan`, and `==` ignores which objects are shared. `describe` writes a
value as text: types, values, the order of dicts and the state of objects. It numbers the objects, and writes only the
number if an object appears again. Values are alike if and only if their descriptions are equal. To describe an object,
`describe` calls only methods that pickling calls as well.

A set is described in the order of its elements' descriptions. `describe` ignores the identity of ints and floats, and
of text or bytes shorter than two characters: CPython may use one object or two for equal values. The same applies to
text that is a key of an object's `__dict__` or state, because CPython interns the names of attributes. `describe` also
ignores the bits of a NaN, because pickle's protocol 0 writes only `nan`.
"""

import copyreg
import types

GLOBALS = (type, types.FunctionType)


class Writer:
    """Writes the description of a value."""

    def __init__(self, numbers=(), names=()):
        self.numbers = dict(numbers)
        self.names = names  # the names of attributes, if known
        self.attributes = set()
        self.alive = []  # keeps numbered objects alive, so that their ids are not reused
        self.parts = []

    def write(self, value):
        kind = type(value)
        if value is None or kind in (bool, int):
            return self.parts.append(repr(value))
        if kind is float:
            return self.parts.append(f"float {value!r}")
        if (kind in (str, bytes) and len(value) < 2) or (kind is str and value in self.names):
            return self.parts.append(ascii(value))
        if isinstance(value, GLOBALS):
            return self.parts.append(f"<{value.__module__}.{value.__qualname__}>")
        if id(value) in self.numbers:
            return self.parts.append(f"^{self.numbers[id(value)]}")
        self.numbers[id(value)] = number = len(self.numbers) + 1
        self.alive.append(value)
        self.parts.append(f"#{number} {kind.__module__}.{kind.__qualname__}".replace(" builtins.", " "))
        if kind in (str, bytes, bytearray):
            self.parts.append(f" {ascii(value)}")
        elif kind in (list, tuple):
            self.several("[]", value)
        elif kind is dict:
            self.items(value.items())
        elif isinstance(value, (set, frozenset)):
            self.several("{}", sorted(value, key=self.alone))
            self.attribute("dict", getattr(value, "__dict__", None))
        else:
            self.object(value)

    def alone(self, value):
        """Returns the text that `write` would add for this value."""
        writer = Writer(self.numbers, self.names)
        writer.write(value)
        self.attributes |= writer.attributes
        return "".join(writer.parts)

    def several(self, brackets, values):
        self.parts.append(brackets[0])
        for value in values:
            self.write(value)
            self.parts.append(", ")
        self.parts.append(brackets[1])

    def items(self, pairs):
        self.parts.append("{")
        for key, value in pairs:
            self.write(key)
            self.parts.append(": ")
            self.write(value)
            self.parts.append(", ")
        self.parts.append("}")

    def object(self, value):
        """Describes the parts that pickling sees, and the `__dict__`, which pickling may not see completely."""
        reduce = copyreg.dispatch_table.get(type(value))
        reduced = reduce(value) if reduce else type(value).__reduce_ex__(value, 4)
        self.parts.append("(")
        if isinstance(reduced, str):
            self.parts.append(reduced)
        else:
            function, arguments, state, items, members, setter = (*reduced, *[None] * 6)[:6]
            self.alive.append(reduced)
            self.write(function)
            self.several("[]", arguments)
            if items is not None:
                self.several(" items []", list(items))
            if members is not None:
                self.parts.append(" members ")
                self.items(list(members))
            self.attribute("state", state)
            self.attribute("setter", setter)
        self.attribute("dict", getattr(value, "__dict__", None))
        self.parts.append(")")

    def attribute(self, name, value):
        if value is not None:
            if type(value) is dict:
                self.attributes.update(key for key in value if type(key) is str)
            self.parts.append(f" {name}=")
            self.write(value)


def describe(value):
    """Returns a text that is equal for two values if and only if they are alike."""
    first = Writer()
    first.write(value)
    writer = Writer(names=first.attributes)
    writer.write(value)
    return "".join(writer.parts)


def difference(load_was, load_now):
    """Returns the first difference between the descriptions of two values, or None.

    The first value is deleted before the second value is loaded. Otherwise the two could share interned strings.
    """
    was = describe(load_was())
    now = describe(load_now())
    if was == now:
        return None
    at = next((at for at, (one, other) in enumerate(zip(was, now)) if one != other), min(len(was), len(now)))
    start = max(at - 60, 0)
    return f"was \u2026{was[start:at + 60]}\u2026, is \u2026{now[start:at + 60]}\u2026"
