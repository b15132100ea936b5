#!/usr/bin/env python3
"""Runs Pyramid, axum, and nginx in front of them, until Ctrl-C. Requires Pyramid, waitress, Cargo and nginx."""

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYRAMID = [sys.executable, "app.py", "0"]
AXUM = ["cargo", "run", "--quiet", "--package", "session-examples", "--example", "pyramid-and-axum", "--", "0"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    port_help = "port of the site; 0 for any free one (default: %(default)s)"
    parser.add_argument("--port", type=int, default=8080, help=port_help)
    parser.add_argument("--axum", metavar="PROGRAM", help="path of the built example (default: Cargo builds it)")
    arguments = parser.parse_args()
    port = arguments.port or free_port()
    axum_command = [arguments.axum, "0"] if arguments.axum else AXUM
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: sys.exit())

    with ExitStack() as site:
        environment = os.environ | {"SESSION_SECRET": secrets.token_hex(64)}
        pyramid = site.enter_context(running(PYRAMID, env=environment, stdout=subprocess.PIPE))
        axum = site.enter_context(running(axum_command, env=environment, stdout=subprocess.PIPE))

        folder = Path(site.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)  # if root starts nginx, its workers run as another user
        conf = configuration({"PORT": port, "PYRAMID": port_of(pyramid), "AXUM": port_of(axum)})
        (folder / "nginx.conf").write_text(conf)
        site.enter_context(running([nginx(), "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]))

        wait_until_it_listens(port)
        print(f"http://localhost:{port}", flush=True)
        os.wait()
        sys.exit("Pyramid, axum or nginx has stopped.")


@contextmanager
def running(command, **options):
    """Runs a program for the duration of the `with` block. Ctrl-C reaches this script, but not the program."""
    process = subprocess.Popen(command, cwd=HERE, start_new_session=True, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def port_of(process):
    """Reads the address that an application prints when it listens, and returns the port."""
    address = process.stdout.readline().strip()
    return address.rpartition(":")[2] or sys.exit(f"{process.args[0]} has not started.")


def configuration(ports):
    conf = (HERE / "nginx.conf").read_text()
    for name, port in ports.items():
        conf = conf.replace(f"@{name}@", str(port))
    return conf


def nginx():
    """Returns the path of nginx. Debian installs it in /usr/sbin, which may not be in PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin") or sys.exit("nginx is not installed.")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_it_listens(port):
    ended = None
    while not ended:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            ended, _ = os.waitpid(-1, os.WNOHANG)
            time.sleep(0.05)
    sys.exit("Pyramid, axum or nginx has not started.")


if __name__ == "__main__":
    main()
