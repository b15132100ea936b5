"""Measures Pyramid and Flask with the jobs of benches-peers. Calls their applications in process, through WSGI. Prints
a line of JSON for each framework.

Usage: bench.py SECONDS FILE. The file holds the sessions' data as JSON: [[bytes, {key: value, …}], …]
"""

import json
import sys
import time

import flask
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory

SECRET = "a secret that is long enough for a benchmark"
JOBS = ["untouched", "read", "write"]


def pyramid_app(sessions):
    def setup(request):
        request.session.update(DATA[int(request.params["size"])])
        return Response("ok")

    def untouched(request):
        return Response("ok")

    def read(request):
        return Response(str(request.session.get("hits", 0)))

    def write(request):
        hits = request.session.get("hits", 0)
        request.session["hits"] = hits + 1
        return Response(str(hits))

    config = Configurator()
    if sessions:
        config.set_session_factory(SignedCookieSessionFactory(SECRET, reissue_time=120))
    for view in [setup, untouched, read, write] if sessions else [untouched]:
        config.add_route(view.__name__, "/" + view.__name__)
        config.add_view(view, route_name=view.__name__)
    return config.make_wsgi_app()


def flask_app(sessions):
    app = flask.Flask("peers")
    if sessions:
        app.secret_key = SECRET

    def setup():
        flask.session.update(DATA[int(flask.request.args["size"])])
        return "ok"

    def untouched():
        return "ok"

    def read():
        return str(flask.session.get("hits", 0))

    def write():
        hits = flask.session.get("hits", 0)
        flask.session["hits"] = hits + 1
        return str(hits)

    for view in [setup, untouched, read, write]:
        app.add_url_rule("/" + view.__name__, view_func=view)
    return app


def call(app, path, query="", cookie=""):
    """Sends a request and returns the Set-Cookie lines of the response."""
    lines = []

    def start_response(status, headers, exc_info=None):
        assert status.startswith("200"), status
        lines.extend(value for name, value in headers if name == "Set-Cookie")

    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": cookie,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": sys.stdin,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    b"".join(app(environ, start_response))
    return lines


def batch(app, path, cookie, count=50):
    """Sends `count` requests. Returns the average time of a request in microseconds."""
    start = time.perf_counter()
    for _ in range(count):
        call(app, path, cookie=cookie)
    return (time.perf_counter() - start) / count * 1e6


def first_decile(samples):
    """Returns the first decile. The comment on `FASTER` in src/measure.rs gives the reason."""
    return sorted(samples)[len(samples) // 10]


def main(seconds):
    subjects = [
        ("Pyramid", "HMAC-SHA-512 over times and data", pyramid_app),
        ("Flask, itsdangerous", "HMAC-SHA-1 over data and time", flask_app),
    ]
    cells = {}
    for name, _, app in subjects:
        bare, app = app(False), app(True)
        cells[name, "bare", 0] = (bare, "/untouched", "", [])
        for size in DATA:
            cookie = call(app, "/setup", f"size={size}")[0].split(";")[0]
            for job in JOBS:
                assert len(call(app, "/" + job, cookie=cookie)) == (job == "write"), (name, job)
                cells[name, job, size] = (app, "/" + job, cookie, [])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for app, path, cookie, samples in cells.values():
            batch(app, path, cookie, 10)
            samples.append(batch(app, path, cookie))
    for name, what, _ in subjects:
        bare = first_decile(cells[name, "bare", 0][3])
        rows = [
            {"bytes": size, "us": {job: first_decile(cells[name, job, size][3]) - bare for job in JOBS}}
            for size in DATA
        ]
        print(json.dumps({"name": name, "signs": what, "in_cookie": True, "rows": rows}))


with open(sys.argv[2], encoding="utf-8") as file:
    DATA = dict(json.load(file))
main(float(sys.argv[1]))
