"""Writes seeds for the target `pickle_python`: small pickles of the kinds of values that `peer.py` loads, and pickles
whose values depend on the order of the opcodes.

    PYTHONHASHSEED=0 python fuzz/src/seeds.py fuzz/corpus/pickle_python
"""

import pickle
import sys
import zlib
from pathlib import Path

import peer  # adds the folder of the next two modules to sys.path
import ordered
from kinds import ARRANGEMENTS, KINDS


def write(folder, name, data):
    (Path(folder) / name.replace(" ", "-").replace("_", "").replace(",", "")).write_bytes(data)


def main(folder):
    sys.addaudithook(peer.only_classes)
    for kind, make in KINDS.items():
        value = ARRANGEMENTS["twice in an entry"](make())["k"]
        protocol = zlib.crc32(kind.encode()) % 6  # the same one in every run
        try:
            data = pickle.dumps(value, protocol)
            peer.loads(data)
        except Exception:
            continue  # has a class that is not allowed, or needs a later protocol
        if len(data) < 200 and (b"classes" in data or peer.named or protocol == 4):
            write(folder, f"kind-{kind}-protocol-{protocol}", data)
    for name, opcodes in ordered.values():
        try:
            peer.loads(opcodes + b".")
        except Exception:
            continue  # not an allowed class
        write(folder, f"ordered-{name}", opcodes + b".")
    # The session ends at the first STOP. The rest is within a frame.
    write(folder, "bytes after STOP", b"\x95\x08\0\0\0\0\0\0\0Ns\x87.rest.")


if __name__ == "__main__":
    main(*sys.argv[1:])
