"""The class `Case`, and functions that create cases. `mint.py` makes a golden vector from each case.

The cookie of a case is written by Pyramid or crafted by hand.
"""

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

# Our reader's results, each with Pyramid's usual result. A case with another result of Pyramid names that result.
PYRAMID_DOES = {"valid": "valid", "expired": "expired", "bad_signature": "new", "malformed": "new"}


@dataclass(frozen=True)
class Case:
    """A cookie, how to read it, and the expected results: ours in `expect`, and Pyramid's in `pyramid_does`."""

    name: str
    cookie: str
    payload: bytes
    config: Config  # to read with
    origin: str  # "pyramid" or "crafted"
    now: float = NOW
    timeout: int | None = 1200
    expect: str = "valid"
    pyramid: str | None = None
    # Whether JSON cannot hold the state, or its JSON text exceeds our limits. We write such a state back unchanged.
    kept: bool = False

    @property
    def pyramid_does(self):
        return self.pyramid or PYRAMID_DOES[self.expect]


def write(config, do, created=CREATED, accessed=ACCESSED, cookie=None):
    """Returns the cookie that Pyramid sets, and the session's items.

    The session is loaded from `cookie`, or created, at the time `created`. `do` changes it at the time `accessed`.
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
    """Returns a case with a cookie that Pyramid writes for a session with this state, or for one that `do` changes."""
    do = do or (lambda session: session.update(state))
    cookie, written = write(config, do, created, accessed)
    payload = payload_of(cookie, config)
    read = config.make_serializer().loads(payload)[2]
    assert json.dumps(read) == json.dumps(written), name
    return Case(name, cookie, payload, config, "pyramid", **reading)


def kept(name, payload, *, config=CONFIG, origin="pyramid", **reading):
    """Returns a case with a correctly signed session whose state has no JSON text within our limits.

    Pyramid and our reader both accept the session.
    """
    return Case(name, config.sign(payload), payload, config, origin, kept=True, **reading)


def crafted(name, payload, expect="valid", pyramid=None, *, config=CONFIG, **reading):
    """Returns a case with correctly signed bytes that Pyramid would not write."""
    return Case(name, config.sign(payload), payload, config, "crafted", expect=expect, pyramid=pyramid, **reading)
