"""What `get::<T>` in Rust has to return for a value that Python stored.

The function `reading` returns one of these expectations:

    {"as": "json", "json": TEXT}     the value of this JSON, as any T that fits; tuples and sets are lists
    {"as": "float", "bits": HEX}     the f64 with these bits
    {"as": "bytes", "hex": HEX}      a Vec<u8> with these bytes
    {"as": "seconds", "json": TEXT}  an f64 with this number of seconds
    {"as": "error", "names": [...]}  an error for every T; it shows the key and, if there are names, one of them
    None                             any result: there is no expectation
"""

import datetime
import decimal
import json
import math
import struct
import uuid

# For some kinds, the pickle contains a name other than the name of the class. An error shows one of the listed names.
OTHER_NAMES = {
    "range": ["range", "xrange"],
    "builtin with another name in Python 2": ["range", "xrange"],
    "method of a class": ["upper"],
    "class within a class": ["Inner", "getattr"],
    "object of a class within a class": ["Inner", "getattr"],
    "function within a class": ["function", "getattr"],
    "bound method": ["getattr"],
    "Pattern": ["_compile"],
    "__reduce__ to a function": ["restore"],
    "recursive __reduce__": ["restore"],
    "__reduce__ to a name": ["ONLY"],
    "__getnewargs_ex__": ["NewArgsEx", "partial", "object"],
    "OSError": ["FileNotFoundError", "OSError"],
    "Ellipsis": ["Ellipsis"],
    "NotImplemented": ["NotImplemented"],
    "type of None": ["type"],
    "datetime with zone": ["ZoneInfo", "datetime"],
}

# Kinds without an expectation.
UNSAID = {"int of 300 bytes"}


class Unreadable(Exception):
    """Raised for a value for which Rust returns an error. The argument is the name that the error shows, if any."""


class Unsaid(Exception):
    """Raised for a value without an expectation."""


def name_of(value):
    return value.__name__ if hasattr(value, "__name__") else type(value).__name__


def plain(value, above=()):
    """Returns the value in JSON's types. `above` has the ids of the values that contain this value."""
    kind = type(value)
    if id(value) in above:
        raise Unreadable
    above = (*above, id(value))
    if value is None or kind in (bool, int) or (kind is float and math.isfinite(value)):
        return value
    if kind is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unreadable from None
        return value
    if kind in (list, tuple):
        return [plain(part, above) for part in value]
    if kind in (set, frozenset):
        return [plain(part, above) for part in value]
    if kind is dict:
        if not all(type(key) is str for key in value):
            raise Unreadable
        return {key: plain(part, above) for key, part in value.items()}
    if kind in (datetime.datetime, datetime.time) and getattr(value.tzinfo, "key", "UTC") != "UTC":
        raise Unreadable(name_of(value))  # its offset needs the time zone database
    if kind in (datetime.datetime, datetime.date, datetime.time):
        return value.isoformat()
    if kind in (decimal.Decimal, uuid.UUID):
        return str(value)
    if kind is datetime.timedelta:
        return value.total_seconds()
    if kind is float:
        raise Unreadable
    if kind in (bytes, bytearray):
        raise Unsaid
    raise Unreadable(name_of(value))


def reading(name, value):
    """Returns the expectation for an entry with this value. `name` is the kind of the value."""
    if name in UNSAID:
        return None
    if type(value) is float and not math.isfinite(value):
        return {"as": "float", "bits": struct.pack(">d", value).hex()}
    if type(value) in (bytes, bytearray):
        return {"as": "bytes", "hex": value.hex()}
    try:
        text = json.dumps(plain(value))
    except Unsaid:
        return None
    except Unreadable as why:
        return {"as": "error", "names": OTHER_NAMES.get(name, list(why.args))}
    kind = "seconds" if type(value) is datetime.timedelta else "json"
    return {"as": kind, "json": text}
