"""A ledger's blocks: their text, their value, the hash that chains them, and the tree that tells the last one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.hash_tree import Found, lookup, parse_hash_tree, root_hash
from ddsx_core.icrc3_values import hash_account, leb128
from ddsx_core.limits import MAX_AMOUNT, MAX_TIMESTAMP_NS
from ddsx_core.refused import Broken
from ddsx_core.token_log import block_value, decode_block, parent_of, seal_block, tip_root, tip_tree
from ddsx_core.token_rules import Block
from ddsx_core.units import AccountKey, Nanoseconds, Units
from model.block_log import hash_of

BUYER = "rrkah-fqaaa-aaaaa-aaaaq-cai"
PROVIDER = "ryjl3-tyaaa-aaaaa-aaaba-cai." + "0" * 63 + "1"
SPENDER = "2vxsx-fae"
HASHES = {AccountKey(key): hash_account(AccountKey(key)) for key in (BUYER, PROVIDER, SPENDER)}
PARENT = "0f" * 32
KEYS = st.sampled_from([BUYER, PROVIDER, SPENDER])
UNITS = st.integers(0, 1 << 192)
TIMES = st.integers(0, MAX_TIMESTAMP_NS)
TX = st.fixed_dictionaries(
    {"amt": UNITS},
    optional={
        "from": KEYS,
        "to": KEYS,
        "spender": KEYS,
        "fee": UNITS,
        "memo": st.binary(max_size=32),
        "ts": TIMES,
        "expected_allowance": UNITS,
        "expires_at": TIMES,
    },
)
BLOCKS = st.builds(Block, st.sampled_from(["1xfer", "1mint", "1burn", "2xfer", "2approve"]), TX, st.none() | UNITS, TIMES)


@given(BLOCKS, st.sampled_from(["", PARENT]))
def test_a_block_comes_back_and_is_chained_by_the_hash_of_its_value(block: Block, parent: str) -> None:
    row, digest = seal_block(block, parent, HASHES)
    assert decode_block(row) == block
    assert parent_of(row) == (bytes.fromhex(parent) if parent else None)
    assert digest == hash_of(block_value(row))


def test_the_form_of_a_block_is_fixed() -> None:
    tx: dict[str, Any] = {"amt": 47, "from": BUYER, "to": PROVIDER, "memo": b"", "ts": 16}
    row, _ = seal_block(Block("1xfer", tx, Units(10), Nanoseconds(255)), PARENT, HASHES)
    assert row == f"1|1xfer|ff|a|2f|{BUYER}|{PROVIDER}|||x|10|||{PARENT}"
    assert block_value(row) == {
        "Map": [
            ("phash", {"Blob": bytes.fromhex(PARENT)}),
            ("btype", {"Text": "1xfer"}),
            ("ts", {"Nat": 255}),
            (
                "tx",
                {
                    "Map": [
                        ("amt", {"Nat": 47}),
                        ("from", {"Array": [{"Blob": bytes.fromhex("00000000000000010101")}]}),
                        ("to", {"Array": [{"Blob": bytes.fromhex("00000000000000020101")}, {"Blob": bytes(31) + b"\x01"}]}),
                        ("memo", {"Blob": b""}),
                        ("ts", {"Nat": 16}),
                    ]
                },
            ),
            ("fee", {"Nat": 10}),
        ]
    }


def test_the_first_block_names_no_parent_and_a_named_fee_stands_inside() -> None:
    row, _ = seal_block(Block("1mint", {"amt": 1, "to": BUYER, "fee": 0}, None, Nanoseconds(5)), "", HASHES)
    assert [name for name, _ in block_value(row)["Map"]] == ["btype", "ts", "tx"]
    assert dict(dict(block_value(row)["Map"])["tx"]["Map"])["fee"] == {"Nat": 0}


def test_an_unknown_field_is_not_lost_in_silence() -> None:
    with pytest.raises(Broken, match="does not know"):
        seal_block(Block("1xfer", {"amt": 1, "why": "gift"}, None, Nanoseconds(0)), "", HASHES)


def test_the_longest_block_fits_its_map() -> None:
    key = AccountKey("p" * 63 + "." + "f" * 64)
    tx: dict[str, Any] = {
        "amt": (1 << 192) - 1,
        "from": key,
        "to": key,
        "spender": key,
        "fee": MAX_AMOUNT,
        "memo": b"m" * 32,
        "ts": MAX_TIMESTAMP_NS,
        "expected_allowance": MAX_AMOUNT,
        "expires_at": MAX_TIMESTAMP_NS,
    }
    row, _ = seal_block(Block("2approve", tx, Units(MAX_AMOUNT), Nanoseconds(MAX_TIMESTAMP_NS)), PARENT, {key: bytes(32)})
    assert len(row) == 727


@given(st.integers(0, 1 << 64), st.binary(min_size=32, max_size=32))
def test_the_tip_is_a_tree_of_the_interface_specification(index: int, digest: bytes) -> None:
    written = tip_tree(index, digest)
    tree = parse_hash_tree(written)
    assert root_hash(tree) == tip_root(index, digest)
    assert lookup(tree, [b"last_block_hash"]) == Found(digest)
    assert lookup(tree, [b"last_block_index"]) == Found(leb128(index))
    assert written.startswith(b"\xd9\xd9\xf7")
