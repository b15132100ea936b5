"""A golden vector in the making, and the two ways to one: written by Pyramid, or crafted and then signed."""

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

# What Pyramid makes of a cookie of which we expect this, unless the case says otherwise.
PYRAMID_DOES = {"valid": "valid", "expired": "expired", "bad_signature": "new", "malformed": "new"}


@dataclass(frozen=True)
class Case:
    """A cookie, how to read it, and what becomes of it."""

    name: str
    cookie: str
    payload: bytes
    config: Config  # to read with
    origin: str  # "pyramid" or "crafted"
    now: float = NOW
    timeout: int | None = 1200
    expect: str = "valid"
    pyramid: str | None = None
    kept: bool = False  # the state has no JSON text, and goes back to Pyramid as it is

    @property
    def pyramid_does(self):
        return self.pyramid or PYRAMID_DOES[self.expect]


def write(config, do, created=CREATED, accessed=ACCESSED, cookie=None):
    """The cookie that Pyramid sets for a session that it made at one moment and that `do` touched at another."""
    CLOCK.now = created
    request = request_with(cookie)
    session = config.factory()(request)
    CLOCK.now = accessed
    do(session)
    return respond(request), raw_items(session)


def payload_of(cookie, config):
    """What the cookie's tag signs."""
    signed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    return signed[hashlib.new(config.hashalg).digest_size :]


def minted(name, state=None, *, do=None, config=CONFIG, created=CREATED, accessed=ACCESSED, **reading):
    """A session as Pyramid writes it, with this state or after `do(session)`."""
    do = do or (lambda session: session.update(state))
    cookie, written = write(config, do, created, accessed)
    payload = payload_of(cookie, config)
    read = config.make_serializer().loads(payload)[2]
    assert json.dumps(read) == json.dumps(written), name
    return Case(name, cookie, payload, config, "pyramid", **reading)


def kept(name, payload, *, config=CONFIG, origin="pyramid", **reading):
    """A session with a value that JSON cannot hold, correctly signed. Both sides take it."""
    return Case(name, config.sign(payload), payload, config, origin, kept=True, **reading)


def crafted(name, payload, expect="valid", pyramid=None, *, config=CONFIG, **reading):
    """Bytes that Pyramid would hardly write, correctly signed."""
    return Case(name, config.sign(payload), payload, config, "crafted", expect=expect, pyramid=pyramid, **reading)
