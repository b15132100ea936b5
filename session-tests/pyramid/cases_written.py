"""Sessions as Pyramid writes them, with every hash and serializer, and with different keys, values and times."""

from unittest import mock

from case import ACCESSED, CONFIG, CREATED, NOW, SECRET, Case, minted, payload_of, write
from harness import Config

HASHES = (
    ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
    + ("sha3_224", "sha3_256", "sha3_384", "sha3_512")
    + ("blake2b", "blake2s")
)
PROTOCOLS = range(6)

EVERYDAY = {"user": "ada", "hits": 3, "admin": False}

# Values of every type that JSON can hold, including unusual and extreme values.
RICH = {
    "none": None,
    "bools": [True, False],
    "ints": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1],
    "longs": [2**63 - 1, 2**63, -(2**63), 2**64, -(2**64), 123456789012345678901234567890],
    "floats": [0.1, -0.0, 1e-05, 1e16, 5e-324, 1.7976931348623157e308],
    "text": ["", "plain", "\u00e9", "\u20ac", "\U0001f389", "\x00\n\r\t\x1a\x7f", "'\"\\", "\\u0041", "x" * 300],
    "nested": [{"a": [{"b": [[], {}]}]}],
    "": "empty key",
    "k\u20ac\n\\": "odd key",
}

PICKLED = Config(SECRET, serializer="pickle", protocol=4)
BIG = {"zeta": 1, "alpha": 123456789012345678901234567890, "Beta": {"z": 1e-05, "a": 1e16}, "small": 1e-05, "0": -0.0}


def pickled(protocol, hashalg="sha512"):
    return Config(SECRET, hashalg, serializer="pickle", protocol=protocol)


def nested(depth, value):
    for level in range(depth):
        value = [value] if level % 2 else {"d": value}
    return value


def worked_examples():
    # The Rust tests contain the same two cookies. Both are signed with the secret "secret".
    examples = {
        "json": "dt9oEI7g02L2km2slRQOGOJlDsZpcXStngAhlGCgCeqeXbT-z0Q6anHuuMIRRI6X-V-Vb_zgjqGALLKdhAy7"
        "81sxNzAwMDAwMDAwLCAxNjk5OTk5MDAwLjUsIHsiYSI6IDF9XQ",
        "pickle": "95UiI7oqKHcVQpZ1CTXPA-X5mEB9qFYDrasI6c95RlIFuVfr5iFbNy_gpQ5Hljfzv2WZK_Hpmu0TUXZ5oXm2"
        "KIAElRoAAAAAAAAASgDxU2VHQdlU-0YgAAB9lIwBYZRLAXOHlC4",
    }
    for serializer, cookie in examples.items():
        config = Config("secret", serializer=serializer, protocol=4 if serializer == "pickle" else None)
        case = minted(f"worked example {serializer}", {"a": 1}, config=config)
        assert case.cookie == cookie, case.name
        yield case


def hashes():
    for hashalg in HASHES:
        yield minted(f"hash {hashalg}", EVERYDAY, config=Config(SECRET, hashalg))
        yield minted(f"hash {hashalg}, pickle", EVERYDAY, config=pickled(4, hashalg))


def keys():
    salts = {
        "empty": "",
        "ASCII": "my.app.",
        "latin-1": "\u00e9t\u00e9",
        "beyond latin-1": "\u20ac\U0001f389",
        "bytes": b"\x00\xff\xfe salt",
    }
    secrets = {
        "ASCII": SECRET,
        "latin-1": "cl\u00e9 " + SECRET,
        "beyond latin-1": "\u20ac\U0001f389\u00e9 " + SECRET,
        "bytes": b"\x00\xff\xfe\x80 " + SECRET.encode(),
        "200 characters": "s" * 200,
    }
    for salt_name, salt in ({"default": CONFIG.salt} | salts).items():
        for secret_name, secret in secrets.items():
            config = Config(secret, salt=salt)
            yield minted(f"key: salt {salt_name}, secret {secret_name}", EVERYDAY, config=config)
    # The HMAC key is the salt followed by the secret. HMAC hashes a key that is longer than a block of the hash.
    for hashalg, block in ("sha256", 64), ("sha512", 128), ("sha3_256", 136), ("blake2b", 128), ("blake2s", 64):
        for key in block - 1, block, block + 1:
            config = Config("k" * (key - len(CONFIG.salt)), hashalg)
            yield minted(f"key: {key} bytes with {hashalg}", EVERYDAY, config=config)
        config = Config("k" * block, hashalg, salt="")
        yield minted(f"key: no salt, a block of secret with {hashalg}", EVERYDAY, config=config)


def states():
    integers = [2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 123456789012345678901234567890]
    controls = "".join(map(chr, range(32))) + "\x7f\x80\u2028\ufeff\uffff"
    one_of_each = {
        "empty": {},
        "booleans and null": {"t": True, "f": False, "n": None},
        "integers": {"up": integers, "down": [-i for i in integers], "beyond": [-(2**31) - 1, -(2**63) - 1]},
        "floats": {"f": [0.1, -0.0, 0.0, 1.0, 1e-05, 0.0001, 1e15, 1e16, 1e22, 1e100, 5e-324, 1.7976931348623157e308]},
        "unicode": {"e": "\u00e9", "euro": "\u20ac", "party": "\U0001f389", "combining": "e\u0301", "cjk": "\u6f22"},
        "control characters": {"c": controls},
        "quotes and backslashes": {"q": "\"'\\\"\\\\/", "u": "\\u0041", "html": "<script>&amp;"},
        "keys": {"": 1, " ": 2, "\u00e9": 3, "\U0001f389": 4, "\x00\n": 5, '"': 6, "\\": 7, "\\u0041": 8, "a.b": 9},
        "key order": {"z": 1, "a": 2, "10": 3, "9": 4, "M": 5, "m": 6},
        "empty containers": {"l": [], "d": {}, "s": "", "n": [[], {}, [[]], {"": {}}]},
        "lists and dicts": {"a": [1, {"b": [2, {"c": [3, [4, [5]]]}, []]}, "x"], "d": {"e": {"f": {"g": [{}]}}}},
        "nested 20 deep": {"deep": nested(20, "down here")},
        "nested 100 deep": {"deep": nested(100, 1)},
        "fifty keys": {f"key{i}": i for i in range(50)},
        "typed": BIG,
    }
    for name, state in one_of_each.items():
        yield minted(f"state: {name}", state)
        yield minted(f"state: {name}, pickle", state, config=PICKLED)
    yield minted("state: everything", RICH)
    for protocol in PROTOCOLS:
        config = pickled(protocol)
        yield minted(f"pickle {protocol}: empty", {}, config=config)
        yield minted(f"pickle {protocol}: everything", RICH, config=config)
        yield minted(f"pickle {protocol}: tuples", {"t": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]}, config=config)
        shared = ["shared", {"a": 1}]
        yield minted(f"pickle {protocol}: shared", {"x": shared, "y": shared, "z": [shared, (shared,)]}, config=config)
    # The pickler writes the elements of a container in batches of 1000.
    yield minted("pickle 4: two batches", {"l": [None] * 1001}, config=PICKLED)


def api():
    """Yields sessions with flash messages or a CSRF token, and sessions that are changed and then invalidated."""

    def flash(session):
        session.flash("Saved.")
        session.flash("Saved.")
        session.flash("caf\u00e9 \u20ac", allow_duplicate=False)
        session.flash("Denied.", "errors")
        session.flash("Denied.", "errors", allow_duplicate=False)
        session.flash({"level": 3, "parts": ["a", "b"]}, queue="typed")

    def emptied(session):
        session["kept"] = 1
        session.flash("gone")
        session.pop_flash()

    def csrf(session):
        with mock.patch("os.urandom", lambda size: bytes(range(size))):
            session.get_csrf_token()

    for serializer, config in ("json", CONFIG), ("pickle", PICKLED):
        yield minted(f"flash queues, {serializer}", do=flash, config=config)
        yield minted(f"flash popped, {serializer}", do=emptied, config=config)
        yield minted(f"csrf token, {serializer}", do=csrf, config=config)
        yield minted(f"changed, invalidated, {serializer}", do=lambda s: (s.update(a=1), s.invalidate()), config=config)


def moments():
    """Yields sessions with different times. They show how times are written, and when a session expires."""
    yield minted("time: created on the second", EVERYDAY, created=1699999000.0)
    yield minted("time: created to the last bit", EVERYDAY, created=1699999000.1234567)
    yield minted("time: accessed in the second that it was created in", EVERYDAY, created=1700000000.75)
    yield minted("time: at the epoch", EVERYDAY, created=0.0, accessed=0, now=0)
    yield minted("time: before the epoch", EVERYDAY, created=-5.5, accessed=-5, now=0)
    yield minted("time: accessed in the future", EVERYDAY, created=NOW + 99.5, accessed=NOW + 86400)
    yield minted("time: created in the future", EVERYDAY, created=4102444800.5)
    for serializer, config in ("json", CONFIG), ("pickle", PICKLED):
        # Pyramid loads the times as floats, and `changed()` writes the loaded times again.
        cookie, _ = write(config, lambda session: session.update(EVERYDAY))
        cookie, _ = write(config, lambda session: session.changed(), ACCESSED + 9, ACCESSED + 9, cookie)
        name = f"time: accessed is a float, {serializer}"
        yield Case(name, cookie, payload_of(cookie, config), config, "pyramid")
        name = f"time: accessed is a fraction, {serializer}"
        yield minted(name, do=lambda session: session.changed(), config=config, created=ACCESSED + 0.25)

    over = ACCESSED + 1200
    yield minted("timeout: one second before", EVERYDAY, now=over - 1)
    yield minted("timeout: exactly", EVERYDAY, now=over)
    yield minted("timeout: just over", EVERYDAY, now=over + 0.001, expect="expired")
    yield minted("timeout: long over", EVERYDAY, now=over * 2, expect="expired")
    yield minted("timeout: just over, pickle", EVERYDAY, config=PICKLED, now=over + 0.001, expect="expired")
    yield minted("timeout: just over, empty", {}, now=over + 0.001, expect="expired")
    yield minted("timeout: none", EVERYDAY, now=over * 2, timeout=None)
    yield minted("timeout: 0, at once", EVERYDAY, now=ACCESSED, timeout=0)
    yield minted("timeout: 0, later", EVERYDAY, now=ACCESSED + 0.5, timeout=0, expect="expired")
    yield minted("timeout: 60, exactly", EVERYDAY, now=ACCESSED + 60, timeout=60)


def limits():
    """Yields the largest cookies that Pyramid writes. Pyramid refuses a state that is one byte longer."""
    for hashalg, size in ("sha512", 2984), ("sha256", 3016):
        config = Config(SECRET, hashalg)
        room = size - len(f'[{ACCESSED}, {CREATED}, {{"a": ""}}]')
        case = minted(f"limit: 4064 characters with {hashalg}", {"a": "x" * room}, config=config)
        assert (len(case.payload), len(case.cookie)) == (size, 4064), case.name
        yield case
        try:
            write(config, lambda session: session.update(a="x" * (room + 1)))
        except ValueError:
            continue
        raise AssertionError(f"Pyramid wrote more than 4064 characters with {hashalg}")


def cases():
    for group in worked_examples, hashes, keys, states, api, moments, limits:
        yield from group()
