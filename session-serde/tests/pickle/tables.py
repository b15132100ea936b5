"""Prints objects.txt. Run this script with CPython 3.11 and pytz 2025.2."""

import collections
import datetime
import decimal
import enum
import fractions
import functools
import json
import pickle
import sys
import types
import uuid
import zoneinfo

import pytz

app = types.ModuleType("app")


def of_app(cls):
    """Puts a class or a function into the module `app`."""
    cls.__module__ = "app"
    inner = cls
    while inner := getattr(inner, "Item", None) or getattr(inner, "Price", None):
        inner.__module__ = "app"
    setattr(app, cls.__name__, cls)
    return cls


sys.modules["app"] = app


@of_app
class Cart:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    class Item:
        class Price:
            pass


@of_app
class Counted:
    """Has a state that is not a dict."""

    def __getstate__(self):
        return (1, 2)

    def __setstate__(self, state):
        pass


@of_app
class Money:
    """Has arguments for `__new__`."""

    def __new__(cls, amount, currency):
        return object.__new__(cls)

    def __getnewargs__(self):
        return 5, "EUR"


@of_app
class Keyed:
    """Has keyword arguments for `__new__`."""

    def __new__(cls, *, key):
        return object.__new__(cls)

    def __getnewargs_ex__(self):
        return (), {"key": [1]}


@of_app
def set_state(instance, state):
    instance.__dict__.update(state)


@of_app
class Set:
    """Has a function that sets its state."""

    def __reduce__(self):
        return Set, (), {"a": 1}, None, None, set_state


for name, base in {"Tags": set, "Items": list, "Options": dict, "Name": str, "Number": int, "Pair": tuple}.items():
    of_app(type(name, (base,), {}))


@of_app
class Fresh:
    """Has a `__reduce__` that returns new objects as arguments in each call, except for the first argument."""

    def __init__(self, *arguments):
        self.owned = arguments[0]

    def __reduce__(self):
        owned = self.owned
        return Fresh, (owned, owned.__class__.__name__.lower(), [(owned,)], ((owned,),), frozenset([owned]), {owned})


of_app(collections.namedtuple("Point", "x y", module="app"))
of_app(enum.Enum("Color", "RED BLUE", module="app"))
of_app(type("Problem", (Exception,), {}))

UTC = datetime.timezone.utc
DATETIME = datetime.datetime(2024, 2, 29, 1, 2, 3)


def offset(**parts):
    return datetime.timezone(datetime.timedelta(**parts))


def with_attributes(value, **attributes):
    value.__dict__.update(attributes)
    return value


def recursive_list():
    value = [1]
    value.append(value)
    return value


def recursive_dict():
    value = {}
    value["x"] = value
    return value


def recursive_tuple():
    value = ([],)
    value[0].append(value)
    return value


def recursive_set(kind):
    element = app.Cart()
    element.owner = kind([element])
    return element.owner


def recursive_call(make):
    """Returns an object that is pickled as a call. The arguments of the call contain a `Cart` whose `owner` is the
    returned object.
    """
    owned = app.Cart()
    owned.owner = make(owned)
    return owned.owner


def recursive_call_in_list():
    value = []
    value.append(with_attributes(app.Pair((value,)), a=3))
    return value


def recursive_call_through_two():
    one, other = app.Cart(), app.Cart()
    one.owner = other.owner = app.Pair((one, other))
    return one.owner


def recursive_counter():
    value = collections.Counter()
    value["x"] = app.Cart(owner=value)
    return value


def shared():
    value = [datetime.date(2024, 2, 29), b"x"]
    return [value, value, value[0], value[1]]


# Values as Python expressions, and the JSON values that they are read as.
READ = {
    "b''": [],
    "b'ab\\xff'": [97, 98, 255],
    "bytes(range(256)) * 2": list(range(256)) * 2,
    "[b'a', 'a', b'a']": [[97], "a", [97]],
    "bytearray()": [],
    "bytearray(b'ab\\xff')": [97, 98, 255],
    "set()": [],
    "{1}": [1],
    "{1, 2, 3}": [1, 2, 3],
    "frozenset()": [],
    "frozenset([1, 2])": [1, 2],
    "()": [],
    "(1, 'a')": [1, "a"],
    "[(1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]": [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]],
    "{'a': {1}, 'b': [b'x']}": {"a": [1], "b": [[120]]},
    "'\\ud800'": "\ud800",
    "'a\\udcff\\\"\\\\\\xeb\\U0001f36a'": "a\udcff\"\\\xeb\U0001f36a",
    "10 ** 4299": 10**4299,
    "DATETIME": "2024-02-29T01:02:03",
    "DATETIME.replace(microsecond=45)": "2024-02-29T01:02:03.000045",
    "DATETIME.replace(fold=1)": "2024-02-29T01:02:03",
    "DATETIME.replace(tzinfo=UTC)": "2024-02-29T01:02:03+00:00",
    "DATETIME.replace(tzinfo=offset(hours=-3, minutes=-30))": "2024-02-29T01:02:03-03:30",
    "DATETIME.replace(tzinfo=offset(hours=1, seconds=2))": "2024-02-29T01:02:03+01:00:02",
    "DATETIME.replace(tzinfo=offset(microseconds=-1))": "2024-02-29T01:02:03-00:00:00.000001",
    "DATETIME.replace(tzinfo=pytz.utc)": "2024-02-29T01:02:03+00:00",
    "pytz.timezone('Europe/Berlin').localize(DATETIME)": "2024-02-29T01:02:03+01:00",
    "DATETIME.replace(tzinfo=zoneinfo.ZoneInfo('UTC'))": "2024-02-29T01:02:03+00:00",
    "datetime.datetime.min": "0001-01-01T00:00:00",
    "datetime.datetime.max": "9999-12-31T23:59:59.999999",
    "datetime.date(2024, 2, 29)": "2024-02-29",
    "datetime.time(23, 5)": "23:05:00",
    "datetime.time(23, 5, fold=1)": "23:05:00",
    "datetime.time(23, 5, 6, 7, UTC)": "23:05:06.000007+00:00",
    "datetime.time(23, 5, tzinfo=pytz.utc)": "23:05:00+00:00",
    "datetime.time(23, 5, tzinfo=pytz.timezone('Europe/Berlin'))": "23:05:00",
    "pytz.timezone('Europe/Berlin').localize(DATETIME).timetz()": "01:02:03",
    "datetime.time(23, 5, tzinfo=zoneinfo.ZoneInfo('UTC'))": "23:05:00+00:00",
    "datetime.timedelta()": 0,
    "datetime.timedelta(days=1, seconds=2)": 86402,
    "datetime.timedelta(microseconds=-1)": -0.000001,
    "datetime.timedelta(days=-1, milliseconds=1500)": -86398.5,
    "datetime.timedelta.min": -86399999913600,
    "datetime.timedelta.max": datetime.timedelta.max.total_seconds(),
    "decimal.Decimal('1.50')": "1.50",
    "decimal.Decimal('-1E+400')": "-1E+400",
    "decimal.Decimal('NaN')": "NaN",
    "uuid.UUID(int=0)": "00000000-0000-0000-0000-000000000000",
    "uuid.UUID('0123cdef-0123-4567-89ab-0123456789ab')": "0123cdef-0123-4567-89ab-0123456789ab",
    "uuid.UUID(int=2 ** 128 - 1)": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "shared()": [["2024-02-29", [120]], ["2024-02-29", [120]], "2024-02-29", [120]],
}

# Values as Python expressions, and the reasons why they have no JSON text.
UNREADABLE = {
    "{1: 2}": "a Python dict whose keys are not strings",
    "{None: 2}": "a Python dict whose keys are not strings",
    "{(): 2}": "a Python dict whose keys are not strings",
    "[{b'k': 2}]": "a Python dict whose keys are not strings",
    "{datetime.date(2024, 2, 29): 2}": "a Python dict whose keys are not strings",
    "1j": "the Python class `complex`",
    "range(3)": "the Python class `range`",
    "len": "the Python class or function `len`",
    "int": "the Python class or function `int`",
    "...": "the Python class or function `Ellipsis`",
    "UTC": "the Python class `datetime.timezone`",
    "DATETIME.replace(tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))": "the Python class `zoneinfo.ZoneInfo`",
    "datetime.time(23, 5, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))": "the Python class `zoneinfo.ZoneInfo`",
    "zoneinfo.ZoneInfo('Europe/Berlin')": "the Python class `zoneinfo.ZoneInfo`",
    "fractions.Fraction(1, 3)": "the Python class `fractions.Fraction`",
    "functools.partial(len, 'a')": "the Python class `functools.partial`",
    "collections.OrderedDict(a=1)": "the Python class `collections.OrderedDict`",
    "collections.OrderedDict(b=[1], a=2)": "the Python class `collections.OrderedDict`",
    "collections.defaultdict(list, {'a': [1]})": "the Python class `collections.defaultdict`",
    "collections.Counter('aab')": "the Python class `collections.Counter`",
    "collections.deque([1, 2], 3)": "the Python class `collections.deque`",
    "object()": "the Python class `object`",
    "app.Cart": "the Python class or function `app.Cart`",
    "app.Cart()": "the Python class `app.Cart`",
    "app.Cart(items=[1, 2], owner='a')": "the Python class `app.Cart`",
    "[1, {'a': (app.Cart(),)}]": "the Python class `app.Cart`",
    "[app.Cart(), app.Cart()]": "the Python class `app.Cart`",
    "app.Cart.Item()": "the Python class `app.Cart.Item`",
    "app.Cart.Item.Price": "the Python class or function `app.Cart.Item.Price`",
    "app.Cart.Item": "the Python class or function `app.Cart.Item`",
    "app.Counted()": "the Python class `app.Counted`",
    "app.Money(5, 'EUR')": "the Python class `app.Money`",
    "app.Keyed(key=1)": "the Python class `app.Keyed`",
    "app.Set()": "the Python class `app.Set`",
    "app.Tags([1])": "the Python class `app.Tags`",
    "app.Items([1, 2])": "the Python class `app.Items`",
    "app.Items([1])": "the Python class `app.Items`",
    "with_attributes(app.Items([1, 2]), a=3)": "the Python class `app.Items`",
    "app.Options(a=1)": "the Python class `app.Options`",
    "app.Name('a')": "the Python class `app.Name`",
    "app.Number(5)": "the Python class `app.Number`",
    "app.Pair((1, 2))": "the Python class `app.Pair`",
    "app.Point(1, 2)": "the Python class `app.Point`",
    "app.Color.RED": "the Python class `app.Color`",
    "app.Problem('a', 1)": "the Python class `app.Problem`",
    "ValueError('a')": "the Python class `ValueError`",
    "recursive_list()": "a value that contains itself",
    "recursive_dict()": "a value that contains itself",
    "recursive_tuple()": "a value that contains itself",
    "recursive_set(set)": "the Python class `app.Cart`",
    "recursive_set(frozenset)": "the Python class `app.Cart`",
    "recursive_call(lambda owned: app.Pair((owned,)))": "the Python class `app.Pair`",
    "recursive_call(lambda owned: app.Point(owned, 1))": "the Python class `app.Point`",
    "recursive_call(lambda owned: app.Tags([owned]))": "the Python class `app.Tags`",
    "recursive_call(app.Fresh)": "the Python class `app.Fresh`",
    "recursive_call_in_list()": "the Python class `app.Pair`",
    "recursive_call_through_two()": "the Python class `app.Pair`",
    "recursive_counter()": "the Python class `collections.Counter`",
}


def main():
    sys.set_int_max_str_digits(4300)
    print("# Pickles of CPython 3.11, as in data.txt, for values beyond plain JSON. After `=` comes the value as a")
    print("# Python expression. The next line has the JSON that it is read as, or after `!` the reason why it cannot")
    print("# be read as JSON. Printed by tables.py.")
    rows = [(expression, json.dumps(value)) for expression, value in READ.items()]
    rows += [(expression, f"! {why}") for expression, why in UNREADABLE.items()]
    for expression, read in rows:
        print(f"\n= {expression}\n{read}")
        for protocol in range(6):
            record = (1700000000, 1699999000.5, {"v": eval(expression)})
            print(protocol, pickle.dumps(record, protocol).hex())


main()
