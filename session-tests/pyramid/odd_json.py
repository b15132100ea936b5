"""JSON texts that Python's `json` reads.

A strict parser may refuse such a text, read another value, or lose details such as white space.
"""

import json

from kinds import ARRANGEMENTS

INF, NAN = float("inf"), float("nan")

# Values whose texts Pyramid writes.
WRITTEN = [
    NAN,
    INF,
    -INF,
    [NAN, [INF, {"a": -INF}]],
    {"a": {"b": [NAN]}},
    2**64,
    -(10**40),
    [3**500, -(2**63) - 1],
    [-0.0, 5e-324, 1.7976931348623157e308, 1e16, 1e-05],
    "\ud800",
    {"\udfff": "\x7f\x00\u2028"},
    {"$serde_json::private::Number": "1"},
    {"$serde_json::private::RawValue": "[1]"},
]

# Other texts. Pyramid does not write most of them.
SPELLED = [
    "1e400",
    "[-1E+400, 1.0E5, 1e0, 1E-0]",
    "-0",
    "0.10000000000000000000000000000000000000001",
    '{"a": 1, "a": 2}',
    '[{"a": {"b": 1, "b": 2}, "a": 3}]',
    r'"\u00E9\u00e9\/\u002F"',
    '"\u00e9\u20ac\U0001f389"',
    '{"\\u0061": 1, "a": 2}',
    "[ 1 ,2,\t3\n]",
    '{"a":1,"b" : [ ] , "c":{ }}',
    "[[[]], {}]",
    '["]", "}", "\\"", "\\\\"]',
]


def texts():
    yield from (json.dumps(value) for value in WRITTEN)
    yield from SPELLED


def arranged(text):
    """Yields, for each arrangement that JSON can hold, its name and the JSON of a state with the text as the value."""
    place = "the place of the text"
    for name, arrange in ARRANGEMENTS.items():
        if name == "as a key" and not text.startswith('"'):
            continue
        try:
            yield name, json.dumps(arrange(place)).replace(json.dumps(place), text)
        except TypeError:  # JSON cannot hold sets and Python objects
            continue
