"""Cookies that our reader refuses, and unusual cookies that it accepts.

Refused cookies are forged, badly encoded in base64, or have a malformed payload. Unusual cookies have padded base64 or
unusual JSON, or the reader has the same key as the writer, but another salt or secret.
"""

import base64
from dataclasses import replace

from case import ACCESSED, CONFIG, CREATED, SECRET, crafted, kept, minted
from harness import Config

TAG = 64  # length of a tag in bytes; CONFIG signs with HMAC-SHA-512
STATE = {"user": "ada", "role": "user?"}
TIMES = f"{ACCESSED}, {CREATED}"


def unpadded(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def aligned(remainder):
    """Returns a case whose cookie has both `-` and `_`, and a length that is `remainder` more than a multiple of 4."""
    for pad in range(100):
        case = minted("", STATE | {"pad": "." * pad})
        if len(case.cookie) % 4 == remainder and "-" in case.cookie and "_" in case.cookie:
            return case
    raise AssertionError(f"no cookie has `-`, `_` and a length of 4n + {remainder}")


def tampered():
    case = aligned(0)
    signed = base64.urlsafe_b64decode(case.cookie)
    tag, payload = signed[:TAG], signed[TAG:]
    other = minted("", {"user": "eve", "role": "admin"}).payload

    def flipped(index):
        return signed[:index] + bytes([signed[index] ^ 1]) + signed[index + 1 :]

    forged = {
        "first byte of the tag": flipped(0),
        "last byte of the tag": flipped(TAG - 1),
        "first byte of the payload": flipped(TAG),
        "last byte of the payload": flipped(len(signed) - 1),
        "truncated": signed[:-1],
        "extended": signed + b"\0",
        "white space after": signed + b" ",
        "payload of another cookie": tag + other,
        "tag shortened": tag[:-1] + payload,
        "tag after the payload": payload + tag,
        "no tag": payload,
        "tag of zeros": bytes(TAG) + payload,
        "tag of another hash": base64.urlsafe_b64decode(Config(SECRET, "sha3_512").sign(payload)),
        "only a tag": tag,
        "shorter than a tag": tag[:-1],
        "three bytes": signed[:3],
        "empty": b"",
    }
    for name, value in forged.items():
        cookie = unpadded(value)
        yield replace(case, name=f"forged: {name}", cookie=cookie, origin="crafted", expect="bad_signature")
    # The configurations to read with. CONFIG signs the cookies, except those in `signed_with`.
    wrong = {
        "secret": Config(SECRET + "."),
        "secret, one bit": Config("`" + SECRET[1:]),
        "salt": Config(SECRET, salt="pyramid.session"),
        "no salt": Config(SECRET, salt=""),
        "hash of the same size": Config(SECRET, "sha3_512"),
        "shorter hash": Config(SECRET, "sha256"),
        "encoding of the secret": Config(SECRET + "\u00e9"),
    }
    # A secret in text is encoded as latin-1 if possible, so the UTF-8 bytes of the same secret are another key.
    signed_with = {"encoding of the secret": Config((SECRET + "\u00e9").encode())}
    for name, config in wrong.items():
        case = minted(f"wrong: {name}", STATE, config=signed_with.get(name, CONFIG), expect="bad_signature")
        yield replace(case, config=config)


def same_key():
    """Yields cookies whose reader has another salt or secret than the writer, but the same key.

    The key is the salt followed by the secret, without a separator.
    """
    case = minted("", STATE, config=Config("b" + SECRET, salt="a"))
    yield replace(case, name="same key: boundary moved", config=Config(SECRET, salt="ab"))
    case = minted("", STATE, config=Config("\u00e9" + SECRET))
    yield replace(case, name="same key: latin-1 and bytes", config=Config(b"\xe9" + SECRET.encode()))
    case = minted("", STATE, config=Config("\u00e9" + SECRET, salt="\u20ac"))
    yield replace(case, name="same key: UTF-8 and bytes", config=Config(("\u00e9" + SECRET).encode(), salt="\u20ac"))


def spellings():
    def spelled(case, name, cookie, expect="malformed", pyramid="valid"):
        return replace(case, name=f"base64: {name}", cookie=cookie, origin="crafted", expect=expect, pyramid=pyramid)

    whole, two, three = aligned(0), aligned(2), aligned(3)
    cookie = whole.cookie
    yield spelled(two, "correct padding of two", two.cookie + "==", "valid")
    yield spelled(three, "correct padding of one", three.cookie + "=", "valid")
    yield spelled(whole, "standard alphabet", cookie.replace("-", "+").replace("_", "/"))
    yield spelled(whole, "one character of the standard alphabet", cookie.replace("-", "+", 1))
    yield spelled(whole, "junk inside", cookie[:50] + "....".join([cookie[50:60], cookie[60:]]))
    yield spelled(whole, "junk before and after", f"..{cookie}..")
    yield spelled(two, "one character of junk", two.cookie[:50] + "." + two.cookie[50:], pyramid="new")
    yield spelled(whole, "padding without need", cookie + "====")
    yield spelled(whole, "one padding character without need", cookie + "=")
    yield spelled(two, "one padding character for two", two.cookie + "=")
    yield spelled(two, "three padding characters for two", two.cookie + "===")
    yield spelled(three, "two padding characters for one", three.cookie + "==")
    yield spelled(whole, "impossible length", cookie + "A", pyramid="new")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for case, bits in (two, 15), (three, 3):
        last = alphabet.index(case.cookie[-1])
        assert last & bits == 0
        yield spelled(case, f"trailing bits, {bits:b}", case.cookie[:-1] + alphabet[last | bits])
        yield spelled(case, f"trailing bit, one of {bits:b}", case.cookie[:-1] + alphabet[last | 1])


def unusual_json():
    """Yields sessions in JSON that Python reads but usually does not write. Our reader accepts this JSON as well."""
    states = {
        "compact": (f'[{ACCESSED},{CREATED},{{"a":[1,2],"b":{{}}}}]', {}),
        "white space": (f' \r\n\t[ {ACCESSED} ,\n{CREATED}\t,\r{{ "a" : [ 1 , 2 ] , "b" : {{ }} }} ] \n', {}),
        "raw UTF-8": (f'[{TIMES}, {{"\u00e9": "\u20ac\U0001f389"}}]', {}),
        "escapes": (f'[{TIMES}, {{"\\u0061\\/": "\\ud83c\\udf89\\u00E9\\b\\f\\n\\r\\t\\"\\\\"}}]', {}),
        "numbers": (f'[{TIMES}, {{"n": [1E5, 1e+5, 1.50e-2, -0, -0.0e0, 0.10]}}]', {}),
        # Python writes a key twice for {1: "old", "1": "new"}. The last value counts.
        "doubled key": (f'[{TIMES}, {{"1": "old", "a": 0, "1": "new"}}]', {}),
        "times as integers": (f"[{ACCESSED}, {int(CREATED)}, {{}}]", {}),
        "times with exponents": ("[1.7e9, 1699999E+3, {}]", {}),
        "times beyond 64 bits": (f"[{2**64}, {2**70}, {{}}]", {}),
        "created after accessed": (f"[{ACCESSED}, {ACCESSED + 5}, {{}}]", {}),
        "both times zero": ("[0, 0.0, {}]", {"timeout": None}),
    }
    for name, (text, reading) in states.items():
        yield crafted(f"json: {name}", text.encode(), **reading)


def kept_json():
    """Yields sessions with numbers that Python writes although JSON does not have them."""
    yield kept("json: NaN", f'[{TIMES}, {{"a": NaN, "b": 1}}]'.encode())
    yield kept("json: infinities, nested", f'[{TIMES}, {{"a": [Infinity, {{"b": -Infinity}}]}}]'.encode())


def malformed_json():
    """Yields correctly signed payloads that our reader refuses. Pyramid accepts some of them."""
    huge = "9" * 400
    # Each payload, and Pyramid's result: None means "new".
    payloads = {
        "nothing": (b"", None),
        "not JSON": (b"hello", None),
        "a pickle": (b"\x80\x04]\x94.", None),
        "cut short": (f'[{TIMES}, {{"a": 1}}'.encode(), None),
        "trailing garbage": (f"[{TIMES}, {{}}]x".encode(), None),
        "two documents": (f"[{TIMES}, {{}}][{TIMES}, {{}}]".encode(), None),
        "trailing NUL": (f"[{TIMES}, {{}}]\0".encode(), None),
        "trailing comma": (f"[{TIMES}, {{}},]".encode(), None),
        "single quotes": (f"[{TIMES}, {{'a': 1}}]".encode(), None),
        "comment": (f"[{TIMES}, {{}}] // x".encode(), None),
        "byte order mark": (f"\ufeff[{TIMES}, {{}}]".encode(), None),
        "UTF-16": (f"[{TIMES}, {{}}]".encode("utf-16"), None),
        "not UTF-8": (f'[{TIMES}, {{"a": "'.encode() + b'\xff\xfe"}]', None),
        "overlong UTF-8": (f'[{TIMES}, {{"a": "'.encode() + b'\xc0\xaf"}]', None),
        "surrogate in UTF-8": (f'[{TIMES}, {{"a": "'.encode() + b'\xed\xa0\x80"}]', None),
        "arity 0": (b"[]", None),
        "arity 2": (f"[{TIMES}]".encode(), None),
        "arity 4": (f"[{TIMES}, {{}}, {{}}]".encode(), None),
        "a number": (b"3", None),
        "null": (b"null", None),
        "an object": (b'{"accessed": 1, "created": 2, "state": {}}', None),
        "an object whose keys are a session": (f'{{"{ACCESSED}": 0, "{CREATED}": 0, "": 0}}'.encode(), "valid"),
        "state a list": (f'[{TIMES}, [1, 2]]'.encode(), "error"),
        "state an empty list": (f"[{TIMES}, []]".encode(), "valid"),
        "state a list of pairs": (f'[{TIMES}, [["a", 1]]]'.encode(), "valid"),
        "state a list of two letters": (f'[{TIMES}, ["ab"]]'.encode(), "valid"),
        "state a string": (f'[{TIMES}, "state"]'.encode(), "error"),
        "state an empty string": (f'[{TIMES}, ""]'.encode(), "valid"),
        "state a number": (f"[{TIMES}, 1]".encode(), "error"),
        "state null": (f"[{TIMES}, null]".encode(), "error"),
        "state false": (f"[{TIMES}, false]".encode(), "error"),
        "accessed a string": (f'["{ACCESSED}", {CREATED}, {{}}]'.encode(), "valid"),
        "created a string": (f'[{ACCESSED}, "{CREATED}", {{}}]'.encode(), "valid"),
        "accessed the string nan": (f'["nan", {CREATED}, {{}}]'.encode(), "valid"),
        "accessed a word": (f'["now", {CREATED}, {{}}]'.encode(), None),
        "accessed null": (f"[null, {CREATED}, {{}}]".encode(), None),
        "created null": (f"[{ACCESSED}, null, {{}}]".encode(), None),
        "accessed a list": (f"[[{ACCESSED}], {CREATED}, {{}}]".encode(), None),
        "created true": (f"[{ACCESSED}, true, {{}}]".encode(), "valid"),
        "accessed NaN": (f"[NaN, {CREATED}, {{}}]".encode(), "valid"),
        "created NaN": (f"[{ACCESSED}, NaN, {{}}]".encode(), "valid"),
        "accessed Infinity": (f"[Infinity, {CREATED}, {{}}]".encode(), "valid"),
        "created -Infinity": (f"[{ACCESSED}, -Infinity, {{}}]".encode(), "valid"),
        "accessed overflows": (f"[1e400, {CREATED}, {{}}]".encode(), "valid"),
        "accessed an integer that overflows": (f"[{huge}, {CREATED}, {{}}]".encode(), "error"),
        "created an integer that overflows": (f"[{ACCESSED}, {huge}, {{}}]".encode(), "error"),
        "nested 600 deep": (f'[{TIMES}, {{"a": {"[" * 600}{"]" * 600}}}]'.encode(), "valid"),
    }
    for name, (payload, pyramid) in payloads.items():
        yield crafted(f"malformed: {name}", payload, "malformed", pyramid)


def cases():
    for group in tampered, same_key, spellings, unusual_json, kept_json, malformed_json:
        yield from group()
