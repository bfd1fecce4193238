"""For every rule over canister sources: what breaks it, the lines marked with `# here`, and the twin that is right."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    rule: str
    bad: str
    good: str


_SYNTAX = (
    Example(
        "match-statement",
        """
        def kind(value):
            match value:  # here
                case 1:
                    return "one"
        """,
        """
        def kind(value):
            if value == 1:
                return "one"
        """,
    ),
    Example(
        "except-star",
        """
        try:  # here
            pass
        except* ValueError:
            pass
        """,
        """
        try:
            pass
        except ValueError:
            pass
        """,
    ),
    Example("type-parameters", "def first[T](items: list[T]) -> T: ...  # here\n", "def first(items: list[int]) -> int: ...\n"),
    Example("type-parameters", "type Pair = tuple[int, int]  # here\n", "Pair = tuple[int, int]\n"),
    Example("async-function", "async def fetch(): ...  # here\n", "def fetch(): ...\n"),
    Example("subscript-form", "a[n := 1]  # here\n", "a[(n := 1)]\n"),
    Example("subscript-form", "a[*b]  # here\n", "a[(*b,)]\n"),
    Example("subscript-form", "a[n := 1, 2]  # here\n", "a[1, 2]\n"),
    Example(
        "parenthesised-with",
        """
        with (one() as a, two() as b):  # here
            pass
        """,
        """
        with one() as a, two() as b:
            pass
        """,
    ),
    Example(
        "parenthesised-with",
        """
        with (one() as a):  # here
            pass
        """,
        """
        with (one()) as a, (two()) as b:
            pass
        """,
    ),
    Example("nested-quotes", 'f"{names["first"]}"  # here\n', "f\"{names['first']}\"\n"),
    Example("nested-quotes", "f\"{'\\n'.join(names)}\"  # here\n", 'f"{end.join(names)}\\n"\n'),
)

_NUMBERS = (
    Example("float", "half = 0.5  # here\n", "half_ppm = 500_000\n"),
    Example("float", "share = amount / 3  # here\n", "share = amount // 3\n"),
    Example("float", "def share(amount: float): ...  # here\n", "def share(amount: int): ...\n"),
    Example("float", "rate = amount ** -1  # here\n", "square = amount ** 2\n"),
    Example("float", "import math\nroot = math.sqrt(2)  # here\n", "import math\nroot = math.isqrt(2)\n"),
    Example("float", "from kybra import float64  # only imported\nx: float64  # here\n", "from kybra import nat64\nx: nat64\n"),
    Example("round", "round(1234, -2)  # here\n", "1234 // 100 * 100\n"),
    Example("round", "rounded = round(3)  # here\n", "def round(value): ...\nround(3)\n"),
    Example("is-integer", "value.is_integer()  # here\n", "value == int(value)\n"),
    Example("format-width-and-groups", 'f"{1234:10,}"  # here\n', 'f"{1234:,}"\n'),
    Example("format-width-and-groups", 'f"{1234:>{width}_}"  # here\n', 'f"{1234:>{width}}"\n'),
    Example("format-width-and-groups", '"{:10,}".format(1234)  # here\n', '"{:,}".format(1234)\n'),
    Example("format-width-and-groups", 'format(1234, "10,")  # here\n', 'format(1234, "10d")\n'),
    Example("format-of-bool", 'f"{a < b:>5}"  # here\n', 'f"{int(a < b):>5}"\n'),
    Example("format-of-bool", 'f"{not a:d}"  # here\n', 'f"{not a}"\n'),
)

_SETS = (
    Example("set-order", "for name in {'a', 'b'}:  # here\n    pass\n", "for name in sorted({'a', 'b'}):\n    pass\n"),
    Example("set-order", "names = set(given)\nlisted = list(names)  # here\n", "names = set(given)\nlisted = sorted(names)\n"),
    Example(
        "set-order",
        """
        def joined(names: frozenset[str]) -> str:
            return ",".join(names)  # here
        """,
        """
        def joined(names: tuple[str, ...]) -> str:
            return ",".join(names)
        """,
    ),
    Example("set-order", "[name for name in one | {'a'}]  # here\n", "sum(len(name) for name in one | {'a'})\n"),
    Example("set-order", "left = frozenset(one)\nboth = (*left, 1)  # here\n", "left = frozenset(one)\nboth = {*left, 1}\n"),
    Example("set-order", "one = {1, 2}\nfirst = one.pop()  # here\n", "one = [1, 2]\nfirst = one.pop()\n"),
    Example("set-order", "shared = tuple(one.keys() & two.keys())  # here\n", "shared = len(one.keys() & two.keys())\n"),
)

_DIFFERENCES = (
    Example("dict-unpacking", "merged = {**old, 'k': 1}  # here\n", "merged = old | {'k': 1}\n"),
    Example("dict-unpacking", "merged = {**old, **new}  # here\n", "copied = {**old}\n"),
    Example(
        "eq-without-hash",
        """
        class Key:  # here
            def __eq__(self, other): ...
        """,
        """
        class Key:
            def __eq__(self, other): ...
            def __hash__(self): ...
        """,
    ),
    Example("slots", "class Key:  # here\n    __slots__ = ('a',)\n", "class Key:\n    names = ('a',)\n"),
    Example(
        "slots",
        """
        @dataclass(slots=True)
        class Key:  # here
            a: int
        """,
        """
        @dataclass(frozen=True, slots=True)
        class Key:
            a: int
        """,
    ),
    Example("del-method", "class Key:\n    def __del__(self): ...  # here\n", "class Key:\n    def close(self): ...\n"),
    Example(
        "except-name",
        """
        def reason():
            try:
                pass
            except ValueError as problem:
                pass
            return problem  # here
        """,
        """
        def reason():
            try:
                pass
            except ValueError as problem:
                return problem
            try:
                pass
            except KeyError as problem:
                return problem
            problem = None
            return problem
        """,
    ),
    Example(
        "generator-dropped",
        """
        def pay():
            try:
                yield call()  # here
            finally:
                unlock()
        """,
        """
        def pay():
            try:
                yield call()
            except ValueError:
                unlock()
        """,
    ),
    Example(
        "generator-dropped",
        """
        def pay():
            with lock:
                yield from call()  # here
        """,
        """
        from contextlib import contextmanager
        @contextmanager
        def held():
            with lock:
                yield
        """,
    ),
    Example("blake2-options", "import hashlib\nhashlib.blake2b(b'', digest_size=16)  # here\n", "import hashlib\nhashlib.blake2b(b'')\n"),
    Example("latin-1", "text.encode('Latin-1')  # here\n", "text.encode('utf-8')\n"),
    Example("latin-1", "text.encode(encoding='iso-8859-1')  # here\n", "raw.decode('latin-1')\n"),
    Example("latin-1", "bytes(text, 'latin1')  # here\n", "bytes(text, 'utf-8')\n"),
    Example("split-whitespace", "text.split()  # here\n", "text.split(' ')\n"),
    Example("split-whitespace", "text.rsplit(None, 1)  # here\n", "text.rsplit(' ', 1)\n"),
    Example("struct-order", "import struct\nstruct.pack('QI', 1, 2)  # here\n", "import struct\nstruct.pack('>QI', 1, 2)\n"),
    Example(
        "struct-order", "from struct import Struct\nStruct(f'{count}Q')  # here\n", "from struct import Struct\nStruct('<' + f'{count}Q')\n"
    ),
    Example(
        "hash-value",
        "def bucket(name):\n    return hash(name)  # here\n",
        "class Key:\n    def __hash__(self):\n        return hash(self.name)\n",
    ),
)

_LIBRARY = (
    Example("functools-cache", "from functools import cache\n@cache  # here\ndef f(): ...\n", "def f(): ...\n"),
    Example("hidden-cache", "import functools\n@functools.lru_cache  # here\ndef f(): ...\n", "import functools\nfunctools.reduce\n"),
    Example("strptime", "when = datetime.strptime(text, form)  # here\n", "when = datetime.fromisoformat(text)\n"),
    Example("csv-forms", "import csv\ncsv.writer(file)  # here\n", "import csv\ncsv.reader(file)\n"),
    Example("compression", "import zlib\nzlib.compress(data)  # here\n", "import zlib\nzlib.crc32(data)\n"),
    Example("compression", "import gzip  # here\n", "import zlib\n"),
    Example("randomness", "import os\nos.urandom(16)  # here\n", "import hashlib\nhashlib.sha256(seed)\n"),
    Example("randomness", "from secrets import token_bytes  # here\n", "from kybra import ic\n"),
    Example("clock", "import time  # here\n", "from kybra import ic\nic.time()\n"),
    Example(
        "clock", "from datetime import datetime\ndatetime.now()  # here\n", "from datetime import datetime\ndatetime.fromisoformat(text)\n"
    ),
    Example("hash-functions", "import hashlib\nhashlib.scrypt(b'')  # here\n", "import hashlib\nhashlib.sha256(b'')\n"),
    Example("missing-library", "import asyncio  # here\n", "import json\n"),
    Example("outside-world", "from pathlib import Path  # here\n", "from io import BytesIO\n"),
    Example("outside-world", "open('name')  # here\n", "def open(name): ...\nopen('name')\n"),
    Example("host-size", "import sys\nsys.maxsize  # here\n", "import sys\nsys.version_info\n"),
    Example("annotations", "names = list(Row.__annotations__)  # here\n", "names = Row._fields\n"),
    Example("names-as-values", "locals()  # here\n", "kept = {}\n"),
    Example("dynamic-import", "import importlib  # here\n", "import json\n"),
    Example(
        "newer-library", "from enum import StrEnum\nclass Kind(StrEnum): ...  # here\n", "from enum import Enum\nclass Kind(Enum): ...\n"
    ),
)

_EDGES = (
    Example(
        "principal-compared",
        "from kybra import ic\nif ic.caller() == owner: ...  # here\n",
        "from kybra import ic\nif ic.caller().to_str() == owner: ...\n",
    ),
    Example(
        "principal-compared",
        """
        from kybra import Principal
        def is_owner(who: Principal, owners) -> bool:
            return who in owners  # here
        """,
        """
        from kybra import Principal
        def is_owner(who: Principal, owners) -> bool:
            return who.bytes in owners
        """,
    ),
    Example(
        "principal-compared",
        """
        from kybra import Opt, Principal
        def balance(who: Opt[Principal]):
            return BALANCES[who]  # here
        """,
        """
        from kybra import Opt, Principal
        def balance(who: Opt[Principal]):
            return 0 if who is None else BALANCES[who.to_str()]
        """,
    ),
    Example(
        "caller-read-once",
        """
        from kybra import ic
        def transfer():
            check(ic.caller())
            return move(ic.caller())  # here
        """,
        """
        from kybra import ic
        def transfer():
            caller = ic.caller()
            check(caller)
            return move(caller)
        """,
    ),
    Example(
        "caller-read-once",
        """
        from ddsx_wire.principals import caller_text
        def record(rows):
            return [store(row, caller_text()) for row in rows]  # here
        """,
        """
        from ddsx_wire.principals import caller_text
        def record(rows):
            caller = caller_text()
            return [store(row, caller) for row in rows]
        """,
    ),
)

_STATE = (
    Example("module-state", "cache = {}  # here\n", "KINDS = ('a', 'b')\n"),
    Example(
        "module-state",
        "from collections import deque\nqueue: deque = deque()  # here\n",
        "from types import MappingProxyType\nNAMES = MappingProxyType({'a': 1})\n",
    ),
    Example("module-state", "TABLE = ([1], 2)  # here\n", "TABLE = ((1,), 2)\n"),
    Example("module-state", "if True:\n    seen = set()  # here\n", "if True:\n    SEEN = frozenset({1, 2})\n"),
    Example("module-state", "NAMES = tuple([[1], [2]])  # here\n", "NAMES = tuple([1, 2])\n__all__ = ['NAMES']\n"),
    Example("module-state", "class Book:\n    entries = []  # here\n", "class Book:\n    entries: list\n"),
    Example(
        "global-statement", "def count():\n    global total  # here\n    total = 1\n", "def count():\n    total = 1\n    return total\n"
    ),
    Example(
        "map-listed",
        """
        from kybra import StableBTreeMap, nat64, text
        names = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=100)
        def listing():
            return names.values()  # here
        """,
        """
        from kybra import StableBTreeMap, nat64, text
        names = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=100)
        def listing():
            names = {1: "a"}
            return names.values()
        """,
    ),
    Example(
        "map-listed",
        "from ledger_store import balances\ndef listing():\n    return balances.items()  # here\n",
        "from ledger_store import balances\ndef one(key):\n    return balances.get(key)\n",
    ),
    Example(
        "map-listed", "import ledger_store\nledger_store.balances.keys()  # here\n", "import ledger_store\nledger_store.balances.len()\n"
    ),
)

_AWAITS = (
    Example(
        "uncaught-after-await",
        """
        from kybra import update
        @update
        def buy():
            order = begin()
            result = yield ledger.transfer(order)
            finish(order, result)  # here
            return result
        """,
        """
        from kybra import update
        @update
        def buy():
            order = begin()
            result = yield ledger.transfer(order)
            try:
                answer = finish(order, result)
            except Exception as problem:
                answer = {"Err": describe(problem)}
            return answer
        """,
    ),
    Example(
        "uncaught-after-await",
        """
        from kybra import update
        @update(guard=open_for_business)
        def buy():
            return (yield from collect())  # here
        def collect():
            result = yield ledger.transfer()
            return finish(result)
        """,
        """
        from kybra import update
        @update(guard=open_for_business)
        def buy():
            return (yield from collect())
        def collect():
            result = yield ledger.transfer()
            try:
                return finish(result)
            except Exception:
                return None
        """,
    ),
    Example(
        "uncaught-after-await",
        """
        from kybra import update
        @update
        def pay_all():
            while more():  # here
                yield ledger.transfer()  # here
        """,
        """
        from kybra import update
        @update
        def pay_all():
            yield ledger.transfer()
        """,
    ),
    Example(
        "uncaught-in-timer",
        """
        from kybra import ic
        def arm():
            ic.set_timer(0, push)
        def push():
            orders = due()  # here
            try:
                yield ledger.transfer(orders)
            except Exception as problem:
                note(problem)
        """,
        """
        from kybra import ic
        def arm():
            ic.set_timer(0, push)
        def push():
            try:
                orders = due()
                yield ledger.transfer(orders)
            except Refused as problem:
                note(problem)
            except Exception as problem:
                note(problem)
        """,
    ),
    Example(
        "broad-except-before-await",
        """
        def buy():
            try:
                return decide()
            except Exception:  # here
                return None
        """,
        """
        def buy():
            try:
                return decide()
            except Refused:
                return None
        """,
    ),
    Example(
        "broad-except-before-await",
        """
        def push():
            try:
                order = due()  # here
                yield ledger.transfer(order)
            except Exception:
                return None
        """,
        """
        from kybra import ic
        def arm():
            ic.set_timer_interval(30, push)
        def push():
            try:
                order = due()
                yield ledger.transfer(order)
            except Exception:
                return None
        """,
    ),
    Example(
        "broad-except-before-await",
        """
        def buy():
            try:
                order = begin()  # here
                yield ledger.transfer(order)
            except Exception:
                return None
        """,
        """
        def buy():
            order = begin()
            yield ledger.transfer(order)
            try:
                finish(order)
            except Exception:
                return None
        """,
    ),
)

EXAMPLES = (*_SYNTAX, *_NUMBERS, *_SETS, *_DIFFERENCES, *_LIBRARY, *_EDGES, *_STATE, *_AWAITS)
