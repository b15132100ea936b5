"""Classes of an application, one for each way to customise pickling.

A pickle contains the full name of the module of each class. This module is outside any package and has a short name,
which keeps the pickles short.
"""

import collections
import dataclasses
import enum
import typing


class Plain:
    """State in `__dict__`."""

    def __init__(self, **attributes):
        vars(self).update(attributes)

    def method(self):
        return self


@dataclasses.dataclass
class Point:
    x: object
    y: object


class Slots:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left, self.right = left, right


class SlotsAndDict(Slots):
    """State in slots and in `__dict__`. Pickling writes a tuple of the two states."""


class GetState:
    """State that is not a dict."""

    parts = ()

    def __init__(self, *parts):
        self.parts = parts

    def __getstate__(self):
        return self.parts

    def __setstate__(self, state):
        self.parts = state


class Reduce:
    """Pickled as a call of its class."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __reduce__(self):
        return type(self), self.arguments


class ReduceWithPair(Reduce):
    """Pickled as a call whose arguments are a named tuple instead of a plain tuple."""

    def __reduce__(self):
        return type(self), Pair(*self.arguments)


def restore(*arguments):
    """Creates a `ReduceToFunction`."""
    made = ReduceToFunction()
    made.arguments = arguments
    return made


class ReduceToFunction:
    """Pickled as a call of a function, followed by state."""

    arguments = ()

    def __reduce__(self):
        return restore, self.arguments, {"note": "kept", **vars(self)}


class ReduceFresh:
    """Pickled as a call. The arguments are `peer`, and objects that each pickling creates."""

    def __init__(self, peer, *made):
        self.peer = peer

    def __reduce__(self):
        name = type(self.peer).__name__.lower()
        return type(self), (self.peer, name, [(self.peer, name)], ((self.peer,),), frozenset([self.peer]))


class ReduceCounting:
    """Pickled as a call whose arguments differ each time."""

    def __init__(self, peer, count=0):
        self.peer = peer
        self.count = count

    def __reduce__(self):
        self.count += 1
        return type(self), (self.peer, self.count)


class ReduceToName:
    """Pickled as the name of a global."""

    def __reduce__(self):
        return "ONLY"


ONLY = ReduceToName()


class ReduceItems:
    """Neither a list nor a dict, but pickled with list items and dict items."""

    def __init__(self, items=(), members=()):
        self.items, self.members = list(items), dict(members)

    def __reduce_ex__(self, protocol):
        return type(self), (), None, iter(self.items), iter(self.members.items())

    def append(self, item):
        self.items.append(item)

    def extend(self, items):
        self.items.extend(items)

    def __setitem__(self, key, value):
        self.members[key] = value


def set_state(made, state):
    """Sets the state of a `StateSetter`."""
    made.state = state


class StateSetter:
    """Pickled with a function that sets its state and returns nothing."""

    state = None

    def __reduce__(self):
        return type(self), (), self.state, None, None, set_state


class NewArgs:
    def __new__(cls, *arguments):
        made = super().__new__(cls)
        made.arguments = arguments
        return made

    def __getnewargs__(self):
        return self.arguments


class NewArgsEx:
    def __new__(cls, *, key=None):
        made = super().__new__(cls)
        made.key = key
        return made

    def __getnewargs_ex__(self):
        return (), {"key": self.key}


class Outer:
    class Inner(Plain):
        """Has a dot in its qualified name, `Outer.Inner`."""

    @staticmethod
    def function():
        """Has a dot in its qualified name, `Outer.function`."""


class Colour(enum.Enum):
    RED = "red"
    BLUE = (0, 0, 255)


class Level(enum.IntEnum):
    HIGH = 3


class Access(enum.Flag):
    READ = 1
    WRITE = 2


Pair = collections.namedtuple("Pair", "left right")


class Typed(typing.NamedTuple):
    name: str
    value: object = None


class Number(int):
    pass


class Real(float):
    pass


class Text(str):
    pass


class Markup(str):
    """Escaped text, like `Markup` of MarkupSafe."""

    __slots__ = ()

    def __reduce__(self):
        return type(self), (str(self),)


class Raw(bytes):
    pass


class Fixed(tuple):
    pass


class Rows(list):
    pass


class Table(dict):
    pass


class Bag(set):
    pass


class Frozen(frozenset):
    pass


class Refusal(Exception):
    """An exception with an attribute in addition to its arguments."""

    def __init__(self, *arguments, code=None):
        super().__init__(*arguments)
        self.code = code


def with_state(value, **attributes):
    """Returns the value after setting its attributes."""
    vars(value).update(attributes)
    return value
