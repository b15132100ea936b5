"""The kinds of values that Python applications keep in pickled sessions, and their places in a session.

`KINDS` maps the name of a kind to a function that creates a value of this kind. An arrangement is a place of the value
in a session. `ARRANGEMENTS` maps the name of an arrangement to a function. The function takes the value, and returns
the entries of a session that has the value in the entry `k`. Each session also has these entries:

    hits    the entry that a test changes; its value is 1
    gone    an entry that a test removes
"""

import collections
import datetime
import decimal
import fractions
import functools
import ipaddress
import operator
import pathlib
import re
import types
import uuid
import zoneinfo
from datetime import timedelta, timezone

import classes
from classes import Plain, with_state


def shared(make):
    """Returns a list of three elements: one object twice, and then an equal object."""
    one = make()
    return [one, one, make()]


def recursive_list():
    value = [1]
    value.append(value)
    return value


def recursive_dict():
    value = {}
    value["self"] = value
    return value


def recursive_tuple():
    value = ([],)
    value[0].append(value)
    return value


def recursive_object():
    value = Plain(name="root")
    value.child = Plain(parent=value)
    return value


def recursive_set():
    value = Plain()
    value.friends = {value}
    return value


def recursive_reduce():
    """Returns an object that is pickled as a call, and whose state contains the object itself."""
    value = classes.ReduceToFunction()
    value.arguments = (1,)
    value.itself = value
    return value


def recursive_arguments(make):
    """Returns an object whose constructor arguments contain another object, the peer.

    The peer's attribute `owner` is the returned object.
    """
    peer = Plain()
    peer.owner = make(peer)
    return peer.owner


def recursive_through_list(make):
    """Returns an object whose constructor arguments contain a list. The list contains the object itself."""
    values = []
    values.append(make(values))
    return values[0]


def recursive_members(make):
    """Returns a set of two objects whose attribute `group` is the set itself."""
    members = [Plain(name="a"), Plain(name="b")]
    group = make(members)
    for member in members:
        member.group = group
    return group


def recursive_several():
    """Returns a tuple of two objects whose `owner` is the tuple itself. CPython writes this tuple 3 times."""
    first, second = Plain(), Plain()
    first.owner = second.owner = classes.Fixed((first, second))
    return first.owner


MOMENT = datetime.datetime(2023, 11, 14, 22, 13, 20, 123456)
STRING = "a string of some length"

KINDS = {
    # Plain data.
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "int zero": lambda: 0,
    "int of 1 byte": lambda: 255,
    "int of 2 bytes": lambda: 65535,
    "int of 4 bytes": lambda: -(2**31),
    "int of 8 bytes": lambda: 2**63,
    "int negative": lambda: -1,
    "int of 30 digits": lambda: -123456789012345678901234567890,
    "int of 300 bytes": lambda: 3**1500,
    "float": lambda: 1e-05,
    "float smallest": lambda: 5e-324,
    "float -0.0": lambda: -0.0,
    "float nan": lambda: float("nan"),
    "float inf": lambda: float("inf"),
    "float -inf": lambda: float("-inf"),
    "complex": lambda: complex(-0.0, 1.5),
    "str empty": lambda: "",
    "str latin": lambda: "caf\u00e9\n\\ \x00\x1a\r",
    "str astral": lambda: "\U0001f389\u20ac",
    "str lone surrogate": lambda: "\ud800 and \udfff",
    "str of 300 bytes": lambda: "ab" * 150,
    "bytes empty": lambda: b"",
    "bytes ascii": lambda: b"token",
    "bytes binary": lambda: bytes(range(256)),
    "bytes of 300 bytes": lambda: b"\xff\n" * 150,
    "bytearray empty": lambda: bytearray(),
    "bytearray": lambda: bytearray(b"\x00\xffab"),
    "list empty": lambda: [],
    "list": lambda: [1, "a", None, [2.5]],
    "tuple empty": lambda: (),
    "tuple of 1": lambda: (1,),
    "tuple of 2": lambda: (1, "a"),
    "tuple of 3": lambda: (1, "a", None),
    "tuple of 4": lambda: (1, "a", None, 2.5),
    "tuple nested": lambda: ((), ((1,), [(2, 3)])),
    "dict empty": lambda: {},
    "dict": lambda: {"z": 1, "a": {"": None}},
    "dict with int keys": lambda: {1: "a", -(2**70): "b", True + 1: "c"},
    "dict with keys of many types": lambda: {None: 1, (1, "a"): 2, b"k": 3, 1.5: 4, False: 5, frozenset([1]): 6},
    "set empty": lambda: set(),
    "set": lambda: {1, "a", None, (2, 3)},
    "frozenset empty": lambda: frozenset(),
    "frozenset nested": lambda: frozenset([1, frozenset(["a", frozenset()])]),
    # The standard library.
    "datetime": lambda: MOMENT,
    "datetime whole second": lambda: MOMENT.replace(microsecond=0),
    "datetime utc": lambda: MOMENT.replace(tzinfo=timezone.utc),
    "datetime with offset": lambda: MOMENT.replace(tzinfo=timezone(-timedelta(hours=3, minutes=30))),
    "datetime with named offset": lambda: MOMENT.replace(tzinfo=timezone(timedelta(hours=1), "CET")),
    "datetime with zone": lambda: MOMENT.replace(tzinfo=zoneinfo.ZoneInfo("Europe/Paris")),
    "datetime with zone UTC": lambda: MOMENT.replace(tzinfo=zoneinfo.ZoneInfo("UTC")),
    "datetime fold": lambda: MOMENT.replace(fold=1),
    "date": lambda: datetime.date(2024, 2, 29),
    "time": lambda: datetime.time(23, 59, 59, 1),
    "time utc": lambda: datetime.time(1, 2, tzinfo=timezone.utc),
    "timedelta": lambda: timedelta(days=-1, seconds=3, microseconds=500_000),
    "timezone": lambda: timezone(timedelta(hours=2), "EET"),
    "Decimal": lambda: decimal.Decimal("-1.50"),
    "Decimal NaN": lambda: decimal.Decimal("NaN"),
    "Fraction": lambda: fractions.Fraction(1, 3),
    "UUID": lambda: uuid.UUID("12345678-1234-5678-9234-567812345678"),
    "range": lambda: range(1, 10, 2),
    "slice": lambda: slice(None, 5),
    "OrderedDict": lambda: collections.OrderedDict(z=1, a=2),
    "defaultdict": lambda: collections.defaultdict(list, a=[1]),
    "deque": lambda: collections.deque([1, 2], maxlen=3),
    "Counter": lambda: collections.Counter("abca"),
    "SimpleNamespace": lambda: types.SimpleNamespace(a=1, b=[2]),
    "PurePosixPath": lambda: pathlib.PurePosixPath("/srv/www"),
    "IPv4Address": lambda: ipaddress.ip_address("192.0.2.1"),
    "IPv6Network": lambda: ipaddress.ip_network("2001:db8::/32"),
    "Pattern": lambda: re.compile("a+", re.IGNORECASE),
    "partial": lambda: functools.partial(int, "7", base=8),
    "attrgetter": lambda: operator.attrgetter("a.b"),
    "exception": lambda: ValueError("wrong", 7),
    "OSError": lambda: FileNotFoundError(2, "No such file", "/nowhere"),
    # Globals by name.
    "builtin": lambda: len,
    "builtin class": lambda: dict,
    "builtin with another name in Python 2": lambda: range,
    "method of a class": lambda: str.upper,
    "class": lambda: Plain,
    "class within a class": lambda: classes.Outer.Inner,
    "function": lambda: classes.restore,
    "function within a class": lambda: classes.Outer.function,
    "bound method": lambda: Plain(a=1).method,
    "type of None": lambda: type(None),
    "Ellipsis": lambda: ...,
    "NotImplemented": lambda: NotImplemented,
    # Classes of an application.
    "object without state": lambda: Plain(),
    "object": lambda: Plain(name="ada", tags=["x"]),
    "object of a class within a class": lambda: classes.Outer.Inner(a=1),
    "dataclass": lambda: classes.Point(1, [2]),
    "__slots__": lambda: classes.Slots(1, "a"),
    "__slots__ and __dict__": lambda: with_state(classes.SlotsAndDict(1, "a"), note=[1]),
    "__getstate__": lambda: classes.GetState(1, "a"),
    "__getstate__ is falsy": lambda: classes.GetState(),
    "__reduce__": lambda: classes.Reduce(1, [2]),
    "__reduce__ with a named tuple": lambda: classes.ReduceWithPair(1, [2]),
    "__reduce__ to a function": lambda: with_state(classes.ReduceToFunction(), arguments=(1, "a")),
    "__reduce__ to a name": lambda: classes.ONLY,
    "__reduce__ with items": lambda: classes.ReduceItems([1, "a"], {1: "x", "b": 2}),
    "__reduce__ with 1 item": lambda: classes.ReduceItems([1], {1: "x"}),
    "__reduce__ with a state setter": lambda: with_state(classes.StateSetter(), state=[1]),
    "__getnewargs__": lambda: classes.NewArgs(1, "a"),
    "__getnewargs_ex__": lambda: classes.NewArgsEx(key="value"),
    "Enum": lambda: classes.Colour.BLUE,
    "IntEnum": lambda: classes.Level.HIGH,
    "Flag": lambda: classes.Access.READ | classes.Access.WRITE,
    "namedtuple": lambda: classes.Pair(1, "a"),
    "NamedTuple": lambda: classes.Typed("a"),
    "int subclass": lambda: with_state(classes.Number(7), unit="s"),
    "float subclass": lambda: classes.Real(-0.0),
    "str subclass": lambda: with_state(classes.Text("a"), lang="en"),
    "str subclass with __reduce__": lambda: classes.Markup("<b>"),
    "bytes subclass": lambda: classes.Raw(b"\xff"),
    "tuple subclass": lambda: with_state(classes.Fixed((1, 2)), note="a"),
    "list subclass": lambda: with_state(classes.Rows([1, 2]), page=3),
    "dict subclass": lambda: with_state(classes.Table({1: "a", "b": 2}), name="t"),
    "set subclass": lambda: with_state(classes.Bag([1]), note="a"),
    "frozenset subclass": lambda: classes.Frozen([1]),
    "exception with state": lambda: classes.Refusal("no", code=403),
    # One object in several places of one value.
    "shared list": lambda: shared(lambda: [1]),
    "shared dict": lambda: shared(lambda: {"a": 1}),
    "shared tuple": lambda: shared(lambda: ([], 1)),
    "shared str": lambda: shared(lambda: STRING[:-1] + "H"),
    "shared bytes": lambda: shared(lambda: bytes([255, 254])),
    "shared bytearray": lambda: shared(lambda: bytearray(b"\xff")),
    "shared set": lambda: shared(lambda: {1}),
    "shared object": lambda: shared(lambda: Plain(a=[1])),
    "shared datetime": lambda: shared(lambda: MOMENT.replace(year=2024)),
    "shared class": lambda: [Plain, Plain(a=1), Plain(a=2), classes.Point(1, 2)],
    "shared between key and value": lambda: (lambda key: {key: key, "list": [key]})((STRING, "a")),
    "recursive list": recursive_list,
    "recursive dict": recursive_dict,
    "recursive tuple": recursive_tuple,
    "recursive object": recursive_object,
    "recursive set": recursive_set,
    "recursive __reduce__": recursive_reduce,
    "recursive tuple subclass": lambda: recursive_arguments(lambda peer: classes.Fixed((peer,))),
    "recursive tuple subclass with state": lambda: with_state(
        recursive_through_list(lambda values: classes.Fixed((values, 1))), note=[2]
    ),
    "recursive tuple subclass with two peers": recursive_several,
    "recursive namedtuple": lambda: recursive_arguments(lambda peer: classes.Pair(peer, "a")),
    "recursive NamedTuple in a list": lambda: recursive_through_list(lambda values: classes.Typed("a", values)),
    "recursive set subclass": lambda: recursive_arguments(lambda peer: with_state(classes.Bag([peer]), note="a")),
    "recursive frozenset subclass": lambda: recursive_arguments(lambda peer: classes.Frozen([peer])),
    "recursive set of two members": lambda: recursive_members(set),
    "recursive frozenset of two members": lambda: recursive_members(frozenset),
    "recursive set subclass of two members": lambda: recursive_members(classes.Bag),
    "recursive frozenset subclass of two members": lambda: recursive_members(classes.Frozen),
    "recursive __reduce__ arguments": lambda: recursive_arguments(lambda peer: classes.Reduce([(peer,)])),
    "recursive __reduce__ with new arguments": lambda: recursive_arguments(lambda peer: classes.ReduceFresh(peer)),
}

try:
    from translationstring import TranslationString
except ImportError:  # the package is not in the standard library
    pass
else:
    KINDS["TranslationString"] = lambda: TranslationString("msg", "app", "Hello ${name}", {"name": "Ada"})

NEED_PROTOCOL_2 = {"__slots__", "__slots__ and __dict__"}


def with_others(value):
    before = {"since": MOMENT, "ids": {1, 2}, "a": (1, 2)}
    after = {"points": [classes.Point(0.5, b"\xff")], "list": ["x", {"y": ()}], "unit": 1}
    return before | {"hits": 1, "gone": 7, "k": value} | after


ARRANGEMENTS = {
    "alone": lambda value: {"k": value, "hits": 1, "gone": 7},
    "in a list": lambda value: {"hits": 1, "k": [value, 1], "gone": 7},
    "in a tuple": lambda value: {"hits": 1, "k": ("a", value), "gone": 7},
    "in a dict": lambda value: {"hits": 1, "k": {"in": value, "z": 1}, "gone": 7},
    "as a key": lambda value: {"hits": 1, "k": {value: 1}, "gone": 7},
    "in a set": lambda value: {"hits": 1, "k": {value}, "gone": 7},
    "in an object": lambda value: {"hits": 1, "k": Plain(attribute=value), "gone": 7},
    "beside others": with_others,
    "twice in an entry": lambda value: {"hits": 1, "k": [value, [value]], "gone": 7},
    "in two entries": lambda value: {"hits": 1, "k": value, "other": [value], "gone": 7},
    "beside strings equal to keys": lambda value: {"hits": 1, "k": ["hits", value, {"gone": "k"}], "gone": 7},
    "in the removed entry": lambda value: {"gone": [value], "hits": 1, "k": value, "other": {"a": value}},
    "an element in the removed entry": lambda value: {"gone": next(iter(value), 7), "hits": 1, "k": value},
}
