"""A real Pyramid application on stdin and stdout, with which the Rust tests exchange cookies.

    cargo xtask test                                       # runs the self-test, then the interop tests in Rust
    python session-tests/pyramid/peer.py                   # serves until end of input
    python session-tests/pyramid/peer.py --selftest        # exit status 1 if an answer is not the expected one

Each line of input is a command, and each line of output its answer. Both are JSON objects; answers are in ASCII.

    {"op": "configure", "secret": S, "hashalg": "sha512", "salt": S, "timeout": 1200, "reissue_time": 0,
     "serializer": "json" | "pickle", "protocol": N}
        Starts the application again. All options except the secret are optional and default to Pyramid's defaults. A
        null timeout or reissue_time is Python's None. S is text, or {"hex": "..."} for bytes.
        Answer: {"ok": true}

    {"op": "request", "now": SECONDS, "cookie": HEADER or null, "do": [[op, argument, ...], ...]}
        Sends one request at the time "now". "cookie" is the raw Cookie header; each of its characters is one byte.
        Answer: {"set_cookie": [header, ...], "state_json": TEXT, "created": SECONDS, "accessed": SECONDS,
                 "new": BOOL, "results": [one for each op], "error": null or "Exception: message"}

    {"op": "describe", "cookie": HEADER}
        Answer: {"python": TEXT}, the text in which alike.py describes the entries whose keys begin with "py".

The operations of a request, named after methods of Pyramid's session:

    ["get", key]  ["set", key, json text of the value]  ["delete", key]  ["contains", key]  ["keys"]  ["len"]
    ["flash", message, queue, allow_duplicate]  ["pop_flash", queue]  ["peek_flash", queue]
    ["csrf"]  ["new_csrf"]  ["changed"]  ["clear"]  ["invalidate"]

For values that JSON cannot hold, in entries whose keys begin with "py":

    ["set_python", key, kind in kinds.py]  ["share", key, key that has the value]  ["forget", key]

state_json is json.dumps of the state at the end of the view, with null for each entry whose key begins with "py".
Reading the state and the times for the answer does not count as an access to the session.

With an empty "do" the view does not ask for the session, so Pyramid does not even parse the cookie. The answer then
describes a session that is loaded from the same header after the response. If the application raises, the answer has
the error and no cookie, and "results" has the results before the error. If this happens before the end of the view,
the fields that describe the session are null.

The answer to an invalid command is {"error": "..."}, and serving continues.
"""

import sys

sys.dont_write_bytecode = True  # keeps the source folder clean

import io
import json

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from webtest import TestApp

from alike import describe
from harness import CLOCK, DEFAULT_SALT, Config, key_material, raw_items
from kinds import KINDS

PYTHON = "py"


def share(session, key, source):
    """Sets an entry to a list that contains the value of the entry `source`, so both entries share one object."""
    if source in session:
        session[key] = [session[source]]


OPS = {
    "set_python": lambda session, key, kind: session.__setitem__(key, KINDS[kind]()),
    "share": share,
    "forget": lambda session, key: session.pop(key, session) is not session,
    "get": lambda session, key: session.get(key),
    "set": lambda session, key, text: session.__setitem__(key, json.loads(text)),
    "delete": lambda session, key: session.pop(key, None),
    "contains": lambda session, key: key in session,
    "keys": lambda session: list(session.keys()),
    "len": lambda session: len(session),
    "flash": lambda session, *arguments: session.flash(*arguments),
    "pop_flash": lambda session, *queue: session.pop_flash(*queue),
    "peek_flash": lambda session, *queue: session.peek_flash(*queue),
    "csrf": lambda session: session.get_csrf_token(),
    "new_csrf": lambda session: session.new_csrf_token(),
    "changed": lambda session: session.changed(),
    "clear": lambda session: session.clear(),
    "invalidate": lambda session: session.invalidate(),
}


def snapshot(session):
    state = {key: None if key.startswith(PYTHON) else value for key, value in raw_items(session).items()}
    return {
        "state_json": json.dumps(state),
        "created": session.created,
        "accessed": session.accessed,
        "new": session.new,
    }


def view(request):
    """Runs the operations of the command and fills in the answer. Both are in the WSGI environment."""
    answer = request.environ["peer.answer"]
    for op, *arguments in request.environ["peer.do"]:
        answer["results"].append(OPS[op](request.session, *arguments))
    if request.environ["peer.do"]:
        answer.update(snapshot(request.session))
    return Response("done")


class Peer:
    """Answers commands."""

    def __init__(self):
        self.app = self.factory = self.config = None

    def configure(self, secret, hashalg="sha512", salt=DEFAULT_SALT, serializer="json", protocol=None, **options):
        if unknown := options.keys() - {"timeout", "reissue_time"}:
            raise ValueError(f"unknown options: {sorted(unknown)}")
        self.config = Config(key_material(secret), hashalg, key_material(salt), serializer, protocol)
        self.factory = self.config.factory(**options)
        with Configurator(session_factory=self.factory) as configurator:
            configurator.add_route("session", "/")
            configurator.add_view(view, route_name="session")
        self.app = TestApp(configurator.make_wsgi_app())
        return {"ok": True}

    def request(self, now, cookie, do):
        if self.app is None:
            raise ValueError("send configure before request")
        if unknown := {op for op, *_ in do} - OPS.keys():
            raise ValueError(f"unknown ops: {sorted(unknown)}")
        CLOCK.now = now
        answer = {"set_cookie": [], "state_json": None, "created": None, "accessed": None, "new": None}
        answer |= {"results": [], "error": None}
        header = {} if cookie is None else {"HTTP_COOKIE": cookie}
        self.app.reset()  # drops the cookies of earlier responses, which WebTest would send
        try:
            response = self.app.get("/", extra_environ=header | {"peer.do": do, "peer.answer": answer})
            answer["set_cookie"] = response.headers.getall("Set-Cookie")
            if not do:
                answer.update(snapshot(self.factory(Request.blank("/", environ=header))))
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {error}"
        return answer

    def describe(self, cookie):
        _, _, state = self.config.loads(cookie.removeprefix("session="))
        return {"python": describe({key: value for key, value in state.items() if key.startswith(PYTHON)})}

    def answer(self, line):
        """Returns the answer to one line of input."""
        try:
            command = json.loads(line)
            op = command.pop("op")
            if op not in ("configure", "request", "describe"):
                raise ValueError(f"unknown op: {op!r}")
            return json.dumps(getattr(self, op)(**command), allow_nan=False)
        except Exception as error:
            return json.dumps({"error": f"{type(error).__name__}: {error}"})


def serve(lines, out):
    peer = Peer()
    for line in lines:
        print(peer.answer(line), file=out, flush=True)


def selftest():
    """Sends commands, and checks for each one that the answer contains the expected fields."""
    example = (
        "session=dt9oEI7g02L2km2slRQOGOJlDsZpcXStngAhlGCgCeqeXbT-z0Q6anHuuMIRRI6X-V-Vb_zgjqGALLKdhAy781sx"
        "NzAwMDAwMDAwLCAxNjk5OTk5MDAwLjUsIHsiYSI6IDF9XQ"
    )
    attributes = "; Path=/; SameSite=Lax"

    def request(now, cookie, *do):
        return {"op": "request", "now": now, "cookie": cookie, "do": do}

    state = {"state_json": '{"a": 1}', "created": 1699999000.5, "accessed": 1700000000.0, "new": False}
    blank = {"state_json": "{}", "created": 1700000000.25, "accessed": 1700000000.25, "new": True, "set_cookie": []}
    conversation = [
        (request(0, None), {"error": "ValueError: send configure before request"}),
        ({"op": "configure", "secret": "secret"}, {"ok": True}),
        (request(1700000000.25, None), blank | {"results": []}),
        (request(1700000000.25, "session=forged"), blank),
        (request(1700000000.25, example), state | {"set_cookie": []}),
        # Within the second of the last access, a read does not re-issue the session.
        (request(1700000000.9, example, ["get", "a"]), state | {"results": [1], "set_cookie": []}),
        (request(1700000000.9, example, ["set", "a", "1"]), {"set_cookie": [example + attributes], "new": False}),
        (request(1700000001, example, ["len"]), {"results": [1], "accessed": 1700000001}),
        (request(1700001201, example), {"state_json": "{}", "new": False, "created": 1699999000.5}),
        (
            request(
                1700000000.25,
                "a=b; session=forged",
                ["set", "n", "123456789012345678901234567890"],
                ["set", "f", "1e-05"],
                ["flash", "caf\u00e9", "", True],
                ["flash", "caf\u00e9", "", False],
                ["peek_flash"],
                ["delete", "nothing"],
                ["contains", "f"],
                ["keys"],
            ),
            {
                "results": [None, None, None, None, ["caf\u00e9"], None, True, ["n", "f", "_f_"]],
                "state_json": '{"n": 123456789012345678901234567890, "f": 1e-05, "_f_": ["caf\\u00e9"]}',
                "error": None,
            },
        ),
        (request(1700000000.25, None, ["set", "big", json.dumps("x" * 4000)]), {"set_cookie": []}),
        (request(1700000000.25, None, ["dance"]), {"error": "ValueError: unknown ops: ['dance']"}),
        ({"op": "configure", "secret": {"hex": "ff"}, "serializer": "pickle", "timeout": None}, {"ok": True}),
        (
            request(
                1700000000.25,
                None,
                ["set_python", "py1", "set"],
                ["share", "py2", "py1"],
                ["set", "a", "1"],
                ["forget", "py1"],
                ["forget", "py3"],
            ),
            {"state_json": '{"py2": null, "a": 1}', "results": [None, None, None, True, False], "error": None},
        ),
        (request(1700000000.25, None, ["invalidate"]), {"state_json": "{}", "new": True, "accessed": 1700000000}),
    ]
    out = io.StringIO()
    serve((json.dumps(command) for command, _ in conversation), out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(answers) == len(conversation), "each command must have one answer"
    for (command, expected), answer in zip(conversation, answers, strict=True):
        assert expected.items() <= answer.items(), f"{command}\nanswer:   {answer}\nexpected: {expected}"
    assert answers[-5]["error"].startswith("ValueError: Cookie value is too long"), answers[-5]


def main(arguments):
    if arguments not in ([], ["--selftest"]):
        print(__doc__, file=sys.stderr)
        return 2
    if arguments:
        try:
            selftest()
        except AssertionError as error:
            print(f"peer.py: the self-test failed: {error}", file=sys.stderr)
            return 1
        return 0
    sys.stdin.reconfigure(encoding="utf-8")
    serve(sys.stdin, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
