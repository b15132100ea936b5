"""The case of a golden vector: a cookie that Pyramid wrote, or crafted bytes that were then signed."""

import base64
import hashlib
import json
from dataclasses import dataclass

from harness import CLOCK, Config, raw_items, request_with, respond

CREATED = 1699999000.5
ACCESSED = 1700000000
NOW = 1700000060

SECRET = "an example secret that is long enough for every rule about length"
CONFIG = Config(SECRET)

# Pyramid's result for each of our expected results, unless the case names another one.
PYRAMID_DOES = {"valid": "valid", "expired": "expired", "bad_signature": "new", "malformed": "new"}


@dataclass(frozen=True)
class Case:
    """A cookie, how to read it, and the expected result."""

    name: str
    cookie: str
    payload: bytes
    config: Config  # to read with
    origin: str  # "pyramid" or "crafted"
    now: float = NOW
    timeout: int | None = 1200
    expect: str = "valid"
    pyramid: str | None = None
    kept: bool = False  # the state has no JSON text and is written back unchanged

    @property
    def pyramid_does(self):
        return self.pyramid or PYRAMID_DOES[self.expect]


def write(config, do, created=CREATED, accessed=ACCESSED, cookie=None):
    """Returns the cookie that Pyramid sets, and the session's items.

    The session is created at the time `created`, and changed by `do` at the time `accessed`.
    """
    CLOCK.now = created
    request = request_with(cookie)
    session = config.factory()(request)
    CLOCK.now = accessed
    do(session)
    return respond(request), raw_items(session)


def payload_of(cookie, config):
    """Returns the signed payload of the cookie."""
    signed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    return signed[hashlib.new(config.hashalg).digest_size :]


def minted(name, state=None, *, do=None, config=CONFIG, created=CREATED, accessed=ACCESSED, **reading):
    """Returns the case of a session as Pyramid writes it, with this state or after `do(session)`."""
    do = do or (lambda session: session.update(state))
    cookie, written = write(config, do, created, accessed)
    payload = payload_of(cookie, config)
    read = config.make_serializer().loads(payload)[2]
    assert json.dumps(read) == json.dumps(written), name
    return Case(name, cookie, payload, config, "pyramid", **reading)


def kept(name, payload, *, config=CONFIG, origin="pyramid", **reading):
    """Returns the case of a correctly signed session with a value that JSON cannot hold. Both sides accept it."""
    return Case(name, config.sign(payload), payload, config, origin, kept=True, **reading)


def crafted(name, payload, expect="valid", pyramid=None, *, config=CONFIG, **reading):
    """Returns the case of correctly signed bytes that Pyramid would not write."""
    return Case(name, config.sign(payload), payload, config, "crafted", expect=expect, pyramid=pyramid, **reading)
