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
    "setter whose argument has a setter": b"]q\0K\x01a0" + set_of(0) + b"h\0K\x02acclasses\nStateSetter\n)Rq\1cclasses\n"
    b"set_state\nq\2h\1cclasses\nStateSetter\n)Rq\3h\2h\3K\x05\x86R0\x86R0\x87",
    "function changes a list": b"]q\0000coperator\niadd\nh\0]K\x05a\x86R0h\0",
    "method changes a list": b"]q\0000cbuiltins\ngetattr\nh\0X\x06\0\0\0append\x86RK\x05\x85R0h\0",
    "function changes a part of its argument": b"]q\0000cbuiltins\nlist\ncbuiltins\nmap\ncbuiltins\ngetattr\n"
    b"cbuiltins\nlist\nX\x06\0\0\0append\x86Rh\0\x85]K\x05a\x87R\x85R0h\0",
    "equal call with another list": b"(]q\0K\x01a]q\1K\x01acclasses\nReduce\nh\0\x85Rq\2cclasses\nReduce\nh\1\x85R0h\2t",
    "list that was a state grows": b"]q\0K\x01a0cclasses\nGetState\n)\x81h\0bh\0K\x02a\x86",
    "list that is a callable's argument grows": b"]q\0K\x01a0cfunctools\npartial\ncbuiltins\nlist\n\x85R"
    b"(cbuiltins\nlist\nh\0\x85}Ntb)Rh\0K\x02a\x86",
    "element of a list is replaced": b"](K\x01K\x02eK\0K\x05s",
    "bool is the index of a list": b"](K\x01K\x02e\x88K\x05s",
    "bytearray grows": b"\x96\x01\0\0\0\0\0\0\0a(K\x62K\x63e",
    "bools are appended to a bytearray": b"\x96\x01\0\0\0\0\0\0\0a(K\x62\x88\x89e\x88a",
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


def varying(accessed, created):
    """Yields each protocol, and the session with `counting` in it as CPython writes it."""
    for protocol in range(6):
        yield protocol, pickle.dumps((accessed, created, {"hits": 1, "k": counting(), "gone": 7}), protocol)
