"""Python's side of the differential targets. It reads requests from standard input and answers on standard output.

A request is a kind, a length and that many bytes. An answer is a verdict, a length and that many bytes. For each kind,
this table shows the bytes of the request, and below them the verdicts with the bytes or the meaning of the answer:

    J   a JSON document
        + the output of json.dumps for its value
        - the document is not JSON, or nested too deeply for Python
        N the document is JSON except for the constants NaN, Infinity and -Infinity
        F JSON cannot hold the value, such as the infinity that Python reads from 1e400
    P   a protocol, and the pickle of a session; only the classes in CLASSES are loaded
        + the depth of the state, its size in bytes (a shared part counts each time it occurs), the length of its JSON,
          its JSON (empty if the state is too large or JSON cannot hold it), and the pickle of (0, 0.0, state) under
          that protocol (empty if CPython cannot write it)
        - the pickle does not load
        C the pickle does not load, but our reader may accept it: the pickle names a class, or has a `str` of Python 2
          that is not ASCII
    D   the length of a session's pickle, the pickle, and another pickle
        + how the state of the other pickle differs from that of the first; empty if they are alike

For P and D, the verdict M means that the value is not a session, that the memory limit is exceeded, or that another
error occurs. A request P or D that takes too long, or changes a class or function, ends the process.
"""

import _compat_pickle
import collections
import copyreg
import fractions
import json
import math
import os
import pickle
import resource
import signal
import struct
import sys
import uuid
import warnings
from pathlib import Path

sys.dont_write_bytecode = True  # keeps the source folder clean
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "session-tests" / "pyramid"))

import alike
import classes

# The classes of an application, one for each way to customise pickling that a session can need.
APPLICATION = [
    classes.Bag,
    classes.Colour,
    classes.Fixed,
    classes.Frozen,
    classes.GetState,
    classes.Pair,
    classes.Plain,
    classes.Reduce,
    classes.ReduceCounting,
    classes.ReduceFresh,
    classes.ReduceToFunction,
    classes.ReduceWithPair,
    classes.Rows,
    classes.Slots,
    classes.StateSetter,
    classes.Table,
    classes.Text,
    classes.Typed,
]

CLASSES = {
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "uuid": {"UUID"},
    "collections": {"Counter", "OrderedDict", "defaultdict", "deque"},
    # Protocols 0 to 2 write empty bytes as a call of `bytes`.
    "builtins": {
        "bytearray", "bytes", "complex", "dict", "frozenset", "int", "list", "object", "range", "set", "slice",
    },
    "_codecs": {"encode"},
    "copyreg": {"__newobj__", "__newobj_ex__", "_reconstructor"},
    "fractions": {"Fraction"},
    "classes": {one.__name__ for one in APPLICATION} | {"restore", "set_state"},
}

SECONDS = 2
MEMORY = 1 << 28


class Constant(Exception):
    pass


def constant(name):
    raise Constant(name)


class NotSession(Exception):
    """The pickle loads, but its value is not a session."""


class NamesClass(Exception):
    """The pickle does not load, but our reader may accept it. See the verdict C."""


named = False


def only_classes(event, args):
    global named
    if event == "pickle.find_class":
        named = True
        module, name = args
        module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        if name not in CLASSES.get(module, ()):
            raise pickle.UnpicklingError("not an allowed class")


def mutable_globals():
    for one in *APPLICATION, collections.Counter, fractions.Fraction, uuid.UUID:
        copyreg._slotnames(one)  # pickling caches the names in the class
        yield one
    yield from (copyreg.__newobj__, copyreg.__newobj_ex__, copyreg._reconstructor, classes.restore, classes.set_state)


PRISTINE = {one: dict(vars(one)) for one in mutable_globals()}


def loads(data):
    """Returns the value of a pickle."""
    global named
    named = False
    try:
        return pickle.loads(data)
    except (MemoryError, OverflowError):
        raise MemoryError from None
    except UnicodeDecodeError as error:
        # Our reader accepts a non-ASCII `str` of Python 2.
        raise (NamesClass if named or error.encoding == "ascii" else ValueError) from None
    except Exception:
        raise (NamesClass if named else ValueError) from None
    finally:
        # A pickle can set an attribute of a class or function, which would affect all later requests.
        if any(dict(vars(one)) != was for one, was in PRISTINE.items()):
            os._exit(1)


def is_json(value, above=()):
    """Returns whether JSON can hold a value and each of its parts. `above` has the ids of the values around it."""
    kind = type(value)
    if value is None or kind in (bool, int):
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is str:
        return not any("\ud800" <= char <= "\udfff" for char in value)
    if id(value) in above:
        return False
    above = (*above, id(value))
    if kind in (list, tuple):
        return all(is_json(part, above) for part in value)
    return kind is dict and all(
        type(key) is str and is_json(key) and is_json(part, above) for key, part in value.items()
    )


def is_state(value):
    return type(value) is dict and all(type(key) is str and is_json(key) for key in value)


def parts_of(value):
    """Returns the parts of a value that pickling writes one by one."""
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return list(value)
    if kind is dict:
        return [part for item in value.items() for part in item]
    if kind in (type(None), bool, int, float, str, bytes, bytearray) or isinstance(value, alike.GLOBALS):
        return []
    reduced = kind.__reduce_ex__(value, 4)
    if isinstance(reduced, str):
        return []
    function, arguments, state, items, members = (*reduced, *[None] * 5)[:5]
    return [arguments, state, list(items or ()), [list(pair) for pair in members or ()]]


def extent(value, known, alive):
    """Returns the depth of a value, and its approximate size in bytes. A shared part counts each time it occurs."""
    if id(value) in known:
        return known[id(value)]
    known[id(value)] = 0, 1  # for a value that contains itself
    alive.append(value)  # keeps the value alive, so that no later value gets the same id
    size = len(value) if type(value) in (str, bytes, bytearray) else 8
    if type(value) is int:
        size = max(8, value.bit_length())
    extents = [extent(part, known, alive) for part in parts_of(value)]
    deepest = max((depth for depth, _ in extents), default=0)
    known[id(value)] = deepest + 1, min(size + sum(size for _, size in extents), 1 << 30)
    return known[id(value)]


def look_at_pickle(data):
    """Returns the answer for a pickle: the extent of the state, its JSON, and CPython's pickle of it."""
    protocol, data = data[0], data[1:]
    triple = loads(data)
    # The target `pickle_python` puts the fuzzer's input between opcodes that build the triple. If the input leaves
    # several values on the stack, the last opcodes take the wrong ones, and the value may be another triple.
    if type(triple) is not tuple or [type(part) for part in triple] != [int, float, dict] or not is_state(triple[2]):
        raise NotSession
    state = triple[2]
    depth, size = extent(state, {}, [])
    # A small pickle can expand to gigabytes of JSON.
    text = json.dumps(state).encode("ascii") if size < 1 << 20 and is_json(state) else b""
    try:
        again = pickle.dumps((0, 0.0, state), protocol)
    except Exception:
        again = b""
    return struct.pack("<III", depth, size, len(text)) + text + again


def compare(data):
    (length,) = struct.unpack_from("<I", data)
    was, now = data[4 : 4 + length], data[4 + length :]

    def load_now():
        try:
            return loads(now)[2]
        except (NamesClass, ValueError):
            return "does not load"

    found = alike.difference(lambda: loads(was)[2], load_now)
    return b"" if found is None else found.encode()


def load_json(text):
    try:
        return json.loads(text, parse_constant=constant)
    except Constant:
        json.loads(text)
        raise


def answer(kind, data):
    try:
        if kind == b"P":
            return b"+", look_at_pickle(data)
        if kind == b"D":
            return b"+", compare(data)
        value = load_json(data.decode("utf-8"))
    except Constant:
        return b"N", b""
    except NamesClass:
        return b"C", b""
    except ValueError:
        return b"-", b""
    except Exception:
        return b"-" if kind == b"J" else b"M", b""
    try:
        return b"+", json.dumps(value, allow_nan=False).encode("ascii")
    except Exception:
        return b"F", b""


def main():
    sys.addaudithook(only_classes)
    warnings.simplefilter("ignore")  # unknown escapes in strings of Python 2
    # A large memo key makes CPython allocate memo entries for all smaller keys as well.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while header := requests.read(5):
        kind, length = struct.unpack("<cI", header)
        data = requests.read(length)
        # Only a signal can interrupt a long call in C, such as creating a deque from a range. The calls that read JSON
        # are short, because an input is short. So a JSON document has no time limit, and is answered even on a slow
        # machine.
        signal.alarm(0 if kind == b"J" else SECONDS)
        verdict, text = answer(kind, data)
        signal.alarm(0)
        answers.write(struct.pack("<cI", verdict, len(text)) + text)
        answers.flush()


if __name__ == "__main__":
    main()
