"""Pickles whose values depend on the order of the opcodes: a value changes after a call has used it, or the result of a
call is dropped. CPython writes only the pickles of `counting`.
"""

import pickle

import classes


def counting():
    """Returns an object that is contained in its own constructor arguments, which differ each time it is pickled."""
    peer = classes.Plain()
    peer.owner = classes.ReduceCounting(peer)
    return peer.owner


def set_of(memo):
    return b"cbuiltins\nset\nh" + bytes([memo]) + b"\x85R"


# The opcodes of values. Their keys in the memo start at 0.
OPCODES = {
    # values = [1]; made = set(values); values.append(2)
    "list grows after set": b"]q\0K\x01a0" + set_of(0) + b"h\0K\x02a\x86",
    "list grows between two sets": b"]q\0K\x01a0" + set_of(0) + b"h\0(K\x02K\x03e0" + set_of(0) + b"h\0\x87",
    "list in the argument of OrderedDict grows": b"]q\0]q\1(X\x01\0\0\0aK\x01ea0"
    b"ccollections\nOrderedDict\nh\0\x85Rh\1X\x01\0\0\0xa0h\0\x86",
    "set grows after deque": b"\x8fq\0(K\x01\x900ccollections\ndeque\nh\0\x85Rh\0(K\x02\x90\x86",
    "dict grows after Counter": b"}q\0X\x01\0\0\0aK\x01s0ccollections\nCounter\nh\0\x85Rh\0X\x01\0\0\0bK\x02s\x86",
    "list grows after frozenset": b"]q\0K\x01a0" + set_of(0) + b"q\0010(K\x05\x91h\0K\x02ah\1\x87",
    "argument that is kept grows": b"cclasses\nReduce\n]q\0K\x01a\x85Rh\0K\x02a\x86",
    "state changes after BUILD": b"cclasses\nPlain\n)\x81}q\0X\x01\0\0\0aK\x01sb(h\0X\x01\0\0\0aK\x02s1",
    "object gets its state after a call": b"cclasses\nPlain\n)\x81q\0000cclasses\nReduce\nh\0\x85Rh\0}X\x01\0\0\0aK\x01sb\x86",
    "setter through a reference": b"cclasses\nStateSetter\n)\x81q\0000cclasses\nset_state\nh\0X\x01\0\0\0a\x86q\x01R0h\0",
    "setter dropped with its mark": b"cclasses\nStateSetter\n)\x81q\0(cclasses\nset_state\nh\0X\x01\0\0\0a\x86R1",
}


def values():
    """Returns pairs of a name and the opcodes of a value, without `PROTO`, `FRAME` and `STOP`."""
    for protocol in range(2, 4):
        name = f"constructor arguments differ each time, protocol {protocol}"
        yield name, pickle.dumps(counting(), protocol)[2:-1]
    yield from OPCODES.items()


def pickles(accessed, created):
    """Returns pairs of a name and the pickle of a session with the value as the entry `k`."""
    entries = b"X\x04\0\0\0hitsK\x01", b"X\x04\0\0\0goneK\x07X\x01\0\0\0k"
    times = pickle.dumps(accessed, 2)[2:-1], pickle.dumps(created, 2)[2:-1]
    for name, opcodes in values():
        yield name, b"".join([b"\x80\x04", *times, b"}(", *entries, opcodes, b"u\x87."])
