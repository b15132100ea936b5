"""Real Pyramid sessions with a manual clock.

`mint.py`, which mints the golden vectors, shares this module with `peer.py` and `kinds_peer.py`, the live Pyramids of
the Rust tests.
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
    """Replaces the module `time` in `pyramid.session`, which only calls `time.time()`."""

    now = 0.0

    def time(self):
        return float(self.now)


CLOCK = Clock()
pyramid.session.time = CLOCK


class Verbatim:
    """A serializer for payloads that are already bytes. With it, Pyramid signs any payload."""

    @staticmethod
    def dumps(payload):
        return payload


@dataclass(frozen=True)
class Config:
    """The options with which a cookie is written or read."""

    secret: str | bytes
    hashalg: str = "sha512"
    salt: str | bytes = DEFAULT_SALT
    serializer: str = "json"
    protocol: int | None = None  # of pickle; None means Pyramid's default, the highest one

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
        """Returns the session factory. The options are Pyramid's: `timeout`, `reissue_time`."""
        return pyramid.session.SignedCookieSessionFactory(
            self.secret, hashalg=self.hashalg, salt=self.salt, serializer=self.make_serializer(), **options
        )

    def sign(self, payload):
        """Returns the cookie value for any payload, even one that Pyramid would not write."""
        signer = SignedSerializer(self.secret, self.salt, self.hashalg, serializer=Verbatim())
        return signer.dumps(payload).decode("ascii")

    def loads(self, cookie):
        """Returns the times and the state of a cookie value."""
        serializer = self.make_serializer()
        return SignedSerializer(self.secret, self.salt, self.hashalg, serializer=serializer).loads(cookie.encode())


def key_material(value):
    """Returns a secret or salt from its JSON form: text, or `{"hex": …}` for bytes."""
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def request_with(cookie):
    """Returns a request with the cookie value, or without a cookie."""
    request = Request.blank("/")
    if cookie is not None:
        request.environ["HTTP_COOKIE"] = f"session={cookie}"
        if request.cookies["session"] != cookie:
            raise ValueError(f"Pyramid reads another value than {cookie!r} from the Cookie header")
    return request


def respond(request):
    """Returns the value of the session cookie that Pyramid sets in the response, or None."""
    response = Response()
    request._process_response_callbacks(response)
    headers = response.headers.getall("Set-Cookie")
    if not headers:
        return None
    (header,) = headers
    return header.split(";")[0].removeprefix("session=")


def raw_items(session):
    """Returns the state of a session. Unlike `session.items()`, this does not count as an access."""
    return dict(dict.items(session))
