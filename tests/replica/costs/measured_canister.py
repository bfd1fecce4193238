"""One function for each row of the table of costs that was measured on the real Wasm."""
# ruff: noqa: B007, B018, B905, C416, F841, PERF402, PERF403, TRY301 - statements that do nothing but cost something

import base64
import dataclasses
import hashlib
import json
import struct
from binascii import a2b_base64, b2a_base64
from typing import NamedTuple

from kybra import Async, Principal, Record, Service, StableBTreeMap, Vec, blob, ic, nat, nat64, query, service_update, text, update, void


class Row(Record):
    number: nat64
    line: text


class Five(Record):
    a: nat64
    b: nat64
    c: nat64
    d: nat64
    e: nat64


class Other(Service):
    @service_update
    def one(self, x: nat64) -> nat64: ...


class Named(NamedTuple):
    a: int
    b: int
    c: int


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: int
    b: int
    c: int


class Plain:
    def __init__(self, a: int, b: int, c: int) -> None:
        self.a = a
        self.b = b
        self.c = c

    def method(self) -> int:
        return 1


numbers = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=100_100)
texts = StableBTreeMap[text, text](memory_id=1, max_key_size=80, max_value_size=220)
blobs = StableBTreeMap[blob, text](memory_id=2, max_key_size=50, max_value_size=220)
values = StableBTreeMap[nat64, blob](memory_id=3, max_key_size=15, max_value_size=66_000)


def no_arguments() -> int:
    return 0


def three_arguments(a: int, b: int, c: int) -> int:
    return 0


def items():
    while True:
        yield 1


ROW = "x" * 190
JSON_ROW = json.dumps({f"field{i}": f"value {i:04d}" for i in range(7)})
DICT_ROW = json.loads(JSON_ROW)
PLAIN = Plain(1, 2, 3)
FROZEN = Frozen(1, 2, 3)
SAME = Frozen(1, 2, 3)
KB = b"k" * 1000
H200 = b"h" * 200
H32 = b"h" * 32
B64 = b2a_base64(KB)
WIDE = (1 << 255) + 12345
DIVISOR = (1 << 127) + 99
FACTOR = (1 << 127) + 12345
LINES = "\n".join(["line"] * 100)
PARTS = ["line"] * 100
SHUFFLED = [(i * 7919) % 1000 for i in range(1000)]
MANY = list(range(1000))


def loop_for(n: int) -> None:
    for _ in range(n):
        pass


def loop_while(n: int) -> None:
    i = 0
    while i < n:
        i += 1


def add(n: int) -> None:
    a, b = 3, 4
    for _ in range(n):
        c = a + b


def multiply(n: int) -> None:
    a, b = 3, 4
    for _ in range(n):
        c = a * b


def floor_divide(n: int) -> None:
    a, b = 37, 4
    for _ in range(n):
        c = a // b


def divmod_small(n: int) -> None:
    a, b = 37, 4
    for _ in range(n):
        c = divmod(a, b)


def multiply_wide(n: int) -> None:
    a, b = DIVISOR, FACTOR
    for _ in range(n):
        c = a * b


def divmod_wide(n: int) -> None:
    a, b = WIDE, DIVISOR
    for _ in range(n):
        c = divmod(a, b)


def compare(n: int) -> None:
    a, b = 3, 4
    for _ in range(n):
        if a > b:
            pass


def call_0(n: int) -> None:
    for _ in range(n):
        no_arguments()


def call_3(n: int) -> None:
    for _ in range(n):
        three_arguments(1, 2, 3)


def call_method(n: int) -> None:
    thing = PLAIN
    for _ in range(n):
        thing.method()


def native_method(n: int) -> None:
    line = "abc"
    for _ in range(n):
        line.isalpha()


def attribute(n: int) -> None:
    thing = PLAIN
    for _ in range(n):
        thing.a


def generator_item(n: int) -> None:
    source = items()
    for _ in zip(range(n), source):
        pass


def tuple_made(n: int) -> None:
    for i in range(n):
        c = (i, i, i)


def list_append(n: int) -> None:
    found = []
    for i in range(n):
        found.append(i)


def comprehension(n: int) -> None:
    found = [i for i in range(n)]


def dict_insert(n: int) -> None:
    found = {}
    for i in range(n):
        found[i] = i


def dict_get(n: int) -> None:
    found = {1: 2}
    for i in range(n):
        c = found[1]


def frozen(n: int) -> None:
    for i in range(n):
        Frozen(1, 2, 3)


def frozen_equal(n: int) -> None:
    a, b = FROZEN, SAME
    for i in range(n):
        c = a == b


def frozen_replace(n: int) -> None:
    a = FROZEN
    for i in range(n):
        dataclasses.replace(a, b=5)


def named(n: int) -> None:
    for i in range(n):
        Named(1, 2, 3)


def plain(n: int) -> None:
    for i in range(n):
        Plain(1, 2, 3)


def sha_32(n: int) -> None:
    data = H32
    for i in range(n):
        hashlib.sha256(data).digest()


def sha_200(n: int) -> None:
    data = H200
    for i in range(n):
        hashlib.sha256(data).digest()


def sha_1000(n: int) -> None:
    data = KB
    for i in range(n):
        hashlib.sha256(data).digest()


def sha_row(n: int) -> None:
    row, sha256 = ROW, hashlib.sha256
    for i in range(n):
        sha256(b"\x00" + row.encode()).digest()


def sha_node(n: int) -> None:
    a, sha256 = H32, hashlib.sha256
    for i in range(n):
        sha256(b"\x01" + a + a).digest()


def from_bytes(n: int) -> None:
    data = b"12345678"
    for i in range(n):
        int.from_bytes(data, "big")


def to_bytes(n: int) -> None:
    a = 12345
    for i in range(n):
        a.to_bytes(8, "big")


def struct_pack(n: int) -> None:
    for i in range(n):
        struct.pack(">QI", 1, 2)


def slice_bytes(n: int) -> None:
    data = H32
    for i in range(n):
        c = data[1:9]


def bytes_hex(n: int) -> None:
    data = H32
    for i in range(n):
        data.hex()


def fstring(n: int) -> None:
    a = 5
    for i in range(n):
        c = f"{a}:{a}"


def str_int(n: int) -> None:
    a = 12345
    for i in range(n):
        str(a)


def int_text(n: int) -> None:
    a = "12345"
    for i in range(n):
        int(a)


def encode_kb(n: int) -> None:
    a = "k" * 1000
    for i in range(n):
        a.encode()


def decode_kb(n: int) -> None:
    a = KB
    for i in range(n):
        a.decode()


def hex_kb(n: int) -> None:
    a = KB
    for i in range(n):
        a.hex()


def fromhex_kb(n: int) -> None:
    a = KB.hex()
    for i in range(n):
        bytes.fromhex(a)


def b64_kb(n: int) -> None:
    a = KB
    for i in range(n):
        b2a_base64(a)


def unb64_kb(n: int) -> None:
    a = B64
    for i in range(n):
        a2b_base64(a)


def repeat_kb(n: int) -> None:
    for i in range(n):
        c = "x" * 1000


def join_100(n: int) -> None:
    a = PARTS
    for i in range(n):
        "\n".join(a)


def split_100(n: int) -> None:
    a = LINES
    for i in range(n):
        a.split("\n")


def sort_1000(n: int) -> None:
    for i in range(n):
        sorted(SHUFFLED)


def sort_key_1000(n: int) -> None:
    for i in range(n):
        sorted(SHUFFLED, key=lambda value: -value)


def json_loads(n: int) -> None:
    for i in range(n):
        json.loads(JSON_ROW)


def json_dumps(n: int) -> None:
    for i in range(n):
        json.dumps(DICT_ROW)


def raise_except(n: int) -> None:
    for i in range(n):
        try:
            raise ValueError("x")
        except ValueError:
            pass


def b32(n: int) -> None:
    for i in range(n):
        base64.b32encode(H32)


def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def dict_500(n: int) -> None:
    for _ in range(n):
        found = {}
        for i in range(500):
            found[i] = i
        for i in range(500):
            c = found[i]


def system_time(n: int) -> None:
    for i in range(n):
        ic.time()


def certify(n: int) -> None:
    for i in range(n):
        ic.set_certified_data(H32)


def printed(n: int) -> None:
    for i in range(n):
        ic.print("a line of text")


def caller(n: int) -> None:
    for i in range(n):
        ic.caller()


def canister_id(n: int) -> None:
    for i in range(n):
        ic.id()


PERSON = "plqfv-pu2ln-6i2s6-6l3fh-sfhrd-bg3kg-busw7-h7dc7-gfzrw-jzjkd-kae"


def from_str(n: int) -> None:
    for i in range(n):
        Principal.from_str(PERSON)


def to_str(n: int) -> None:
    one = Principal.from_str(PERSON)
    for i in range(n):
        one.to_str()


def from_raw(n: int) -> None:
    for i in range(n):
        Principal(H32[:29])


def timer_set(n: int) -> None:
    for i in range(n):
        ic.set_timer(1_000, no_arguments)


def notified(n: int) -> None:
    for i in range(n):
        Other(Principal.from_str("ryjl3-tyaaa-aaaaa-aaaba-cai")).one(1).notify()


ROWS = {name: value for name, value in globals().items() if callable(value)}


@update
def run(name: text, times: nat64) -> void:
    ROWS[name](times)


@update
def fill(which: text, entries: nat64, size: nat64) -> void:
    for i in range(entries):
        if which == "numbers":
            numbers.insert(i, "v" * size)
        elif which == "texts":
            texts.insert(f"{i:048x}", "v" * size)
        elif which == "blobs":
            blobs.insert(hashlib.sha256(str(i).encode()).digest(), "v" * size)
        else:
            values.insert(i, b"v" * size)


@update
def insert_number(key: nat64, size: nat64) -> void:
    numbers.insert(key, "v" * size)


@update
def insert_text(key: nat64, size: nat64) -> void:
    texts.insert(f"{key:048x}", "v" * size)


@update
def insert_blob(key: nat64, size: nat64) -> void:
    blobs.insert(hashlib.sha256(str(key).encode()).digest(), "v" * size)


@update
def insert_value(key: nat64, size: nat64) -> void:
    values.insert(key, b"v" * size)


@query
def get_number(key: nat64) -> void:
    numbers.get(key)


@query
def get_text(key: nat64) -> void:
    texts.get(f"{key:048x}")


@query
def get_blob(key: nat64) -> void:
    blobs.get(hashlib.sha256(str(key).encode()).digest())


@query
def get_value(key: nat64) -> void:
    values.get(key)


@update
def remove_number(key: nat64) -> void:
    numbers.remove(key)


@query
def all_items() -> void:
    numbers.items()


@query
def length() -> void:
    numbers.len()


@query
def nothing() -> void:
    pass


@query
def one_in(x: nat64) -> void:
    pass


@query
def echo_nat(x: nat) -> nat:
    return x


@query
def five_in(x: Five) -> void:
    pass


@query
def five_out() -> Five:
    return {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}


@query
def blob_in(x: blob) -> void:
    pass


@query
def blob_out(n: nat64) -> blob:
    return bytes(n)


@query
def text_in(x: text) -> void:
    pass


@query
def text_out(n: nat64) -> text:
    return "x" * n


@query
def rows_in(x: Vec[Row]) -> void:
    pass


@query
def rows_out(n: nat64) -> Vec[Row]:
    return [{"number": 1, "line": "line"}] * n


@query
def numbers_in(x: Vec[nat64]) -> void:
    pass


@query
def numbers_out(n: nat64) -> Vec[nat64]:
    return [1] * n


@query
def texts_in(x: Vec[text]) -> void:
    pass


@query
def echo_principal(x: Principal) -> Principal:
    return x


@query
def principals_in(x: Vec[Principal]) -> void:
    pass


@update
def call_one(to: text) -> Async[nat64]:
    result = yield Other(Principal.from_str(to)).one(5)
    return result.Ok


@update
def one(x: nat64) -> nat64:
    return x


@query
def raw_reply(n: nat64) -> void:
    ic.arg_data_raw()
