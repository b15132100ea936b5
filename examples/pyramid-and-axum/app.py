"""The part of the site that still runs on Pyramid: all paths except /orders and those below it.

    SESSION_SECRET=… python app.py [PORT]
"""

import os
import sys
from html import escape
from pathlib import Path

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from waitress import create_server

STYLE = (Path(__file__).parent / "style.css").read_text()
LEVELS = {"error": "error", "warning": "warning", "success": "success", "": "info", "debug": "debug"}


def page(request, title, content):
    """Renders a page with the user's name and the pending flash messages."""
    session = request.session
    messages = "".join(
        f'<p class="flash {level}" role="status">{escape(str(message))}</p>'
        for queue, level in LEVELS.items()
        for message in session.pop_flash(queue)
    )
    user = f'<p class="user">Signed in as <b>{escape(session["user"])}</b></p>' if "user" in session else ""
    return Response(f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<nav><a href="/">Home</a> <a href="/orders">Orders</a></nav>
{user}
</header>
<main>
<h1>{title}</h1>
{messages}
{content}
</main>
<footer>Served by <b class="pyramid">Pyramid</b></footer>
</body>
</html>
""")


def form(request, action, content):
    """Renders a form with the CSRF token of the session. Pyramid and axum both accept the token."""
    token = escape(request.session.get_csrf_token())
    field = f'<input type="hidden" name="csrf_token" value="{token}">'
    return f'<form method="post" action="{action}">{field}{content}</form>'


def home(request):
    if "user" not in request.session:
        return page(request, "The tea house", '<p><a class="button" href="/sign-in">Sign in</a> to order.</p>')
    # axum handles this form and accepts Pyramid's token in it.
    fields = '<label>What would you like? <input name="item" required></label> <button>Order</button>'
    order, sign_out = form(request, "/orders", fields), form(request, "/sign-out", "<button>Sign out</button>")
    orders = request.session.get("orders", [])
    return page(request, "The tea house", f"<p>Orders so far: <b>{len(orders)}</b></p>{order}{sign_out}")


def sign_in_form(request):
    fields = '<label>Your name <input name="user" autocomplete="username" required></label> <button>Sign in</button>'
    return page(request, "Sign in", form(request, "/sign-in", fields))


def sign_in(request):
    session = request.session
    session.invalidate()
    session["user"] = request.POST["user"]
    session.flash(f"Pyramid welcomes {session['user']}", "success")
    return HTTPSeeOther("/orders")


def rename(request):
    request.session["user"] = request.POST["user"]
    request.session.flash("Pyramid has changed your name")
    return HTTPSeeOther("/orders")


def sign_out(request):
    request.session.invalidate()
    request.session.flash("Pyramid has signed you out")
    return HTTPSeeOther("/orders")


def main():
    # main.rs uses the same secret. Both sides use the default name, salt and hash of the cookie.
    sessions = SignedCookieSessionFactory(os.environ["SESSION_SECRET"], httponly=True)
    with Configurator(session_factory=sessions) as config:
        config.set_default_csrf_options(require_csrf=True)
        config.add_route("home", "/")
        config.add_route("sign-in", "/sign-in")
        config.add_route("rename", "/rename")
        config.add_route("sign-out", "/sign-out")
        config.add_view(home, route_name="home")
        config.add_view(sign_in_form, route_name="sign-in", request_method="GET")
        config.add_view(sign_in, route_name="sign-in", request_method="POST")
        config.add_view(rename, route_name="rename", request_method="POST")
        config.add_view(sign_out, route_name="sign-out", request_method="POST")
        app = config.make_wsgi_app()

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 6543
    # X-Forwarded-Proto from nginx says whether the browser used https. On https, Pyramid also checks a form's origin.
    server = create_server(
        app,
        host="127.0.0.1",
        port=port,
        trusted_proxy="127.0.0.1",
        trusted_proxy_headers={"x-forwarded-proto"},
        clear_untrusted_proxy_headers=True,
    )
    print(f"http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
