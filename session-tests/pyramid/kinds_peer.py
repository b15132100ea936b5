"""A real Pyramid on stdin and stdout that mints and compares sessions with any kind of value.

    python session-tests/pyramid/kinds_peer.py              # serves until end of input
    python session-tests/pyramid/kinds_peer.py --selftest   # exit status 1 if a comparison is wrong

Each line of input is a command, and each line of output its answer. Both are JSON objects; answers are in ASCII. A
"protocol" is "json", a pickle protocol from 0 to 5, or null. Null means the factory's default serializer. In Pyramid
1.10, this serializer pickles.

    {"op": "names"}
        Answer: {"kinds": [NAME, ...], "arrangements": [NAME, ...]}

    {"op": "mint", "kind": NAME, "arrangement": NAME, "protocol": N}
        Lets Pyramid write a session. Answer: {"cookie": VALUE, "limits": {CHANGE: BYTES, ...}}. A limit is the maximum
        size of the payload that Python writes after the change. The cookie is null if the session cannot exist. For
        example, a list cannot be a key, and protocols 0 and 1 do not support slots. This command does not support the
        protocol "json".

    {"op": "difference", "was": VALUE, "is": VALUE, "change": CHANGE, "protocol": N}
        Makes the change to the session of the cookie "was". Answer: {"difference": TEXT or null}, the first difference
        between the changed session and the session of the cookie "is". If Pyramid loads no session from a cookie, the
        text says why.

    {"op": "reading", "kind": NAME, "arrangement": NAME}
        Answer: the result that readings.py expects when Rust reads the entry "k".

    {"op": "refused"}
        Answer: {"sessions": [[name, VALUE], ...]}: sessions that our reader has to refuse.

    {"op": "ordered"}
        Answer: {"sessions": [[name, VALUE], ...]}: sessions with the pickles that `pickles` in
        ordered.py yields.

    {"op": "varying"}
        Answer: {"sessions": [[PROTOCOL, VALUE], ...]}: one session in each pickle protocol. Python writes a different
        pickle of this session each time.

    {"op": "odd_json"}
        Answer: {"sessions": [[name, VALUE], ...]}: sessions with each text of odd_json.py in each arrangement that JSON
        can hold. The name is "TEXT, ARRANGEMENT".

A CHANGE is "hit" (sets the entry `hits` to 2), "add" (adds an entry), "remove" (removes the entry `gone`) or "none"
(changes no entry).
"""

import sys

sys.dont_write_bytecode = True  # keeps the source folder clean

import copyreg
import io
import json
import pickle

import classes
import odd_json
import ordered
import readings
from alike import difference
from case import ACCESSED, CREATED, SECRET, payload_of, write
from harness import CLOCK, Config, raw_items, request_with
from kinds import ARRANGEMENTS, KINDS, NEED_PROTOCOL_2

CHANGES = {
    "none": lambda state: None,
    "hit": lambda state: state.__setitem__("hits", 2),
    "add": lambda state: state.__setitem__("added", "by the other side"),
    "remove": lambda state: state.__delitem__("gone"),
}


def config_of(protocol):
    if protocol is None:
        return Config(SECRET, serializer="default")
    if protocol == "json":
        return Config(SECRET)
    return Config(SECRET, serializer="pickle", protocol=protocol)


def entries(kind, arrangement):
    """Returns a session's entries, or None if the arrangement cannot hold the kind."""
    try:
        return ARRANGEMENTS[arrangement](KINDS[kind]())
    except TypeError:  # the value is not hashable, or not iterable
        return None


def load(config, cookie):
    """Returns the entries that Pyramid loads."""
    CLOCK.now = ACCESSED
    session = config.factory()(request_with(cookie))
    if session.new:
        try:
            config.loads(cookie)
            why = "the payload is not a session"
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
        raise ValueError(f"Pyramid starts a new session: {why}")
    return raw_items(session)


def limit(state, payload, change, protocol):
    """Returns the size of the payload that Python writes after the change.

    A string that appears twice may be one object in the created state and two in the loaded state, or the reverse.
    Pickle writes one object only once. So the sizes can differ, and the larger one counts.
    """
    sizes = []
    for changed in dict(state), pickle.loads(payload)[2]:
        change(changed)
        sizes.append(len(pickle.dumps((ACCESSED, CREATED, changed), protocol)))
    return max(sizes)


def names():
    return {"kinds": list(KINDS), "arrangements": list(ARRANGEMENTS)}


def mint(kind, arrangement, protocol):
    config, state = config_of(protocol), entries(kind, arrangement)
    if state is None or (kind in NEED_PROTOCOL_2 and protocol in (0, 1)):
        return {"cookie": None, "limits": {}}
    cookie, _ = write(config, lambda session: session.update(state), CREATED, ACCESSED)
    payload = payload_of(cookie, config)
    written_with = pickle.HIGHEST_PROTOCOL if protocol is None else protocol
    limits = {name: limit(state, payload, change, written_with) for name, change in CHANGES.items()}
    return {"cookie": cookie, "limits": limits}


def compare(was, now, change, protocol):
    config = config_of(protocol)

    def changed():
        state = load(config, was)
        CHANGES[change](state)
        return state

    try:
        return {"difference": difference(changed, lambda: load(config, now))}
    except ValueError as error:
        return {"difference": str(error)}


def reading(kind, arrangement):
    return readings.reading(kind, entries(kind, arrangement)["k"])


class PersistentIds(pickle.Pickler):
    def persistent_id(self, value):
        return "17" if isinstance(value, classes.Plain) else None


def refused():
    config = config_of(4)
    for protocol in range(6):
        for state in {"k": classes.Plain()}, {"hits": 1, "k": [classes.Plain()]}:
            out = io.BytesIO()
            PersistentIds(out, protocol).dump((ACCESSED, CREATED, state))
            yield f"persistent id, protocol {protocol}", config.sign(out.getvalue())
    for code in 0xF0, 0xF0F0, 0x7FFFFFFF:
        copyreg.add_extension("classes", "Point", code)
        for protocol in range(2, 6):
            payload = pickle.dumps((ACCESSED, CREATED, {"k": classes.Point(1, 2)}), protocol)
            yield f"extension code {code:#x}, protocol {protocol}", config.sign(payload)
        copyreg.remove_extension("classes", "Point", code)


def ordered_sessions():
    config = config_of(4)
    for name, payload in ordered.pickles(ACCESSED, CREATED):
        cookie = config.sign(payload)
        assert load(config, cookie).keys() == {"hits", "gone", "k"}, name
        yield name, cookie


def varying_sessions():
    for protocol, payload in ordered.varying(ACCESSED, CREATED):
        config = config_of(protocol)
        cookie = config.sign(payload)
        assert load(config, cookie).keys() == {"hits", "gone", "k"}, protocol
        yield str(protocol), cookie


def odd_sessions():
    config = config_of("json")
    for text in odd_json.texts():
        for arrangement, state in odd_json.arranged(text):
            payload = f"[{ACCESSED}, {CREATED}, {state}]".encode()
            cookie = config.sign(payload)
            assert load(config, cookie).keys() >= {"hits", "k", "gone"}, state
            yield f"{text}, {arrangement}", cookie


OPS = {
    "names": names,
    "mint": mint,
    "difference": lambda **command: compare(now=command.pop("is"), **command),
    "reading": reading,
    "refused": lambda: {"sessions": list(refused())},
    "ordered": lambda: {"sessions": list(ordered_sessions())},
    "varying": lambda: {"sessions": list(varying_sessions())},
    "odd_json": lambda: {"sessions": list(odd_sessions())},
}


def answer(line):
    try:
        command = json.loads(line)
        return json.dumps(OPS[command.pop("op")](**command))
    except Exception as error:
        return json.dumps({"error": f"{type(error).__name__}: {error}"})


def main(arguments):
    match arguments:
        case []:
            for line in sys.stdin:
                print(answer(line), flush=True)
        case ["--selftest"]:
            import kinds_selftest

            return kinds_selftest.main()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
