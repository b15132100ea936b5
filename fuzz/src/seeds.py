"""Writes seeds for the target `pickle_python`: small pickles of the kinds of values that `peer.py` loads.

    python fuzz/src/seeds.py fuzz/corpus/pickle_python
"""

import pickle
import sys
from pathlib import Path

import peer
from kinds import ARRANGEMENTS, KINDS


def main(folder):
    sys.addaudithook(peer.only_classes)
    number = 0
    for kind, make in KINDS.items():
        value = ARRANGEMENTS["twice in an entry"](make())["k"]
        protocol = number % 6
        try:
            data = pickle.dumps(value, protocol)
            peer.loads(data)
        except Exception:
            continue  # not an allowed class
        if len(data) < 200 and (b"classes" in data or peer.named or protocol == 4):
            name = f"kind-{kind.replace(' ', '-').replace('_', '')}-protocol-{protocol}"
            (Path(folder) / name).write_bytes(data)
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
