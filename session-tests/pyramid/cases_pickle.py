"""Correctly signed pickles that are unusual, or that contain more than data.

Our reader accepts some of the pickles and refuses the others. If JSON cannot hold a value of an accepted pickle, our
reader keeps the bytes of the value.

Loading a pickle can run any code. The pickles here run only harmless code, and `mint.py` loads them to record Pyramid's
result.
"""

import argparse
import collections
import datetime
import decimal
import os
import pickle
import struct
import uuid
from dataclasses import replace

import case
from case import ACCESSED, CREATED, SECRET, crafted
from harness import Config

CONFIG = Config(SECRET, serializer="pickle", protocol=4)


class Runs:
    """An object whose pickle calls a function when the pickle is loaded."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def dumps(state, protocol=4):
    """Returns the pickle of a session, which is the triple of access time, creation time and state."""
    return pickle.dumps((ACCESSED, CREATED, state), protocol)


def opcodes(value):
    """Returns the pickle of a session with the state {"k": value}. The argument holds the opcodes of the value."""
    times = b"I%d\nF%s\n" % (ACCESSED, str(CREATED).encode())
    return b"(" + times + b"(dX\x01\x00\x00\x00k" + value + b"st."


def recursive_list():
    value = [1]
    value.append(value)
    return {"k": value}


def recursive_dict():
    value = {}
    value["k"] = value
    return value


def recursive_tuple():
    value = ([],)
    value[0].append(value)
    return {"k": value}


def tenfold(value, levels):
    """Returns a state with nested lists. Each list contains the next one ten times."""
    for _ in range(levels):
        value = [value] * 10
    return {"k": value}


def valid():
    yield crafted("pickle: the triple is a list", pickle.dumps([ACCESSED, CREATED, {"a": 1}], 4), config=CONFIG)
    yield crafted("pickle: times as integers", pickle.dumps((ACCESSED, int(CREATED), {}), 4), config=CONFIG)
    yield crafted("pickle: times beyond 64 bits", pickle.dumps((2**64, 2**70, {}), 4), config=CONFIG)
    yield crafted("pickle: list shared a hundred times", dumps(tenfold(["x"], 2)), config=CONFIG)
    yield crafted("pickle: bytes after the end", dumps({"a": 1}) + b"garbage", config=CONFIG)
    yield crafted("pickle: another pickle after the end", dumps({"a": 1}) + dumps({"a": 2}), config=CONFIG)
    # Python 2.7 writes pickles like these: the key in the state is a byte string, Python 2's `str`.
    state = {"a": 1}
    python2 = {
        0: dumps(state, 0).replace(b"Va\n", b"S'a'\n"),
        1: dumps(state, 1).replace(b"X\x01\x00\x00\x00a", b"U\x01a"),
        2: dumps(state, 2).replace(b"X\x01\x00\x00\x00a", b"U\x01a"),
    }
    for protocol, payload in python2.items():
        yield crafted(f"pickle: string of Python 2, protocol {protocol}", payload, config=CONFIG)
    payload = dumps(state, 2).replace(b"X\x01\x00\x00\x00a", b"T\x01\x00\x00\x00a")
    yield crafted("pickle: long string of Python 2", payload, config=CONFIG)


def objects():
    """Yields cases with objects and function calls, which JSON cannot hold, and with rare opcodes for objects.

    Below protocol 3, even `bytes` are pickled as a function call.
    """
    values = {
        "os.system": Runs(os.system, "true"),
        "eval": Runs(eval, "1 + 1"),
        "a harmless call": Runs(int, "7"),
        "a function": len,
        "a class": argparse.Namespace,
        "an instance": argparse.Namespace(a=1),
        "an instance of a dict": collections.OrderedDict(a=1),
        "a datetime": datetime.datetime(2023, 11, 14, 22, 13, 20),
        "a decimal": decimal.Decimal("1.5"),
        "a UUID": uuid.UUID(int=7),
        "a complex number": 1j,
        "bytes": b"\xff\x00",
        "empty bytes": b"",
        "a bytearray": bytearray(b"\xff\x00"),
        "a set": {1},
        "a frozenset": frozenset([1]),
        "a range": range(3),
        "Ellipsis": ...,
    }
    for name, value in values.items():
        for protocol in 0, 4:
            yield kept(f"{name}, protocol {protocol}", dumps({"k": value}, protocol), protocol)
    yield kept("bytes, protocol 2", dumps({"k": b"\xff\x00"}, 2), 2)
    yield kept("a bytearray, protocol 5", dumps({"k": bytearray(b"\xff\x00")}, 5), 5)
    yield refused("os.system instead of the triple", pickle.dumps(Runs(os.system, "true"), 4), "new")
    yield refused("an instance instead of the state", dumps(collections.OrderedDict(a=1)))
    yield kept("INST", opcodes(b"(iargparse\nNamespace\n"), origin="crafted")
    yield kept("OBJ", opcodes(b"(cargparse\nNamespace\no"), origin="crafted")
    yield kept("NEWOBJ_EX", opcodes(b"cargparse\nNamespace\n)}\x92"), origin="crafted")
    yield refused("BUILD of a dict", opcodes(b"}}b"), "new")
    yield refused("EXT1", opcodes(b"\x82\x01"), "new")
    yield refused("PERSID", opcodes(b"Pid\n"), "new")
    yield refused("BINPERSID", opcodes(b"K\x01Q"), "new")
    yield refused("NEXT_BUFFER", opcodes(b"\x97"), "new")


def shapes():
    keys = {"an integer": 1, "a float": 1.5, "None": None, "True": True, "a tuple": ("a", "b"), "bytes": b"k"}
    for name, key in keys.items():
        yield kept(f"{name} as a key", dumps({key: 1}))
        yield kept(f"{name} as a nested key", dumps({"k": [{"a": 0, key: 1}]}))
    # Pyramid pickles a copy of the session's dict, so the pickled dict never contains itself.
    recursive = (
        ("list", recursive_list(), "pyramid"),
        ("dict", recursive_dict(), "crafted"),
        ("tuple", recursive_tuple(), "pyramid"),
    )
    for name, state, origin in recursive:
        for protocol in 0, 2, 4:
            yield kept(f"recursive {name}, protocol {protocol}", dumps(state, protocol), protocol, origin)
    yield refused("lists 10000 deep", opcodes(b"]" * 10000 + b"a" * 9999))
    yield kept("dicts 200 deep", opcodes(b"}" + b"X\x01\x00\x00\x00d}" * 199 + b"s" * 199), origin="crafted")
    yield kept("tuples 1400 deep", opcodes(b")" + b"\x85" * 1400), origin="crafted")
    yield kept("billion laughs", dumps(tenfold("lol", 9)))
    yield kept("billion laughs, protocol 0", dumps(tenfold("lol", 9), 0), 0)
    yield kept("a billion empty lists", dumps(tenfold([], 9)))
    yield kept("two megabytes of one string", dumps({"k": [["x" * 1000] * 100] * 20}))
    yield kept("NaN", dumps({"k": float("nan")}))
    yield kept("infinity", dumps({"k": float("-inf")}))


def triples():
    # Each object in place of the triple, and Pyramid's result: None means "new".
    triples = {
        "arity 2": ((ACCESSED, CREATED), None),
        "arity 4": ((ACCESSED, CREATED, {}, {}), None),
        "None": (None, None),
        # Pyramid unpacks the keys of the dict: two times, and "" as an empty state.
        "a dict": ({float(ACCESSED): 0, CREATED: 0, "": 0}, "valid"),
        "state a list": ((ACCESSED, CREATED, [1]), "error"),
        "state pairs": ((ACCESSED, CREATED, (("a", 1),)), "valid"),
        "state None": ((ACCESSED, CREATED, None), "error"),
        "accessed a string": ((str(ACCESSED), CREATED, {}), "valid"),
        "accessed bytes": ((str(ACCESSED).encode(), CREATED, {}), "valid"),
        "accessed None": ((None, CREATED, {}), None),
        "created True": ((ACCESSED, True, {}), "valid"),
        "accessed NaN": ((float("nan"), CREATED, {}), "valid"),
        "created infinite": ((ACCESSED, float("inf"), {}), "valid"),
        "accessed overflows": ((10**400, CREATED, {}), "error"),
    }
    for name, (triple, pyramid) in triples.items():
        yield refused(name, pickle.dumps(triple, 4), pyramid or "new")


def broken():
    good = dumps({"k": "value"})
    yield refused("nothing", b"", "new")
    yield refused("JSON", b'[1700000000, 1699999000.5, {"a": 1}]', "new")
    yield refused("cut short", good[:-1], "new")
    yield refused("unknown opcode", opcodes(b"\xff"), "new")
    yield refused("protocol 9", b"\x80\x09" + good[2:], "new")
    yield refused("stack underflow", b"0.", "new")
    yield refused("no mark", b"t.", "new")
    yield refused("missing memo entry", opcodes(b"h\x07"), "new")
    yield refused("text of 2**62 bytes", opcodes(b"\x8d" + struct.pack("<Q", 2**62)), "new")
    yield refused("text longer than the input", opcodes(b"X\xff\xff\xff\x7fabc"), "new")
    yield refused("integer longer than the input", opcodes(b"\x8b\xff\xff\xff\x7f\x01"), "new")
    yield refused("integer of negative length", opcodes(b"\x8b\xff\xff\xff\xff"), "new")
    yield refused("frame of 2**62 bytes", b"\x80\x04\x95" + struct.pack("<Q", 2**62) + good[11:], "new")
    yield refused("text that is not UTF-8", opcodes(b"X\x02\x00\x00\x00\xff\xfe"), "new")
    yield refused("line of Python 2 beyond ASCII", opcodes(b"S'\xe9'\n"), "new")
    yield refused("append to None", opcodes(b"NK\x01a"), "new")
    yield refused("key without a value", opcodes(b"(K\x01d"), "new")
    yield refused("list as a key", opcodes(b"}]Ns"), "new")
    yield refused("word as an integer", opcodes(b"Ione\n"), "new")


def kept(name, payload, protocol=4, origin="pyramid"):
    """Returns a case with a value that JSON cannot hold, or whose JSON is beyond our limits.

    Our reader accepts the value, and our writer writes it back unchanged.
    """
    config = replace(CONFIG, protocol=protocol)
    return case.kept(f"pickle kept: {name}", payload, config=config, origin=origin)


def refused(name, payload, pyramid="valid"):
    return crafted(f"pickle refused: {name}", payload, "malformed", pyramid, config=CONFIG)


def cases():
    for group in valid, objects, shapes, triples, broken:
        yield from group()
