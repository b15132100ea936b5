"""Mints the golden vectors in `session-tests/vectors/pyramid.json` with real Pyramid.

    cargo xtask vectors                                     # installs the pinned Pyramid and mints
    python session-tests/pyramid/mint.py                    # mints; Python needs the packages in requirements.txt
    python session-tests/pyramid/mint.py --check            # exit status 1 if the file is out of date

The same version of Pyramid mints the same bytes each time. Pyramid also reads the cookie of each vector. The result
must be the one that the case expects of Pyramid. A vector has these fields:

    name        a unique name
    hashalg, salt, secret, serializer, protocol
                the configuration to read with; salt and secret are text, or {"hex": ...} for bytes
    cookie      the cookie's value
    payload_hex the payload that was signed, in hex; a forged cookie may contain another payload
    now, timeout
                the time of reading, in seconds since the epoch; the timeout in seconds, or null for none
    expect      our result: "valid", "expired", "bad_signature" or "malformed"
    pyramid     Pyramid's result: "valid", "expired", "new" (a new session) or "error" (an exception)
    origin      "pyramid" if the cookie is as Pyramid writes it, "crafted" if not
    accessed, created
                the times in the payload, where integers stay integers; null unless expect is "valid" or "expired"
    state       the state, but some JSON parsers lose digits of floats and large integers
    state_json  the text of json.dumps(state), with all digits

state and state_json are null unless expect is "valid" and JSON can hold the state within our limits.
"""

import sys

sys.dont_write_bytecode = True  # keeps the source folder clean

import json
from pathlib import Path

import cases_pickle
import cases_refused
import cases_written
from harness import CLOCK, raw_items, request_with

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "pyramid.json"


def read_by_pyramid(case):
    """Returns Pyramid's result for the cookie, and the session if there is one."""
    CLOCK.now = case.now
    factory = case.config.factory(timeout=case.timeout)
    try:
        session = factory(request_with(case.cookie))
    except (TypeError, ValueError, OverflowError):
        return "error", None
    if session.new:
        return "new", session
    if case.timeout is not None and case.now - session.accessed > case.timeout:
        assert not raw_items(session), f"{case.name}: an expired session must be empty"
        return "expired", session
    return "valid", session


def key_as_json(value):
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def vector(case):
    observed, session = read_by_pyramid(case)
    assert observed == case.pyramid_does, f"{case.name}: Pyramid's result must be {case.pyramid_does}, is {observed}"

    accessed = created = state = state_json = None
    if case.expect in ("valid", "expired"):
        accessed, created, state = case.config.make_serializer().loads(case.payload)
        assert (session.accessed, session.created) == (accessed, created), case.name
    if case.kept:
        state = None
    elif case.expect == "valid":
        state_json = json.dumps(state, allow_nan=False)
        assert json.dumps(raw_items(session)) == state_json, case.name
    else:
        state = None
    return {
        "name": case.name,
        "hashalg": case.config.hashalg,
        "salt": key_as_json(case.config.salt),
        "secret": key_as_json(case.config.secret),
        "serializer": case.config.serializer,
        "protocol": case.config.protocol,
        "cookie": case.cookie,
        "payload_hex": case.payload.hex(),
        "now": case.now,
        "timeout": case.timeout,
        "expect": case.expect,
        "pyramid": observed,
        "origin": case.origin,
        "accessed": accessed,
        "created": created,
        "state": state,
        "state_json": state_json,
    }


def document():
    """Returns the text of the file: JSON with one line for each field."""
    blocks, names = [], set()
    for module in cases_written, cases_refused, cases_pickle:
        for case in module.cases():
            assert case.name not in names, f"the name of a vector must be unique: {case.name!r}"
            names.add(case.name)
            lines = (f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in vector(case).items())
            blocks.append("  {\n" + ",\n".join(lines) + "\n  }")
    return "[\n" + ",\n".join(blocks) + "\n]\n"


def check(minted):
    committed = VECTORS.read_text(encoding="ascii") if VECTORS.exists() else "[]"
    if committed == minted:
        return 0
    old, new = ({entry["name"]: entry for entry in json.loads(text)} for text in (committed, minted))
    differing = [name for name in old | new if json.dumps(old.get(name)) != json.dumps(new.get(name))]
    what = ", ".join(differing) or "layout"
    print(f"{VECTORS} is out of date; run `cargo xtask vectors`. The file differs in: {what}", file=sys.stderr)
    return 1


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    minted = document()
    if arguments:
        return check(minted)
    VECTORS.parent.mkdir(exist_ok=True)
    VECTORS.write_text(minted, encoding="ascii", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
