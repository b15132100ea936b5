"""Real Pyramid sessions under a clock that is set by hand.

Shared by `mint.py`, which mints the golden vectors, and `peer.py`, the live Pyramid that the Rust tests talk to.
"""

import functools
import pickle
from dataclasses import dataclass

import pyramid.session
from pyramid.request import Request
from pyramid.response import Response
from webob.cookies import SignedSerializer

DEFAULT_SALT = "pyramid.session."


class Clock:
    """Stands in for the module `time` where `pyramid.session` looks for it: what it does with time is `time.time()`."""

    now = 0.0

    def time(self):
        return float(self.now)


CLOCK = Clock()
pyramid.session.time = CLOCK


class Verbatim:
    """A serializer of payloads that are bytes already: with it, Pyramid signs anything."""

    @staticmethod
    def dumps(payload):
        return payload


@dataclass(frozen=True)
class Config:
    """What has to be the same on both sides for a cookie to be read."""

    secret: str | bytes
    hashalg: str = "sha512"
    salt: str | bytes = DEFAULT_SALT
    serializer: str = "json"
    protocol: int | None = None  # of pickle; None: Pyramid's default, the highest there is

    def make_serializer(self):
        if self.serializer == "default":
            return None
        if self.serializer == "json":
            return pyramid.session.JSONSerializer()
        if self.serializer == "pickle":
            protocol = pickle.HIGHEST_PROTOCOL if self.protocol is None else self.protocol
            return pyramid.session.PickleSerializer(protocol)
        raise ValueError(f"no such serializer: {self.serializer!r}")

    @functools.cache
    def factory(self, **options):
        """The session factory; the options are those of Pyramid: `timeout`, `reissue_time`."""
        return pyramid.session.SignedCookieSessionFactory(
            self.secret, hashalg=self.hashalg, salt=self.salt, serializer=self.make_serializer(), **options
        )

    def sign(self, payload):
        """The cookie value of a payload, whether Pyramid would ever write it or not."""
        signer = SignedSerializer(self.secret, self.salt, self.hashalg, serializer=Verbatim())
        return signer.dumps(payload).decode("ascii")

    def loads(self, cookie):
        """The times and the state in a cookie value."""
        serializer = self.make_serializer()
        return SignedSerializer(self.secret, self.salt, self.hashalg, serializer=serializer).loads(cookie.encode())


def key_material(value):
    """A secret or salt as the tests spell it in JSON: text, or `{"hex": …}` for bytes."""
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def request_with(cookie):
    """A request that brings the cookie value, or none."""
    request = Request.blank("/")
    if cookie is not None:
        request.environ["HTTP_COOKIE"] = f"session={cookie}"
        if request.cookies["session"] != cookie:
            raise ValueError(f"a Cookie header cannot carry {cookie!r} to Pyramid as it is")
    return request


def respond(request):
    """The value of the session cookie that Pyramid sets in answer to the request, or None."""
    response = Response()
    request._process_response_callbacks(response)
    headers = response.headers.getall("Set-Cookie")
    if not headers:
        return None
    (header,) = headers
    return header.split(";")[0].removeprefix("session=")


def raw_items(session):
    """The state of a session, read behind its back: `session.items()` would count as an access."""
    return dict(dict.items(session))
