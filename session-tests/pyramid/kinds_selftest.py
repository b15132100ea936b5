"""Checks that the comparison of `kinds_peer.py` finds the damage that a faulty implementation would do to a session.

Each damage is applied to a session that Pyramid wrote. If Pyramid loads a session and writes it again without damage,
the comparison must find no difference.
"""

import copy
import datetime
import sys
from collections import defaultdict, deque

import classes
from case import ACCESSED, CREATED, payload_of, write
from kinds import KINDS
from kinds_peer import CHANGES, compare, config_of, load, mint


def entry(function):
    """Returns a function that replaces the entry `k` with the result of `function`."""
    return lambda state: state.__setitem__("k", function(state["k"]))


def without(name):
    return entry(lambda value: delattr(value, name) or value)


def with_str_keys(value):
    return {str(key): part for key, part in value.items()}


def unshare(state):
    state["other"] = copy.deepcopy(state["other"])


def merged(value):
    """Returns a list of the same length that repeats the first element."""
    return [value[0]] * len(value)


OFFSET = datetime.timezone(datetime.timedelta(hours=1))

# The name of each damage, the kind and the arrangement of the value, and the function that damages the session.
BROKEN = [
    ("tuple written as a list", "tuple of 2", "alone", entry(list)),
    ("inner tuple written as a list", "tuple nested", "alone", entry(lambda value: tuple(map(list, value)))),
    ("list written as a tuple", "list", "alone", entry(tuple)),
    ("set written as a frozenset", "set", "alone", entry(frozenset)),
    ("frozenset written as a list", "frozenset nested", "alone", entry(list)),
    ("bytes written as a str", "bytes ascii", "alone", entry(bytes.decode)),
    ("bytearray written as bytes", "bytearray", "alone", entry(bytes)),
    ("True written as 1", "True", "alone", entry(int)),
    ("int written as a float", "int of 1 byte", "in a list", entry(lambda value: [float(value[0]), 1])),
    ("-0.0 without its sign", "float -0.0", "in a tuple", entry(lambda value: (value[0], 0.0))),
    ("nan written as None", "float nan", "alone", entry(lambda value: None)),
    ("keys of a dict written as str", "dict with int keys", "alone", entry(with_str_keys)),
    ("keys of a dict sorted", "dict", "alone", entry(lambda value: dict(sorted(value.items())))),
    ("lone surrogate replaced", "str lone surrogate", "alone", entry(lambda value: value.replace("\ud800", "\ufffd"))),
    ("sharing lost in an entry", "shared list", "alone", entry(lambda value: [[1], [1], [1]])),
    ("sharing lost between entries", "list", "in two entries", unshare),
    ("equal lists made one", "shared list", "alone", entry(merged)),
    ("equal strings made one", "shared str", "alone", entry(merged)),
    ("equal objects made one", "shared object", "alone", entry(merged)),
    ("list no longer within itself", "recursive list", "alone", entry(lambda value: [1, [1]])),
    ("class changed", "object", "alone", entry(lambda value: classes.Outer.Inner(**vars(value)))),
    ("subclass of str lost", "str subclass", "alone", entry(str)),
    ("subclass of tuple lost", "namedtuple", "alone", entry(tuple)),
    ("OrderedDict written as a dict", "OrderedDict", "alone", entry(dict)),
    ("factory of a defaultdict lost", "defaultdict", "alone", entry(lambda value: defaultdict(None, value))),
    ("bound of a deque lost", "deque", "alone", entry(deque)),
    ("attribute lost", "object", "alone", without("tags")),
    ("slot lost", "__slots__", "alone", without("left")),
    ("attribute beside slots lost", "__slots__ and __dict__", "alone", without("note")),
    ("attribute of a list lost", "list subclass", "alone", without("page")),
    ("attribute of a set lost", "set subclass", "alone", without("note")),
    ("argument of __reduce__ lost", "__reduce__", "alone", entry(lambda value: classes.Reduce(1))),
    ("item lost", "__reduce__ with items", "alone", entry(lambda value: value.items.pop() and value)),
    ("fold lost", "datetime fold", "alone", entry(lambda value: value.replace(fold=0))),
    ("time zone lost", "datetime utc", "alone", entry(lambda value: value.replace(tzinfo=None))),
    ("offset's name lost", "datetime with named offset", "alone", entry(lambda value: value.replace(tzinfo=OFFSET))),
    ("Decimal without its zero", "Decimal", "alone", entry(lambda value: value.normalize())),
    ("entry lost", "list", "in two entries", lambda state: state.pop("other")),
    ("entry moved", "list", "in two entries", lambda state: state.update(k=state.pop("k"))),
    ("change lost", "list", "alone", lambda state: state.update(hits=1)),
]

# Damage to the bytes of the payload instead of the objects. The last two fields are the old and the new bytes.
REWRITTEN = [
    ("class renamed", "object", "alone", b"Plain", b"Point"),
    ("memo entry confused with the next", "shared object", "alone", b"h\x06", b"h\x07"),
    ("memo entry confused with the one before", "shared list", "alone", b"h\x03", b"h\x02"),
    ("state set with another key", "object", "alone", b"name", b"nome"),
]


def rewritten(protocol, cookie, change):
    """Returns the cookie after Pyramid has loaded, changed and written the session."""
    config = config_of(protocol)
    state = load(config, cookie)
    change(state)
    return write(config, lambda session: session.update(state), CREATED, ACCESSED)[0]


def check_alike():
    """Checks that the comparison finds no difference if Pyramid loads, changes and writes a session without damage."""
    for protocol in range(6):
        for kind in KINDS:
            for arrangement in "alone", "in two entries", "beside others":
                if (cookie := mint(kind, arrangement, protocol)["cookie"]) is None:
                    continue
                found = compare(cookie, rewritten(protocol, cookie, CHANGES["hit"]), "hit", protocol)["difference"]
                assert found is None, f"must not differ: {kind}, {arrangement}, protocol {protocol}: {found}"


def check_broken():
    """Checks that the comparison finds each damage of `BROKEN` and `REWRITTEN`."""
    for name, kind, arrangement, breakage in BROKEN:
        cookie = mint(kind, arrangement, 4)["cookie"]

        def change(state):
            CHANGES["hit"](state)
            breakage(state)

        found = compare(cookie, rewritten(4, cookie, change), "hit", 4)["difference"]
        assert found is not None, f"the comparison must find: {name}"
    for name, kind, arrangement, old, new in REWRITTEN:
        cookie = mint(kind, arrangement, 4)["cookie"]
        config = config_of(4)
        payload = payload_of(cookie, config)
        assert old in payload, f"{name}: the payload must contain {old!r}: {payload!r}"
        found = compare(cookie, config.sign(payload.replace(old, new)), "none", 4)["difference"]
        assert found is not None, f"the comparison must find: {name}"


def check_broken_json():
    """Checks that the comparison finds each damage to a JSON session."""
    config = config_of("json")
    for text, damaged in ("NaN", "null"), ("[Infinity]", "[-Infinity]"), ("-0.0", "0.0"), ("1", "1.0"):
        was, now = (
            config.sign(f'[{ACCESSED}, {CREATED}, {{"hits": 1, "k": {k}}}]'.encode()) for k in (text, damaged)
        )
        assert compare(was, was, "none", "json")["difference"] is None, f"must not differ from itself: {text}"
        found = compare(was, now, "none", "json")["difference"]
        assert found is not None, f"the comparison must find {damaged} in place of {text}"


def main():
    try:
        check_alike()
        check_broken()
        check_broken_json()
    except AssertionError as error:
        print(f"kinds_peer.py: the self-test failed: {error}", file=sys.stderr)
        return 1
    return 0
