"""Pickles whose values depend on the order of the opcodes.

For example, a value changes after a call has used it, or the result of a call is dropped. CPython writes only the
pickles of `counting`.
"""

import pickle

import classes


def counting():
    """Returns an object that is contained in its own constructor arguments, which differ each time it is pickled."""
    peer = classes.Plain()
    peer.owner = classes.ReduceCounting(peer)
    return peer.owner


def set_of(memo):
    """Returns the opcodes of `set(value)`, where `memo` is the memo key of the value."""
    return b"cbuiltins\nset\nh" + bytes([memo]) + b"\x85R"


# The opcodes of values. Each comment shows the same steps in Python; `k` is the value. The memo keys start at 0.
OPCODES = {
    # a = [1]; s = set(a); a.append(2); k = (s, a)
    "list grows after set": b"]q\0K\x01a0" + set_of(0) + b"h\0K\x02a\x86",
    # a = [1]; s = set(a); a.extend([2, 3]); k = (s, set(a), a)
    "list grows between two sets": b"]q\0K\x01a0" + set_of(0) + b"h\0(K\x02K\x03e0" + set_of(0) + b"h\0\x87",
    # a = ["a", 1]; b = [a]; d = OrderedDict(b); a.append("x"); k = (d, b)
    "list in the argument of OrderedDict grows": b"]q\0]q\1(X\x01\0\0\0aK\x01ea0"
    b"ccollections\nOrderedDict\nh\0\x85Rh\1X\x01\0\0\0xa0h\0\x86",
    # s = {1}; d = deque(s); s.update([2]); k = (d, s)
    "set grows after deque": b"\x8fq\0(K\x01\x900ccollections\ndeque\nh\0\x85Rh\0(K\x02\x90\x86",
    # d = {"a": 1}; c = Counter(d); d["b"] = 2; k = (c, d)
    "dict grows after Counter": b"}q\0X\x01\0\0\0aK\x01s0ccollections\nCounter\nh\0\x85Rh\0X\x01\0\0\0bK\x02s\x86",
    # a = [1]; s = set(a); f = frozenset([5]); a.append(2); k = (f, a, s)
    "list grows after frozenset": b"]q\0K\x01a0" + set_of(0) + b"q\0010(K\x05\x91h\0K\x02ah\1\x87",
    # a = [1]; r = Reduce(a); a.append(2); k = (r, a)
    "argument that is kept grows": b"cclasses\nReduce\n]q\0K\x01a\x85Rh\0K\x02a\x86",
    # k = Plain(); d = {"a": 1}; vars(k).update(d); d["a"] = 2
    "state changes after BUILD": b"cclasses\nPlain\n)\x81}q\0X\x01\0\0\0aK\x01sb(h\0X\x01\0\0\0aK\x02s1",
    # p = Plain(); r = Reduce(p); vars(p).update({"a": 1}); k = (r, p)
    "object gets its state after a call": b"cclasses\nPlain\n)\x81q\0000cclasses\nReduce\n"
    b"h\0\x85Rh\0}X\x01\0\0\0aK\x01sb\x86",
    # k = StateSetter(); set_state(k, "a")
    "setter through a reference": b"cclasses\nStateSetter\n)\x81q\0000cclasses\nset_state\n"
    b"h\0X\x01\0\0\0a\x86q\x01R0h\0",
    # a = [1]; s = set(a); a.append(2); o = StateSetter(); p = StateSetter(); set_state(p, 5); set_state(o, p);
    # k = (s, a, o)
    "setter whose argument has a setter": b"]q\0K\x01a0" + set_of(0) + b"h\0K\x02acclasses\nStateSetter\n)Rq\1"
    b"cclasses\nset_state\nq\2h\1cclasses\nStateSetter\n)Rq\3h\2h\3K\x05\x86R0\x86R0\x87",
    # k = []; operator.iadd(k, [5])
    "function changes a list": b"]q\0000coperator\niadd\nh\0]K\x05a\x86R0h\0",
    # k = []; getattr(k, "append")(5)
    "method changes a list": b"]q\0000cbuiltins\ngetattr\nh\0X\x06\0\0\0append\x86RK\x05\x85R0h\0",
    # k = []; list(map(list.append, (k,), [5]))
    "function changes a part of its argument": b"]q\0000cbuiltins\nlist\ncbuiltins\nmap\ncbuiltins\ngetattr\n"
    b"cbuiltins\nlist\nX\x06\0\0\0append\x86Rh\0\x85]K\x05a\x87R\x85R0h\0",
    # a = [1]; b = [1]; r = Reduce(a); Reduce(b); k = (a, b, r, r)
    "equal call with another list": b"(]q\0K\x01a]q\1K\x01acclasses\nReduce\nh\0\x85Rq\2"
    b"cclasses\nReduce\nh\1\x85R0h\2t",
    # a = [1]; g = GetState(); g.__setstate__(a); a.append(2); k = (g, a)
    "list that was a state grows": b"]q\0K\x01a0cclasses\nGetState\n)\x81h\0bh\0K\x02a\x86",
    # a = [1]; p = partial(list); p.__setstate__((list, (a,), {}, None)); b = p(); a.append(2); k = (b, a)
    "list that is a callable's argument grows": b"]q\0K\x01a0cfunctools\npartial\ncbuiltins\nlist\n\x85R"
    b"(cbuiltins\nlist\nh\0\x85}Ntb)Rh\0K\x02a\x86",
    # k = [1, 2]; k[0] = 5
    "element of a list is replaced": b"](K\x01K\x02eK\0K\x05s",
    # k = [1, 2]; k[True] = 5
    "bool is the index of a list": b"](K\x01K\x02e\x88K\x05s",
    # k = bytearray(b"a"); k.extend(b"bc")
    "bytearray grows": b"\x96\x01\0\0\0\0\0\0\0a(K\x62K\x63e",
    # k = bytearray(b"a"); k.extend([98, True, False]); k.append(True)
    "bools are appended to a bytearray": b"\x96\x01\0\0\0\0\0\0\0a(K\x62\x88\x89e\x88a",
    # k = StateSetter(); set_state(k, "a")
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
    """Yields each protocol, and the pickle that CPython writes of a session with the value of `counting`."""
    for protocol in range(6):
        yield protocol, pickle.dumps((accessed, created, {"hits": 1, "k": counting(), "gone": 7}), protocol)
