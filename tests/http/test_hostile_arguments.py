"""Candid that is damaged, or made to cost far more than it looks: rejected in no time, with nothing carried out."""

from __future__ import annotations

import time
from typing import Any

import pytest
from counting_target import Target
from raw_client import Rejected

from kybra_replica.principal import MANAGEMENT

SOON_S = 5
"""A bomb would take minutes, or all memory."""

NAT64, NULL, BOOL, TEXT, RESERVED, EMPTY = 0x78, 0x7F, 0x7E, 0x71, 0x70, 0x6F
OPT, VEC, RECORD, VARIANT = 0x6E, 0x6D, 0x6C, 0x6B
ONE = (1).to_bytes(8, "little")


def leb(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


def message(types: list[bytes], arguments: list[int], values: bytes) -> bytes:
    """A Candid message: a type table, the arguments' types (bytes of a primitive, or a number in the table), the values."""
    shown = b"".join(bytes((kind,)) if kind >= EMPTY else leb(kind) for kind in arguments)
    return b"DIDL" + leb(len(types)) + b"".join(types) + leb(len(arguments)) + shown + values


def opt(kind: int) -> bytes:
    return bytes((OPT,)) + leb(kind)


def vec(kind: int) -> bytes:
    return bytes((VEC,)) + leb(kind)


def record(*fields: int) -> bytes:
    return bytes((RECORD,)) + leb(len(fields)) + b"".join(leb(number) + leb(kind) for number, kind in enumerate(fields))


DAMAGED = {
    "nothing": b"",
    "another magic": b"DIDM\0\1\x78" + ONE,
    "magic alone": b"DIDL",
    "no arguments": message([], [], b""),
    "text": message([], [TEXT], b"\1a"),
    "value cut off": message([], [NAT64], ONE[:-1]),
    "bytes left over": message([], [NAT64], ONE + b"\0"),
    "type that is not in the table": message([], [5], ONE),
    "type code that is none": b"DIDL\0\1\x5f" + ONE,
    "number without end": b"DIDL" + b"\xff" * 10_000,
    "table larger than the message": b"DIDL" + leb(2**60) + b"\x6e\x78",
    "arguments more than the message": b"DIDL\0" + leb(2**60) + b"\x78",
    "fields out of order": message([bytes((RECORD, 2, 1, NAT64, 0, NAT64))], [0], ONE * 2),
    "field twice": message([bytes((RECORD, 2, 1, NAT64, 1, NAT64))], [0], ONE * 2),
    "record of more fields than the message": message([bytes((RECORD,)) + leb(2**50)], [0], ONE),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_argument_traps(case: str, unharmed: Target) -> None:
    with pytest.raises(Rejected) as reject:
        unharmed.client.call(unharmed.id, "add", DAMAGED[case], unharmed.owner)
    assert (reject.value.code, reject.value.error_code) == (5, "IC0503")


DEEP = 200_000
NEXT = 1_224_901_875  # the label `next` of a chain
BOMBS = {
    "vector of 2^60 nulls": ("take_nulls", message([vec(NULL)], [0], leb(2**60))),
    "vector of 2^30 nulls": ("take_nulls", message([vec(NULL)], [0], leb(2**30))),
    "vector of 2^30 empty records": ("take_nulls", message([vec(1), record()], [0], leb(2**30))),
    "vector of 2^30 reserved": ("take_nulls", message([vec(RESERVED)], [0], leb(2**30))),
    "vectors of vectors of nulls": ("take_nulls", message([vec(1), vec(2), vec(NULL)], [0], leb(2**20) + leb(2**20) + leb(2**20))),
    "texts of 2^60 bytes": ("take_texts", message([vec(TEXT)], [0], leb(1) + leb(2**60))),
    "2^60 texts": ("take_texts", message([vec(TEXT)], [0], leb(2**60))),
    "record that holds itself": ("take_chain", message([record(0)], [0], b"")),
    "vector of records that hold themselves": ("take_nulls", message([vec(1), record(1)], [0], leb(3))),
    "chain of 200,000 links": ("take_chain", message([bytes((RECORD, 1)) + leb(NEXT) + b"\1", opt(0)], [0], b"\1" * DEEP + b"\0")),
    "options in options": ("take_chain", message([opt(0)], [0], b"\1" * DEEP)),
    "extra argument of 2^60 nulls": ("add", message([vec(NULL)], [NAT64, 0], ONE + leb(2**60))),
    "extra argument of 2^30 reserved": ("add", message([vec(RESERVED)], [NAT64, 0], ONE + leb(2**30))),
    "extra argument of options in options": ("add", message([opt(0)], [NAT64, 0], ONE + b"\1" * DEEP)),
    "extra argument that holds itself": ("add", message([record(0)], [NAT64, 0], ONE)),
    "types nested in types": ("add", message([opt(number + 1) for number in range(DEEP)] + [opt(NULL)], [NAT64], ONE)),
    "types that double": ("add", message([record(number + 1, number + 1) for number in range(60)] + [record()], [NAT64, 0], ONE)),
    "values that double": (
        "take_nulls",
        message([vec(1), *(record(number + 1, number + 1) for number in range(1, 60)), record(NULL)], [0], leb(1)),
    ),
}


@pytest.mark.parametrize("case", BOMBS)
def test_bomb_is_rejected_in_no_time(case: str, unharmed: Target) -> None:
    method, argument = BOMBS[case]
    start = time.monotonic()
    with pytest.raises(Rejected) as reject:
        unharmed.client.call(unharmed.id, method, argument, unharmed.owner)
    assert (reject.value.code, reject.value.error_code[:4]) == (5, "IC05")
    assert time.monotonic() - start < SOON_S


@pytest.mark.parametrize("case", BOMBS)
def test_bomb_in_a_query_is_rejected_in_no_time(case: str, unharmed: Target) -> None:
    argument = BOMBS[case][1]
    start = time.monotonic()
    with pytest.raises(Rejected) as reject:
        unharmed.client.query(unharmed.id, "add_in_query", argument, unharmed.owner)
    assert (reject.value.code, reject.value.error_code[:4]) == (5, "IC05")
    assert time.monotonic() - start < SOON_S


@pytest.mark.parametrize("depth", [1, 10, 50])
def test_chain_of_reasonable_depth_is_read(depth: int, target: Target) -> None:
    before = target.total()
    chain: dict[str, Any] | None = None
    for _ in range(depth):
        chain = {"next": chain}
    target.canister.call("take_chain", chain)
    assert target.total() == before + 1


def test_few_nulls_are_read(target: Target) -> None:
    before = target.total()
    target.canister.call("take_nulls", [None] * 1_000)
    assert target.total() == before + 1


@pytest.mark.parametrize("case", ["values that double", "vector of 2^30 nulls", "options in options"])
def test_bomb_for_the_management_canister_is_rejected_in_no_time(case: str, unharmed: Target) -> None:
    start = time.monotonic()
    with pytest.raises(Rejected) as reject:
        unharmed.client.call(MANAGEMENT, "canister_status", BOMBS[case][1], unharmed.owner)
    assert (reject.value.code, reject.value.error_code) == (4, "IC0408")
    assert time.monotonic() - start < SOON_S
