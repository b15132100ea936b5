"""Python's side of the differential targets: answers each request on standard input on standard output.

A request is a kind, `J` for a JSON document or `P` for a pickle, and the bytes, after their number. An answer is a
verdict and a text, after its number: `+` and what json.dumps writes for the value, or `-` if there is no value; else
`N`, `F` or `M`, for which see `Answer` in python.rs.
"""

import json
import pickle
import resource
import struct
import sys


class Constant(Exception):
    pass


def constant(name):
    raise Constant(name)


def no_classes(event, args):
    if event == "pickle.find_class":
        raise pickle.UnpicklingError("no classes")


def load(kind, data):
    if kind == b"J":
        return json.loads(data.decode("utf-8"), parse_constant=constant)
    return pickle.loads(data)


def answer(kind, data):
    try:
        value = load(kind, data)
    except Constant:
        return b"N", b""
    except (MemoryError, OverflowError):
        return b"M", b""
    except Exception:
        return b"-", b""
    try:
        return b"+", json.dumps(value, allow_nan=False).encode("ascii")
    except Exception:
        return b"F", b""


def main():
    sys.addaudithook(no_classes)
    # CPython makes room for as many memo entries as the number that is the key of one.
    resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while header := requests.read(5):
        kind, length = struct.unpack("<cI", header)
        verdict, text = answer(kind, requests.read(length))
        answers.write(struct.pack("<cI", verdict, len(text)) + text)
        answers.flush()


main()
